"""The queues that pass chunks from a run's tasks to the consumer of its stream."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import Any, Protocol

from lgstream.engine.tasks.task import Task

YIELD_SECONDS = 0.002
"""The interval at which tasks that run one after the other let the consumer take chunks."""


class ChunkQueue(SimpleQueue[Any]):
    """The chunks of a sync stream, and between them the tasks that have ended."""

    def drain(self) -> list[Any]:
        """Remove and return all items."""
        get, size = self.get, self.qsize()  # exact, as there is no other consumer
        return [get()] if size == 1 else [get() for _ in range(size)]


class AsyncChunkQueue(deque[Any]):
    """The chunks of an async stream; any thread may put one."""

    def __init__(self) -> None:
        super().__init__()
        self._event_loop = asyncio.get_running_loop()
        self._thread_id = threading.get_ident()
        self._waiter: asyncio.Future[None] | None = None

    def put(self, item: Any) -> None:
        """Add a chunk."""
        self.append(item)
        if self._waiter is not None:
            self.wake()

    def wake(self) -> None:
        """Resolve the future of :meth:`wait`, if there is one; called when a task has ended, too."""
        if threading.get_ident() != self._thread_id:
            self._event_loop.call_soon_threadsafe(self.wake)
            return
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def drain(self) -> list[Any]:
        """Remove and return all items."""
        popleft, size = self.popleft, len(self)  # exact, as there is no other consumer
        return [popleft()] if size == 1 else [popleft() for _ in range(size)]

    def wait(self) -> asyncio.Future[None]:
        """Return a future that is resolved with the next chunk, or by :meth:`wake`."""
        waiter = self._waiter = self._event_loop.create_future()
        if self:  # a thread may have put a chunk before it could see the future
            self.wake()
        return waiter


class DrainableChunks(Protocol):
    """A chunk queue of either driver."""

    def drain(self) -> list[Any]:
        """Remove and return all items."""
        ...


class SequentialChunks:
    """Decides which chunks of tasks that run one after the other reach the consumer, and when.

    Chunks are due every :data:`YIELD_SECONDS`. The chunks of the tasks after a failed one are dropped (reference rule
    46).
    """

    def __init__(self, chunks: DrainableChunks) -> None:
        self._chunks = chunks
        self._has_failed = False
        self._due_time = time.monotonic() + YIELD_SECONDS

    def after_task(self, task: Task) -> list[Any]:
        """Return the chunks to yield after a task has ended."""
        if self._has_failed:
            return self.after_last_task()
        if task.stops_siblings or time.monotonic() > self._due_time:
            self._has_failed = task.stops_siblings
            ready = self._chunks.drain()
            self._due_time = time.monotonic() + YIELD_SECONDS
            return ready
        return []

    def after_last_task(self) -> list[Any]:
        """Return the chunks to yield after all tasks have ended."""
        ready = self._chunks.drain()
        return [] if self._has_failed else ready
