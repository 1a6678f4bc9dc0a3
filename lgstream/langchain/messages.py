"""Finds the langchain messages in the output of a node or in an update of the state (reference rule 27)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_SCALARS = frozenset((str, int, float, bool, type(None)))


def find_messages(value: Any, message_class: type) -> Iterator[Any]:
    """Yield ``value`` if it is a message, else the messages among its items, its fields and the items of its fields.

    Args:
        value: a message, a sequence, a dict, or an instance of a dataclass or pydantic model.
        message_class: langchain's ``BaseMessage``, which this module does not import.
    """
    if type(value) is dict:
        fields: Iterable[Any] = [field for field in value.values() if type(field) not in _SCALARS]
    else:
        fields = (value,) if isinstance(value, message_class | Sequence) else field_values(value)
    for field in fields:
        for item in field if isinstance(field, Sequence) and not isinstance(field, str) else (field,):
            if isinstance(item, message_class):
                yield item


def field_values(state: Any) -> Iterator[Any]:
    """Yield the values of a state: a dict, or an instance of a dataclass or pydantic model."""
    if isinstance(state, dict):
        yield from state.values()
        return
    names: Any = getattr(type(state), "model_fields", ())
    if dataclasses.is_dataclass(state) and not isinstance(state, type):
        names = [field.name for field in dataclasses.fields(state)]
    yield from (getattr(state, name) for name in names)
