"""Encode events as JSON data and decode them again. No input or output happens here.

An event is an object ``{"kind": "Token", "time": ..., "ns": [...], ...}`` with the fields of its class; those that have
their default are left out. A :class:`~lgstream.events.RunStarted` also has a key ``"format"``, the version of the
format; without it, the version is 1. Files of earlier versions can be read:

======= ================================================================================================================
1       events have no ``run_id`` but RunStarted and RunFinished
2       every event has the ``run_id`` of its run; GraphStarted, GraphFinished, RetrieverStarted, RetrieverFinished,
        Routed and ToolOutputDelta are new
3       the tags ``same`` and ``int`` are new
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
``{"$": "int", "hex": "0x..."}``            an integer of more than 2000 bits
``{"$": "same", "path": [...]}``            an object that was encoded before, by the keys and indexes that lead to it
                                            from the event; decoded as the same object (inside of itself, objects other
                                            than list and dict are decoded as :class:`RecordedObject`)
``{"$": "repr", "type", "repr"}``           any other value, and a text in the place of values that are too large, too
                                            deeply nested or raise; decoded as :class:`RecordedObject`
=========================================== ============================================================================

Decoded events are equal to the recorded ones, except for exceptions and for values decoded as :class:`RecordedObject`.
Decoding creates only objects of the types listed above, so a file from an untrusted source cannot run code.
"""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable
from typing import Any

from lgstream.events import KINDS, Event, RunStarted, Token
from lgstream.redaction import Redactor
from lgstream.sinks.event_fields import check_fields
from lgstream.sinks.json_encoding import DECODABLE_MODULES, ValueEncoder
from lgstream.sinks.recorded import RecordedError, RecordedObject

__all__ = ["RecordedError", "RecordedObject", "decode", "decode_event", "encode", "encode_event"]

FORMAT_VERSION = 3
"""The version of the format that is written; see the module's description.

It changes if older versions of lgstream would misread a line. What they only do not know, such as a new field or kind
of event, does not need a new version: they leave it out.
"""


class NewerFormatError(ValueError):
    """Raised for the start of a run that a newer version of lgstream wrote, in a format that this one cannot read."""


_KINDS_BY_NAME = {kind.__name__: kind for kind in KINDS}
_TUPLE_FIELDS = frozenset({"ns", "triggers", "tags", "interrupts", "destinations"})
_CONTAINERS = (list, tuple, set, frozenset)
_MAX_KEY_ITEMS = 1000
_MAX_CALLS = 64
"""Calls at once whose metadata are kept."""

_RENAMED_MODULES = {"lgstream.command": "lgstream.types"}
"""Modules named in files of older versions, and where their classes are now."""


class TokenMetadata:
    """The encoded metadata of tokens, which all tokens of a call share."""

    __slots__ = ("_encoded",)

    def __init__(self) -> None:
        self._encoded: dict[int, tuple[Any, Redactor | None, Any]] = {}

    def encode(self, metadata: Any, redactor: Redactor | None) -> Any:
        """Return ``metadata`` as JSON data, which are the same for the same dict."""
        known = self._encoded.get(id(metadata))
        if known is not None and known[0] is metadata and known[1] is redactor:
            return known[2]
        data = ValueEncoder(redactor).encode(metadata, (None, "metadata"))
        if len(self._encoded) >= _MAX_CALLS:
            self._encoded.clear()
        self._encoded[id(metadata)] = metadata, redactor, data
        return data


def encode_event(
    event: Event, redactor: Redactor | None = None, token_metadata: TokenMetadata | None = None
) -> dict[str, Any]:
    """Return ``event`` as a JSON object. Never raises, whatever values the event holds.

    Args:
        event: the event.
        redactor: hides secrets; None to encode all.
        token_metadata: the encoded metadata of earlier tokens; None to encode those of each token.
    """
    data: dict[str, Any] = {"kind": type(event).__name__}
    if isinstance(event, RunStarted):
        data["format"] = FORMAT_VERSION
    defaults = event._field_defaults
    encoder = ValueEncoder(redactor)
    for name, value in zip(event._fields, event, strict=True):
        if name in defaults and value is defaults[name]:
            continue
        if token_metadata is not None and name == "metadata" and type(event) is Token:
            data[name] = token_metadata.encode(value, redactor)
            continue
        place = (None, name)
        if name in _TUPLE_FIELDS and type(value) is tuple:
            data[name] = encoder.encode_items(value, len(value), place, 0)
        else:
            data[name] = encoder.encode(value, place)
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
    if not isinstance(version, int):
        raise ValueError(f"The version of the format is {version!r}, and must be a number.")  # noqa: TRY004 - see Raises
    if version > FORMAT_VERSION:
        raise NewerFormatError(
            f"The run is in format {version}, which a newer version of lgstream wrote; this one reads formats up to "
            f"{FORMAT_VERSION}. Update lgstream to read it."
        )
    decoder = _ValueDecoder(data)
    try:
        fields = {name: decoder.decode(value) for name, value in data.items() if name not in ("kind", "format")}
        for name in _TUPLE_FIELDS & fields.keys():
            if isinstance(fields[name], list):
                fields[name] = tuple(fields[name])
        event: Event = check_fields(kind(**fields))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"Not a valid {kind.__name__}: {error}. Its fields are {', '.join(kind._fields)}.") from error
    return event


def unknown_fields(data: Any) -> list[str]:
    """Return the fields of an encoded event that its class does not have; none if the class is not known."""
    kind = _KINDS_BY_NAME.get(str(data.get("kind"))) if isinstance(data, dict) else None
    return [] if kind is None else [name for name in data if name not in (*kind._fields, "kind", "format")]


def encode(value: Any) -> Any:
    """Return ``value`` as JSON data. Whatever it holds, this does not raise, and its size and cost are bounded."""
    return ValueEncoder().encode(value, None)


def decode(data: Any) -> Any:
    """Return the value that :func:`encode` encoded as ``data``.

    Raises:
        ValueError: if an object in ``data`` has an unknown tag ``"$"`` or lacks keys of its tag.
    """
    return _ValueDecoder(data).decode(data)


class _ValueDecoder:
    """Decodes the parts of one piece of data, in which ``same`` refers to other parts."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._values_by_data: dict[int, Any] = {}

    def decode(self, data: Any) -> Any:
        if isinstance(data, list):
            items: list[Any] = []
            self._values_by_data[id(data)] = items
            items.extend(map(self.decode, data))
            return items
        if not isinstance(data, dict):
            return data
        if "$" not in data:
            fields: dict[str, Any] = {}
            self._values_by_data[id(data)] = fields
            for key, item in data.items():
                fields[key] = self.decode(item)
            return fields
        tag = data["$"]
        decoder = _DECODERS.get(tag) if isinstance(tag, str) else None
        if decoder is None:
            raise ValueError(f"Unknown tag {tag!r}: it must be one of {', '.join(_DECODERS)}.")
        try:
            value = decoder(self, data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"The object tagged {tag!r} is not as it should be: {error!r}.") from error
        self._values_by_data[id(data)] = value
        return value

    def decode_dict(self, data: dict[str, Any]) -> dict[Any, Any]:
        value: dict[Any, Any] = {}
        self._values_by_data[id(data)] = value
        for key, item in data["items"]:
            value[_as_key(self.decode(key))] = self.decode(item)
        return value

    def decode_items(self, data: dict[str, Any]) -> list[Any]:
        return [self.decode(item) for item in data["items"]]

    def decode_same(self, data: dict[str, Any]) -> Any:
        target = self._root
        try:
            for key in data["path"]:
                target = target[key]
            return self._values_by_data[id(target)]
        except LookupError:  # it contains this reference, and is not complete
            return RecordedObject("", text=f"<same object as at {data['path']}>")

    def decode_message(self, data: dict[str, Any]) -> Any:
        messages = importlib.import_module("langchain_core.messages")
        kind = getattr(messages, data["type"], None)
        if not (isinstance(kind, type) and issubclass(kind, messages.BaseMessage)):
            raise ValueError(f"No langchain message class is called {data['type']!r}.")  # noqa: TRY004 - decode() promises ValueError
        fields = self.decode(data["fields"])
        try:
            return kind(**fields)
        except Exception:  # noqa: BLE001 - a field was not recorded, or another version of langchain has it otherwise
            return RecordedObject(f"{kind.__module__}.{kind.__qualname__}", fields=fields)

    def decode_exception(self, data: dict[str, Any]) -> RecordedError:
        args = [self.decode(item) for item in data["args"]]
        error = RecordedError.recorded(data["type"], data["message"], args, data["traceback"])
        for note in data["notes"]:
            error.add_note(note)
        return error

    def decode_object(self, data: dict[str, Any]) -> Any:
        fields = self.decode(data["fields"])
        module, _, name = data["type"].rpartition(".")
        if module in DECODABLE_MODULES:
            try:
                kind = getattr(importlib.import_module(_RENAMED_MODULES.get(module, module)), name)
                if isinstance(kind, type) and kind.__module__ in DECODABLE_MODULES:
                    return kind(**fields)
            except (ImportError, AttributeError, TypeError, ValueError):
                pass  # the class differs in this version: return its record
        return RecordedObject(data["type"], fields=fields)


def _as_key(value: Any) -> Any:
    """Return ``value``, or a record of it if it cannot be a key, or only at a cost without bounds.

    Not all objects are decoded as their own class, and a tuple of tuples that share their items takes forever to hash.
    """
    pending, count = [value], 0
    while pending and count < _MAX_KEY_ITEMS:
        item = pending.pop()
        count += 1
        if isinstance(item, RecordedObject):
            item = item.fields
        pending += item.values() if isinstance(item, dict) else item if isinstance(item, _CONTAINERS) else ()
    try:
        if not pending:
            hash(value)
            return value
    except TypeError:
        pass
    return RecordedObject("", text=f"<{type(value).__name__}, which cannot be a key here, {id(value):#x}>")


_DECODERS: dict[str, Callable[[_ValueDecoder, dict[str, Any]], Any]] = {
    "tuple": lambda decoder, data: tuple(decoder.decode_items(data)),
    "set": lambda decoder, data: set(map(_as_key, decoder.decode_items(data))),
    "frozenset": lambda decoder, data: frozenset(map(_as_key, decoder.decode_items(data))),
    "dict": _ValueDecoder.decode_dict,
    "float": lambda _, data: float(data["value"]),
    "int": lambda _, data: int(data["hex"], 16),
    "bytes": lambda _, data: base64.b64decode(data["base64"]),
    "message": _ValueDecoder.decode_message,
    "exception": _ValueDecoder.decode_exception,
    "object": _ValueDecoder.decode_object,
    "same": _ValueDecoder.decode_same,
    "repr": lambda _, data: RecordedObject(data["type"], text=data["repr"]),
}
