"""``BinaryOperatorAggregate``: the channel of a key with a reducer."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, get_origin

from lgstream._langgraph import is_langgraph
from lgstream.channels.base import MISSING, BaseChannel, ValueT
from lgstream.errors import EmptyChannelError, InvalidUpdateError
from lgstream.types import Overwrite

__all__ = ["BinaryOperatorAggregate"]

_CONCRETE_TYPES: dict[Any, type] = {
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}

_PLAIN_TYPES = frozenset((bool, bytes, float, frozenset, int, list, set, str, tuple, type(None)))
"""Types of writes that are not Overwrites; asking this first makes most writes cheap."""


def parse_overwrite(value: Any) -> tuple[bool, Any]:
    """Return (True, its value) if ``value`` is an Overwrite or the JSON form of one, else (False, None)."""
    if isinstance(value, Overwrite) or is_langgraph(value, "Overwrite"):
        return True, value.value
    if type(value) is dict:
        if value.get("type") == "__overwrite__" and set(value) == {"type", "value"}:
            return True, value["value"]
        if len(value) == 1 and "__overwrite__" in value:
            return True, value["__overwrite__"]
    return False, None


class BinaryOperatorAggregate(BaseChannel[ValueT, ValueT, ValueT], Generic[ValueT]):
    """Reduces each write into the value: ``value = operator(value, write)``, in the order of the tasks.

    The first value is ``typ()`` if ``typ`` can be called without arguments (``[]`` for a list), else the first write.
    An :class:`~lgstream.types.Overwrite` replaces the value; two of them in one superstep raise InvalidUpdateError.
    """

    __slots__ = ("operator", "value")
    volatile = False

    def __init__(self, typ: Any, operator: Callable[[ValueT, ValueT], ValueT], key: str = "") -> None:
        super().__init__(typ, key)
        self.operator = operator
        origin = get_origin(typ) or typ
        try:
            self.value: Any = _CONCRETE_TYPES.get(origin, origin)()
        except Exception:  # noqa: BLE001 - a type that raises has no default value
            self.value = MISSING

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinaryOperatorAggregate):
            return False
        both_lambdas = getattr(self.operator, "__name__", "") == getattr(other.operator, "__name__", "") == "<lambda>"
        return both_lambdas or self.operator == other.operator

    __hash__ = None  # type: ignore[assignment]

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = self.__class__(self.typ, self.operator, self.key)
        if checkpoint is not MISSING:
            channel.value = checkpoint
        return channel

    def update(self, values: Sequence[ValueT]) -> bool:
        if not values:
            return False
        is_overwritten = False
        for write in values:
            if type(write) not in _PLAIN_TYPES:
                is_overwrite, value = parse_overwrite(write)
                if is_overwrite:
                    if is_overwritten:
                        raise InvalidUpdateError(
                            f"At key '{self.key}': two Overwrite values in one superstep, but only one can replace "
                            "the value. Let one node overwrite it."
                        )
                    self.value, is_overwritten = value, True
                    continue
            if is_overwritten:
                continue
            self.value = write if self.value is MISSING else self.operator(self.value, write)
        return True

    def get(self) -> ValueT:
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value  # type: ignore[no-any-return]

    def is_available(self) -> bool:
        return self.value is not MISSING

    def peek(self) -> Any:
        return self.value

    def checkpoint(self) -> Any:
        return self.value
