"""The words and figures that every form of the view shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from math import floor, log10
from typing import TypeVar

T = TypeVar("T")

ICONS = {"pending": "○", "running": "●", "waiting": "‖", "done": "✓", "failed": "✗", "stopped": "■"}
TIMES = "\N{MULTIPLICATION SIGN}"

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that a terminal, an HTML parser or the order of the letters around them would act on."""


def clean(text: str) -> str:
    """``text`` as what can be encoded: a lone half of a surrogate pair becomes a question mark."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def printable(text: str) -> str:
    """``text`` without control characters, line feeds and tabs apart."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def cut(text: str, limit: int) -> str:
    """``text``, or its beginning and how many characters were left out, in ``limit`` characters."""
    if len(text) <= limit:
        return text
    note = f"… (+{len(text) - limit:,} characters)"
    if len(text) - limit < 100 or len(note) >= limit // 2:
        return text[: max(limit - 1, 0)] + "…"
    return text[: limit - len(note)] + note


def middle(text: str, limit: int) -> tuple[str, int, str]:
    """The beginning of ``text``, how many characters are left out behind it, and the end: ``limit`` characters."""
    if len(text) <= limit:
        return text, 0, ""
    tail = limit // 3
    return text[: limit - tail], len(text) - limit, text[len(text) - tail :]


def fit(
    items: Sequence[T], room: int, write: Callable[[T], str], front: float = 0.75
) -> tuple[list[str], int, list[str]]:
    """Write out as many of ``items`` as ``room`` bytes hold: the first ones, how many were left out, the last ones.

    ``front`` is the part of the room for the first ones, where not all fit.
    """
    tail: list[str] = []
    left = int(room * (1 - front))
    end = len(items)
    while end and (size := len((last := write(items[end - 1])).encode())) <= left:
        tail.append(last)
        left -= size
        end -= 1
    head: list[str] = []
    left += int(room * front)
    start = 0
    while start < end and (size := len((first := write(items[start])).encode())) <= left:
        head.append(first)
        left -= size
        start += 1
    return head, end - start, tail[::-1]


def waited_for(triggers: Iterable[str]) -> str:
    """The nodes that a task waited for, if several; else ``""`` (``waitedFor`` in widgets/src/dom/format.ts)."""
    for trigger in triggers:
        kind, *names = trigger.split(":")
        if kind == "join" and names:
            return f"after {' and '.join(names[0].split('+'))}"
    return ""


def seconds(value: float) -> str:
    """A duration: 3 ms, 2.1 s, 48 s, 1 m 05 s, 2 h 03 m (as ``duration`` in widgets/src/dom/format.ts)."""
    if value < 0.9995:
        return f"{max(value, 0.0) * 1000:.0f} ms"
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} m"


def dollars(value: float) -> str:
    """An amount of US dollars, with two telling digits where it is a fraction of a cent."""
    digits = 2 if value >= 0.995 else min(8, max(2, 1 - floor(log10(value))))
    return f"${value:.{digits}f}"


def count(number: int, noun: str) -> str:
    """``1 call``, ``2 calls``, ``1,234 tokens``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
