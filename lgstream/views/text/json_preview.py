"""Any value as short JSON text, at a cost that the bound sets and not the value.

A state may hold a 20 MB document, a cycle, or an object whose ``repr`` raises; what is shown of it is a few hundred
characters. So a value is first pruned to a small tree of plain JSON, spending a budget of characters, and only that
tree is written out. langchain messages, dataclasses, attrs classes, pydantic models and named tuples are known by their
attributes, without importing any of those packages.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from enum import Enum
from itertools import islice
from types import SimpleNamespace
from typing import Any

from lgstream.views.text.format import clean, cut
from lgstream.views.text.tracebacks import one_line

LONG = 2_000
"""Characters of an input, an update or a question."""

VALUE = 500
"""Characters of one key of the state."""

SHORT = 160
"""Characters of one side of a diff."""

WIDTH = 88
"""Columns up to which JSON is written on one line."""

DEPTH = 8
ITEMS = 24
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def pretty(value: Any, limit: int = LONG) -> str:
    """``value`` as JSON of at most ``limit`` characters, on one line where it fits, else indented."""
    tree = _Pruner(limit, indent=2).prune(value)
    line = json.dumps(tree, ensure_ascii=False)
    if len(line) > WIDTH:
        line = json.dumps(tree, ensure_ascii=False, indent=2)
    return cut(clean(line), limit)


def short(value: Any, limit: int = SHORT) -> str:
    """``value`` as JSON on one line of at most ``limit`` characters."""
    return cut(clean(json.dumps(_Pruner(limit, items=6).prune(value), ensure_ascii=False)), limit)


def is_message(value: Any) -> bool:
    """Whether ``value`` is a langchain message: it has content, a type and an id, as no other usual object has."""
    return isinstance(getattr(value, "type", None), str) and hasattr(value, "content") and hasattr(value, "id")


def fields(value: Any) -> Iterator[tuple[str, Any]] | None:
    """Names and values of a record (dataclass, attrs, pydantic, named tuple, namespace), or None for another object.

    Fields declared with ``repr=False`` are left out: they are hidden for a reason.
    """
    kind = type(value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        names: Iterable[str] = [f.name for f in dataclasses.fields(value) if f.repr]
    elif isinstance(known := getattr(kind, "__attrs_attrs__", None), tuple):
        names = [a.name for a in known if a.repr]
    elif isinstance(known := getattr(kind, "model_fields", None), Mapping):
        names = [name for name, info in known.items() if getattr(info, "repr", True)]
    elif isinstance(value, tuple) and isinstance(known := getattr(kind, "_fields", None), tuple):
        names = known
    elif isinstance(value, SimpleNamespace):
        names = tuple(vars(value))
    else:
        return None
    return ((name, getattr(value, name)) for name in names if hasattr(value, name))


class _Pruner:
    """One value on its way to a tree of plain JSON that costs at most ``left`` characters, give or take the layout."""

    def __init__(self, limit: int, items: int = ITEMS, indent: int = 0) -> None:
        self.left = limit * 9 // 10  # the rest is for brackets and escapes
        self.longest = max(limit // 2, 40)  # a string inside another value: it leaves room for its neighbours
        self.items = items
        self.indent = indent
        self.above: set[int] = set()

    def prune(self, value: Any) -> Any:
        if value is None or value is True or value is False:
            self.left -= 4
            return value
        if isinstance(value, str) and not isinstance(value, Enum):
            return self._text(value)
        if type(value) is int:
            if value.bit_length() > 512:
                return self._text(f"<int of {value.bit_length():,} bits>")
            self.left -= len(str(value))
            return value
        if type(value) is float:
            self.left -= 8
            return value if value - value == 0 else str(value)
        if id(value) in self.above:
            return self._text("<the same object again>")
        if len(self.above) >= DEPTH or self.left <= 0:
            return "…"
        self.above.add(id(value))
        try:
            return self._object(value)
        except Exception as error:  # noqa: BLE001 - the value is the user's: whatever reading it raises is shown in its place
            return self._text(f"<{type(value).__name__}: {type(error).__name__} while it was read>")
        finally:
            self.above.discard(id(value))

    def _text(self, text: str) -> str:
        room = min(self.longest, self.left) if self.above else self.left
        text = cut(text, max(room, 12))
        self.left -= len(text) + 2
        return text

    def _line(self) -> None:
        """Pay for the layout of one more item."""
        self.left -= 2 + self.indent * (1 + len(self.above))

    def _object(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value.items(), len(value))
        if is_message(value):
            return self._message(value)
        if (named := fields(value)) is not None:
            self.left -= len(type(value).__name__)
            return {type(value).__name__: self._mapping(named)}
        if isinstance(value, bytes | bytearray | memoryview):
            return self._text(f"<{type(value).__name__} of {len(value):,}>")
        if isinstance(value, Sequence):
            return self._sequence(value)
        if isinstance(value, Set):
            return self._some(iter(value), len(value))
        return self._text(_opaque(value))

    def _mapping(self, pairs: Iterable[tuple[Any, Any]], size: int | None = None) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in pairs:
            if self.left <= 0 or len(out) >= 2 * self.items:
                out["…"] = f"{size - len(out):,} more" if size else "more"
                break
            self._line()
            name = self._text(key if isinstance(key, str) else _opaque(key))
            out[name] = self.prune(value)
        return out

    def _sequence(self, value: Sequence[Any]) -> list[Any]:
        """First and last items: in a list of messages the last one is what the reader looks for."""
        if len(value) <= self.items:
            return self._some(iter(value), len(value))
        tail = self.items // 2
        kept = self.left // 2
        self.left -= kept
        first = self._take(iter(value), self.items - tail)
        self.left += kept
        last = self._take((value[at] for at in range(len(value) - 1, 0, -1)), tail)
        return [*first, f"… {len(value) - len(first) - len(last):,} more", *reversed(last)]

    def _some(self, values: Iterator[Any], size: int) -> list[Any]:
        out = self._take(values, self.items)
        return out if len(out) == size else [*out, f"… {size - len(out):,} more"]

    def _take(self, values: Iterator[Any], most: int) -> list[Any]:
        out: list[Any] = []
        for value in islice(values, most):
            if self.left <= 0:
                break
            self._line()
            out.append(self.prune(value))
        return out

    def _message(self, message: Any) -> dict[str, Any]:
        calls = getattr(message, "tool_calls", None)
        name = getattr(message, "name", None)
        self.left -= len(message.type)
        if not calls and not name:
            return {message.type: self.prune(message.content)}
        more = {"name": name, "content": message.content, "tool_calls": calls}
        return {message.type: self._mapping((key, value) for key, value in more.items() if value)}


def _opaque(value: Any) -> str:
    """What an object says of itself, without the address that changes from run to run."""
    if isinstance(value, BaseException):
        return one_line(value)
    if isinstance(value, type) or (isinstance(value, Callable) and hasattr(value, "__qualname__")):  # type: ignore[arg-type]
        return f"<{value.__qualname__}>"
    if getattr(type(value), "__repr__", None) is object.__repr__:
        return f"<{type(value).__name__}>"
    return ADDRESS.sub("", repr(value))
