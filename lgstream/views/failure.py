"""Exceptions as text: one line for the row, a bounded traceback for whoever opens it."""

from __future__ import annotations

import traceback

from lgstream.views.words import clean, cut

LINE = 300
MESSAGE = 2_000
TRACEBACK = 6_000
FRAMES = 12


def one_line(error: BaseException) -> str:
    """``"ValueError: boom"``: the type and the first line of the message, bounded."""
    text = _message(error).strip()
    name = type(error).__name__
    return cut(clean(f"{name}: {text.splitlines()[0]}" if text else name), LINE)


def trace(error: BaseException) -> str:
    """The traceback as Python prints it: the innermost frames, causes included, bounded; "" if there is none."""
    if error.__traceback__ is None:
        return ""
    told = traceback.TracebackException(type(error), error, error.__traceback__, limit=-FRAMES, compact=True)
    text = clean("".join(told.format()).rstrip())
    if len(text) <= TRACEBACK:
        return text
    half = TRACEBACK // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MESSAGE]
    except Exception as broken:  # noqa: BLE001 - __str__ is the user's; that it fails is all there is to say
        return f"<{type(broken).__name__} while its message was made>"
