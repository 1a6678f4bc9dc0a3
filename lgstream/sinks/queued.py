"""The queue between a run and a sink that is called in a thread: its size, and what happens if it is full."""

from __future__ import annotations

from threading import Lock
from typing import Any, Literal, NamedTuple, SupportsFloat, TypeAlias, get_args

from lgstream._arguments import wrong_type
from lgstream.events import Event
from lgstream.sinks.sink import Sink, check_sink, wanted_kinds

Overflow: TypeAlias = Literal["drop_oldest", "block"]
"""What happens if the queue of a sink is full."""


class QueuePolicy(NamedTuple):
    """The queue of a sink; a sink may have one as its attribute ``queue_policy``.

    Attributes:
        size: the number of events that may wait for the sink.
        overflow: what happens if so many wait: ``"drop_oldest"`` of them, or ``"block"`` the run until the sink takes
            one. If it takes none for ``timeout`` seconds, the oldest are dropped as well.
        timeout: seconds that the end of a run, also after ``break``, waits for the sink. What it has not received by
            then is lost.
    """

    size: int = 100_000
    overflow: Overflow = "drop_oldest"
    timeout: float = 10.0


class Queued:
    """A sink that calls another in another thread from its first event on, so that it never holds up the run.

    Events that the other sink does not receive are counted, and reported to the logger ``lgstream.sinks``. A sink that
    is not wrapped has the queue ``Queued(sink)``, but in sync runs it is called by the run as long as it is fast.

    Args:
        sink: the sink to call.
        size: the number of events that may wait for it in each run.
        overflow: what happens if so many wait: ``"drop_oldest"`` of them, or ``"block"`` the run until the sink takes
            one. If it takes none for ``timeout`` seconds, the oldest are dropped as well.
        timeout: seconds that the end of a run, also after ``break``, waits for the sink. What it has not received by
            then is lost.

    Attributes:
        sink: the sink that is called.
        queue_policy: the other arguments.
        dropped: the number of events that the sink did not receive, in all runs.

    Raises:
        TypeError: if ``sink`` is not a sink, or ``size`` or ``timeout`` is not a number.
        ValueError: if ``size`` or ``timeout`` is not positive, or ``overflow`` is none of the above.

    Example:
        >>> upload = Queued(post_to_server, size=1000, timeout=2.0)
        >>> graph.invoke({"topic": "owls"}, sinks=[upload])
        >>> upload.dropped
        0
    """

    def __init__(
        self, sink: Sink, *, size: int = 100_000, overflow: Overflow = "drop_oldest", timeout: float = 10.0
    ) -> None:
        check_sink(sink)
        if overflow not in get_args(Overflow):
            raise ValueError(f"overflow is {overflow!r}, and must be one of {', '.join(get_args(Overflow))}.")
        for name, value in (("size", size), ("timeout", timeout)):
            if not isinstance(value, SupportsFloat):
                raise wrong_type(name, value, "a number greater than 0")
            if not value > 0:
                raise ValueError(f"{name} is {value!r}, and must be greater than 0.")
        self.sink = sink
        self.queue_policy = QueuePolicy(size, overflow, timeout)
        self.dropped = 0
        self._lock = Lock()

    @property
    def wants(self) -> frozenset[type]:
        """The event classes that the sink wants."""
        return wanted_kinds(self.sink)

    def __call__(self, event: Event) -> None:
        """Call the sink. A run does not use this: it has a queue of its own for it."""
        self.sink(event)

    def count_dropped(self, count: int) -> None:
        """Add ``count`` to ``dropped``."""
        with self._lock:
            self.dropped += count


def queue_policy(sink: Any) -> QueuePolicy:
    """Return the ``queue_policy`` of a sink, or the default if it has none."""
    policy: QueuePolicy | None = getattr(sink, "queue_policy", None)
    return policy or QueuePolicy()
