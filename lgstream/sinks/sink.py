"""What a sink is: a callable that is given events, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lgstream.events import KINDS, Event

Sink: TypeAlias = Callable[[Event], None]
"""Called with each event. An attribute ``wants``, a set of event kinds, narrows what it gets; without it, all.

An attribute ``only_keeps`` that is true says that the sink takes no time, cannot fail, and hears any thread.
"""

ALL: frozenset[type] = frozenset(KINDS)


def wanted_by(sink: Sink) -> frozenset[type]:
    """The event kinds that ``sink`` asks for.

    Raises:
        TypeError: ``sink`` is not callable, or its ``wants`` holds something that is not an event kind.
    """
    if not callable(sink):
        raise TypeError(f"A sink is a callable that takes an event; {sink!r} is not callable. Pass a function.")
    wants: frozenset[type] | None = getattr(sink, "wants", None)
    if wants is None:
        return ALL
    kinds = frozenset(wants)
    if strangers := kinds - ALL:
        names = ", ".join(sorted(map(repr, strangers)))
        raise TypeError(f"{name_of(sink)}.wants holds {names}: it may hold only classes of lgstream.events.")
    return kinds


def begun(sink: Sink) -> Sink:
    """What gets the events of one run: what ``sink.begin()`` returns, where there is such a method, else ``sink``.

    So a sink that is shown several runs at once can tell them apart.
    """
    begin: Callable[[], Sink] | None = getattr(sink, "begin", None)
    return sink if begin is None else begin()


def name_of(sink: Sink) -> str:
    """A name for error reports: of the function, or of the object's class."""
    named = sink if hasattr(sink, "__qualname__") else type(sink)
    module = named.__module__  # None for methods of built-in types
    return f"{module}.{named.__qualname__}" if module else str(named.__qualname__)
