"""A reducer's channel: each write is folded into the value by a function of two."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, get_origin

from lgstream.channels.base import MISSING, BaseChannel, Value
from lgstream.errors import EmptyChannelError, InvalidUpdateError
from lgstream.types import Overwrite

__all__ = ["BinaryOperatorAggregate"]

_CONCRETE: dict[Any, type] = {
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}


def overwritten(value: Any) -> tuple[bool, Any]:
    """Whether a write is an Overwrite (as an object, or as the dict it becomes in JSON), and the value in it."""
    if isinstance(value, Overwrite):
        return True, value.value
    if type(value) is dict:
        if value.get("type") == "__overwrite__" and set(value) == {"type", "value"}:
            return True, value["value"]
        if len(value) == 1 and "__overwrite__" in value:
            return True, value["__overwrite__"]
    return False, None


class BinaryOperatorAggregate(BaseChannel[Value, Value, Value], Generic[Value]):
    """Folds the writes of a superstep into the value: ``operator(value, write)``, in the order of their tasks.

    Starts as ``typ()`` where that can be called (``[]`` for a list), else with the first write. An
    :class:`~lgstream.types.Overwrite` replaces the value; two in one superstep raise InvalidUpdateError.
    """

    __slots__ = ("operator", "value")
    volatile = False

    def __init__(self, typ: Any, operator: Callable[[Value, Value], Value], key: str = "") -> None:
        super().__init__(typ, key)
        self.operator = operator
        origin = get_origin(typ) or typ
        try:
            self.value: Any = _CONCRETE.get(origin, origin)()
        except Exception:  # noqa: BLE001 - whatever a type raises, it has no default value
            self.value = MISSING

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinaryOperatorAggregate):
            return False
        mine, theirs = self.operator, other.operator
        both_anonymous = getattr(mine, "__name__", "") == getattr(theirs, "__name__", "") == "<lambda>"
        return both_anonymous or mine == theirs

    __hash__ = None  # type: ignore[assignment]

    def from_checkpoint(self, checkpoint: Any) -> Self:
        fresh = self.__class__(self.typ, self.operator, self.key)
        if checkpoint is not MISSING:
            fresh.value = checkpoint
        return fresh

    def update(self, values: Sequence[Value]) -> bool:
        if not values:
            return False
        replaced = False
        for write in values:
            if isinstance(write, Overwrite | dict):
                is_overwrite, value = overwritten(write)
                if is_overwrite:
                    if replaced:
                        raise InvalidUpdateError(
                            f"At key '{self.key}': two Overwrite values in one superstep, but only one can replace "
                            "the value. Let one node overwrite it."
                        )
                    self.value, replaced = value, True
                    continue
            if replaced:
                continue
            self.value = write if self.value is MISSING else self.operator(self.value, write)
        return True

    def get(self) -> Value:
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value  # type: ignore[no-any-return]

    def is_available(self) -> bool:
        return self.value is not MISSING

    def peek(self) -> Any:
        return self.value

    def checkpoint(self) -> Any:
        return self.value
