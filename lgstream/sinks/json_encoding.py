"""Turn any value into JSON data, at a bounded cost; the format is described in :mod:`lgstream.sinks.json_codec`.

Looking at a value must not change the run, hang it or break it. Therefore:

- Contents are read through the methods of list, tuple, dict, set and frozenset themselves, never through methods that a
  subclass overrides. Of records, the fields that they store are read. See :mod:`lgstream.inspection`.
- An object that was encoded before is a reference to its first place, so shared and cyclic values are linear in size.
- A value has a budget of nodes and characters. What exceeds it is replaced by a text that says so.
- What raises is replaced by a text that says so, in the place of the value that raised.
- What a :class:`~lgstream.redaction.Redactor` hides is not looked at.
"""

from __future__ import annotations

import base64
import math
import traceback
from collections.abc import Iterable
from enum import Enum
from itertools import islice
from typing import Any, TypeAlias

from lgstream.inspection.classes import class_attribute, derives, full_name, is_scalar, short_name
from lgstream.inspection.containers import container_base, dict_items, is_iterated
from lgstream.inspection.description import (
    ENDS_PROGRAM,
    can_be_formatted,
    describe,
    error_text,
    text_of,
    traceback_of,
)
from lgstream.inspection.fields import (
    COMPUTED,
    RecordField,
    declared_fields,
    instance_fields,
    read_fields,
    secret_fields,
    tuple_fields,
)
from lgstream.inspection.messages import message_class
from lgstream.redaction import HIDDEN_FIELD, REDACTED, Redactor

MAX_DEPTH = 100
"""Levels of nesting that are encoded."""

MAX_NODES = 200_000
"""Items of containers, and fields of objects, that are encoded of one value."""

MAX_CHARS = 16_000_000
"""Characters of texts, and of bytes as base64, that are encoded of one value. Short texts are always encoded."""

MAX_REPR_CHARS = 10_000
"""Characters that are recorded of a repr."""

DECODABLE_MODULES = frozenset(
    {"lgstream.events", "lgstream.events.shapes", "lgstream.types", "lgstream.command", "langgraph.types"}
)
"""Modules whose objects are recorded with their fields, and created again by the decoder."""

_SHORT_TEXT_CHARS = 200
_MAX_NUMBER_BITS = 2000
"""Size of the integers that are JSON numbers: any Python converts so many digits, whatever limit is set."""
_SIMPLE_BASES: tuple[type, ...] = (str, int, float, bytes, bytearray, Enum)
_CAN_BE_EMPTY: tuple[type, ...] = (str, int, float, bool, type(None), list, dict, tuple)

Path: TypeAlias = "tuple[Path | None, str | int]"
"""The place of a value in the data: the place of what contains it, and the key or index in that."""


class Unreadable:
    """Stands for a field whose value could not be read."""

    __slots__ = ("data",)

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data


class ValueEncoder:
    """Encodes one value, or the fields of one event, within one budget.

    Args:
        redactor: hides secrets; None to encode all.
    """

    __slots__ = ("_chars", "_harmless_texts", "_nodes", "_redactor", "_seen")

    def __init__(self, redactor: Redactor | None = None) -> None:
        self._redactor = redactor
        self._harmless_texts = None if redactor is None else redactor.harmless_texts
        self._nodes = MAX_NODES
        self._chars = MAX_CHARS
        self._seen: dict[int, tuple[Any, Path | None]] = {}  # holds the objects, so that no id is used again

    def encode(self, value: Any, path: Path | None, depth: int = 0) -> Any:
        """Return ``value`` as JSON data. Raises nothing but what ends the program, such as ``KeyboardInterrupt``.

        Args:
            value: any value.
            path: the place of the result in the data; None if it is all of it.
            depth: the number of levels above ``value``.
        """
        kind = type(value)
        if kind is str and len(value) <= _SHORT_TEXT_CHARS:
            if self._harmless_texts is None or value in self._harmless_texts:
                return value
            return self._shown_text(value)
        if is_scalar(kind):
            return self._encode_scalar(value)
        if kind is Unreadable:
            return value.data
        try:
            if id(value) in self._seen:
                return self._reference(self._seen[id(value)][1])
            return self._encode_object(value, kind, path, depth)
        except ENDS_PROGRAM:
            raise
        except BaseException as error:  # noqa: BLE001 - the value's own methods may raise anything
            return note(kind, f"cannot be shown: {short_name(type(error))}")

    def encode_items(self, values: Iterable[Any], count: int, path: Path | None, depth: int) -> list[Any]:
        """Return the first of ``values``, which are ``count``, as JSON data, as many as the budget allows."""
        room = max(self._nodes, 0)
        self._nodes -= count
        encode = self.encode
        items = [
            item if item is None or item is True or item is False else encode(item, (path, index), depth)
            for index, item in enumerate(islice(values, room))
        ]
        if count > room:
            items.append(note(None, f"{count - room:,} more items, which are not recorded"))
        return items

    def _encode_scalar(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._shown_text(value if len(value) <= _SHORT_TEXT_CHARS else self._encode_text(value))
        if kind is float:
            return value if math.isfinite(value) else {"$": "float", "value": repr(value)}
        if kind is int and (bits := value.bit_length()) > _MAX_NUMBER_BITS:
            if not self._reserve(bits // 4):
                return note(int, f"of {bits:,} bits, which is more than is recorded")
            return {"$": "int", "hex": hex(value)}
        return value

    def _shown_text(self, text: str) -> str:
        return text if self._redactor is None else self._redactor.text(text)

    def _encode_text(self, text: str) -> str:
        if self._reserve(len(text)):
            return text
        room = max(self._chars // 2, _SHORT_TEXT_CHARS)  # half, so that one long text leaves something for the others
        self._chars -= room
        return f"{text[:room]}… [{len(text) - room:,} more characters, which are not recorded]"

    def _encode_object(self, value: Any, kind: type, path: Path | None, depth: int) -> Any:
        base = container_base(kind)
        if base is None and any(derives(kind, simple) for simple in _SIMPLE_BASES):
            return self._encode_simple(value, kind)
        if depth > MAX_DEPTH:
            return note(kind, f"nested deeper than {MAX_DEPTH} levels")
        if base is None:
            return self._encode_by_fields(value, kind, path, depth)
        count = base.__len__(value)
        if count:  # an empty tuple is one object for all
            self._seen[id(value)] = (value, path)
        if base is dict:
            return self._encode_dict(dict_items(value), count, path, depth)
        if count == 2 and self._redactor is not None and (base is list or base is tuple):
            value = self._redactor.pair_item(base, value)
        if base is list:
            return self.encode_items(list.__iter__(value), count, path, depth + 1)
        return {
            "$": base.__name__,
            "items": self.encode_items(base.__iter__(value), count, (path, "items"), depth + 1),
        }

    def _encode_simple(self, value: Any, kind: type) -> Any:
        if derives(kind, Enum):
            return self._encode_repr(value, kind)
        if derives(kind, bytes) or derives(kind, bytearray):
            return self._encode_bytes(value, kind)
        # of a subclass, for example of numpy
        convert = str.__str__ if derives(kind, str) else int.__int__ if derives(kind, int) else float.__float__
        return self._encode_scalar(convert(value))

    def _encode_dict(self, items: Iterable[tuple[Any, Any]], count: int, path: Path | None, depth: int) -> Any:
        room = max(self._nodes, 0)
        self._nodes -= count
        pairs = list(islice(items, room))
        if count > room:
            pairs.append(("…", Unreadable(note(None, f"{count - room:,} more items, which are not recorded"))))
        keys = [key for key, _ in pairs]
        has_text_keys, redactor = all(type(key) is str for key in keys), self._redactor
        if redactor is not None and not (has_text_keys and redactor.harmless_names.issuperset(keys)):
            pairs = redactor.pairs(pairs)
        if has_text_keys and "$" not in keys:
            encode, depth = self.encode, depth + 1
            return {
                (key if len(key) <= _SHORT_TEXT_CHARS else self._encode_text(key)): (
                    item if item is None or item is True or item is False else encode(item, (path, key), depth)
                )
                for key, item in pairs
            }
        place = (path, "items")
        return {
            "$": "dict",
            "items": [
                [self.encode(key, ((place, index), 0), depth + 1), self.encode(item, ((place, index), 1), depth + 1)]
                for index, (key, item) in enumerate(pairs)
            ],
        }

    def _encode_by_fields(self, value: Any, kind: type, path: Path | None, depth: int) -> dict[str, Any]:
        if derives(kind, BaseException):
            self._seen[id(value)] = (value, path)
            return self._encode_exception(value, kind, path, depth)
        tag, name, fields = "object", full_name(kind), None
        if (as_class := message_class(kind)) is not None:
            tag, name, fields = "message", short_name(as_class), _message_fields(value, as_class)
        elif is_iterated(kind):
            fields = {"items": list(islice(value, max(self._nodes, 0) + 1))}
        elif derives(kind, tuple):
            fields = tuple_fields(value)
        elif not derives(kind, type) and (declared := _class_fields(kind)) is not None:
            fields = read_fields(value, [field.name for field in declared])
            if self._redactor is not None and not _is_decodable(kind):
                _hide_fields(value, declared, fields)
        if fields is None:
            return self._encode_repr(value, kind)
        self._seen[id(value)] = (value, path)
        pairs = ((name, _computed(name) if item is COMPUTED else item) for name, item in fields.items())
        data = self._encode_dict(pairs, len(fields), (path, "fields"), depth)
        return {"$": tag, "type": name, "fields": data}

    def _encode_exception(self, error: BaseException, kind: type, path: Path | None, depth: int) -> dict[str, Any]:
        args = BaseException.args.__get__(error)  # type: ignore[attr-defined]  # a class may override `args`
        notes = instance_fields(error).get("__notes__", [])
        notes = notes[:MAX_DEPTH] if type(notes) is list else [notes]
        return {
            "$": "exception",
            "type": full_name(kind),
            "message": self._encode_scalar(error_text(error)),
            "args": self.encode_items(args, len(args), (path, "args"), depth + 1),
            "notes": [self._encode_scalar(text_of(str, item)) for item in notes],
            "traceback": self._encode_scalar(text_of(_format_traceback, error)),
        }

    def _encode_repr(self, value: Any, kind: type) -> dict[str, Any]:
        if derives(kind, type):
            text = type.__repr__(value)
        else:
            text = text_of(repr, value) if derives(kind, Enum) else describe(value, MAX_REPR_CHARS + 1)
        if len(text) > MAX_REPR_CHARS:
            text = text[:MAX_REPR_CHARS] + "…"
        return {"$": "repr", "type": full_name(kind), "repr": self._shown_text(text)}

    def _encode_bytes(self, value: bytes | bytearray, kind: type) -> dict[str, Any]:
        size = memoryview(value).nbytes
        if not self._reserve(size * 4 // 3):
            return note(kind, f"of {size:,} bytes, which is more than is recorded")
        return {"$": "bytes", "base64": base64.b64encode(value).decode()}

    def _reference(self, path: Path | None) -> dict[str, Any]:
        keys: list[str | int] = []
        while path is not None:
            path, key = path
            keys.append(key)
        self._nodes -= len(keys)
        return {"$": "same", "path": keys[::-1]}

    def _reserve(self, chars: int) -> bool:
        if chars > self._chars:
            return False
        self._chars -= chars
        return True


def note(kind: type | None, text: str) -> dict[str, Any]:
    """Return the data that stand in the place of a value, or of items, that are not recorded."""
    name = "" if kind is None else full_name(kind)
    return {"$": "repr", "type": name, "repr": f"<{name}, {text}>" if name else f"<{text}>"}


def _computed(name: str) -> Unreadable:
    return Unreadable(note(None, f"{name}, which is computed when it is read"))


def _message_fields(message: Any, as_class: type) -> dict[str, Any]:
    """Return the fields of a message that its class in langchain declares and that were set or are not empty."""
    slots = read_fields(message, ("__pydantic_fields_set__", "__pydantic_extra__"))
    are_set, extra = slots.get("__pydantic_fields_set__"), slots.get("__pydantic_extra__")
    are_set = are_set if type(are_set) is set else set()
    fields = read_fields(message, [field.name for field in declared_fields(as_class) or ()])
    set_fields = {name: item for name, item in fields.items() if name in are_set or not _is_empty(item)}
    return set_fields | (extra if type(extra) is dict else {})


def _is_empty(value: Any) -> bool:
    return any(type(value) is kind for kind in _CAN_BE_EMPTY) and not value


def _class_fields(kind: type) -> list[RecordField] | None:
    declared = declared_fields(kind)
    if declared is None and _is_decodable(kind):  # Send has slots and is not a dataclass
        slots = class_attribute(kind, "__slots__")
        return [RecordField(name) for name in slots] if type(slots) is tuple and slots else None
    return declared


def _is_decodable(kind: type) -> bool:
    module = class_attribute(kind, "__module__")
    return type(module) is str and module in DECODABLE_MODULES


def _hide_fields(value: Any, declared: Iterable[RecordField], fields: dict[str, Any]) -> None:
    """Replace the values of fields that their class declares with ``repr=False`` or, in langchain, as a secret."""
    for field in declared:
        if field.is_hidden and field.name in fields:
            fields[field.name] = HIDDEN_FIELD
    for name in secret_fields(value):
        if fields.get(name) is not None:
            fields[name] = REDACTED


def _format_traceback(error: BaseException) -> str:
    """Return the traceback with those of causes and groups, or without if they are too many or too large."""
    if not can_be_formatted(error):
        return "".join(traceback.format_tb(traceback_of(error))) + f"{short_name(type(error))}: {error_text(error)}\n"
    return "".join(traceback.format_exception(error))
