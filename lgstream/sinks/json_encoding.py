"""Turn any value into JSON data, at a bounded cost; the format is described in :mod:`lgstream.sinks.json_codec`.

Looking at a value must not change the run, hang it or break it. Therefore:

- Contents are read through the methods of list, tuple, dict, set and frozenset themselves, never through methods that a
  subclass overrides, and fields without ``__getattr__``. What a value says about its class is not asked.
- An object that was encoded before is a reference to its first place, so shared and cyclic values are linear in size.
- A value has a budget of nodes and characters. What exceeds it is replaced by a text that says so.
- What raises is replaced by a text that says so, in the place of the value that raised.
- What a :class:`~lgstream.redaction.Redactor` hides is not looked at.
"""

from __future__ import annotations

import base64
import dataclasses
import math
import sys
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from enum import Enum
from itertools import islice
from typing import Any, TypeAlias

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
_MAX_TRACEBACK_ERRORS = 1000
_SCALARS = frozenset({str, int, float, bool, type(None)})
_CONSTANTS = frozenset({bool, type(None)})
_TEXT = frozenset({str})
_CONTAINERS = (dict, list, tuple, set, frozenset)
_SIMPLE_BASES = (str, int, float, bytes, bytearray, Enum)
_CAN_BE_EMPTY = _SCALARS | {list, dict, tuple}
_DICT_VIEWS = frozenset({type({}.keys()), type({}.values()), type({}.items())})

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
        if kind in _SCALARS:
            return self._encode_scalar(value)
        if kind is Unreadable:
            return value.data
        try:
            if id(value) in self._seen:
                return self._reference(self._seen[id(value)][1])
            return self._encode_object(value, kind, path, depth)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - the value's own methods may raise anything
            return note(kind, f"cannot be shown: {_class_name(type(error))}")

    def encode_items(self, values: Iterable[Any], count: int, path: Path | None, depth: int) -> list[Any]:
        """Return the first of ``values``, which are ``count``, as JSON data, as many as the budget allows."""
        room = max(self._nodes, 0)
        self._nodes -= count
        encode = self.encode
        items = [
            item if type(item) in _CONSTANTS else encode(item, (path, index), depth)
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
        base: Any = kind if kind in _CONTAINERS else None
        if base is None and issubclass(kind, _SIMPLE_BASES):
            return self._encode_simple(value, kind)
        if depth > MAX_DEPTH:
            return note(kind, f"nested deeper than {MAX_DEPTH} levels")
        base = base or _container_base(kind)
        if base is None:
            return self._encode_by_fields(value, kind, path, depth)
        count = base.__len__(value)
        if count:  # an empty tuple is one object for all
            self._seen[id(value)] = (value, path)
        if base is dict:
            items = OrderedDict.items(value) if kind is OrderedDict else dict.items(value)
            return self._encode_dict(items, count, path, depth)
        if count == 2 and self._redactor is not None and base in (list, tuple):
            value = self._redactor.pair_item(base, value)
        if base is list:
            return self.encode_items(list.__iter__(value), count, path, depth + 1)
        return {
            "$": base.__name__,
            "items": self.encode_items(base.__iter__(value), count, (path, "items"), depth + 1),
        }

    def _encode_simple(self, value: Any, kind: type) -> Any:
        if issubclass(kind, Enum):
            return self._encode_repr(value, kind)
        if issubclass(kind, bytes | bytearray):
            return self._encode_bytes(value, kind)
        # of a subclass, for example of numpy
        convert = str.__str__ if issubclass(kind, str) else int.__int__ if issubclass(kind, int) else float.__float__
        return self._encode_scalar(convert(value))

    def _encode_dict(self, items: Iterable[tuple[Any, Any]], count: int, path: Path | None, depth: int) -> Any:
        room = max(self._nodes, 0)
        self._nodes -= count
        pairs = list(islice(items, room))
        if count > room:
            pairs.append(("…", Unreadable(note(None, f"{count - room:,} more items, which are not recorded"))))
        keys = [key for key, _ in pairs]
        has_text_keys, redactor = _TEXT.issuperset(map(type, keys)), self._redactor
        if redactor is not None and not (has_text_keys and redactor.harmless_names.issuperset(keys)):
            pairs = redactor.pairs(pairs)
        if has_text_keys and "$" not in keys:
            encode, depth = self.encode, depth + 1
            return {
                (key if len(key) <= _SHORT_TEXT_CHARS else self._encode_text(key)): (
                    item if type(item) in _CONSTANTS else encode(item, (path, key), depth)
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
        if issubclass(kind, BaseException):
            self._seen[id(value)] = (value, path)
            return self._encode_exception(value, kind, path, depth)
        tag, name, fields = "object", full_name(kind), None
        if (message_class := _message_class(kind)) is not None:
            tag, name, fields = "message", message_class.__name__, _message_fields(value, message_class)
        elif kind is deque or kind in _DICT_VIEWS:
            fields = {"items": list(islice(value, max(self._nodes, 0) + 1))}
        elif issubclass(kind, tuple):
            if type(names := getattr(kind, "_fields", None)) is tuple and _is_unchanged(kind, tuple):
                fields = dict(zip(names, tuple.__iter__(value), strict=True))
        elif (names := _field_names(kind)) is not None:
            fields = read_fields(value, names)
            if self._redactor is not None and kind.__module__ not in DECODABLE_MODULES:
                _hide_fields(value, kind, fields)
        if fields is None:
            return self._encode_repr(value, kind)
        self._seen[id(value)] = (value, path)
        data = self._encode_dict(fields.items(), len(fields), (path, "fields"), depth)
        return {"$": tag, "type": name, "fields": data}

    def _encode_exception(self, error: BaseException, kind: type, path: Path | None, depth: int) -> dict[str, Any]:
        args = BaseException.args.__get__(error)  # type: ignore[attr-defined]  # a class may override `args`
        notes = read_fields(error, ["__notes__"]).get("__notes__", [])
        if type(notes) not in (list, tuple):
            notes = [notes]
        return {
            "$": "exception",
            "type": full_name(kind),
            "message": self._encode_scalar(_text_of(str, error)),
            "args": self.encode_items(args, len(args), (path, "args"), depth + 1),
            "notes": [self._encode_scalar(_text_of(str, item)) for item in notes[:MAX_DEPTH]],
            "traceback": self._encode_scalar(_text_of(_format_traceback, error)),
        }

    def _encode_repr(self, value: Any, kind: type) -> dict[str, Any]:
        text = _text_of(repr, value)
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


def full_name(kind: type) -> str:
    """Return module and name of a class. Raises nothing."""
    try:
        return str.__str__(f"{kind.__module__}.{kind.__qualname__}")
    except Exception:  # noqa: BLE001 - a metaclass may override both
        return "a class without a name"


def read_fields(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the fields of an object that exist, with an :class:`Unreadable` for those that raise."""
    fields = {}
    for name in names:
        try:
            fields[name] = object.__getattribute__(value, name)
        except AttributeError:
            continue
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - a property may raise anything
            fields[name] = Unreadable(note(None, f"{name}, which cannot be read: {_class_name(type(error))}"))
    return fields


def _container_base(kind: type) -> Any:
    """Return the built-in container that ``kind`` is, or derives from without overriding how it is read; else None."""
    if kind is OrderedDict:
        return dict
    for base in _CONTAINERS if issubclass(kind, _CONTAINERS) else ():
        if issubclass(kind, base):
            return base if _is_unchanged(kind, base) and not hasattr(kind, "_fields") else None
    return None


def _is_unchanged(kind: Any, base: Any) -> bool:
    return (
        kind.__iter__ is base.__iter__
        and kind.__len__ is base.__len__
        and (base is not dict or (kind.items is dict.items and kind.keys is dict.keys))
    )


def _message_class(kind: type) -> type | None:
    """Return the langchain class that ``kind`` is or derives from; None if it is not a message class."""
    messages = sys.modules.get("langchain_core.messages")  # if it is not imported, nothing is a message
    if messages is None:
        return None
    of_langchain: type | None = None
    for base in kind.__mro__:
        if of_langchain is None and base.__module__.startswith("langchain_core.messages."):
            of_langchain = base
        if base is messages.BaseMessage:
            return of_langchain
    return None


def _message_fields(message: Any, as_class: Any) -> dict[str, Any]:
    """Return the fields of a message that ``as_class`` defines and that were set or are not empty."""
    are_set = message.model_fields_set
    fields = read_fields(message, as_class.model_fields)
    set_fields = {name: item for name, item in fields.items() if name in are_set or not _is_empty(item)}
    return set_fields | (message.model_extra or {})


def _is_empty(value: Any) -> bool:
    return type(value) in _CAN_BE_EMPTY and not value


def _field_names(kind: Any) -> list[str] | None:
    if type(getattr(kind, "__dataclass_fields__", None)) is dict:
        return [field.name for field in dataclasses.fields(kind)]
    if kind.__module__ in DECODABLE_MODULES:  # Send has slots and is not a dataclass
        return list(getattr(kind, "__slots__", ())) or None
    fields = getattr(kind, "model_fields", None)
    return list(fields) if type(fields) is dict else None


def _hide_fields(value: Any, kind: Any, fields: dict[str, Any]) -> None:
    """Replace the values of fields that their class declares with ``repr=False`` or, in langchain, as a secret."""
    declared = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "model_fields", None) or {}
    for name in fields:
        if not getattr(declared.get(name), "repr", True):
            fields[name] = HIDDEN_FIELD
    if type(getattr(kind, "lc_secrets", None)) is property:
        secrets = read_fields(value, ["lc_secrets"]).get("lc_secrets")
        for name in secrets if type(secrets) is dict else ():
            if fields.get(name) is not None:
                fields[name] = REDACTED


def _class_name(kind: type) -> str:
    return full_name(kind).rpartition(".")[2]


def _text_of(render: Callable[[Any], str], value: Any) -> str:
    try:
        return str.__str__(render(value))  # a text may be of a subclass of str
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a repr or str defined by a user may raise anything
        return f"<{full_name(type(value))}, which cannot be shown: {_class_name(type(error))}>"


def _format_traceback(error: BaseException) -> str:
    """Return the traceback with those of causes and groups, or without if they are too many."""
    pending, count = [error], 0
    while pending and count < _MAX_TRACEBACK_ERRORS:
        current = pending.pop()
        count += 1
        pending += [cause for cause in (current.__cause__, current.__context__) if cause is not None]
        pending += current.exceptions if isinstance(current, BaseExceptionGroup) else ()
    if pending:  # groups that contain each other would take forever
        return "".join(traceback.format_tb(error.__traceback__)) + f"{_class_name(type(error))}: {error}\n"
    return "".join(traceback.format_exception(error))
