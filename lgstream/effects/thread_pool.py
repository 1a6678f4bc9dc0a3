"""A thread pool for sync nodes and sinks: one thread for each that runs at the same time, reused by the next one.

The threads of the pools of runs are reused by later runs, too.

``concurrent.futures.ThreadPoolExecutor`` creates a future with a condition for every job, and starts a thread for every
job of a burst even if the jobs take less time than starting a thread. A superstep would pay for both with every task.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import NamedTuple

Job = Callable[[], object]

MAX_THREADS = 1024
"""All tasks of a superstep run at once (reference rule 54), up to this many."""


class ThreadPool:
    """Runs jobs in threads, at most ``max_threads`` at once. Jobs must handle their own exceptions.

    Threads are added one at a time: each new one by the thread before it, when that one takes a job while others wait.
    Jobs that block therefore all run at once, and a burst of short jobs needs only a few threads. The threads are
    daemons, so a node that hangs does not keep the interpreter alive.

    Args:
        max_threads: the number of threads that the pool may have.
        idle_seconds: the time after which a thread without a job ends. None keeps it until :meth:`shutdown`, and takes
            it from the idle threads of the process, if there are any: starting one costs about 100 us.
    """

    def __init__(self, max_threads: int, idle_seconds: float | None = None) -> None:
        self._max_threads = max_threads
        self._idle_seconds = idle_seconds
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle_count = 0
        self._is_starting = False
        self._ended: SimpleQueue[None] = SimpleQueue()  # an item for each thread that shutdown() has ended
        self.thread_count = 0
        """The number of threads that the pool has now."""

    def submit(self, job: Job) -> None:
        """Run the job as soon as a thread is idle or has been started."""
        self._jobs.put(job)
        self._start_thread_if_needed()

    def _start_thread_if_needed(self) -> None:
        """Start a thread if more jobs wait than threads are idle, and no thread is starting already."""
        with self._lock:
            is_enough = self._jobs.qsize() <= self._idle_count or self.thread_count >= self._max_threads
            if self._is_starting or is_enough:
                return
            self._is_starting = True
            self.thread_count += 1
        if self._idle_seconds is None:
            _pools_of_process().idle_threads.submit(self._run_jobs)
        else:
            threading.Thread(target=self._run_jobs, name="lgstream-worker", daemon=True).start()

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
                    self.thread_count -= 1
                    return None
            with self._lock:
                self._idle_count -= 1
            if job is None:
                self._ended.put(None)
            return job

    def shutdown(self, timeout: float | None = None) -> None:
        """Accept no more jobs, drop those that have not started, and wait for the others.

        Args:
            timeout: the time to wait, in seconds; None to wait until the jobs have ended.
        """
        with self._lock:
            self._max_threads = 0  # start no more
            with suppress(Empty):
                while True:
                    self._jobs.get_nowait()
            for _ in range(self.thread_count):
                self._jobs.put(None)
        deadline = None if timeout is None else time.monotonic() + timeout
        with suppress(Empty):
            for _ in range(self.thread_count):
                self._ended.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))


IDLE_SECONDS = 1.0
"""The time after which an idle thread of the process ends."""


class _ProcessPools(NamedTuple):
    pid: int
    shared: ThreadPool
    idle_threads: ThreadPool
    """Has no limit of its own: a node that waits for a run inside it keeps its thread as long."""


_process_pools_lock = threading.Lock()
_process_pools: _ProcessPools | None = None


def _pools_of_process() -> _ProcessPools:
    global _process_pools  # noqa: PLW0603 - one of each per process
    with _process_pools_lock:
        if _process_pools is None or _process_pools.pid != os.getpid():  # a forked child process has no threads
            shared, idle_threads = ThreadPool(MAX_THREADS, IDLE_SECONDS), ThreadPool(sys.maxsize, IDLE_SECONDS)
            _process_pools = _ProcessPools(os.getpid(), shared, idle_threads)
        return _process_pools


def shared_thread_pool() -> ThreadPool:
    """Return the thread pool of the process, for work that belongs to no superstep; its idle threads end.

    A pool for each run would have a thread for each run of a server, although few of them have work at the same time.
    """
    return _pools_of_process().shared
