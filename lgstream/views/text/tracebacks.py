"""Exceptions as text: one line for a row, and a bounded traceback for the details."""

from __future__ import annotations

import re
import traceback
from asyncio import CancelledError
from pathlib import Path

from lgstream.inspection.description import can_be_formatted, error_line, text_of, traceback_of
from lgstream.inspection.text import replace_surrogates

MAX_TRACEBACK_CHARS = 6_000

MAX_FRAMES_READ = 200
"""Innermost frames of an exception that are examined at all."""

MAX_FRAMES_SHOWN = 16

PACKAGE_DIRECTORY = str(Path(__file__).parents[2])
ENGINE_PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\](langgraph|langchain_core)[/\\]")

CANCELLATION_REASONS: dict[type[BaseException], str] = {
    GeneratorExit: "cut off: its node read no further",
    KeyboardInterrupt: "cut off: interrupted",
    CancelledError: "cut off: cancelled",
}

TRACEBACK_HEADER = "Traceback (most recent call last"


def cancellation_reason(error: BaseException) -> str:
    """Return in words why a call was cancelled; ``""`` if ``error`` is a failure of the call itself."""
    return next((reason for kind, reason in CANCELLATION_REASONS.items() if isinstance(error, kind)), "")


def format_traceback(error: BaseException) -> str:
    """Return the traceback of ``error`` and its causes as Python prints it, bounded; ``""`` if it has none.

    Frames of lgstream, LangGraph and langchain-core are left out, except for the one that raised, and the header says
    so: between them the frames of the user's own code would be hard to find, or fall victim to the limit.
    """
    has_traceback = isinstance(error, BaseException) and traceback_of(error) is not None
    return replace_surrogates(text_of(_format, error)) if has_traceback else ""


def _format(error: BaseException) -> str:
    if not can_be_formatted(error):
        return "".join(traceback.format_tb(traceback_of(error), -MAX_FRAMES_SHOWN)) + error_line(error)
    formatted = traceback.TracebackException(
        type(error), error, traceback_of(error), limit=-MAX_FRAMES_READ, lookup_lines=False, compact=True
    )
    has_omissions = False
    exception: traceback.TracebackException | None = formatted
    while exception is not None:
        stack = exception.stack
        user_frames = [frame for frame in stack[:-1] if not _is_engine_file(frame.filename)] + stack[-1:]
        has_omissions = has_omissions or len(user_frames) < len(stack)
        exception.stack = traceback.StackSummary.from_list(user_frames[-MAX_FRAMES_SHOWN:])
        exception = exception.__cause__ or exception.__context__
    text = "".join(map(_bounded, formatted.format())).rstrip()  # a part may hold a message of 100 MB
    if has_omissions:
        text = text.replace(TRACEBACK_HEADER, f"{TRACEBACK_HEADER}; frames of the graph engine left out")
    return _bounded(text)


def _bounded(text: str) -> str:
    if len(text) <= MAX_TRACEBACK_CHARS:
        return text
    half = MAX_TRACEBACK_CHARS // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def _is_engine_file(path: str) -> bool:
    return path.startswith(PACKAGE_DIRECTORY) or ENGINE_PACKAGES.search(path) is not None
