"""Encode events as JSON data and decode them again. No input or output happens here.

An event is an object ``{"kind": "Token", "time": ..., "ns": [...], ...}`` with the fields of its class; those that have
their default are left out. A :class:`~lgstream.events.RunStarted` also has a key ``"format"``, the version of the
format; without it, the version is 1. Files of earlier versions can be read:

======= ================================================================================================================
1       events have no ``run_id`` but RunStarted and RunFinished
2       every event has the ``run_id`` of its run; GraphStarted, GraphFinished, RetrieverStarted, RetrieverFinished,
        Routed and ToolOutputDelta are new
======= ================================================================================================================

In the fields, JSON types represent themselves, and every other value is an object with a key ``"$"`` that names its
type:

=========================================== ============================================================================
``{"$": "tuple", "items": [...]}``          a tuple; ``"set"`` and ``"frozenset"`` likewise
``{"$": "dict", "items": [[k, v], ...]}``   a dict whose keys are not all strings, or that has a key ``"$"``
``{"$": "float", "value": "nan"}``          ``nan``, ``inf`` or ``-inf``
``{"$": "bytes", "base64": "..."}``         bytes
``{"$": "message", "type", "fields"}``      a langchain message: class name, and the fields that were set
``{"$": "exception", "type", "message",     an exception; decoded as a :class:`RecordedError` of the same name
"args", "notes", "traceback"}``
``{"$": "object", "type", "fields"}``       a dataclass, pydantic model or named tuple; decoded as the same class if it
                                            belongs to lgstream or langgraph, else as :class:`RecordedObject`
``{"$": "repr", "type", "repr"}``           any other value, and values nested too deeply; decoded as
                                            :class:`RecordedObject`
=========================================== ============================================================================

Decoded events are equal to the recorded ones, except for exceptions and for values decoded as :class:`RecordedObject`.
Decoding creates only objects of the types listed above, so a file from an untrusted source cannot run code.
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

from lgstream.events import KINDS, Event, RunStarted

__all__ = ["RecordedError", "RecordedObject", "decode", "decode_event", "encode", "encode_event"]

FORMAT_VERSION = 2
"""The version of the format that is written; see the module's description."""

MAX_DEPTH = 100
"""Levels of nesting that are encoded; this also ends cycles."""

MAX_REPR_CHARS = 10_000
"""Characters that are recorded of a repr."""

_KINDS_BY_NAME = {kind.__name__: kind for kind in KINDS}
_TUPLE_FIELDS = frozenset({"ns", "triggers", "tags", "interrupts", "destinations"})
_DECODABLE_MODULES = frozenset(
    {"lgstream.events", "lgstream.events.shapes", "lgstream.types", "lgstream.command", "langgraph.types"}
)
_RENAMED_MODULES = {"lgstream.command": "lgstream.types"}
"""Modules named in files of older versions, and where their classes are now."""
_SCALARS = frozenset({str, int, bool, type(None)})


@dataclasses.dataclass(frozen=True)
class RecordedObject:
    """A decoded object whose class is not recreated: the name of its class, and its fields or its repr.

    The fields can also be read as attributes.

    Attributes:
        type: full name of the recorded class.
        text: the recorded repr; ``""`` if the fields were recorded.
        fields: the recorded fields.
    """

    type: str
    text: str = ""
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return self.text or f"{self.type.rpartition('.')[2]}({arguments})"

    def __getattr__(self, name: str) -> Any:
        if name != "fields" and name in self.fields:
            return self.fields[name]
        raise AttributeError(f"The recorded {self.type} has no field {name!r}.")


class RecordedError(Exception):
    """A decoded exception.

    Its class has the name of the recorded class (``ValueError``). Its ``args``, ``__notes__`` and ``str()`` are those
    of the recorded exception.

    Attributes:
        type: full name of the recorded class.
        message: the recorded ``str()`` of the exception.
        traceback: the recorded traceback, as text.
    """

    type: str
    message: str
    traceback: str

    def __str__(self) -> str:
        return self.message


def encode_event(event: Event) -> dict[str, Any]:
    """Return ``event`` as a JSON object. Never raises, whatever values the event holds."""
    data: dict[str, Any] = {"kind": type(event).__name__}
    if isinstance(event, RunStarted):
        data["format"] = FORMAT_VERSION
    defaults = event._field_defaults
    for name, value in event._asdict().items():
        if name in defaults and value is defaults[name]:
            continue
        data[name] = [encode(item) for item in value] if name in _TUPLE_FIELDS else encode(value)
    return data


def decode_event(data: dict[str, Any]) -> Event:
    """Return the event that :func:`encode_event` encoded as ``data``.

    Args:
        data: a JSON object with the key ``"kind"`` and the fields of the event.

    Raises:
        ValueError: if ``data`` is not an event of this version of lgstream.
    """
    name = data.get("kind") if isinstance(data, dict) else data
    kind = _KINDS_BY_NAME.get(str(name))
    if kind is None:
        raise ValueError(f"Not an event: 'kind' is {name!r}, and must be one of {', '.join(_KINDS_BY_NAME)}.")
    version = data.get("format", 1)
    if version > FORMAT_VERSION:
        raise ValueError(
            f"The run is in format {version}, which a newer version of lgstream wrote; this one reads formats up to "
            f"{FORMAT_VERSION}. Update lgstream to read it."
        )
    fields = {name: decode(value) for name, value in data.items() if name not in ("kind", "format")}
    for name in _TUPLE_FIELDS & fields.keys():
        fields[name] = tuple(fields[name])
    try:
        return kind(**fields)
    except TypeError as error:
        raise ValueError(f"Not a valid {kind.__name__}: {error}. Its fields are {', '.join(kind._fields)}.") from error


def encode(value: Any, depth: int = 0) -> Any:
    """Return ``value`` as JSON data. Never raises. ``depth`` is the number of levels above ``value``."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$": "float", "value": repr(value)}
    if depth > MAX_DEPTH:
        return _encode_repr(value)
    if isinstance(value, dict):
        return _encode_dict(value, depth)
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if isinstance(value, Enum):
        return _encode_repr(value)
    if isinstance(value, str | int | float):  # of a subclass, for example of numpy
        base: Callable[[Any], Any] = next(cls for cls in (str, int, float) if isinstance(value, cls))
        return encode(base(value), depth)
    return _encode_tagged(value, depth)


def decode(data: Any) -> Any:
    """Return the value that :func:`encode` encoded as ``data``.

    Raises:
        ValueError: if an object in ``data`` has an unknown tag ``"$"`` or lacks keys of its tag.
    """
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "$" not in data:
        return {key: decode(value) for key, value in data.items()}
    decoder = _DECODERS.get(data["$"])
    if decoder is None:
        raise ValueError(f"Unknown tag {data['$']!r}: it must be one of {', '.join(_DECODERS)}.")
    try:
        return decoder(data)
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
        "message": _safe_text(str, error),
        "args": [encode(item, depth + 1) for item in error.args],
        "notes": [str(note) for note in getattr(error, "__notes__", ())],
        "traceback": _safe_text(lambda e: "".join(traceback.format_exception(e)), error),
    }


def _encode_repr(value: Any) -> dict[str, Any]:
    text = _safe_text(repr, value)
    if len(text) > MAX_REPR_CHARS:
        text = text[:MAX_REPR_CHARS] + "…"
    return {"$": "repr", "type": _full_name(type(value)), "repr": text}


def _safe_text(render: Callable[[Any], str], value: Any) -> str:
    try:
        return render(value)
    except Exception as error:  # noqa: BLE001 - a repr or str defined by a user may raise anything
        return f"<{_full_name(type(value))}, which cannot be shown: {type(error).__name__}>"


def _message_class(kind: type) -> type | None:
    """Return the langchain class that ``kind`` is or derives from; None if it is not a message class."""
    messages = sys.modules.get("langchain_core.messages")  # if it is not imported, nothing is a message
    if messages is None or not issubclass(kind, messages.BaseMessage):
        return None
    return next(base for base in kind.__mro__ if base.__module__.startswith("langchain_core.messages."))


def _model_fields(value: Any, as_class: Any) -> dict[str, Any]:
    """Return the fields of a pydantic object that ``as_class`` defines and that were set or are not empty."""
    fields = {
        name: getattr(value, name)
        for name in as_class.model_fields
        if name in value.model_fields_set or getattr(value, name)
    }
    return fields | (value.model_extra or {})


def _field_names(value: Any) -> list[str] | None:
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return list(getattr(value, "_fields", ())) or None
    if type(value).__module__ in _DECODABLE_MODULES:  # Send has slots and is not a dataclass
        return list(getattr(type(value), "__slots__", ())) or None
    fields = getattr(type(value), "model_fields", None)
    return list(fields) if isinstance(fields, dict) else None


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _decode_message(data: dict[str, Any]) -> Any:
    messages = importlib.import_module("langchain_core.messages")
    kind = getattr(messages, data["type"], None)
    if not (isinstance(kind, type) and issubclass(kind, messages.BaseMessage)):
        raise ValueError(f"No langchain message class is called {data['type']!r}.")  # noqa: TRY004 - decode() promises ValueError
    return kind(**decode(data["fields"]))


def _decode_exception(data: dict[str, Any]) -> RecordedError:
    module, _, name = data["type"].rpartition(".")
    kind = type(name, (RecordedError,), {"__module__": module})
    error: RecordedError = kind(*decode(data["args"]))
    error.type, error.message, error.traceback = data["type"], data["message"], data["traceback"]
    for note in data["notes"]:
        error.add_note(note)
    return error


def _decode_object(data: dict[str, Any]) -> Any:
    fields = decode(data["fields"])
    module, _, name = data["type"].rpartition(".")
    if module in _DECODABLE_MODULES:
        try:
            return getattr(importlib.import_module(_RENAMED_MODULES.get(module, module)), name)(**fields)
        except (ImportError, AttributeError, TypeError):
            pass  # the class differs in this version: return its record
    return RecordedObject(data["type"], fields=fields)


_DECODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "tuple": lambda data: tuple(decode(data["items"])),
    "set": lambda data: set(decode(data["items"])),
    "frozenset": lambda data: frozenset(decode(data["items"])),
    "dict": lambda data: dict(map(decode, data["items"])),
    "float": lambda data: float(data["value"]),
    "bytes": lambda data: base64.b64decode(data["base64"]),
    "message": _decode_message,
    "exception": _decode_exception,
    "object": _decode_object,
    "repr": lambda data: RecordedObject(data["type"], text=data["repr"]),
}
