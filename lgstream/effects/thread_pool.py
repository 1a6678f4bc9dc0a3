"""A thread pool for sync nodes: one thread for each node that runs at the same time, reused in the next superstep.

``concurrent.futures.ThreadPoolExecutor`` creates a future with a condition for every job, and starts a thread for every
job of a burst even if the jobs take less time than starting a thread. A superstep would pay for both with every task.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

Job = Callable[[], object]

MAX_THREADS = 1024
"""All tasks of a superstep run at once (reference rule 54), up to this many."""


class ThreadPool:
    """Runs jobs in threads, at most ``max_threads`` at once. Jobs must handle their own exceptions.

    Threads start one at a time: each new one is started by the thread before it, when that one takes a job while others
    wait. Jobs that block therefore all run at once, and a burst of short jobs needs only a few threads. The threads are
    daemons, so a node that hangs does not keep the interpreter alive.
    """

    def __init__(self, max_threads: int) -> None:
        self._max_threads = max_threads
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._idle_count = 0
        self._is_starting = False
        self._threads: list[threading.Thread] = []

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
            job = self._jobs.get()
            with self._lock:
                self._idle_count -= 1
            if job is None:
                return
            self._start_thread_if_needed()
            job()
            del job  # release its references before waiting for the next job

    def shutdown(self, wait: bool) -> None:
        """Accept no more jobs and drop those that have not started; with ``wait``, join the threads."""
        while not self._jobs.empty():
            self._jobs.get()
        for _ in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()
