"""The contract of a sink, and the functions that read its optional attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lgstream.events import KINDS, Event

Sink: TypeAlias = Callable[[Event], None]
"""A callable that receives the events of a run, one at a time, in the order in which they were emitted.

A sink is called by one thread at a time for each run. At first that is the thread in which the event happens; a sink
that takes too long is called in a thread of its own from then on, so it cannot delay the run for long. An exception
raised by a sink is logged to ``lgstream.sinks`` and the sink receives no further events of that run; the run itself is
not affected. A sink that is passed to several concurrent runs may be called by several threads at once.

A sink may have these attributes, all optional:

- ``wants``: a set of event classes of :mod:`lgstream.events`. The sink receives only events of these classes; without
  the attribute it receives all. Events that no sink wants are not created.
- ``for_run()``: a method that is called at the start of each run and returns the sink for that run. Use it to tell
  concurrent runs apart.
- ``runs_inline``: True promises that the call is O(1), never raises and is thread-safe. If such a sink is the only sink
  of a run, it is called directly, without the ordering, timing and error handling described above.

Example:
    >>> class TokenCounter:
    ...     wants = frozenset({Token})
    ...
    ...     def __init__(self) -> None:
    ...         self.count = 0
    ...
    ...     def __call__(self, event: Event) -> None:
    ...         self.count += 1
    >>> counter = TokenCounter()
    >>> graph.invoke({"topic": "owls"}, sinks=[counter])
"""

ALL_KINDS: frozenset[type] = frozenset(KINDS)
"""All event classes."""


def wanted_kinds(sink: Sink) -> frozenset[type]:
    """Return the event classes that ``sink`` wants: those in its ``wants``, or all if it has no such attribute.

    Raises:
        TypeError: if ``sink`` is not callable, or its ``wants`` contains something that is not an event class.
    """
    if not callable(sink):
        raise TypeError(f"A sink is a callable that takes an event; {sink!r} is not callable. Pass a function.")
    wants: frozenset[type] | None = getattr(sink, "wants", None)
    if wants is None:
        return ALL_KINDS
    kinds = frozenset(wants)
    if unknown := kinds - ALL_KINDS:
        names = ", ".join(sorted(map(repr, unknown)))
        raise TypeError(f"{qualified_name(sink)}.wants holds {names}: it may hold only classes of lgstream.events.")
    return kinds


def sink_for_run(sink: Sink) -> Sink:
    """Return the sink that receives the events of one run: ``sink.for_run()`` if it has that method, else ``sink``."""
    for_run: Callable[[], Sink] | None = getattr(sink, "for_run", None)
    return sink if for_run is None else for_run()


def qualified_name(sink: Sink) -> str:
    """Return the qualified name of a function, or of the class of any other object, for error messages."""
    target = sink if hasattr(sink, "__qualname__") else type(sink)
    module = target.__module__  # None for methods of built-in types
    return f"{module}.{target.__qualname__}" if module else str(target.__qualname__)
