"""Sinks for a block of code: every run that starts in it is shown to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lgstream.sinks.sink import Sink, wanted_by

_ATTACHED: ContextVar[tuple[Sink, ...]] = ContextVar("lgstream.sinks.attached", default=())


@contextmanager
def attach(*sinks: Sink) -> Iterator[None]:
    """Show the runs that start in the ``with`` block to ``sinks`` as well; nested blocks add up.

    Holds for this thread or asyncio task, and for the tasks it starts in the block.

    Raises:
        TypeError: one of ``sinks`` is not a sink.
    """
    for sink in sinks:
        wanted_by(sink)
    token = _ATTACHED.set(_ATTACHED.get() + sinks)
    try:
        yield
    finally:
        _ATTACHED.reset(token)


def attached() -> tuple[Sink, ...]:
    """The sinks of the blocks around the caller, outermost first."""
    return _ATTACHED.get()


def detach_all() -> None:
    """Forget the attached sinks in the current context: for the context in which sinks themselves are called."""
    _ATTACHED.set(())
