"""Any value as short JSON text, at a cost that depends on the limit and not on the value.

A state may hold a 20 MB document, a cycle, or an object whose ``repr`` raises, while a view shows a few hundred
characters of it. So a value is first pruned to a small tree of plain JSON within a budget of characters, and only that
tree is serialized. langchain messages, dataclasses, attrs classes, pydantic models and named tuples are recognized by
their attributes, without importing any of those packages.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from itertools import islice
from types import SimpleNamespace
from typing import Any

from lgstream.redaction import Redactor, current_redactor
from lgstream.views.text.format import redact_start, replace_surrogates, truncate
from lgstream.views.text.tracebacks import error_line

MAX_BLOCK_CHARS = 2_000
"""Characters of an input, an update, a question or a custom write."""

MAX_STATE_VALUE_CHARS = 500
"""Characters of the value of one state key."""

MAX_DIFF_CHARS = 160
"""Characters of one side of a diff."""

MAX_LINE_COLUMNS = 88
"""Length up to which JSON stays on one line."""

MAX_DEPTH = 8
MAX_ITEMS = 24
MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def json_block(value: Any, limit: int = MAX_BLOCK_CHARS) -> str:
    """Return ``value`` as JSON of at most ``limit`` characters: on one line if it is short, else indented."""
    pruner = _Pruner(limit, indent=2)
    tree = pruner.prune(value)
    text = json.dumps(tree, ensure_ascii=False)
    if len(text) > MAX_LINE_COLUMNS:
        text = json.dumps(tree, ensure_ascii=False, indent=2)
    return _bounded_json(text, limit, pruner.redactor)


def json_line(value: Any, limit: int = MAX_DIFF_CHARS) -> str:
    """Return ``value`` as JSON on one line of at most ``limit`` characters."""
    pruner = _Pruner(limit, max_items=6)
    return _bounded_json(json.dumps(pruner.prune(value), ensure_ascii=False), limit, pruner.redactor)


def _bounded_json(text: str, limit: int, redactor: Redactor | None) -> str:
    """Return JSON from which secrets were removed value by value, noting that there is no need to look for more."""
    text = truncate(replace_surrogates(text), limit)
    if redactor is not None:
        redactor.note_shown(text)
    return text


def is_message(value: Any) -> bool:
    """Return True if ``value`` has the attributes of a langchain message: a string ``type``, ``content`` and ``id``."""
    return isinstance(getattr(value, "type", None), str) and hasattr(value, "content") and hasattr(value, "id")


def record_fields(value: Any) -> Iterator[tuple[str, Any]] | None:
    """Return the field names and values of a record, or None if ``value`` is not a record.

    Records are instances of dataclasses, attrs classes, pydantic models and named tuples, and namespaces. Fields
    declared with ``repr=False``, or as secrets in langchain's classes, are left out: they are hidden for a reason.
    """
    kind = type(value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        names: Iterable[str] = [f.name for f in dataclasses.fields(value) if f.repr]
    elif isinstance(declared := getattr(kind, "__attrs_attrs__", None), tuple):
        names = [a.name for a in declared if a.repr]
    elif isinstance(declared := getattr(kind, "model_fields", None), Mapping):
        secrets = getattr(value, "lc_secrets", None) or ()  # of langchain's classes
        names = [name for name, info in declared.items() if getattr(info, "repr", True) and name not in secrets]
    elif isinstance(value, tuple) and isinstance(declared := getattr(kind, "_fields", None), tuple):
        names = declared
    elif isinstance(value, SimpleNamespace):
        names = tuple(vars(value))
    else:
        return None
    return ((name, getattr(value, name)) for name in names if hasattr(value, name))


class _Pruner:
    """Prunes one value to a tree of plain JSON of about ``limit`` characters, layout included."""

    def __init__(self, limit: int, max_items: int = MAX_ITEMS, indent: int = 0) -> None:
        self.chars_left = limit * 9 // 10  # the rest is for brackets and escapes
        self.max_nested_chars = max(limit // 2, 40)  # a string inside another value leaves room for its neighbours
        self.max_items = max_items
        self.indent = indent
        self.ancestors: set[int] = set()  # the ids of the objects around the current one
        self.redactor = current_redactor()

    def prune(self, value: Any) -> Any:
        if value is None or value is True or value is False:
            self.chars_left -= 4
            return value
        if isinstance(value, str) and not isinstance(value, Enum):
            return self._text(value)
        if type(value) is int:
            if value.bit_length() > 512:
                return self._text(f"<int of {value.bit_length():,} bits>")
            self.chars_left -= len(str(value))
            return value
        if type(value) is float:
            self.chars_left -= 8
            return value if value - value == 0 else str(value)
        if id(value) in self.ancestors:
            return self._text("<the same object again>")
        if len(self.ancestors) >= MAX_DEPTH or self.chars_left <= 0:
            return "…"
        self.ancestors.add(id(value))
        try:
            return self._object(value)
        except Exception as error:  # noqa: BLE001 - the value is the user's: what reading it raises is shown in its place
            return self._text(f"<{type(value).__name__}: {type(error).__name__} while it was read>")
        finally:
            self.ancestors.discard(id(value))

    def _text(self, text: str) -> str:
        limit = min(self.max_nested_chars, self.chars_left) if self.ancestors else self.chars_left
        limit = max(limit, 12)
        redactor = self.redactor
        if redactor is not None and text not in redactor.harmless_texts:
            text = redact_start(text, limit, redactor)
        text = truncate(text, limit)
        self.chars_left -= len(text) + 2
        return text

    def _spend_layout(self) -> None:
        """Subtract the punctuation and indentation of one more item from the budget."""
        self.chars_left -= 2 + self.indent * (1 + len(self.ancestors))

    def _object(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value.items(), len(value))
        if is_message(value):
            return self._message(value)
        if (fields := record_fields(value)) is not None:
            self.chars_left -= len(type(value).__name__)
            return {type(value).__name__: self._mapping(fields)}
        if isinstance(value, bytes | bytearray | memoryview):
            return self._text(f"<{type(value).__name__} of {len(value):,}>")
        if isinstance(value, Sequence):
            return self._sequence(value)
        if isinstance(value, AbstractSet):
            return self._first_items(iter(value), len(value))
        return self._text(_describe_object(value))

    def _mapping(self, pairs: Iterable[tuple[Any, Any]], size: int | None = None) -> dict[str, Any]:
        pruned: dict[str, Any] = {}
        for key, value in pairs:
            if self.chars_left <= 0 or len(pruned) >= 2 * self.max_items:
                pruned["…"] = f"{size - len(pruned):,} more" if size else "more"
                break
            self._spend_layout()
            name = self._text(key if isinstance(key, str) else _describe_object(key))
            pruned[name] = self.prune(value if self.redactor is None else self.redactor.value(name, value))
        return pruned

    def _sequence(self, value: Sequence[Any]) -> list[Any]:
        """Prune to the first and last items: in a list of messages the last one is what the reader looks for."""
        if self.redactor is not None and type(value) in (list, tuple) and len(value) == 2:
            value = self.redactor.pair_item(type(value), value)
        if len(value) <= self.max_items:
            return self._first_items(iter(value), len(value))
        last_count = self.max_items // 2
        reserved_chars = self.chars_left // 2
        self.chars_left -= reserved_chars
        first = self._take(iter(value), self.max_items - last_count)
        self.chars_left += reserved_chars
        last = self._take((value[index] for index in range(len(value) - 1, 0, -1)), last_count)
        return [*first, f"… {len(value) - len(first) - len(last):,} more", *reversed(last)]

    def _first_items(self, values: Iterator[Any], size: int) -> list[Any]:
        items = self._take(values, self.max_items)
        return items if len(items) == size else [*items, f"… {size - len(items):,} more"]

    def _take(self, values: Iterator[Any], max_count: int) -> list[Any]:
        items: list[Any] = []
        for value in islice(values, max_count):
            if self.chars_left <= 0:
                break
            self._spend_layout()
            items.append(self.prune(value))
        return items

    def _message(self, message: Any) -> dict[str, Any]:
        calls = getattr(message, "tool_calls", None)
        name = getattr(message, "name", None)
        self.chars_left -= len(message.type)
        if not calls and not name:
            return {message.type: self.prune(message.content)}
        parts = {"name": name, "content": message.content, "tool_calls": calls}
        return {message.type: self._mapping((key, value) for key, value in parts.items() if value)}


def _describe_object(value: Any) -> str:
    """Return the ``repr`` of an object without its memory address, which changes from run to run."""
    if isinstance(value, BaseException):
        return error_line(value)
    if isinstance(value, type) or (isinstance(value, Callable) and hasattr(value, "__qualname__")):  # type: ignore[arg-type]
        return f"<{value.__qualname__}>"
    if getattr(type(value), "__repr__", None) is object.__repr__:
        return f"<{type(value).__name__}>"
    return MEMORY_ADDRESS.sub("", repr(value))
