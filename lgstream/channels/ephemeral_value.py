"""``EphemeralValue``: a value that lasts one superstep, such as a trigger or the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, GuardedValueChannel, ValueT

__all__ = ["EphemeralValue"]


class EphemeralValue(GuardedValueChannel[ValueT], Generic[ValueT]):
    """Holds the write of the last superstep. With ``guard`` it accepts only one, without it the last one wins."""

    __slots__ = ()

    def from_checkpoint(self, checkpoint: Any) -> Self:
        if type(self) is not EphemeralValue:
            return super().from_checkpoint(checkpoint)
        channel = EphemeralValue.__new__(type(self))  # a run creates one for every node that it reaches
        channel.typ, channel.key, channel.guard, channel.value = self.typ, self.key, self.guard, checkpoint
        return channel

    def update(self, values: Sequence[ValueT]) -> bool:
        if values:
            if self.guard:
                return self._set_guarded(values)
            self.value = values[-1]
            return True
        if self.value is MISSING:
            return False
        self.value = MISSING
        return True
