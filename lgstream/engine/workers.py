"""Threads for sync nodes: as many as there are nodes at once, kept for the next superstep.

The standard library's pool makes a future with a condition for every job, which costs more than the hop to the thread
itself; a superstep pays it for every task.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], object]


class Workers:
    """Runs jobs in threads, at most ``most`` at once. A job settles its own outcome: what it raises is not caught.

    The threads are daemons, so that a node that hangs does not keep the interpreter from ending.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._queued = 0
        self._threads: list[threading.Thread] = []

    def submit(self, job: Job) -> None:
        """Have the job run: by a thread that has nothing to do, by a new one, or once one of ``most`` is free."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif len(self._threads) < self._most:
                thread = threading.Thread(target=self._work, name="lgstream-worker", daemon=True)
                self._threads.append(thread)
                thread.start()
            else:
                self._queued += 1
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            finally:
                del job  # what it holds need not live until the next one
                with self._lock:
                    if self._queued:  # a job that no thread was free for: this one takes it
                        self._queued -= 1
                    else:
                        self._idle += 1

    def close(self, wait: bool) -> None:
        """No more jobs. ``wait`` for those that run, and drop those that wait for a thread."""
        while not self._jobs.empty():
            self._jobs.get()
        for _ in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()
