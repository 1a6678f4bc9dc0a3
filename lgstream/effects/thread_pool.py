"""Threads for sync nodes: as many as there are nodes at once, kept for the next superstep.

The standard library's pool makes a future with a condition for every job, and a thread for every job of a burst, even
if the jobs are shorter than the start of a thread; a superstep pays for both with every task.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], object]


class Workers:
    """Runs jobs in threads, at most ``most`` at once. A job settles its own outcome: what it raises is not caught.

    Threads are started one at a time, each by the one before it that took a job while others waited: jobs that block
    all run at once, and a burst of short ones is done by a few threads. They are daemons, so that a node that hangs
    does not keep the interpreter from ending.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._starting = False
        self._threads: list[threading.Thread] = []

    def submit(self, job: Job) -> None:
        """Have the job run, as soon as a thread is free or has been started."""
        self._jobs.put(job)
        self._grow()

    def _grow(self) -> None:
        """Start a thread, if jobs wait that no idle thread will take, and none is being started."""
        with self._lock:
            if self._starting or self._jobs.qsize() <= self._idle or len(self._threads) >= self._most:
                return
            self._starting = True
            thread = threading.Thread(target=self._work, name="lgstream-worker", daemon=True)
            self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        with self._lock:
            self._starting = False
        while True:
            with self._lock:
                self._idle += 1
            job = self._jobs.get()
            with self._lock:
                self._idle -= 1
            if job is None:
                return
            self._grow()
            job()
            del job  # what it holds need not live until the next one

    def close(self, wait: bool) -> None:
        """No more jobs. ``wait`` for those that run, and drop those that wait for a thread."""
        while not self._jobs.empty():
            self._jobs.get()
        for _ in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()
