"""A thread pool for sync nodes and sinks: one thread for each that runs at the same time, reused by the next one.

``concurrent.futures.ThreadPoolExecutor`` creates a future with a condition for every job, and starts a thread for every
job of a burst even if the jobs take less time than starting a thread. A superstep would pay for both with every task.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

Job = Callable[[], object]

MAX_THREADS = 1024
"""All tasks of a superstep run at once (reference rule 54), up to this many."""


class ThreadPool:
    """Runs jobs in threads, at most ``max_threads`` at once. Jobs must handle their own exceptions.

    Threads start one at a time: each new one is started by the thread before it, when that one takes a job while others
    wait. Jobs that block therefore all run at once, and a burst of short jobs needs only a few threads. The threads are
    daemons, so a node that hangs does not keep the interpreter alive.

    Args:
        max_threads: the number of threads that the pool may have.
        idle_seconds: the time after which a thread without a job ends; None keeps it until :meth:`shutdown`.
    """

    def __init__(self, max_threads: int, idle_seconds: float | None = None) -> None:
        self._max_threads = max_threads
        self._idle_seconds = idle_seconds
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle_count = 0
        self._is_starting = False
        self._threads: list[threading.Thread] = []

    @property
    def thread_count(self) -> int:
        """The number of threads that the pool has now."""
        return len(self._threads)

    def submit(self, job: Job) -> None:
        """Run the job as soon as a thread is idle or has been started."""
        self._jobs.put(job)
        self._start_thread_if_needed()

    def _start_thread_if_needed(self) -> None:
        """Start a thread if more jobs wait than threads are idle, and no thread is starting already."""
        with self._lock:
            is_enough = self._jobs.qsize() <= self._idle_count or len(self._threads) >= self._max_threads
            if self._is_starting or is_enough:
                return
            self._is_starting = True
            thread = threading.Thread(target=self._run_jobs, name="lgstream-worker", daemon=True)
            self._threads.append(thread)
        thread.start()

    def _run_jobs(self) -> None:
        with self._lock:
            self._is_starting = False
        while True:
            with self._lock:
                self._idle_count += 1
            job = self._next_job()
            if job is None:
                return
            self._start_thread_if_needed()
            job()
            del job  # release its references before waiting for the next job

    def _next_job(self) -> Job | None:
        """Return the next job, or None if this thread is to end."""
        while True:
            try:
                job = self._jobs.get(timeout=self._idle_seconds)
            except Empty:
                with self._lock:
                    if not self._jobs.empty():
                        continue  # the caller that has just submitted a job counts on this thread
                    self._idle_count -= 1
                    self._threads.remove(threading.current_thread())
                    return None
            with self._lock:
                self._idle_count -= 1
            return job

    def shutdown(self, timeout: float | None = None) -> None:
        """Accept no more jobs, drop those that have not started, and wait for the others.

        Args:
            timeout: the time to wait, in seconds; None to wait until the jobs have ended.
        """
        while not self._jobs.empty():
            self._jobs.get()
        with self._lock:
            self._max_threads = 0  # start no more
        for _ in self._threads:
            self._jobs.put(None)
        if timeout == 0:
            return
        while self._is_starting:  # a thread that has not started cannot be joined
            time.sleep(0.0001)
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))


SHARED_IDLE_SECONDS = 1.0

_shared_pool_lock = threading.Lock()
_shared_pool: tuple[int, ThreadPool] | None = None


def shared_thread_pool() -> ThreadPool:
    """Return the thread pool of the process, for work that belongs to no superstep; its idle threads end.

    A pool for each run would have a thread for each run of a server, although few of them have work at the same time.
    """
    global _shared_pool  # noqa: PLW0603 - one pool per process, see above
    with _shared_pool_lock:
        if _shared_pool is None or _shared_pool[0] != os.getpid():  # a forked child process has none of the threads
            _shared_pool = os.getpid(), ThreadPool(MAX_THREADS, SHARED_IDLE_SECONDS)
        return _shared_pool[1]
