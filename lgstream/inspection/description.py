"""A value in words: its repr, or what it is, and what its own methods raise in their place.

``repr()`` and ``str()`` are the only methods of a user's object that are called to show it. They may raise anything,
which must end neither the run nor the output; only what ends the program is passed on.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType, TracebackType
from typing import Any

from lgstream.inspection.classes import class_attribute, class_name, derives, short_name
from lgstream.inspection.containers import dict_items, overridden_base
from lgstream.inspection.text import bounded_text

ENDS_PROGRAM = (KeyboardInterrupt, SystemExit)
"""Exceptions that are passed on, whatever code they interrupt."""

MAX_LINE_CHARS = 300
MAX_MESSAGE_CHARS = 2_000

MAX_CAUSES = 1000
"""Exceptions that are the causes of one, or in a group with them, up to which its traceback can be formatted."""

MAX_ARGUMENT_ITEMS = 1_000
"""Items in the arguments of an exception, and their items and so on, up to which it is asked for its text."""

MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

# A subclass may define them as properties.
_ARGUMENTS = BaseException.__dict__["args"].__get__
_TRACEBACK = BaseException.__dict__["__traceback__"].__get__
_CAUSE = BaseException.__dict__["__cause__"].__get__
_CONTEXT = BaseException.__dict__["__context__"].__get__
_EXCEPTIONS = BaseExceptionGroup.__dict__["exceptions"].__get__
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)


def text_of(render: Callable[[Any], str], value: Any) -> str:
    """Return what ``repr``, ``str`` or a similar function returns for ``value``, or what it raises, in words."""
    try:
        return str.__str__(render(value))  # a text may be of a subclass of str
    except ENDS_PROGRAM:
        raise
    except BaseException as error:  # noqa: BLE001 - a method of the user may raise anything
        return f"<{short_name(type(value))}, which cannot be shown: {short_name(type(error))}>"


def describe(value: Any, max_chars: int = MAX_MESSAGE_CHARS) -> str:
    """Return a value in at most ``max_chars`` characters, without memory addresses, which change from run to run.

    That is the repr for most objects; the size of a container that is not read; and the name of what has no repr.
    """
    kind = type(value)
    if derives(kind, BaseException):
        return error_line(value)
    if derives(kind, type):
        return f"<{class_name(value)}>"
    if any(kind is function for function in _FUNCTIONS):
        return f"<{value.__qualname__}>"
    if (size := _size(value, kind)) is not None:
        return f"<{short_name(kind)} of {size:,}>"
    if class_attribute(kind, "__repr__") is object.__repr__:
        return f"<{short_name(kind)}>"
    return MEMORY_ADDRESS.sub("", text_of(repr, value)[: 2 * max_chars])[:max_chars]


def _size(value: Any, kind: type) -> int | None:
    """Return the length of a value that is not read, according to the built-in class that it is of; else None."""
    if derives(kind, memoryview):
        return int(value.nbytes)
    for base in (bytes, bytearray, array):
        if derives(kind, base):
            return int(base.__len__(value))
    base = overridden_base(kind)
    if base is not None and class_attribute(kind, "__repr__") is base.__repr__:
        return int(base.__len__(value))
    return None


def error_line(error: BaseException, line_break: str | None = None) -> str:
    """Return the type of an error and its message on one line, bounded: ``"ValueError: boom"``.

    Args:
        error: the error.
        line_break: what stands between the lines of the message; None for the first line only.
    """
    lines = error_text(error)[:MAX_MESSAGE_CHARS].strip().splitlines()
    message = line_break.join(lines) if line_break is not None else "".join(lines[:1])
    name = short_name(type(error))
    return bounded_text(f"{name}: {message}" if message else name, MAX_LINE_CHARS)


def error_text(error: BaseException) -> str:
    """Return the text of an error without its type, or what stands for a text that would take too long."""
    return "<its arguments are too large to be shown>" if _has_large_arguments(error) else text_of(str, error)


def can_be_formatted(error: BaseException) -> bool:
    """Return True if a traceback with the causes of an exception can be formatted at a bounded cost.

    Groups may contain each other, and the text of an exception is that of its arguments, which may contain each other.
    """
    causes = causes_of(error)
    return len(causes) <= MAX_CAUSES and not any(map(_has_large_arguments, causes))


def _has_large_arguments(error: BaseException) -> bool:
    """Return True if a repr of the arguments would show too many items, or show the same items too often."""
    pending, count = list(_ARGUMENTS(error)), 0
    while pending and count < MAX_ARGUMENT_ITEMS:
        item = pending.pop()
        kind = type(item)
        base = overridden_base(kind)
        if base is None or class_attribute(kind, "__repr__") is not base.__repr__:
            continue
        count += int(base.__len__(item))
        if count < MAX_ARGUMENT_ITEMS:
            pending += (part for pair in dict_items(item) for part in pair) if base is dict else base.__iter__(item)
    return count >= MAX_ARGUMENT_ITEMS


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return the traceback that an exception stores."""
    return _TRACEBACK(error)  # type: ignore[no-any-return]


def causes_of(error: BaseException) -> list[BaseException]:
    """Return an exception and the exceptions that its traceback shows, as often as it shows them, up to a limit."""
    pending, found = [error], list[BaseException]()
    while pending and len(found) <= MAX_CAUSES:
        current = pending.pop()
        found.append(current)
        pending += [cause for cause in (_CAUSE(current), _CONTEXT(current)) if cause is not None]
        if derives(type(current), BaseExceptionGroup):
            pending += _EXCEPTIONS(current)
    return found
