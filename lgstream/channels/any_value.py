"""Any of the values written in the last superstep: for writers that are known to agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from lgstream.channels.base import MISSING, OneValue, Value

__all__ = ["AnyValue"]


class AnyValue(OneValue[Value], Generic[Value]):
    """Keeps the last of the writes of a superstep; empty after a superstep without one."""

    __slots__ = ()

    def update(self, values: Sequence[Value]) -> bool:
        if not values and self.value is MISSING:
            return False
        self.value = values[-1] if values else MISSING
        return True
