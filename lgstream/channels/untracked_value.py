"""``UntrackedValue``: a value that is not saved in checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, GuardedValueChannel, ValueT

__all__ = ["UntrackedValue"]


class UntrackedValue(GuardedValueChannel[ValueT], Generic[ValueT]):
    """Keeps the last write during the run. With ``guard`` it accepts only one write per superstep."""

    __slots__ = ()
    volatile = False

    def copy(self) -> Self:
        channel = self._new_empty()
        channel.value = self.value
        return channel

    def checkpoint(self) -> Any:
        return MISSING

    def from_checkpoint(self, checkpoint: Any) -> Self:
        return self._new_empty()

    def update(self, values: Sequence[ValueT]) -> bool:
        return self._set_guarded(values) if values else False
