"""The threads that sync nodes run in."""

from __future__ import annotations

import os
import threading
import time
from queue import SimpleQueue

import pytest

from lgstream.effects.thread_pool import ThreadPool, shared_thread_pool


@pytest.mark.parametrize("jobs", [1, 2, 30])
def test_blocking_jobs_run_concurrently(jobs: int) -> None:
    meeting = threading.Barrier(jobs + 1, timeout=20)
    workers = ThreadPool(1024)
    for _ in range(jobs):
        workers.submit(meeting.wait)
    meeting.wait()
    workers.shutdown()


def test_no_more_jobs_than_the_limit_run_concurrently() -> None:
    lock, running, peak = threading.Lock(), [0], [0]
    done = threading.Barrier(2, timeout=20)
    remaining = [40]

    def job() -> None:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        threading.Event().wait(0.001)
        with lock:
            running[0] -= 1
            remaining[0] -= 1
            last = remaining[0] == 0
        if last:
            done.wait()

    workers = ThreadPool(3)
    for _ in range(40):
        workers.submit(job)
    done.wait()
    workers.shutdown()
    assert peak[0] <= 3


def thread_of_a_job(workers: ThreadPool) -> threading.Thread:
    """Run a job to its end and return its thread."""
    threads: SimpleQueue[threading.Thread] = SimpleQueue()
    workers.submit(lambda: threads.put(threading.current_thread()))
    return threads.get(timeout=20)


def test_threads_are_reused() -> None:
    workers = ThreadPool(1024)
    threads = {thread_of_a_job(workers) for _ in range(20)}
    workers.shutdown()
    assert len(threads) < 20


def test_a_pool_takes_over_the_threads_of_one_that_was_shut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lgstream.effects.thread_pool._process_pools", None)  # the idle threads of earlier tests
    threads: set[threading.Thread] = set()
    for _ in range(20):
        workers = ThreadPool(1024)
        threads.add(thread_of_a_job(workers))
        workers.shutdown()
        time.sleep(0.001)  # lets the thread become idle
    assert len(threads) < 20


def test_threads_that_wait_for_pools_of_their_own_do_not_use_up_the_idle_threads() -> None:
    innermost = threading.Event()

    def nested(depth: int) -> None:
        workers = ThreadPool(1)
        workers.submit(innermost.set if depth == 0 else lambda: nested(depth - 1))
        assert innermost.wait(20)
        workers.shutdown()

    outermost = threading.Thread(target=nested, args=(30,), daemon=True)
    outermost.start()
    outermost.join(20)
    assert innermost.is_set()


def test_closing_waits_for_running_jobs() -> None:
    started, log = threading.Event(), []

    def job() -> None:
        started.set()
        threading.Event().wait(0.05)
        log.append("ended")

    workers = ThreadPool(2)
    workers.submit(job)
    assert started.wait(20)
    workers.shutdown()
    assert log == ["ended"]


def test_a_thread_ends_after_the_idle_time_and_a_later_job_gets_another_one() -> None:
    workers = ThreadPool(1024, idle_seconds=0.001)
    for _ in range(3):
        done = threading.Event()
        workers.submit(done.set)
        assert done.wait(20)
        while workers.thread_count:
            time.sleep(0.001)


def test_no_job_is_lost_while_threads_end() -> None:
    workers = ThreadPool(2, idle_seconds=0.0001)
    for _ in range(500):
        done = threading.Event()
        workers.submit(done.set)
        assert done.wait(20)
        time.sleep(0.0001)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 on: it has threads, as is intended
def test_a_forked_process_has_a_shared_pool_of_its_own() -> None:
    before = threading.Event()
    shared_thread_pool().submit(before.set)
    assert before.wait(20)
    child = os.fork()
    if child == 0:
        done = threading.Event()
        shared_thread_pool().submit(done.set)
        os._exit(0 if done.wait(20) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
