"""A value that lasts one superstep: triggers and the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, GuardedValue, Value

__all__ = ["EphemeralValue"]


class EphemeralValue(GuardedValue[Value], Generic[Value]):
    """Holds what was written in the last superstep. With ``guard`` it takes one write only."""

    __slots__ = ()

    def from_checkpoint(self, checkpoint: Any) -> Self:
        if type(self) is not EphemeralValue:
            return super().from_checkpoint(checkpoint)
        fresh = EphemeralValue.__new__(type(self))  # a run makes one for every node that it reaches
        fresh.typ, fresh.key, fresh.guard, fresh.value = self.typ, self.key, self.guard, checkpoint
        return fresh

    def update(self, values: Sequence[Value]) -> bool:
        if values:
            if self.guard:
                return self._take(values)
            self.value = values[-1]
            return True
        if self.value is MISSING:
            return False
        self.value = MISSING
        return True
