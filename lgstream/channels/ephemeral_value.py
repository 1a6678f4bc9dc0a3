"""A value that lasts one superstep: triggers and the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from .base import MISSING, GuardedValue, Value


class EphemeralValue(GuardedValue[Value], Generic[Value]):
    """Holds what was written in the last superstep. With ``guard`` it takes one write only."""

    __slots__ = ()

    def update(self, values: Sequence[Value]) -> bool:
        if values:
            return self._take(values)
        if self.value is MISSING:
            return False
        self.value = MISSING
        return True
