"""Any value as short JSON text, at a cost that depends on the limit and not on the value.

A state may hold a 20 MB document, a cycle, or an object whose ``repr`` raises, while a view shows a few hundred
characters of it. So a value is first pruned to a small tree of plain JSON within a budget of characters, and only that
tree is serialized. Messages and records are shown with their fields; sequences and mappings other than the built-in
ones are not read, because reading may load or compute their items.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import Any

from lgstream.inspection.classes import derives, short_name
from lgstream.inspection.containers import container_base, dict_items, is_iterated
from lgstream.inspection.description import ENDS_PROGRAM, describe
from lgstream.inspection.fields import instance_fields, shown_fields
from lgstream.inspection.messages import is_message, message_type
from lgstream.inspection.text import bounded_text, plain_text, redact_start, replace_surrogates, truncate
from lgstream.redaction import Redactor, current_redactor

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
MAX_NUMBER_BITS = 512
"""Size of the integers that are shown with their digits."""


def json_block(value: Any, limit: int = MAX_BLOCK_CHARS) -> str:
    """Return ``value`` as JSON of at most ``limit`` characters: on one line if it is short, else indented."""
    pruner = _Pruner(limit, indent=2)
    tree = pruner.prune(value)
    text = json.dumps(tree, ensure_ascii=False)
    if len(text) > MAX_LINE_COLUMNS:
        text = json.dumps(tree, ensure_ascii=False, indent=2)
    return _bounded_json(text, limit, pruner.redactor)


def json_line(value: Any, limit: int = MAX_DIFF_CHARS, message_text: Callable[[Any], str] | None = None) -> str:
    """Return ``value`` as JSON on one line of at most ``limit`` characters.

    Args:
        value: any value.
        limit: the characters.
        message_text: returns the text that stands for a message; None to show the fields of messages.
    """
    pruner = _Pruner(limit, max_items=6, message_text=message_text)
    return _bounded_json(json.dumps(pruner.prune(value), ensure_ascii=False), limit, pruner.redactor)


def text_or_json(value: Any, limit: int = MAX_BLOCK_CHARS) -> str:
    """Return a text as it is, and any other value as JSON, in at most ``limit`` characters."""
    text = plain_text(value)
    return json_block(value, limit) if text is None else bounded_text(text, limit)


def _bounded_json(text: str, limit: int, redactor: Redactor | None) -> str:
    """Return bounded JSON, and note that its secrets were removed value by value, so that nobody searches it again."""
    text = replace_surrogates(truncate(text, limit))
    if redactor is not None:
        redactor.note_shown(text)
    return text


class _Pruner:
    """Prunes one value to a tree of plain JSON of about ``limit`` characters, layout included.

    Args:
        limit: the characters.
        max_items: how many items of a list are shown; of a dict twice as many.
        indent: the spaces of one level in the layout.
        message_text: returns the text that stands for a message; None to show its fields.
    """

    def __init__(
        self,
        limit: int,
        max_items: int = MAX_ITEMS,
        indent: int = 0,
        message_text: Callable[[Any], str] | None = None,
    ) -> None:
        self.chars_left = limit * 9 // 10  # the rest is for brackets and escapes
        self.max_nested_chars = max(limit // 2, 40)  # a string inside another value leaves room for its neighbours
        self.max_items = max_items
        self.indent = indent
        self.message_text = message_text
        self.ancestors: set[int] = set()  # the ids of the objects around the current one
        self.redactor = current_redactor()

    def prune(self, value: Any) -> Any:
        """Return ``value`` as plain JSON. Raises nothing but what ends the program."""
        if value is None or value is True or value is False:
            self.chars_left -= 4
            return value
        kind = type(value)
        if (text := plain_text(value)) is not None:
            return self._text(text)
        if (derives(kind, int) or derives(kind, float)) and not derives(kind, Enum):
            return self._number(value, kind)
        if id(value) in self.ancestors:
            return self._text("<the same object again>")
        if len(self.ancestors) >= MAX_DEPTH or self.chars_left <= 0:
            return "…"
        self.ancestors.add(id(value))
        try:
            return self._object(value, kind)
        except ENDS_PROGRAM:
            raise
        except BaseException as error:  # noqa: BLE001 - what reading a value raises is shown in its place
            return self._text(f"<{short_name(kind)}: {short_name(type(error))} while it was read>")
        finally:
            self.ancestors.discard(id(value))

    def _number(self, value: Any, kind: type) -> Any:
        if derives(kind, float):
            number = float.__float__(value)
            self.chars_left -= 8
            return number if number - number == 0 else str(number)
        number = int.__int__(value)
        if number.bit_length() > MAX_NUMBER_BITS:
            return self._text(f"<int of {number.bit_length():,} bits>")
        self.chars_left -= len(str(number))
        return number

    def _text(self, text: str) -> str:
        limit = min(self.max_nested_chars, self.chars_left) if self.ancestors else self.chars_left
        limit = max(limit, 12)
        redactor = self.redactor
        if redactor is not None and not (len(text) <= limit and text in redactor.harmless_texts):
            text = redact_start(text, limit, redactor)
        text = truncate(text, limit)
        self.chars_left -= len(text) + 2
        return text

    def _spend_layout(self) -> None:
        """Subtract the punctuation and indentation of one more item from the budget."""
        self.chars_left -= 2 + self.indent * (1 + len(self.ancestors))

    def _object(self, value: Any, kind: type) -> Any:
        base = container_base(kind)
        if base is dict:
            return self._mapping(dict_items(value), dict.__len__(value))
        if base is list or base is tuple:
            return self._sequence(value, base)
        if base is not None or is_iterated(kind):
            reads: Any = base or kind
            return self._first_items(reads.__iter__(value), reads.__len__(value))
        if is_message(value):
            return self._message(value)
        if (fields := shown_fields(value)) is not None:
            name = short_name(kind)
            self.chars_left -= len(name)
            return {name: self._mapping(iter(fields.items()), len(fields))}
        return self._text(describe(value, max(self.chars_left, 12)))

    def _mapping(self, pairs: Iterator[tuple[Any, Any]], size: int) -> dict[str, Any]:
        pruned: dict[str, Any] = {}
        count = 0
        for key, value in list(islice(pairs, 2 * self.max_items)):  # a list, as the run may change the dict meanwhile
            if self.chars_left <= 0:
                break
            count += 1
            self._spend_layout()
            text = plain_text(key)
            name = self._text(describe(key) if text is None else text)
            pruned[name] = self.prune(value if self.redactor is None else self.redactor.value(name, value))
        if size > count:
            pruned["…"] = f"{size - count:,} more"
        return pruned

    def _sequence(self, value: Any, base: Any) -> list[Any]:
        """Prune to the first and last items: in a list of messages the last one is what the reader looks for."""
        size = base.__len__(value)
        if size == 2 and self.redactor is not None:
            value = self.redactor.pair_item(base, value)
        if size <= self.max_items:
            return self._first_items(base.__iter__(value), size)
        last_count = self.max_items // 2
        reserved_chars = self.chars_left // 2
        self.chars_left -= reserved_chars
        first = self._take(base.__iter__(value), self.max_items - last_count)
        self.chars_left += reserved_chars
        last = self._take(reversed(base.__getitem__(value, slice(-last_count, None))), last_count)
        return [*first, f"… {size - len(first) - len(last):,} more", *reversed(last)]

    def _first_items(self, values: Iterator[Any], size: int) -> list[Any]:
        items = self._take(values, self.max_items)
        return items if len(items) == size else [*items, f"… {size - len(items):,} more"]

    def _take(self, values: Iterable[Any], max_count: int) -> list[Any]:
        items: list[Any] = []
        for value in list(islice(values, max_count)):
            if self.chars_left <= 0:
                break
            self._spend_layout()
            items.append(self.prune(value))
        return items

    def _message(self, message: Any) -> Any:
        if self.message_text is not None:
            return self._text(self.message_text(message))
        fields, kind = instance_fields(message), message_type(message)
        content, shown = fields.get("content"), ("name", "content", "tool_calls")
        self.chars_left -= len(kind)
        parts = {name: fields[name] for name in shown if not _is_empty(fields.get(name))}
        if parts.keys() <= {"content"}:
            return {kind: self.prune(content)}
        return {kind: self._mapping(iter(parts.items()), len(parts))}


def _is_empty(value: Any) -> bool:
    return value is None or ((type(value) is str or type(value) is list) and not value)
