"""The sync driver: carries out the decisions of a :class:`~lgstream.engine.run_loop.RunLoop` in threads."""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Iterator
from concurrent import futures
from contextvars import Context, copy_context
from functools import partial
from queue import Empty
from typing import Any

from lgstream.effects import cancellation
from lgstream.effects.blocking import run_effects
from lgstream.effects.cancellation import STILL_RUNNING
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

INTERRUPT_GRACE_SECONDS = 0.2
"""The time that sync nodes have for their end after a KeyboardInterrupt."""


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
                    runner.run_alone(tasks[0])
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
        runner.shutdown(error)
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
                    # a node may return a Runnable that calls tasks
                    runner = runner or TaskRunner(run_loop, ChunkQueue())
                    runner.run_alone(task)
            if runner is not None:
                runner.wait_for_called_tasks()
            run_loop.finish_superstep()
    except BaseException as raised:  # noqa: BLE001 - raised again below
        error = raised
    if runner is not None:
        runner.shutdown(error)
    error = run_loop.end(error)
    if error is not None:
        raise error


def run_task(run_loop: RunLoop, task: Task, context: Context, running: RunningTasks | None = None) -> Task:
    """Run a task in the given context and commit it; then its error handler, if it needs one.

    Args:
        run_loop: the run loop.
        task: the task.
        context: the context of its function.
        running: the running tasks of the run, if another thread may end them; the task is one of them.

    Returns:
        The task that ended last: the given one, or that of its error handler. It has the error, if there is one.
    """
    next_task: Task | None = task
    while next_task is not None:
        task, error = next_task, None
        try:
            context.run(_call_or_attempt, task)
        except BaseException as raised:  # noqa: BLE001 - the run loop decides
            error = raised
        if running is not None and not running.remove(task):
            break  # the run has ended without the task
        next_task = run_loop.commit_task(task, error)
        if next_task is not None and running is not None and not running.add(next_task):
            break
    return task


def _call_or_attempt(task: Task) -> None:
    set_running_task(task.get_config, task)
    task.first_attempt_time = time.time()
    if not (task.needs_only_a_call and task.call_node()):
        run_effects(TaskAttempts(task).run(), task.run.cancel_scope, task.name)


class RunningTasks:
    """The tasks that run in threads, until they end or the run ends without them."""

    def __init__(self) -> None:
        self._tasks: set[Task] = set()
        self._is_abandoned = False

    def add(self, task: Task) -> bool:
        """Add a task that is about to run. Return False if the run has ended."""
        self._tasks.add(task)
        return not (self._is_abandoned and self.remove(task))

    def remove(self, task: Task) -> bool:
        """Remove a task that is to be committed. Return False if another thread has done so."""
        try:
            self._tasks.remove(task)
        except KeyError:
            return False
        return True

    def abandon(self) -> list[Task]:
        """Remove and return all tasks: their threads do not commit them any more."""
        self._is_abandoned = True
        return [task for task in list(self._tasks) if self.remove(task)]


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
        self._scope = run_loop.state.new_cancel_scope()
        self._running = RunningTasks()
        self.called_futures: list[TaskFuture[Any]] = []
        run_loop.state.call_task = self.call_task

    def run_concurrently(self, tasks: list[Task]) -> Iterator[list[Any]]:
        """Run the tasks at once and yield chunks until all have ended.

        After a failure the chunks of the other tasks are dropped (reference rule 46), and async nodes are cancelled.

        Raises:
            TimeoutError: if the superstep takes longer than its timeout.
        """
        if self._threads is None:
            self._threads = ThreadPool(self._max_threads)
        chunks = self._chunks
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        self._stop_nested_run()
        for task in tasks:
            self._threads.submit(partial(self._run_and_report, task, copy_context()))
        running, has_failed = len(tasks), False
        while running:
            ready: list[Any] = []
            for item in (self._next_item(deadline), *chunks.drain()):
                if isinstance(item, Task):
                    running -= 1
                    if item.stops_siblings and not has_failed:
                        has_failed = True
                        self._scope.cancel()
                elif not has_failed:
                    ready.append(item)
            if ready:
                yield ready
        if has_failed:
            chunks.drain()

    def run_alone(self, task: Task) -> None:
        """Run a task in this thread.

        Raises:
            BaseException: an error of the task that is not an Exception; the run loop handles all others.
        """
        self._stop_nested_run()
        task = run_task(self._run_loop, task, copy_context())
        if task.error is not None:
            if not isinstance(task.error, Exception):
                raise task.error
            if task.stops_siblings:
                self._scope.cancel()  # the tasks that it called

    def run_sequentially(self, tasks: list[Task]) -> Iterator[list[Any]]:
        """Run tasks that only compute one after the other, in this thread, and yield chunks in between."""
        sequence = SequentialChunks(self._chunks)
        for task in tasks:
            if not self._run_loop.run_inline(task):
                self.run_alone(task)
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
        if not (future.set_running_or_notify_cancel() and self._running.add(task)):
            return
        try:
            run_task(self._run_loop, task, context, self._running)
        finally:
            future.resolve(task)

    def _run_and_report(self, task: Task, context: Context) -> None:
        if not self._running.add(task):
            return
        try:
            task = run_task(self._run_loop, task, context, self._running)
        finally:
            self._chunks.put(task)

    def _stop_nested_run(self) -> None:
        """Raise CancelledError if the run is nested in one that has been stopped."""
        if self._state.parent is not None:
            self._scope.raise_if_stopped()

    def _next_item(self, deadline: float | None) -> Any:
        try:
            return self._chunks.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError(
                f"Timed out: a superstep of graph '{self._state.program.name}' took longer than its step_timeout of "
                f"{self._timeout} s."
            ) from None

    def shutdown(self, error: BaseException | None) -> None:
        """Release the threads, when the tasks have ended or after an error.

        Coroutines are cancelled, and waited for until they have ended. A sync node cannot be stopped from outside: it
        is waited for (reference rule 53), except after a KeyboardInterrupt.

        Args:
            error: the error that ends the run; None if there is none.
        """
        is_interrupted = isinstance(error, KeyboardInterrupt)
        if error is not None:
            self._scope.is_stopped = True
            ended = self._scope.cancel()
            if is_interrupted:
                futures.wait(ended, cancellation.CANCEL_GRACE_SECONDS)
        deadline = time.monotonic() + INTERRUPT_GRACE_SECONDS
        for threads in (self._threads, self._called_threads, self._nested_threads):
            if threads is not None:
                threads.shutdown(max(0.001, deadline - time.monotonic()) if is_interrupted else None)
        if error is not None:
            self._abandon_tasks(error)
        del self._state.call_task  # no task can be called any more; the method would keep the runner and the run alive

    def _abandon_tasks(self, error: BaseException) -> None:
        """Commit the tasks whose functions go on after the end of the run, and name them in the error."""
        for task in self._running.abandon():
            error.add_note(f"Node '{task.name}': {STILL_RUNNING}")
            cancelled_error = CancelledError()
            cancelled_error.add_note(STILL_RUNNING)
            self._run_loop.commit_task(task, cancelled_error)
        for future in self.called_futures:
            future.cancel()
