"""``AnyValue``: for several writers that are known to write the same value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from lgstream.channels.base import MISSING, SingleValueChannel, ValueT

__all__ = ["AnyValue"]


class AnyValue(SingleValueChannel[ValueT], Generic[ValueT]):
    """Holds the last write of the last superstep; empty after a superstep without writes."""

    __slots__ = ()

    def update(self, values: Sequence[ValueT]) -> bool:
        if not values and self.value is MISSING:
            return False
        self.value = values[-1] if values else MISSING
        return True
