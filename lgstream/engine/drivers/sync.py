"""The sync driver: runs what a :class:`~lgstream.engine.run_loop.RunLoop` decides, in threads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import Future
from contextvars import Context, copy_context
from functools import partial
from queue import Empty
from typing import Any

from lgstream.effects.blocking import OnSubmit, run_effects
from lgstream.effects.thread_pool import MAX_THREADS, ThreadPool
from lgstream.engine.drivers.checkpoint_writer import CheckpointWriter
from lgstream.engine.drivers.chunk_queue import ChunkQueue, SequentialChunks
from lgstream.engine.program import Node
from lgstream.engine.run_loop import Execution, RunLoop
from lgstream.engine.tasks.attempt import TaskAttempts
from lgstream.engine.tasks.future import TaskFuture
from lgstream.engine.tasks.task import Task
from lgstream.langchain.running_task import set_running_task


def drive(loop: RunLoop, value: Any, chunks: ChunkQueue) -> Iterator[list[Any]]:  # noqa: C901, PLR0912 - the steps of a run
    """Run a graph to its end and yield chunks as they arrive, all that are there at once.

    The next superstep starts when the consumer asks for more (reference rule 11). Raises what the run raises.

    Args:
        loop: decides.
        value: the input of the run.
        chunks: where the run's stream puts its chunks.
    """
    state = loop.state
    writer = CheckpointWriter(state) if state.saver is not None else None
    runner = TaskRunner(loop, chunks)
    error: BaseException | None = None
    inline, alone = Execution.INLINE, Execution.ALONE
    try:
        loop.begin(value)
        while True:
            if writer is not None:
                writer.write()
            tasks = loop.plan()
            if tasks is None:
                break
            if writer is not None:
                writer.write()
            ready = chunks.drain()
            if ready:
                yield ready
            execution = loop.execution(tasks)
            if execution is inline and len(tasks) != 1:  # none, if all have finished before
                yield from runner.run_sequentially(tasks)
            elif execution is inline or execution is alone:
                if execution is alone or not loop.run_inline(tasks[0]):
                    run_task(loop, tasks[0], copy_context())
            else:
                yield from runner.run_concurrently(tasks)
            if runner.called_futures:
                runner.wait_for_called_tasks()
            if writer is not None:
                writer.write()
            if loop.has_failed:  # the last chunks of the run; otherwise they follow once the writes are applied
                yield chunks.drain()
            loop.finish_superstep()
    except BaseException as raised:  # noqa: BLE001 - raised again below, unless it interrupts the root graph
        error = raised
    finally:
        runner.shutdown(wait=not isinstance(error, KeyboardInterrupt))
    error = loop.end(error)
    if writer is not None:
        error = writer.close(error)
    if not chunks.empty() and loop.keeps_final_chunks(error):
        yield chunks.drain()
    if error is not None:
        raise error


def run_inline(loop: RunLoop, value: Any) -> None:
    """Run a graph that only computes to its end, if nobody takes chunks on the way. Raises what the run raises."""
    error: BaseException | None = None
    runner: TaskRunner | None = None
    try:
        loop.begin(value)
        while (tasks := loop.plan()) is not None:
            for task in tasks:
                if not loop.run_inline(task):
                    runner = runner or TaskRunner(loop, ChunkQueue())  # a Runnable that it returned may call tasks
                    run_task(loop, task, copy_context())
            if runner is not None:
                runner.wait_for_called_tasks()
            loop.finish_superstep()
    except BaseException as raised:  # noqa: BLE001 - raised again below
        error = raised
    if runner is not None:
        runner.shutdown(wait=not isinstance(error, KeyboardInterrupt))
    error = loop.end(error)
    if error is not None:
        raise error


def run_task(loop: RunLoop, task: Task, context: Context, on_submit: OnSubmit | None = None) -> Task:
    """Run a task in the given context and commit it; then its error handler, if it needs one.

    Returns:
        The task that ended last. Only what is not an Exception is raised.
    """
    next_task: Task | None = task
    while next_task is not None:
        task = next_task
        try:
            context.run(_call_or_attempt, task, on_submit)
        except Exception as error:  # noqa: BLE001 - the run loop decides
            next_task = loop.commit_task(task, error)
        except BaseException as error:
            loop.commit_task(task, error)
            raise
        else:
            next_task = loop.commit_task(task, None)
    return task


def _call_or_attempt(task: Task, on_submit: OnSubmit | None) -> None:
    set_running_task(task.get_config, task)
    task.first_attempt_time = time.time()
    if not (task.can_run_inline and task.run_inline()):
        run_effects(TaskAttempts(task).run(), on_submit)


class TaskRunner:
    """Runs the tasks of one run in threads, which start when they are first needed."""

    _threads: ThreadPool | None = None
    _called_threads: ThreadPool | None = None
    _nested_threads: ThreadPool | None = None

    def __init__(self, loop: RunLoop, chunks: ChunkQueue) -> None:
        self._loop = loop
        self._state = loop.state
        self._chunks = chunks
        self._timeout = loop.state.options.step_timeout
        self._max_threads = loop.state.options.max_concurrency or MAX_THREADS
        self._coroutine_futures: set[Future[Any]] = set()
        self.called_futures: list[TaskFuture[Any]] = []
        loop.state.call_task = self.call_task

    def run_concurrently(self, tasks: list[Task]) -> Iterator[list[Any]]:
        """Run the tasks at once and yield chunks until all have ended.

        After a failure the chunks of the other tasks are dropped (reference rule 46).

        Raises:
            TimeoutError: if the superstep takes longer than its timeout.
        """
        if self._threads is None:
            self._threads = ThreadPool(self._max_threads)
        chunks = self._chunks
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        for task in tasks:
            self._threads.submit(partial(self._run_and_report, task, copy_context()))
        running, has_failed = len(tasks), False
        while running:
            ready: list[Any] = []
            for item in (self._next_item(deadline), *chunks.drain()):
                if isinstance(item, Task):
                    running -= 1
                    has_failed = has_failed or item.stops_siblings
                elif not has_failed:
                    ready.append(item)
            if ready:
                yield ready
        if has_failed:
            chunks.drain()

    def run_sequentially(self, tasks: list[Task]) -> Iterator[list[Any]]:
        """Run tasks that only compute one after the other, in this thread, and yield chunks in between."""
        sequence = SequentialChunks(self._chunks)
        for task in tasks:
            if not self._loop.run_inline(task):
                run_task(self._loop, task, copy_context())
            if ready := sequence.after_task(task):
                yield ready
        if ready := sequence.after_last_task():
            yield ready

    def call_task(self, caller: Task, node: Node, value: Any) -> TaskFuture[Any]:
        """Start a task that a running task calls, in a pool of its own: its caller occupies a thread of the other.

        Tasks that called tasks call are not limited, or all threads could wait for one another.
        """
        task = self._loop.add_called_task(caller, node, value)
        if task.writes:
            return TaskFuture.from_task(task)
        if task.depth > 1:
            threads = self._nested_threads = self._nested_threads or ThreadPool(MAX_THREADS)
        else:
            threads = self._called_threads = self._called_threads or ThreadPool(self._max_threads)
        future: TaskFuture[Any] = TaskFuture()
        self.called_futures.append(future)
        threads.submit(partial(self._run_called, task, copy_context(), future))
        return future

    def wait_for_called_tasks(self) -> None:
        """Wait for the called tasks whose results nobody waited for: they belong to the superstep."""
        while self.called_futures:
            futures.wait((self.called_futures.pop(),))

    def _run_called(self, task: Task, context: Context, future: TaskFuture[Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            run_task(self._loop, task, context, self._coroutine_futures.add)
        finally:
            future.resolve(task)

    def _run_and_report(self, task: Task, context: Context) -> None:
        try:
            task = run_task(self._loop, task, context, self._coroutine_futures.add)
        finally:
            self._chunks.put(task)

    def _next_item(self, deadline: float | None) -> Any:
        try:
            return self._chunks.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError(
                f"Timed out: a superstep of graph '{self._state.program.name}' took longer than its step_timeout of "
                f"{self._timeout} s."
            ) from None

    def shutdown(self, wait: bool) -> None:
        """Release the threads. A sync node cannot be stopped from outside, only waited for (reference rule 53).

        Without ``wait``, coroutines that threads wait for are cancelled.
        """
        if not wait:
            for future in self._coroutine_futures:
                future.cancel()
        for threads in (self._threads, self._called_threads, self._nested_threads):
            if threads is not None:
                threads.shutdown(wait)
        if wait:  # no running task can call another; the method would keep the runner, and with it the run, alive
            del self._state.call_task
