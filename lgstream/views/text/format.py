"""Text and figures in the form that all renderings of a run share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import floor, log10
from typing import TypeVar

T = TypeVar("T")

STATUS_ICONS = {"pending": "○", "running": "●", "waiting": "‖", "done": "✓", "failed": "✗", "stopped": "■"}
MULTIPLICATION_SIGN = "\N{MULTIPLICATION SIGN}"


def truncate_middle(text: str, limit: int) -> tuple[str, int, str]:
    """Split ``text`` into its beginning, the number of omitted characters, and its end.

    Beginning and end have ``limit`` characters together, a third of them in the end. A text that fits is all beginning.
    """
    if len(text) <= limit:
        return text, 0, ""
    end_chars = limit // 3
    return text[: limit - end_chars], len(text) - limit, text[len(text) - end_chars :]


def fit_items(
    items: Sequence[T], max_bytes: int, render: Callable[[T], str], first_share: float = 0.75
) -> tuple[list[str], int, list[str]]:
    """Render as many of ``items`` as ``max_bytes`` of UTF-8 can hold, from both ends.

    Args:
        items: what to render, in order.
        max_bytes: the limit for all rendered items together.
        render: returns the text of one item. Called for few more items than fit.
        first_share: the part of ``max_bytes`` that is reserved for the first items if not all of them fit.

    Returns:
        The rendered first items, the number of omitted items, and the rendered last items.
    """
    last_texts: list[str] = []
    bytes_left = int(max_bytes * (1 - first_share))
    end = len(items)
    while end and (size := len((text := render(items[end - 1])).encode())) <= bytes_left:
        last_texts.append(text)
        bytes_left -= size
        end -= 1
    first_texts: list[str] = []
    bytes_left += int(max_bytes * first_share)
    start = 0
    while start < end and (size := len((text := render(items[start])).encode())) <= bytes_left:
        first_texts.append(text)
        bytes_left -= size
        start += 1
    return first_texts, end - start, last_texts[::-1]


def describe_join(triggers: Iterable[str]) -> str:
    """Return ``"after a and b"`` for a task that waited for several nodes, else ``""``.

    Args:
        triggers: the channels that triggered the task; ``"join:a+b:c"`` is the one of an edge from ``a`` and ``b``.
    """
    for trigger in triggers:
        kind, *names = trigger.split(":")
        if kind == "join" and names:
            return f"after {' and '.join(names[0].split('+'))}"
    return ""


def format_duration(seconds: float) -> str:
    """Format a duration: ``3 ms``, ``2.1 s``, ``48 s``, ``1 m 05 s``, ``2 h 03 m``; as in widgets/src/dom/format.ts."""
    if seconds < 0.9995:
        return f"{max(seconds, 0.0) * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole_seconds = round(seconds)
    if whole_seconds < 60:
        return f"{whole_seconds} s"
    if whole_seconds < 3600:
        return f"{whole_seconds // 60} m {whole_seconds % 60:02} s"
    return f"{whole_seconds // 3600} h {whole_seconds % 3600 // 60:02} m"


def format_dollars(amount: float) -> str:
    """Format US dollars: with cents, or with two significant digits if the amount is small."""
    digits = 2 if amount >= 0.995 else min(8, max(2, 1 - floor(log10(amount))))
    return f"${amount:.{digits}f}"


def format_count(number: int, noun: str) -> str:
    """Format a number of things: ``1 call``, ``2 calls``, ``1,234 tokens``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
