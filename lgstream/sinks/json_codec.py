"""Events as JSON and back, pure.

An event is an object ``{"kind": "Token", "time": ..., "ns": [...], ...}`` with the fields of its class. Inside, what
JSON knows is itself, and everything else is an object with a ``"$"`` that says what it is:

=========================================== ============================================================================
``{"$": "tuple", "items": [...]}``          a tuple; ``"set"`` and ``"frozenset"`` likewise
``{"$": "dict", "items": [[k, v], ...]}``   a dict whose keys are not all strings, or that has a key ``"$"``
``{"$": "float", "value": "nan"}``          ``nan``, ``inf`` or ``-inf``
``{"$": "bytes", "base64": "..."}``         bytes
``{"$": "message", "type", "fields"}``      a langchain message: class name, and the fields that were set
``{"$": "exception", "type", "message",     an exception; read back as a :class:`RecordedError` of the same name
"args", "notes", "traceback"}``
``{"$": "object", "type", "fields"}``       a dataclass, pydantic model or named tuple; read back as what it was if it
                                            belongs to lgstream or langgraph, else as :class:`Recorded`
``{"$": "repr", "type", "repr"}``           anything else, and what is nested too deep; read back as :class:`Recorded`
=========================================== ============================================================================

Read back, events are equal to the recorded ones but for exceptions and for what comes back as :class:`Recorded`.
Reading makes no objects but those named above: a file from elsewhere cannot have code run.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import math
import sys
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Any

from lgstream.events import KINDS, Event

DEEPEST = 100
"""Levels of nesting; a cycle ends here."""

LONGEST_REPR = 10_000
"""Characters kept of a repr."""

_KINDS = {kind.__name__: kind for kind in KINDS}
_TUPLE_FIELDS = frozenset({"ns", "triggers", "tags", "interrupts"})
_REVIVED_MODULES = frozenset({"lgstream.events", "lgstream.types", "lgstream.command", "langgraph.types"})
_MOVED_MODULES = {"lgstream.command": "lgstream.types"}
"""Where files of older versions have their classes now."""
_PLAIN = frozenset({str, int, bool, type(None)})


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What a file tells of an object that cannot be made again: its class, and its fields or its repr."""

    type: str
    text: str = ""
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return self.text or f"{self.type.rpartition('.')[2]}({inside})"

    def __getattr__(self, name: str) -> Any:
        if name != "fields" and name in self.fields:
            return self.fields[name]
        raise AttributeError(f"The recorded {self.type} has no field {name!r}.")


class RecordedError(Exception):
    """An exception read back from a file.

    Its class bears the name of the recorded one (``ValueError``), its ``args``, ``__notes__`` and ``str()`` are the
    recorded ones; ``type`` is the full name of the class, ``traceback`` the text of the traceback.
    """

    type: str
    message: str
    traceback: str

    def __str__(self) -> str:
        return self.message


def encode_event(event: Event) -> dict[str, Any]:
    """``event`` as a JSON object. Never raises for what an event carries."""
    data: dict[str, Any] = {"kind": type(event).__name__}
    for name, value in event._asdict().items():
        data[name] = [encode(item) for item in value] if name in _TUPLE_FIELDS else encode(value)
    return data


def decode_event(data: dict[str, Any]) -> Event:
    """The event that :func:`encode_event` made ``data`` from.

    Raises:
        ValueError: ``data`` is no event of this version of lgstream.
    """
    name = data.get("kind") if isinstance(data, dict) else data
    kind = _KINDS.get(str(name))
    if kind is None:
        raise ValueError(f"No event: 'kind' is {name!r}, and must be one of {', '.join(_KINDS)}.")
    fields = {name: decode(value) for name, value in data.items() if name != "kind"}
    for name in _TUPLE_FIELDS & fields.keys():
        fields[name] = tuple(fields[name])
    try:
        return kind(**fields)
    except TypeError as error:
        raise ValueError(f"No {kind.__name__}: {error}. Its fields are {', '.join(kind._fields)}.") from error


def encode(value: Any, depth: int = 0) -> Any:
    """``value`` as JSON data. Never raises."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$": "float", "value": repr(value)}
    if depth > DEEPEST:
        return _encode_repr(value)
    if isinstance(value, dict):
        return _encode_dict(value, depth)
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if isinstance(value, Enum):
        return _encode_repr(value)
    if isinstance(value, str | int | float):  # of a class of their own, as numpy's
        base: Callable[[Any], Any] = next(plain for plain in (str, int, float) if isinstance(value, plain))
        return encode(base(value), depth)
    return _encode_tagged(value, depth)


def decode(data: Any) -> Any:
    """The value that :func:`encode` made ``data`` from."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "$" not in data:
        return {key: decode(value) for key, value in data.items()}
    reader = _READERS.get(data["$"])
    if reader is None:
        raise ValueError(f"Unknown tag {data['$']!r}: it must be one of {', '.join(_READERS)}.")
    try:
        return reader(data)
    except (KeyError, TypeError) as error:
        raise ValueError(f"The object tagged {data['$']!r} is not as it should be: {error!r}.") from error


def _encode_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    if all(type(key) is str for key in value) and "$" not in value:
        return {key: encode(item, depth + 1) for key, item in value.items()}
    return {"$": "dict", "items": [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in value.items()]}


def _encode_tagged(value: Any, depth: int) -> dict[str, Any]:
    kind = type(value)
    if kind in (tuple, set, frozenset):
        return {"$": kind.__name__, "items": [encode(item, depth + 1) for item in value]}
    if isinstance(value, bytes):
        return {"$": "bytes", "base64": base64.b64encode(value).decode()}
    if isinstance(value, BaseException):
        return _encode_exception(value, depth)
    if (message_class := _message_class(kind)) is not None:
        fields = _model_fields(value, message_class)
        return {"$": "message", "type": message_class.__name__, "fields": _encode_dict(fields, depth)}
    if (names := _field_names(value)) is not None:
        fields = {name: getattr(value, name) for name in names if hasattr(value, name)}
        return {"$": "object", "type": _full_name(kind), "fields": _encode_dict(fields, depth)}
    return _encode_repr(value)


def _encode_exception(error: BaseException, depth: int) -> dict[str, Any]:
    return {
        "$": "exception",
        "type": _full_name(type(error)),
        "message": _safely(str, error),
        "args": [encode(item, depth + 1) for item in error.args],
        "notes": [str(note) for note in getattr(error, "__notes__", ())],
        "traceback": _safely(lambda e: "".join(traceback.format_exception(e)), error),
    }


def _encode_repr(value: Any) -> dict[str, Any]:
    text = _safely(repr, value)
    if len(text) > LONGEST_REPR:
        text = text[:LONGEST_REPR] + "…"
    return {"$": "repr", "type": _full_name(type(value)), "repr": text}


def _safely(render: Callable[[Any], str], value: Any) -> str:
    try:
        return render(value)
    except Exception as error:  # noqa: BLE001 - a repr or str of the user's may raise anything
        return f"<{_full_name(type(value))}, which cannot be shown: {type(error).__name__}>"


def _message_class(kind: type) -> type | None:
    """The langchain class that ``kind`` is or derives from; None when it is no message."""
    messages = sys.modules.get("langchain_core.messages")  # not imported yet: then this is no message
    if messages is None or not issubclass(kind, messages.BaseMessage):
        return None
    return next(base for base in kind.__mro__ if base.__module__.startswith("langchain_core.messages."))


def _model_fields(value: Any, as_class: Any) -> dict[str, Any]:
    """The fields of a pydantic object that were set or hold something, as its class ``as_class`` knows them."""
    own = {
        name: getattr(value, name)
        for name in as_class.model_fields
        if name in value.model_fields_set or getattr(value, name)
    }
    return own | (value.model_extra or {})


def _field_names(value: Any) -> list[str] | None:
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return list(getattr(value, "_fields", ())) or None
    if type(value).__module__ in _REVIVED_MODULES:  # Send: slots, and no dataclass
        return list(getattr(type(value), "__slots__", ())) or None
    fields = getattr(type(value), "model_fields", None)
    return list(fields) if isinstance(fields, dict) else None


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _read_message(data: dict[str, Any]) -> Any:
    messages = importlib.import_module("langchain_core.messages")
    kind = getattr(messages, data["type"], None)
    if not (isinstance(kind, type) and issubclass(kind, messages.BaseMessage)):
        raise ValueError(f"No langchain message class is called {data['type']!r}.")
    return kind(**decode(data["fields"]))


def _read_exception(data: dict[str, Any]) -> RecordedError:
    module, _, name = data["type"].rpartition(".")
    kind = type(name, (RecordedError,), {"__module__": module})
    error: RecordedError = kind(*decode(data["args"]))
    error.type, error.message, error.traceback = data["type"], data["message"], data["traceback"]
    for note in data["notes"]:
        error.add_note(note)
    return error


def _read_object(data: dict[str, Any]) -> Any:
    fields = decode(data["fields"])
    module, _, name = data["type"].rpartition(".")
    if module in _REVIVED_MODULES:
        try:
            return getattr(importlib.import_module(_MOVED_MODULES.get(module, module)), name)(**fields)
        except (ImportError, AttributeError, TypeError):
            pass  # another version's: told as it was recorded
    return Recorded(data["type"], fields=fields)


_READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "tuple": lambda data: tuple(decode(data["items"])),
    "set": lambda data: set(decode(data["items"])),
    "frozenset": lambda data: frozenset(decode(data["items"])),
    "dict": lambda data: dict(map(decode, data["items"])),
    "float": lambda data: float(data["value"]),
    "bytes": lambda data: base64.b64decode(data["base64"]),
    "message": _read_message,
    "exception": _read_exception,
    "object": _read_object,
    "repr": lambda data: Recorded(data["type"], text=data["repr"]),
}
