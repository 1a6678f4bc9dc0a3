"""A value that lives during the run and is never saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, GuardedValue, Value

__all__ = ["UntrackedValue"]


class UntrackedValue(GuardedValue[Value], Generic[Value]):
    """Keeps the last write, out of checkpoints. With ``guard`` it takes one write a superstep."""

    __slots__ = ()
    volatile = False

    def copy(self) -> Self:
        same = self._empty()
        same.value = self.value
        return same

    def checkpoint(self) -> Any:
        return MISSING

    def from_checkpoint(self, checkpoint: Any) -> Self:
        return self._empty()

    def update(self, values: Sequence[Value]) -> bool:
        return self._take(values) if values else False
