"""Exceptions as text: one line for the row, a bounded traceback for whoever opens it."""

from __future__ import annotations

import re
import traceback
from asyncio import CancelledError
from pathlib import Path

from lgstream.views.text.format import clean, cut

LINE = 300
MESSAGE = 2_000
TRACEBACK = 6_000
DEEPEST = 200
"""Innermost frames that are looked at."""

FRAMES = 16
"""Frames that are shown."""

OURS = str(Path(__file__).parents[1])
ENGINES = re.compile(r"[/\\](site|dist)-packages[/\\](langgraph|langchain_core)[/\\]")
CUT_OFF: dict[type[BaseException], str] = {
    GeneratorExit: "cut off: its node read no further",
    KeyboardInterrupt: "cut off: interrupted",
    CancelledError: "cut off: cancelled",
}
HEAD = "Traceback (most recent call last"


def cut_off(error: BaseException) -> str:
    """Why a model call was not let to its end, in words; "" where it failed by itself."""
    return next((why for stop, why in CUT_OFF.items() if isinstance(error, stop)), "")


def one_line(error: BaseException) -> str:
    """``"ValueError: boom"``: the type and the first line of the message, bounded."""
    text = _message(error).strip()
    name = type(error).__name__
    return cut(clean(f"{name}: {text.splitlines()[0]}" if text else name), LINE)


def trace(error: BaseException) -> str:
    """The traceback as Python prints it, causes included, bounded; "" if there is none.

    Frames of the engine that ran the node are left out, but for the one that raised, and the traceback says so: among
    them the reader's own code would be hard to find, or be cut off.
    """
    if error.__traceback__ is None:
        return ""
    told = traceback.TracebackException(
        type(error), error, error.__traceback__, limit=-DEEPEST, lookup_lines=False, compact=True
    )
    shorter = False
    part: traceback.TracebackException | None = told
    while part is not None:
        own = [frame for frame in part.stack[:-1] if not _engine(frame.filename)] + part.stack[-1:]
        shorter = shorter or len(own) < len(part.stack)
        part.stack = traceback.StackSummary.from_list(own[-FRAMES:])
        part = part.__cause__ or part.__context__
    text = clean("".join(told.format()).rstrip())
    if shorter:
        text = text.replace(HEAD, f"{HEAD}; frames of the graph engine left out")
    if len(text) <= TRACEBACK:
        return text
    half = TRACEBACK // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def _engine(path: str) -> bool:
    return path.startswith(OURS) or ENGINES.search(path) is not None


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MESSAGE]
    except Exception as broken:  # noqa: BLE001 - __str__ is the user's; that it fails is all there is to say
        return f"<{type(broken).__name__} while its message was made>"
