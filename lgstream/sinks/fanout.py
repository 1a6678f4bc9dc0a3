"""Deliver the events of a run to its sinks: in one order for all, isolated from the run and from each other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter

from lgstream.events import KINDS, Event
from lgstream.sinks.attach import detach_all
from lgstream.sinks.sink import Sink, qualified_name, sink_for_run, wanted_kinds

logger = logging.getLogger("lgstream.sinks")

INLINE_BURST_SECONDS = 0.020
"""Time that a sink may use at once in the thread of the run before it is moved to its own thread."""

INLINE_DUTY_CYCLE = 0.1
"""Fraction of elapsed time that a sink may use in the thread of the run indefinitely, without using up its burst."""


class SinkDispatcher:
    """Calls one sink of one run: inline at first, and through a queue in a thread of its own once it proves slow."""

    def __init__(self, sink: Sink, context: Context) -> None:
        self.sink = sink
        self.kinds = wanted_kinds(sink)
        self._context = context
        self._has_failed = False
        self._error: BaseException | None = None
        self._burst_seconds = 0.0
        self._last_call_ended = 0.0
        self._queue: SimpleQueue[Event | None] | None = None
        self._thread: Thread | None = None

    @property
    def has_thread(self) -> bool:
        """True if the sink is called in a thread of its own."""
        return self._queue is not None

    def dispatch(self, event: Event) -> None:
        """Call the sink with ``event``, or queue it. Raises what the sink raises while it is called inline."""
        if self._queue is not None:
            if not self._has_failed:
                self._queue.put(event)
            return
        start = perf_counter()
        self.sink(event)
        end = perf_counter()
        allowance = (start - self._last_call_ended) * INLINE_DUTY_CYCLE
        self._burst_seconds = max(0.0, self._burst_seconds - allowance) + end - start
        self._last_call_ended = end
        if self._burst_seconds > INLINE_BURST_SECONDS:
            self._start_thread()

    def drain(self) -> None:
        """Wait until the sink has received every event. Raises the sink's error if it is not an ``Exception``."""
        if self._queue is None or self._thread is None:
            return
        self._queue.put(None)
        while self._thread.is_alive():  # in slices, so that a KeyboardInterrupt is raised here on every platform
            self._thread.join(0.1)
        if self._error is not None:
            raise self._error

    def _start_thread(self) -> None:
        self._queue = SimpleQueue()
        name = qualified_name(self.sink)
        self._thread = Thread(target=self._context.run, args=(self._process_queue,), name=name, daemon=True)
        self._thread.start()

    def _process_queue(self) -> None:
        assert self._queue is not None
        while (event := self._queue.get()) is not None:
            try:
                self.sink(event)
            except Exception:  # noqa: BLE001 - an error of a sink must not affect the run
                self._has_failed = True
                log_sink_error(self.sink, event)
                break
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller of the run: drain() raises it
                self._has_failed = True
                self._error = error
                break


class FanOut:
    """Delivers the events of one run to its sinks. :meth:`emit` may be called from any thread, also by a sink.

    All sinks receive the events in the same order. A sink that raises an :class:`Exception` is removed and reported
    once, to the logger ``lgstream.sinks``; the run and the other sinks continue. Other exceptions, such as
    ``KeyboardInterrupt``, are passed on. A sink is called in the thread that emits the event until it takes too long
    (see :data:`INLINE_BURST_SECONDS`), then in a thread of its own. Sinks are called in the context in which the run
    was started, but without attached sinks: if a sink runs a graph, that is a separate run and its events do not come
    back to the sink.

    Args:
        sinks: the sinks of the run. A sink that is passed twice is called once.

    Raises:
        TypeError: if one of ``sinks`` is not callable or its ``wants`` contains something other than event classes.
    """

    def __init__(self, sinks: Iterable[Sink] = ()) -> None:
        sinks_by_id = {id(sink): sink_for_run(sink) for sink in sinks}
        self._routes: dict[type, tuple[SinkDispatcher, ...]] = {}
        self._pending: deque[Event] = deque()
        self._delivery_lock = Lock()
        self._context = _context_for_sinks() if sinks_by_id else copy_context()
        self._dispatchers = [SinkDispatcher(sink, self._context.copy()) for sink in sinks_by_id.values()]
        self._update_routes()
        only_sink = self._dispatchers[0].sink if len(self._dispatchers) == 1 else None
        self._inline_sink = only_sink if getattr(only_sink, "runs_inline", False) else None

    @property
    def wants(self) -> frozenset[type]:
        """The event classes that at least one sink wants: events of other classes need not be created."""
        return frozenset(self._routes)

    def emit(self, event: Event) -> None:
        """Deliver ``event`` to every sink that wants its class, after all events emitted before it."""
        if self._inline_sink is not None:
            self._inline_sink(event)
        elif type(event) in self._routes:
            self._pending.append(event)
            self._deliver()

    def close(self) -> None:
        """Wait until every sink has received every event. Events emitted later are dropped."""
        while not self._delivery_lock.acquire(timeout=0.1):  # another thread is delivering
            pass
        try:
            self._context.run(self._deliver_pending)
            self._routes = {}
            self._inline_sink = None
        finally:
            self._delivery_lock.release()
        for dispatcher in self._dispatchers:
            dispatcher.drain()

    async def aclose(self) -> None:
        """Close like :meth:`close`, without blocking the event loop."""
        if any(dispatcher.has_thread for dispatcher in self._dispatchers):
            await asyncio.to_thread(self.close)
        else:
            self.close()

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
                try:
                    dispatcher.dispatch(event)
                except Exception:  # noqa: BLE001 - an error of a sink must not affect the run
                    log_sink_error(dispatcher.sink, event)
                    self._dispatchers.remove(dispatcher)
                    self._update_routes()

    def _update_routes(self) -> None:
        routes = {kind: tuple(item for item in self._dispatchers if kind in item.kinds) for kind in KINDS}
        self._routes = {kind: dispatchers for kind, dispatchers in routes.items() if dispatchers}


def log_sink_error(sink: Sink, event: Event) -> None:
    """Log that ``sink`` failed on ``event``, with the traceback of the exception being handled."""
    logger.exception(
        "Sink %s raised on %s: it gets no more events of this run.", qualified_name(sink), type(event).__name__
    )


def _context_for_sinks() -> Context:
    context = copy_context()
    context.run(detach_all)
    return context
