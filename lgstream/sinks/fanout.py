"""Deliver the events of a run to its sinks: in one order for all, isolated from the run and from each other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import Context, copy_context
from threading import Event as Flag
from threading import Lock
from time import monotonic

from lgstream.events import Event
from lgstream.sinks.attach import detach_all
from lgstream.sinks.dispatcher import SinkDispatcher, log_sink_error
from lgstream.sinks.sink import Sink, check_sinks, qualified_name

logger = logging.getLogger("lgstream.sinks")

_SLICE_SECONDS = 0.1
"""Length of the slices in which a thread waits, so that a KeyboardInterrupt is raised there on every platform."""


class FanOut:
    """Delivers the events of one run to its sinks. :meth:`emit` may be called from any thread, also by a sink.

    All sinks receive the events in the same order. A sink that raises an :class:`Exception` is removed and reported
    once, to the logger ``lgstream.sinks``; the run and the other sinks continue. Other exceptions, such as
    ``KeyboardInterrupt``, are passed on. A sink is called in the thread that emits the event until it takes too long
    (see :data:`~lgstream.sinks.dispatcher.INLINE_BURST_SECONDS`) or :meth:`leave_thread_of_run` is called, then in
    another thread, through a queue (see :class:`~lgstream.sinks.Queued`). Sinks are called in the context in which
    the run was started, but without attached sinks: if a sink runs a graph, that is a separate run and its events do
    not come back to the sink.

    Args:
        sinks: the sinks of the run. A sink that is passed twice is called once.

    Raises:
        TypeError: if ``sinks`` is not a list of sinks, see :func:`~lgstream.sinks.sink.check_sink`.
    """

    def __init__(self, sinks: Iterable[Sink] = ()) -> None:
        sinks_by_id = {id(sink): sink for sink in check_sinks(sinks)}
        self._routes: dict[type, tuple[SinkDispatcher, ...]] = {}
        self._pending: deque[Event] = deque()
        self._delivery_lock = Lock()
        self._delivering: SinkDispatcher | None = None
        self._context = _context_for_sinks() if sinks_by_id else copy_context()
        self._dispatchers = [SinkDispatcher(sink, self._context.copy()) for sink in sinks_by_id.values()]
        self._blocking = [item for item in self._dispatchers if item.policy.overflow == "block"]
        self._update_routes()
        only = self._dispatchers[0] if len(self._dispatchers) == 1 else None
        self._inline_sink = only.sink if only is not None and only.runs_inline else None

    @property
    def wants(self) -> frozenset[type]:
        """The event classes that at least one sink wants: events of other classes need not be created."""
        return frozenset(self._routes)

    def leave_thread_of_run(self) -> None:
        """Call every sink in another thread from now on, unless it runs inline: the run is on an event loop."""
        for dispatcher in self._dispatchers:
            dispatcher.leave_thread_of_run()

    def emit(self, event: Event) -> None:
        """Deliver ``event`` to every sink that wants its class, after all events emitted before it."""
        if self._inline_sink is not None:
            self._inline_sink(event)
        elif type(event) in self._routes:
            self._pending.append(event)
            self._deliver()
            for dispatcher in self._blocking:
                dispatcher.wait_for_room()

    def close(self) -> None:
        """Wait until every sink has received every event, for the time that its policy sets. Later events are dropped.

        Raises:
            BaseException: what a sink has raised in its thread, if it is not an ``Exception``.
        """
        start = monotonic()
        self._end_delivery(start)
        flags: list[tuple[SinkDispatcher, Flag]] = []
        for dispatcher in self._take_dispatchers():
            flag = Flag()
            if dispatcher.end(flag.set):
                flags.append((dispatcher, flag))
        for dispatcher, flag in flags:
            deadline = start + dispatcher.policy.timeout
            while not flag.wait(min(_SLICE_SECONDS, max(deadline - monotonic(), 0.0))):
                if monotonic() >= deadline:
                    dispatcher.abandon()
                    break
        _report([dispatcher for dispatcher, _ in flags])

    async def aclose(self) -> None:
        """Close like :meth:`close`, without blocking the event loop."""
        start = monotonic()
        self._end_delivery(start)
        flags: list[tuple[SinkDispatcher, asyncio.Event]] = []
        for dispatcher in self._take_dispatchers():
            flag = asyncio.Event()
            if dispatcher.end(_setter(flag)):
                flags.append((dispatcher, flag))
        for dispatcher, flag in flags:
            try:
                async with asyncio.timeout(max(start + dispatcher.policy.timeout - monotonic(), 0.0)):
                    await flag.wait()
            except TimeoutError:
                dispatcher.abandon()
        _report([dispatcher for dispatcher, _ in flags])

    def _end_delivery(self, start: float) -> None:
        """Deliver what is pending and drop later events."""
        timeout = max((dispatcher.policy.timeout for dispatcher in self._dispatchers), default=0.0)
        while not self._delivery_lock.acquire(timeout=_SLICE_SECONDS):  # another thread is delivering
            if monotonic() > start + timeout:
                self._routes = {}
                blocking = self._delivering
                logger.warning(
                    "Sink %s has blocked for %g s: %d events are lost for all sinks.",
                    "?" if blocking is None else qualified_name(blocking.sink),
                    timeout,
                    len(self._pending) + 1,
                )
                return
        try:
            self._context.run(self._deliver_pending)
            self._routes = {}
            self._inline_sink = None
        finally:
            self._delivery_lock.release()

    def _take_dispatchers(self) -> list[SinkDispatcher]:
        dispatchers, self._dispatchers, self._blocking = self._dispatchers, [], []
        return dispatchers

    def _deliver(self) -> None:
        """Deliver the pending events, unless a thread is delivering already: that thread then takes this event too.

        No thread waits for the lock, so a sink that emits, or that waits for a thread that emits, cannot deadlock.
        """
        while self._pending:
            if not self._delivery_lock.acquire(blocking=False):
                return
            try:
                self._context.run(self._deliver_pending)
            finally:
                self._delivery_lock.release()

    def _deliver_pending(self) -> None:
        while self._pending:
            event = self._pending.popleft()
            for dispatcher in self._routes.get(type(event), ()):
                self._delivering = dispatcher
                try:
                    dispatcher.dispatch(event)
                except Exception:  # noqa: BLE001 - an error of a sink must not affect the run
                    log_sink_error(dispatcher.sink, event)
                    self._dispatchers.remove(dispatcher)
                    self._update_routes()

    def _update_routes(self) -> None:
        routes: dict[type, tuple[SinkDispatcher, ...]] = {}
        for dispatcher in self._dispatchers:
            if routes:
                routes |= {kind: (*routes.get(kind, ()), dispatcher) for kind in dispatcher.kinds}
            else:
                routes = dict.fromkeys(dispatcher.kinds, (dispatcher,))
        self._routes = routes


def _setter(flag: asyncio.Event) -> Callable[[], None]:
    """Return a function that sets ``flag`` from another thread."""
    loop = asyncio.get_running_loop()

    def notify() -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits
            loop.call_soon_threadsafe(flag.set)

    return notify


def _report(dispatchers: list[SinkDispatcher]) -> None:
    for dispatcher in dispatchers:
        dispatcher.report_dropped()
    for dispatcher in dispatchers:
        if dispatcher.error is not None:
            raise dispatcher.error


def _context_for_sinks() -> Context:
    context = copy_context()
    context.run(detach_all)
    return context
