"""Texts that can be shown anywhere: plain, encodable, bounded, and without characters that control the output."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from lgstream.inspection.classes import derives
from lgstream.redaction import Redactor, current_redactor

MAX_SECRET_CHARS = 400
"""Characters of a text behind its limit that are searched for secrets."""

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that a terminal or an HTML parser interprets, or that reorder the text around them."""


def plain_text(value: Any) -> str | None:
    """Return a text, or an instance of a subclass of str, as a plain str; None for any other value."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    return str.__str__(value) if derives(kind, str) and not derives(kind, Enum) else None


def replace_surrogates(text: str) -> str:
    """Return ``text`` with each lone surrogate replaced by a question mark, so that it can be encoded as UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def replace_controls(text: str) -> str:
    """Return ``text`` with U+FFFD in the place of control characters other than line feed and tab."""
    return CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def truncate(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters: whole, or its beginning and the number of omitted characters."""
    if len(text) <= limit:
        return text
    suffix = f"… (+{len(text) - limit:,} characters)"
    if len(text) - limit < 100 or len(suffix) >= limit // 2:
        return text[: max(limit - 1, 0)] + "…"
    return text[: limit - len(suffix)] + suffix


def bounded_text(text: str, limit: int) -> str:
    """Return ``text`` as a row may hold it: encodable, and at most ``limit`` characters long.

    What is cut off is searched for secrets before, so that none is cut and then not recognised.
    """
    if len(text) > limit:
        text = redact_start(text, limit, current_redactor())
    return replace_surrogates(truncate(text, limit))


def redact_start(text: str, limit: int, redactor: Redactor | None) -> str:
    """Return ``text`` with what ``redactor`` hides in its first ``limit`` characters replaced."""
    if redactor is None:
        return text
    start = text[: limit + MAX_SECRET_CHARS]
    shown = redactor.text(start)
    return text if shown is start else shown + text[len(start) :]
