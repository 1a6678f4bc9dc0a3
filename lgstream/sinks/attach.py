"""Attach sinks to a block of code instead of passing them to each run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lgstream.sinks.sink import Sink, check_sinks

_ATTACHED_SINKS: ContextVar[tuple[Sink, ...]] = ContextVar("lgstream.sinks.attached_sinks", default=())


@contextmanager
def attach(*sinks: Sink) -> Iterator[None]:
    """Send the events of every run that starts in the ``with`` block to ``sinks`` as well.

    Nested blocks add up. The attachment applies to the current thread or asyncio task, and to the asyncio tasks that
    are created in the block.

    Args:
        *sinks: callables that take an event, see :data:`~lgstream.sinks.Sink`.

    Raises:
        TypeError: if one of ``sinks`` is not a sink: not callable, a class, or async.

    Example:
        >>> with attach(Jsonl("runs.jsonl")):
        ...     graph.invoke({"topic": "owls"})
    """
    check_sinks(sinks)
    token = _ATTACHED_SINKS.set(_ATTACHED_SINKS.get() + sinks)
    try:
        yield
    finally:
        _ATTACHED_SINKS.reset(token)


def attached_sinks() -> tuple[Sink, ...]:
    """Return the sinks of all enclosing :func:`attach` blocks, outermost first."""
    return _ATTACHED_SINKS.get()


def detach_all() -> None:
    """Remove the attached sinks from the current context, so that a run started by a sink does not feed that sink."""
    _ATTACHED_SINKS.set(())
