"""The contract of a sink, and the functions that read its optional attributes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from lgstream.events import KINDS, Event

Sink: TypeAlias = Callable[[Event], None]
"""A callable that receives the events of a run, one at a time, in the order in which they were emitted.

A sink is called by one thread at a time for each run. In an async run it is called in another thread, so it cannot
hold the event loop. In a sync run it is called in the thread in which the event happens, until it takes too long: from
then on it is called in another thread too, as is a sink wrapped in :class:`~lgstream.sinks.Queued` from the start.
100,000 events may wait for it there; then the oldest are dropped. The end of a run waits 10 s for each sink. What is
lost is logged to ``lgstream.sinks``, and ``Queued`` sets other limits. An exception raised by a sink is logged too and
the sink receives no further events of that run; the run itself is not affected. A sink that is passed to several
concurrent runs may be called by several threads at once; ``event.run_id`` tells the runs apart.

A sink may have these attributes, all optional:

- ``wants``: a set of event classes of :mod:`lgstream.events`. The sink receives only events of these classes; without
  the attribute it receives all. Events that no sink wants are not created.
- ``for_run()``: a method that is called at the start of each run and returns the sink for that run. Use it to tell
  concurrent runs apart.
- ``runs_inline``: True promises that the call is O(1), never raises and is thread-safe. Such a sink is always called in
  the thread in which the event happens; if it is the only sink of a run, without the ordering and error handling
  described above.
- ``queue_policy``: the limits of its queue, a :class:`~lgstream.sinks.queued.QueuePolicy`.

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

_HINT = "Pass a function, or one of lgstream.sinks: Collect(), Console(), Jsonl('run.jsonl')."

ALL_KINDS: frozenset[type] = frozenset(KINDS)
"""All event classes."""


def check_sinks(sinks: Iterable[Sink]) -> tuple[Sink, ...]:
    """Return the sinks that were passed as ``sinks=``.

    Raises:
        TypeError: if ``sinks`` is not a list, or one of its items is not a sink, see :func:`check_sink`.
    """
    if isinstance(sinks, str | bytes | Mapping) or not isinstance(sinks, Iterable):
        is_sink = callable(sinks) or isinstance(sinks, str)
        remedy = "put it into a list: sinks=[...]." if is_sink else "pass sinks=[...]."
        raise TypeError(f"sinks is {_short_repr(sinks)}, and must be a list of sinks: {remedy}")
    sinks = tuple(sinks)
    for sink in sinks:
        check_sink(sink)
    return sinks


def check_sink(sink: Any) -> None:
    """Raise an exception that says what is wrong if ``sink`` is not a sink.

    Raises:
        TypeError: if ``sink`` is not callable, is a class or is async, or its ``wants`` contains something that is not
            an event class.
    """
    if not callable(sink):
        raise TypeError(f"A sink is a callable that takes an event; {_short_repr(sink)} is not callable. {_HINT}")
    if isinstance(sink, type):
        raise TypeError(f"A sink is an object, and {sink.__name__} is a class: pass an instance, {sink.__name__}(...).")
    is_async_queue = isinstance(getattr(sink, "__self__", None), asyncio.Queue)
    if is_async_queue or _is_async(sink) or _is_async(type(sink).__call__):
        problem = "of an asyncio.Queue, which only its event loop may use" if is_async_queue else "async"
        raise TypeError(
            f"A sink is an ordinary function, because it is called in a thread; {qualified_name(sink)} is {problem}. "
            "Pass on the events to a task that awaits what it does with them: "
            "sinks=[lambda event: loop.call_soon_threadsafe(queue.put_nowait, event)]."
        )
    wanted_kinds(sink)


def wanted_kinds(sink: Sink) -> frozenset[type]:
    """Return the event classes that ``sink`` wants: those in its ``wants``, or all if it has no such attribute.

    Raises:
        TypeError: if its ``wants`` contains something that is not an event class.
    """
    wants: Any = getattr(sink, "wants", None)
    if wants is None:
        return ALL_KINDS
    kinds: frozenset[Any] = frozenset(wants if isinstance(wants, Iterable) else {wants})
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


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _short_repr(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"
