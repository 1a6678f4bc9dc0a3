"""The asyncio driver: carries out the decisions of a :class:`~lgstream.engine.run_loop.RunLoop` on an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextvars import Context, copy_context
from typing import Any, TypeVar

from lgstream.effects import cancellation
from lgstream.effects.aio import AsyncInterpreter, await_in_context
from lgstream.engine.drivers.checkpoint_writer import AsyncCheckpointWriter
from lgstream.engine.drivers.chunk_queue import AsyncChunkQueue, SequentialChunks
from lgstream.engine.execution_choice import Execution, choose_execution
from lgstream.engine.program import Node
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.tasks.attempt import TaskAttempts
from lgstream.engine.tasks.future import TaskFuture, is_on_event_loop
from lgstream.engine.tasks.task import Task
from lgstream.langchain.running_task import set_running_task

T = TypeVar("T")


async def drive(  # noqa: C901, PLR0912 - the steps of a run
    run_loop: RunLoop, value: Any, chunks: AsyncChunkQueue
) -> AsyncGenerator[list[Any], None]:
    """Run a graph to its end and yield chunks as they arrive; see :func:`lgstream.engine.drivers.sync.drive`."""
    state = run_loop.state
    writer = AsyncCheckpointWriter(state) if state.saver is not None else None
    runner = AsyncTaskRunner(run_loop, chunks)
    error: BaseException | None = None
    inline, concurrent = Execution.INLINE, Execution.CONCURRENT
    try:
        run_loop.begin(value)
        while True:
            if writer is not None:
                await writer.write()
            tasks = run_loop.plan()
            if tasks is None:
                break
            if writer is not None:
                await writer.write()
            if ready := chunks.drain():
                yield ready
            execution = choose_execution(state, tasks)
            if execution is inline and len(tasks) != 1:  # there are none if all were finished by an earlier run
                async for ready in runner.run_sequentially(tasks):
                    yield ready
            elif execution is concurrent:
                runner.start(tasks)
                while ready := await runner.next_chunks():
                    yield ready
            elif execution is not inline or not runner.run_inline(tasks[0]):
                await runner.run_alone(tasks[0])
                while runner.running_count and (ready := await runner.next_chunks()):
                    yield ready  # of called tasks whose caller did not wait
            if writer is not None:
                await writer.write()
            if run_loop.has_unfinished_task:  # the last chunks of the run; otherwise they follow the superstep's
                yield chunks.drain()
            run_loop.finish_superstep()
    except BaseException as raised:  # noqa: BLE001 - raised again below, unless it interrupts the root graph
        error = raised
    finally:
        await runner.shutdown()
    error = run_loop.end(error)
    if writer is not None:
        error = await writer.close(error)
    if chunks and run_loop.keeps_final_chunks(error):
        yield chunks.drain()
    if error is not None:
        raise error


class AsyncTaskRunner:
    """Runs the tasks of one run as asyncio tasks; sync nodes run in threads.

    Attributes:
        running_count: the number of running tasks, including called ones.
    """

    def __init__(self, run_loop: RunLoop, chunks: AsyncChunkQueue) -> None:
        self._run_loop = run_loop
        self._state = run_loop.state
        self._chunks = chunks
        self._timeout = run_loop.state.options.step_timeout
        self._fast_functions = run_loop.state.program.fast_functions
        self._interpreter = AsyncInterpreter(self._fast_functions)
        limit = run_loop.state.options.max_concurrency
        # Callers wait for the tasks they call, so each depth has its own limit, and deeper calls have none.
        self._limits = [asyncio.Semaphore(limit), asyncio.Semaphore(limit)] if limit else []
        self._scope = run_loop.state.new_cancel_scope()
        self._asyncio_tasks: dict[Task, asyncio.Task[Any]] = {}  # of the tasks that have not been committed
        self.running_count = 0
        self._has_failed = False
        self._deadline: float | None = None
        self._event_loop = asyncio.get_running_loop()
        run_loop.state.call_task = self.call_task

    def start(self, tasks: list[Task]) -> None:
        """Start the tasks of a superstep, all at once."""
        self.running_count, self._has_failed = len(tasks), False
        self._deadline = None if self._timeout is None else self._event_loop.time() + self._timeout
        for task in tasks:
            self._create_task(task, self._run_and_report(task), copy_context())

    async def next_chunks(self) -> list[Any]:
        """Wait for chunks and return them; none once all tasks have ended, or one has failed.

        After a failure the other tasks are not awaited: they are cancelled at shutdown (reference rule 46).

        Raises:
            TimeoutError: if the superstep takes longer than its timeout.
        """
        chunks = self._chunks
        while not self._has_failed:
            if (ready := chunks.drain()) or not self.running_count:
                return ready
            if self._deadline is None:
                await chunks.wait()
            else:
                async with asyncio.timeout_at(self._deadline):
                    await chunks.wait()
        return []

    def run_inline(self, task: Task) -> bool:
        """Run and commit a task that only computes, if its function is known to be fast.

        Returns:
            False if the function is not known to be fast, or if the task has to be attempted.
        """
        action = task.node.action
        if action is not None:
            is_fast = action.is_async or action.function in self._fast_functions
            if action.is_graph or not is_fast:
                return False
        return self._run_loop.run_inline(task)

    async def run_alone(self, task: Task) -> None:
        """Run a task whose chunks can wait until it has ended, within the consumer's own asyncio task."""
        asyncio_task = asyncio.current_task()
        cancel_requests = asyncio_task.cancelling() if asyncio_task is not None else 0
        last_task = await await_in_context(copy_context(), self._run_and_commit(task))
        if asyncio_task is not None and asyncio_task.cancelling() > cancel_requests:
            raise asyncio.CancelledError  # although the node has ignored it
        self._has_failed = last_task.stops_siblings

    async def run_sequentially(self, tasks: list[Task]) -> AsyncIterator[list[Any]]:
        """Run tasks that only compute one after the other, and yield chunks in between."""
        sequence = SequentialChunks(self._chunks)
        for task in tasks:
            if not self.run_inline(task):
                await self.run_alone(task)
            if ready := sequence.after_task(task):
                yield ready
        if ready := sequence.after_last_task():
            yield ready

    def call_task(self, caller: Task, node: Node, value: Any) -> TaskFuture[Any]:
        """Start a task that a running task calls. Can be called on the event loop or in the thread of a sync node."""
        task = self._run_loop.add_called_task(caller, node, value)
        if task.writes:
            return TaskFuture.from_task(task)
        future: TaskFuture[Any] = TaskFuture()
        context, call_soon = copy_context(), self._event_loop.call_soon_threadsafe

        def start() -> None:
            self.running_count += 1
            asyncio_task = self._create_task(task, self._run_and_commit(task), context)
            asyncio_task.add_done_callback(lambda _: self._on_called_task_done(task, future))
            future.add_done_callback(lambda done: done.cancelled() and call_soon(_cancel_once, asyncio_task))

        if is_on_event_loop():
            start()
        else:
            call_soon(start)
        return future

    def _create_task(self, task: Task, coroutine: Coroutine[Any, Any, T], context: Context) -> asyncio.Task[T]:
        asyncio_task = self._asyncio_tasks[task] = self._event_loop.create_task(coroutine, context=context)
        return asyncio_task

    def _on_called_task_done(self, task: Task, future: TaskFuture[Any]) -> None:
        del self._asyncio_tasks[task]
        future.resolve(task)
        self.running_count -= 1
        self._chunks.wake()

    async def _run_and_report(self, task: Task) -> None:
        last_task = task
        try:
            last_task = await self._run_and_commit(task)
            del self._asyncio_tasks[task]  # a callback of the asyncio task would do it one loop iteration later
        finally:
            self.running_count -= 1
            self._has_failed = self._has_failed or last_task.stops_siblings
            self._chunks.wake()

    async def _run_and_commit(self, task: Task) -> Task:
        """Run a task and commit it; then its error handler, if it needs one. Return the task that ended last."""
        next_task: Task | None = task
        while next_task is not None:
            task = next_task
            try:
                if not self._limits or task.depth >= len(self._limits):
                    await self._attempt(task)
                else:
                    async with self._limits[task.depth]:
                        await self._attempt(task)
            except Exception as error:  # noqa: BLE001 - the run loop decides
                next_task = self._run_loop.commit_task(task, error)
            except BaseException as error:
                self._run_loop.commit_task(task, error)
                raise
            else:
                next_task = self._run_loop.commit_task(task, None)
        return task

    async def _attempt(self, task: Task) -> None:
        set_running_task(task.get_config, task)
        task.first_attempt_time = time.time()
        if not (task.needs_only_an_await and await task.await_node()):
            await self._interpreter.run_effects(TaskAttempts(task).run())

    async def shutdown(self) -> None:
        """Cancel and await the running tasks; the threads of sync nodes are left running (reference rule 46).

        What these threads wait for, in runs that the sync nodes have started, is cancelled and awaited too.
        """
        self._scope.is_stopped = True
        ended = [asyncio.wrap_future(future) for future in self._scope.cancel()]
        tasks = {asyncio_task: task for task, asyncio_task in self._asyncio_tasks.items()}
        for asyncio_task in tasks:
            _cancel_once(asyncio_task)
        if tasks or ended:
            _, pending = await asyncio.wait((*tasks, *ended), timeout=cancellation.CANCEL_GRACE_SECONDS)
            for asyncio_task, task in tasks.items():
                if asyncio_task in pending:
                    cancellation.warn_of_unresponsive_node(task.name)
                elif not asyncio_task.cancelled():
                    asyncio_task.exception()  # committed with its task; asyncio logs an exception that nobody has read
        self._interpreter.close()


def _cancel_once(asyncio_task: asyncio.Task[Any]) -> None:
    """Cancel a task; a second request would interrupt its cleanup."""
    if not asyncio_task.cancelling():
        asyncio_task.cancel()
