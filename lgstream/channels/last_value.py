"""``LastValue``: a plain key of the state, and the trigger of a deferred node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, BaseChannel, SingleValueChannel, ValueT
from lgstream.errors import EmptyChannelError, InvalidUpdateError

__all__ = ["LastValue", "LastValueAfterFinish"]


class LastValue(SingleValueChannel[ValueT], Generic[ValueT]):
    """Keeps the last write; accepts one write per superstep (reference rule 49)."""

    __slots__ = ()
    volatile = False

    def update(self, values: Sequence[ValueT]) -> bool:
        if not values:
            return False
        if len(values) != 1:
            raise InvalidUpdateError(
                f"At key '{self.key}': {len(values)} writes in one superstep, but a plain key takes one. Give the key "
                "a reducer, such as Annotated[list, operator.add], or let one node write it."
            )
        self.value = values[-1]
        return True

    def value_after(self, values: Sequence[ValueT]) -> Any:
        return values[0] if len(values) == 1 else super().value_after(values)


class LastValueAfterFinish(BaseChannel[ValueT, ValueT, "tuple[ValueT, bool]"], Generic[ValueT]):
    """The trigger of a deferred node: keeps the last write, available only after all other tasks have finished."""

    __slots__ = ("finished", "value")
    volatile = False

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Any = MISSING
        self.finished = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LastValueAfterFinish)

    __hash__ = None  # type: ignore[assignment]

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = self.__class__(self.typ, self.key)
        if checkpoint is not MISSING:
            channel.value, channel.finished = checkpoint
        return channel

    def checkpoint(self) -> Any:
        return MISSING if self.value is MISSING else (self.value, self.finished)

    def update(self, values: Sequence[ValueT]) -> bool:
        if not values:
            return False
        self.finished = False
        self.value = values[-1]
        return True

    def consume(self) -> bool:
        if not self.finished:
            return False
        self.finished = False
        self.value = MISSING
        return True

    def finish(self) -> bool:
        if self.finished or self.value is MISSING:
            return False
        self.finished = True
        return True

    def get(self) -> ValueT:
        if self.value is MISSING or not self.finished:
            raise EmptyChannelError(self.key)
        return self.value  # type: ignore[no-any-return]

    def is_available(self) -> bool:
        return self.value is not MISSING and self.finished
