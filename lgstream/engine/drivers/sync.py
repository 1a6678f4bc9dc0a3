"""The sync driver: carries out the decisions of a :class:`~lgstream.engine.run_loop.RunLoop` in threads."""

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
from lgstream.engine.execution_choice import Execution, choose_execution
from lgstream.engine.program import Node
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.tasks.attempt import TaskAttempts
from lgstream.engine.tasks.future import TaskFuture
from lgstream.engine.tasks.task import Task
from lgstream.langchain.running_task import set_running_task


def drive(  # noqa: C901, PLR0912 - the steps of a run
    run_loop: RunLoop, value: Any, chunks: ChunkQueue
) -> Iterator[list[Any]]:
    """Run a graph to its end and yield lists of the chunks that have arrived.

    The next superstep starts when the consumer requests more chunks (reference rule 11).

    Args:
        run_loop: the run loop, whose decisions the driver carries out.
        value: the input of the run; None or a Command to continue a thread.
        chunks: the queue into which the run's stream puts its chunks.

    Raises:
        BaseException: the error that ended the run; an interrupt of a root graph is not raised.
    """
    state = run_loop.state
    writer = CheckpointWriter(state) if state.saver is not None else None
    runner = TaskRunner(run_loop, chunks)
    error: BaseException | None = None
    inline, alone = Execution.INLINE, Execution.ALONE
    try:
        run_loop.begin(value)
        while True:
            if writer is not None:
                writer.write()
            tasks = run_loop.plan()
            if tasks is None:
                break
            if writer is not None:
                writer.write()
            ready = chunks.drain()
            if ready:
                yield ready
            execution = choose_execution(state, tasks)
            if execution is inline and len(tasks) != 1:  # there are none if all were finished by an earlier run
                yield from runner.run_sequentially(tasks)
            elif execution is inline or execution is alone:
                if execution is alone or not run_loop.run_inline(tasks[0]):
                    run_task(run_loop, tasks[0], copy_context())
            else:
                yield from runner.run_concurrently(tasks)
            if runner.called_futures:
                runner.wait_for_called_tasks()
            if writer is not None:
                writer.write()
            if run_loop.has_unfinished_task:  # the last chunks of the run; otherwise they follow the superstep's
                yield chunks.drain()
            run_loop.finish_superstep()
    except BaseException as raised:  # noqa: BLE001 - raised again below, unless it interrupts the root graph
        error = raised
    finally:
        runner.shutdown(wait=not isinstance(error, KeyboardInterrupt))
    error = run_loop.end(error)
    if writer is not None:
        error = writer.close(error)
    if not chunks.empty() and run_loop.keeps_final_chunks(error):
        yield chunks.drain()
    if error is not None:
        raise error


def drive_pure_graph(run_loop: RunLoop, value: Any) -> None:
    """Run a graph that only computes to its end, without yielding chunks.

    Raises:
        BaseException: the error that ended the run.
    """
    error: BaseException | None = None
    runner: TaskRunner | None = None
    try:
        run_loop.begin(value)
        while (tasks := run_loop.plan()) is not None:
            for task in tasks:
                if not run_loop.run_inline(task):
                    runner = runner or TaskRunner(
                        run_loop, ChunkQueue()
                    )  # a node may return a Runnable that calls tasks
                    run_task(run_loop, task, copy_context())
            if runner is not None:
                runner.wait_for_called_tasks()
            run_loop.finish_superstep()
    except BaseException as raised:  # noqa: BLE001 - raised again below
        error = raised
    if runner is not None:
        runner.shutdown(wait=not isinstance(error, KeyboardInterrupt))
    error = run_loop.end(error)
    if error is not None:
        raise error


def run_task(run_loop: RunLoop, task: Task, context: Context, on_submit: OnSubmit | None = None) -> Task:
    """Run a task in the given context and commit it; then its error handler, if it needs one.

    Returns:
        The task that ended last: the given one, or that of its error handler.

    Raises:
        BaseException: an error of the task that is not an Exception; the run loop handles all others.
    """
    next_task: Task | None = task
    while next_task is not None:
        task = next_task
        try:
            context.run(_call_or_attempt, task, on_submit)
        except Exception as error:  # noqa: BLE001 - the run loop decides
            next_task = run_loop.commit_task(task, error)
        except BaseException as error:
            run_loop.commit_task(task, error)
            raise
        else:
            next_task = run_loop.commit_task(task, None)
    return task


def _call_or_attempt(task: Task, on_submit: OnSubmit | None) -> None:
    set_running_task(task.get_config, task)
    task.first_attempt_time = time.time()
    if not (task.needs_only_a_call and task.call_node()):
        run_effects(TaskAttempts(task).run(), on_submit)


class TaskRunner:
    """Runs the tasks of one run in threads, which start when they are first needed."""

    _threads: ThreadPool | None = None
    _called_threads: ThreadPool | None = None
    _nested_threads: ThreadPool | None = None

    def __init__(self, run_loop: RunLoop, chunks: ChunkQueue) -> None:
        self._run_loop = run_loop
        self._state = run_loop.state
        self._chunks = chunks
        self._timeout = run_loop.state.options.step_timeout
        self._max_threads = run_loop.state.options.max_concurrency or MAX_THREADS
        self._coroutine_futures: set[Future[Any]] = set()
        self.called_futures: list[TaskFuture[Any]] = []
        run_loop.state.call_task = self.call_task

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
            if not self._run_loop.run_inline(task):
                run_task(self._run_loop, task, copy_context())
            if ready := sequence.after_task(task):
                yield ready
        if ready := sequence.after_last_task():
            yield ready

    def call_task(self, caller: Task, node: Node, value: Any) -> TaskFuture[Any]:
        """Start a task that a running task calls, in a separate pool, because its caller occupies a thread.

        Tasks called by called tasks have no limit: otherwise all threads could wait for one another.
        """
        task = self._run_loop.add_called_task(caller, node, value)
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
        """Wait for the called tasks that their callers did not wait for: they belong to the superstep."""
        while self.called_futures:
            futures.wait((self.called_futures.pop(),))

    def _run_called(self, task: Task, context: Context, future: TaskFuture[Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            run_task(self._run_loop, task, context, self._coroutine_futures.add)
        finally:
            future.resolve(task)

    def _run_and_report(self, task: Task, context: Context) -> None:
        try:
            task = run_task(self._run_loop, task, context, self._coroutine_futures.add)
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
        """Release the threads. A sync node cannot be stopped from outside (reference rule 53).

        Args:
            wait: True to wait for running nodes; False to cancel the coroutines that threads wait for, and return.
        """
        if not wait:
            for future in self._coroutine_futures:
                future.cancel()
        for threads in (self._threads, self._called_threads, self._nested_threads):
            if threads is not None:
                threads.shutdown(wait)
        if wait:  # no task can be called any more; the method would keep the runner and the run alive
            del self._state.call_task
