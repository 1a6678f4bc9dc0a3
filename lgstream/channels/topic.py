"""``Topic``: all writes of a superstep as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, Self

from lgstream.channels.base import MISSING, BaseChannel, ValueT
from lgstream.errors import EmptyChannelError

__all__ = ["Topic"]


def _flatten(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


class Topic(BaseChannel["Sequence[ValueT]", "ValueT | list[ValueT]", "list[ValueT]"], Generic[ValueT]):
    """Holds the writes of the last superstep, or of all supersteps with ``accumulate``. Lists are flattened."""

    __slots__ = ("accumulate", "values")

    def __init__(self, typ: Any, accumulate: bool = False) -> None:
        super().__init__(typ)
        self.accumulate = accumulate
        self.values: list[ValueT] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Topic) and other.accumulate == self.accumulate

    __hash__ = None  # type: ignore[assignment]

    @property
    def ValueType(self) -> Any:
        return Sequence[self.typ]  # type: ignore[name-defined]

    @property
    def UpdateType(self) -> Any:
        return self.typ | list[self.typ]  # type: ignore[name-defined]

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = self.__class__(self.typ, self.accumulate)
        channel.key = self.key
        if checkpoint is not MISSING:
            # Older checkpoints contain a pair: the values that were seen, and the current values.
            channel.values = list(checkpoint[1] if isinstance(checkpoint, tuple) else checkpoint)
        return channel

    def checkpoint(self) -> list[ValueT]:
        return self.values

    def update(self, values: Sequence[ValueT | list[ValueT]]) -> bool:
        changed = False
        if not self.accumulate:
            changed = bool(self.values)
            self.values = []
        added = list(_flatten(values))
        if added:
            self.values = [*self.values, *added]
        return changed or bool(added)

    def get(self) -> Sequence[ValueT]:
        if not self.values:
            raise EmptyChannelError(self.key)
        return list(self.values)

    def is_available(self) -> bool:
        return bool(self.values)
