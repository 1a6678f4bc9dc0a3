"""``NamedBarrierValue``: the trigger of ``add_edge([a, b], c)``, available after all named nodes have written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, BaseChannel, ValueT
from lgstream.errors import EmptyChannelError, InvalidUpdateError

__all__ = ["NamedBarrierValue", "NamedBarrierValueAfterFinish"]


class NamedBarrierValue(BaseChannel[None, ValueT, "set[ValueT]"], Generic[ValueT]):
    """Waits until each of ``names`` was written, then has the value None until it is consumed."""

    __slots__ = ("names", "seen")
    volatile = False

    def __init__(self, typ: Any, names: set[ValueT]) -> None:
        super().__init__(typ)
        self.names = names
        self.seen: set[ValueT] = set()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.names == self.names

    __hash__ = None  # type: ignore[assignment]

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = self.__class__(self.typ, self.names)
        channel.key = self.key
        if checkpoint is not MISSING:
            channel.seen = set(checkpoint)
        return channel

    def checkpoint(self) -> Any:
        return set(self.seen)

    def update(self, values: Sequence[ValueT]) -> bool:
        changed = False
        for value in values:
            if value not in self.names:
                raise InvalidUpdateError(
                    f"At key '{self.key}': '{value}' arrived, but the join waits for {sorted(map(str, self.names))}."
                )
            if value not in self.seen:
                self.seen.add(value)
                changed = True
        return changed

    def get(self) -> None:
        if not self.is_available():
            raise EmptyChannelError(self.key)

    def is_available(self) -> bool:
        return self.seen == self.names

    def consume(self) -> bool:
        if self.seen != self.names:
            return False
        self.seen = set()
        return True


class NamedBarrierValueAfterFinish(NamedBarrierValue[ValueT], Generic[ValueT]):
    """The barrier of a deferred node: also waits until all other tasks have finished."""

    __slots__ = ("finished",)

    def __init__(self, typ: Any, names: set[ValueT]) -> None:
        super().__init__(typ, names)
        self.finished = False

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = self.__class__(self.typ, self.names)
        channel.key = self.key
        if checkpoint is not MISSING:
            seen, channel.finished = checkpoint
            channel.seen = set(seen)
        return channel

    def checkpoint(self) -> Any:
        return (set(self.seen), self.finished)

    def is_available(self) -> bool:
        return self.finished and self.seen == self.names

    def consume(self) -> bool:
        if not self.finished or self.seen != self.names:
            return False
        self.finished = False
        self.seen = set()
        return True

    def finish(self) -> bool:
        if self.finished or self.seen != self.names:
            return False
        self.finished = True
        return True
