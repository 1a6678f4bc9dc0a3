"""Check that the fields of a decoded event have the kinds that its class declares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from lgstream.events import KINDS, Edge, NodeShape, Shape
from lgstream.sinks.recorded import RecordedError, RecordedObject

_WRONG = object()


def check_fields(event: Any) -> Any:
    """Return an event whose fields have the declared kinds.

    The text that an event has in place of a value that could not be recorded becomes the nearest value of that kind.

    Args:
        event: an event, or a part of a shape.

    Raises:
        ValueError: if a field is of another kind.
    """
    changes: dict[str, Any] = {}
    for name, value, convert in zip(event._fields, event, _CONVERTERS[type(event)], strict=True):
        converted = convert(value)
        if converted is _WRONG:
            raise ValueError(f"The field {name!r} of a {type(event).__name__} cannot be a {type(value).__name__}.")
        if converted is not value:
            changes[name] = converted
    return event._replace(**changes) if changes else event


def _any(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    return value if type(value) is str else repr(value) if isinstance(value, RecordedObject) else _WRONG


def _flag(value: Any) -> Any:
    return value if type(value) is bool else _WRONG


def _integer(value: Any) -> Any:
    return value if type(value) is int else _WRONG


def _number(value: Any) -> Any:
    return value if type(value) in (int, float) and abs(value) < 1e15 and math.isfinite(value) else _WRONG


def _mapping(value: Any) -> Any:
    return value if isinstance(value, dict) else value.fields if isinstance(value, RecordedObject) else _WRONG


def _sequence(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,) if isinstance(value, RecordedObject) else _WRONG


def _items(value: Any) -> Any:
    return value if type(value) is tuple else (value,) if isinstance(value, RecordedObject) else _WRONG


def _texts(value: Any) -> Any:
    items = _items(value)
    if items is _WRONG or all(type(item) is str for item in items):
        return items
    texts = tuple(str(item) if type(item) in (int, float, bool, NoneType) else _text(item) for item in items)
    return _WRONG if any(text is _WRONG for text in texts) else texts  # a tag that is no text is shown as one


def _error(value: Any) -> Any:
    if isinstance(value, RecordedObject):
        return RecordedError.recorded(value.type or "Exception", repr(value), ())
    return value if value is None or isinstance(value, BaseException) else _WRONG


def _shape(value: Any) -> Any:
    return None if isinstance(value, RecordedObject) else check_fields(value) if type(value) is Shape else _WRONG


def _parts(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if type(value) is not tuple or any(type(item) not in (kind, RecordedObject) for item in value):
            return _WRONG
        parts = tuple(check_fields(item) for item in value if type(item) is kind)
        return value if parts == value else parts

    return convert


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


_BY_TYPE: dict[Any, Callable[[Any], Any]] = {
    Any: _any,
    str: _text,
    bool: _flag,
    int: _integer,
    float: _number,
    dict: _mapping,
    Mapping: _mapping,
    Sequence: _sequence,
    tuple: _items,
    tuple[str, ...]: _texts,
    tuple[NodeShape, ...]: _parts(NodeShape),
    tuple[Edge, ...]: _parts(Edge),
    Shape: _shape,
    BaseException: _error,
}


def _converter(hint: Any) -> Callable[[Any], Any]:
    if isinstance(hint, UnionType):
        (kind,) = (item for item in get_args(hint) if item is not NoneType)
        return _optional(_converter(kind))
    return _BY_TYPE[hint] if hint in _BY_TYPE else _BY_TYPE[get_origin(hint)]


_CONVERTERS = {
    kind: [_converter(hint) for hint in get_type_hints(kind).values()] for kind in (*KINDS, Shape, NodeShape, Edge)
}
