"""From the one ``emit`` of a run to its sinks: one order for all, and nothing that a sink does changes the run."""

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
from lgstream.sinks.sink import Sink, begun, name_of, wanted_by

log = logging.getLogger("lgstream.sinks")

BURST = 0.020
"""Seconds that a sink may hold up the run at one go before it is moved to a thread of its own."""

SHARE = 0.1
"""Of the time that passes, the part that a sink may take without using up its burst."""


class Lane:
    """One sink of one run: called inline at first, through a queue once it has proved slow."""

    def __init__(self, sink: Sink, context: Context) -> None:
        self.sink = sink
        self.kinds = wanted_by(sink)
        self.detached = False
        self.raised: BaseException | None = None
        self._context = context
        self._spent = 0.0
        self._last = 0.0
        self._queue: SimpleQueue[Event | None] | None = None
        self._thread: Thread | None = None

    @property
    def moved(self) -> bool:
        """Whether the sink runs on a thread of its own."""
        return self._queue is not None

    def give(self, event: Event) -> None:
        """Hand ``event`` over, in the order of the calls. Raises what the sink raises while it is called inline."""
        if self._queue is not None:
            if not self.detached:
                self._queue.put(event)
            return
        start = perf_counter()
        self.sink(event)
        end = perf_counter()
        self._spent = max(0.0, self._spent - (start - self._last) * SHARE) + end - start
        self._last = end
        if self._spent > BURST:
            self._move()

    def drain(self) -> None:
        """Return when the sink has had every event."""
        if self._queue is None or self._thread is None:
            return
        self._queue.put(None)
        while self._thread.is_alive():  # in slices, so that a KeyboardInterrupt is raised here on every platform
            self._thread.join(0.1)
        if self.raised is not None:
            raise self.raised

    def _move(self) -> None:
        self._queue = SimpleQueue()
        self._thread = Thread(target=self._context.run, args=(self._work,), name=name_of(self.sink), daemon=True)
        self._thread.start()

    def _work(self) -> None:
        assert self._queue is not None
        while (event := self._queue.get()) is not None:
            try:
                self.sink(event)
            except Exception:  # noqa: BLE001 - whatever a sink raises, the run goes on
                self.detached = True
                report(self.sink, event)
                break
            except BaseException as error:  # noqa: BLE001 - it belongs to the run's caller: drain() raises it
                self.detached = True
                self.raised = error
                break


class FanOut:
    """The sinks of one run. ``emit`` may be called from any thread, also by a sink.

    A sink that raises is detached and reported once, to the logger ``lgstream.sinks``; the run and the other sinks go
    on. What is no :class:`Exception` (a ``KeyboardInterrupt``) passes through. A sink is called where the event happens
    until it takes too long, then on a thread of its own. Sinks are called in the context that the run was started in,
    without the attached sinks: a graph that a sink runs is a run of its own, and its events do not come back.
    """

    def __init__(self, sinks: Iterable[Sink] = ()) -> None:
        unique = {id(sink): begun(sink) for sink in sinks}
        self._routes: dict[type, tuple[Lane, ...]] = {}
        self._pending: deque[Event] = deque()
        self._turn = Lock()
        self._context = _context_for_sinks() if unique else copy_context()
        self._lanes = [Lane(sink, self._context.copy()) for sink in unique.values()]
        self._route()
        alone = self._lanes[0] if len(self._lanes) == 1 else None
        self._keep: Sink | None = alone.sink if alone is not None and getattr(alone.sink, "only_keeps", False) else None

    @property
    def wants(self) -> frozenset[type]:
        """The event kinds that some sink asks for: events of other kinds need not be made."""
        return frozenset(self._routes)

    def emit(self, event: Event) -> None:
        """Give ``event`` to every sink that asks for its kind, after all events emitted before it."""
        if self._keep is not None:
            self._keep(event)
        elif type(event) in self._routes:
            self._pending.append(event)
            self._deliver()

    def close(self) -> None:
        """Wait until every sink has had every event. What is emitted later is dropped."""
        while not self._turn.acquire(timeout=0.1):  # another thread is delivering
            pass
        try:
            self._context.run(self._deliver_pending)
            self._routes = {}
            self._keep = None
        finally:
            self._turn.release()
        for lane in self._lanes:
            lane.drain()

    async def aclose(self) -> None:
        """:meth:`close` without holding up the event loop."""
        if any(lane.moved for lane in self._lanes):
            await asyncio.to_thread(self.close)
        else:
            self.close()

    def _deliver(self) -> None:
        """Deliver what is pending, unless a thread is at it already: it then takes this event too.

        Nobody waits for a turn, so a sink that emits, or that waits for a thread that emits, cannot lock up.
        """
        while self._pending:
            if not self._turn.acquire(blocking=False):
                return
            try:
                self._context.run(self._deliver_pending)
            finally:
                self._turn.release()

    def _deliver_pending(self) -> None:
        while self._pending:
            event = self._pending.popleft()
            for lane in self._routes.get(type(event), ()):
                try:
                    lane.give(event)
                except Exception:  # noqa: BLE001 - whatever a sink raises, the run goes on
                    report(lane.sink, event)
                    self._lanes.remove(lane)
                    self._route()

    def _route(self) -> None:
        routes = {kind: tuple(lane for lane in self._lanes if kind in lane.kinds) for kind in KINDS}
        self._routes = {kind: lanes for kind, lanes in routes.items() if lanes}


def report(sink: Sink, event: Event) -> None:
    """Log that ``sink`` failed on ``event``, with the traceback of the exception being handled."""
    log.exception("Sink %s raised on %s: it gets no more events of this run.", name_of(sink), type(event).__name__)


def _context_for_sinks() -> Context:
    context = copy_context()
    context.run(detach_all)
    return context
