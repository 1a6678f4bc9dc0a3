"""Call one sink of one run, in the thread of the run or in another thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import Context
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread
from time import monotonic, perf_counter, sleep

from lgstream.effects.thread_pool import shared_thread_pool
from lgstream.events import Event
from lgstream.sinks.queued import Queued, queue_policy
from lgstream.sinks.sink import Sink, qualified_name, sink_for_run, wanted_kinds

logger = logging.getLogger("lgstream.sinks")

INLINE_BURST_SECONDS = 0.020
"""Time that a sink may use at once in the thread of the run before it is moved to its own thread."""

INLINE_DUTY_CYCLE = 0.1
"""Fraction of elapsed time that a sink may use in the thread of the run indefinitely, without using up its burst."""

_ROOM_CHECK_SECONDS = 0.001


class _End:
    """The last item of a queue, which is added after the last event."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self.notify = notify


class SinkDispatcher:
    """Calls one sink of one run: inline at first, and through a queue in another thread once it proves slow.

    The sink holds a thread only while events wait for it: a server with many runs needs few threads.

    Args:
        sink: the sink. If it is a :class:`Queued`, it is called in another thread from the start.
        context: the context in which that thread calls it.

    Attributes:
        sink: what is called.
        kinds: the event classes that it wants.
        runs_inline: True if the sink promises to be fast, and is called in the thread of the run always.
        policy: the queue of the sink.
    """

    def __init__(self, sink: Sink, context: Context) -> None:
        self._wrapper = sink if isinstance(sink, Queued) else None
        self.sink = sink_for_run(self._wrapper.sink if self._wrapper is not None else sink)
        self.kinds = wanted_kinds(self.sink)
        self.runs_inline = self._wrapper is None and bool(getattr(self.sink, "runs_inline", False))
        self.policy = queue_policy(sink)
        self.error: BaseException | None = None
        self._context = context
        self._has_failed = False
        self._is_stuck = False  # True if the sink took nothing while the run waited for room, until it takes an event
        self._current: Event | None = None
        self._dropped = 0
        self._burst_seconds = 0.0
        self._last_call_ended = 0.0
        self._queue: SimpleQueue[Event | _End] | None = None if self._wrapper is None else SimpleQueue()
        self._processing_lock = Lock()
        self._is_processing = False
        self._thread: Thread | None = None

    def leave_thread_of_run(self) -> None:
        """Call the sink in another thread from now on, unless it runs inline."""
        if self._queue is None and not self.runs_inline:
            self._queue = SimpleQueue()

    def dispatch(self, event: Event) -> None:
        """Call the sink with ``event``, or queue it. Raises what the sink raises while it is called inline."""
        if self._queue is not None:
            self._enqueue(event, self._queue)
            return
        if self.runs_inline:
            self.sink(event)
            return
        start = perf_counter()
        self.sink(event)
        end = perf_counter()
        allowance = (start - self._last_call_ended) * INLINE_DUTY_CYCLE
        self._burst_seconds = max(0.0, self._burst_seconds - allowance) + end - start
        self._last_call_ended = end
        if self._burst_seconds > INLINE_BURST_SECONDS:
            self.leave_thread_of_run()

    def wait_for_room(self) -> None:
        """Wait while the queue is full, if that is the policy; not if the sink itself calls this."""
        queue = self._queue
        if queue is None or queue.qsize() < self.policy.size or current_thread() is self._thread:
            return
        deadline = monotonic() + self.policy.timeout
        while queue.qsize() >= self.policy.size and not self._is_stuck:
            if monotonic() > deadline:
                self._is_stuck = True
            else:
                sleep(_ROOM_CHECK_SECONDS)

    def end(self, notify: Callable[[], None]) -> bool:
        """Call ``notify``, in another thread, when the sink has received every event. False if it has already."""
        if self._queue is None:
            return False
        with self._processing_lock:
            if not self._is_processing:
                return False
            self._queue.put(_End(notify))
        return True

    def abandon(self) -> None:
        """Drop what is still in the queue: the run has waited long enough."""
        assert self._queue is not None
        self._has_failed = True
        blocking_event, lost = self._current, 0
        try:
            while True:
                lost += not isinstance(self._queue.get_nowait(), _End)
        except Empty:
            pass
        self._queue.put(_End(_do_nothing))
        lost += blocking_event is not None
        self._count_dropped(lost)
        logger.warning(
            "Sink %s has not taken its events within %g s of the end of the run: %s events are lost.%s",
            qualified_name(self.sink),
            self.policy.timeout,
            f"{lost:,}",
            f" It blocks on {type(blocking_event).__name__}." if blocking_event is not None else "",
        )

    def report_dropped(self) -> None:
        """Log how many events the sink did not receive because its queue was full."""
        if self._dropped:
            logger.warning(
                "Sink %s did not get %s events of this run: its queue of %s events was full.",
                qualified_name(self.sink),
                f"{self._dropped:,}",
                f"{self.policy.size:,}",
            )

    def _enqueue(self, event: Event, queue: SimpleQueue[Event | _End]) -> None:
        if self._has_failed:
            return
        if queue.qsize() >= self.policy.size and (self.policy.overflow == "drop_oldest" or self._is_stuck):
            self._drop_oldest(queue)
        with self._processing_lock:
            queue.put(event)
            if self._is_processing:
                return
            self._is_processing = True
        shared_thread_pool().submit(lambda: self._context.run(self._process_queue, queue))

    def _drop_oldest(self, queue: SimpleQueue[Event | _End]) -> None:
        try:
            queue.get_nowait()
        except Empty:  # the sink took it just now
            return
        if not self._dropped:
            logger.warning(
                "Sink %s is %s events behind: the oldest ones are dropped.",
                qualified_name(self.sink),
                f"{self.policy.size:,}",
            )
        self._dropped += 1
        self._count_dropped(1)

    def _count_dropped(self, count: int) -> None:
        if self._wrapper is not None:
            self._wrapper.count_dropped(count)

    def _process_queue(self, queue: SimpleQueue[Event | _End]) -> None:
        self._thread = current_thread()
        while (item := self._next_item(queue)) is not None:
            if isinstance(item, _End):
                item.notify()
            elif not self._has_failed:
                self._call_in_thread(item)

    def _next_item(self, queue: SimpleQueue[Event | _End]) -> Event | _End | None:
        """Return the next item of the queue, or None if it is empty: then this thread has no more work."""
        with self._processing_lock:
            try:
                return queue.get_nowait()
            except Empty:
                self._is_processing = False
                self._thread = None
                return None

    def _call_in_thread(self, event: Event) -> None:
        self._is_stuck = False
        self._current = event
        try:
            self.sink(event)
        except Exception:  # noqa: BLE001 - an error of a sink must not affect the run
            self._has_failed = True
            log_sink_error(self.sink, event)
        except BaseException as error:  # noqa: BLE001 - it belongs to the caller of the run: close() raises it
            self._has_failed = True
            self.error = error
        self._current = None


def log_sink_error(sink: Sink, event: Event) -> None:
    """Log that ``sink`` failed on ``event``, with the traceback of the exception being handled."""
    logger.exception(
        "Sink %s raised on %s: it gets no more events of this run.", qualified_name(sink), type(event).__name__
    )


def _do_nothing() -> None:
    """Take the place of the notification that nobody waits for any more."""
