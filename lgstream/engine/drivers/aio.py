"""Performs a run on the caller's event loop. Decides nothing: :class:`~lgstream.engine.run_loop.Run` does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextvars import Context, copy_context
from typing import Any, TypeVar

from lgstream.effects.aio import Performer, in_context
from lgstream.engine.checkpoints.format import Save
from lgstream.engine.drivers.sync import SLICE
from lgstream.engine.run_loop import Run
from lgstream.engine.tasks.future import TaskFuture, on_event_loop
from lgstream.engine.tasks.task import Task, all_compute
from lgstream.errors import GraphInterrupt, is_invalid_resume
from lgstream.langchain.running import enter

T = TypeVar("T")


class Chunked:
    """Chunks on their way to the consumer. Put from any thread."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._waiter: asyncio.Future[None] | None = None

    def put(self, item: Any) -> None:
        self._items.append(item)
        if self._waiter is not None:
            self.wake()

    def wake(self) -> None:
        """End the wait, if there is one: something else happened."""
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self.wake)
            return
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def empty(self) -> bool:
        """Whether there is none now."""
        return not self._items

    def taken(self) -> list[Any]:
        """Take what is there now."""
        items = []
        while self._items:
            items.append(self._items.popleft())
        return items

    def news(self) -> asyncio.Future[None]:
        """What ends with the next chunk, or with :meth:`wake`."""
        waiter = self._waiter = self._loop.create_future()
        if self._items:  # a thread may have put something before it could see the waiter
            self.wake()
        return waiter


def leaves_others(error: BaseException) -> bool:
    """Whether a task's error leaves its siblings running: a question, or an answer that does not fit."""
    return isinstance(error, GraphInterrupt) or is_invalid_resume(error)


async def each(batches: AsyncIterator[list[Any]]) -> AsyncIterator[Any]:
    """The items of batches, one by one."""
    async for batch in batches:
        for item in batch:
            yield item


class Crew:
    """The tasks of a superstep, as tasks of the event loop; sync nodes in threads."""

    def __init__(self, run: Run, chunks: Chunked, timeout: float | None) -> None:
        self._run = run
        self._chunks = chunks
        self._timeout = timeout
        self._quick = run.program.quick
        self._performer = Performer(self._quick)
        limit = run.setup.concurrency
        # callers wait for those they call: each may run as many, and what is called from there is free, lest all wait
        self._limits = [asyncio.Semaphore(limit), asyncio.Semaphore(limit)] if limit else []
        self._tasks: set[asyncio.Task[Any]] = set()
        self.waiting = 0
        self._failed = False
        self._deadline: float | None = None
        self._loop = asyncio.get_running_loop()
        run.start = self.call

    def start(self, tasks: list[Task]) -> None:
        """Run the tasks at once."""
        self.waiting, self._failed = len(tasks), False
        self._deadline = None if self._timeout is None else self._loop.time() + self._timeout
        for task in tasks:
            self._begin(self._run_task(task), copy_context())

    async def news(self) -> bool:
        """Wait for chunks; False once all tasks, and those they called, have ended, or one has failed.

        Then nobody waits for the others: they are cancelled when the crew is dismissed (rule 46). Raises TimeoutError
        past the step's timeout.
        """
        while self.waiting and not self._failed and self._chunks.empty():
            if self._deadline is None:
                await self._chunks.news()
            else:
                async with asyncio.timeout_at(self._deadline):
                    await self._chunks.news()
        return not self._failed and not self._chunks.empty()

    def _begin(self, coroutine: Coroutine[Any, Any, T], context: Context) -> asyncio.Task[T]:
        started = self._loop.create_task(coroutine, context=context)
        self._tasks.add(started)
        started.add_done_callback(self._tasks.discard)
        return started

    def call(self, task: Task) -> TaskFuture[Any]:
        """Start a task that another one calls, from the loop's thread or from a sync node's."""
        future: TaskFuture[Any] = TaskFuture()
        context, stop = copy_context(), self._loop.call_soon_threadsafe

        def begin() -> None:
            self.waiting += 1
            started = self._begin(self._settled(task), context)
            started.add_done_callback(lambda _: self._called_ended(task, future))
            future.add_done_callback(lambda ended: ended.cancelled() and stop(started.cancel))

        if on_event_loop():
            begin()
        else:
            self._loop.call_soon_threadsafe(begin)
        return future

    def compute(self, task: Task) -> bool:
        """Run a task that only computes, if its function has proved quick. False where it is still to be performed."""
        target = task.node.target
        if target is not None and (target.finds_task or not (target.is_async or target.function in self._quick)):
            return False
        return self._run.compute(task)

    def _called_ended(self, task: Task, future: TaskFuture[Any]) -> None:
        future.settle(task)
        self.waiting -= 1
        self._chunks.wake()

    async def alone(self, task: Task) -> None:
        """Run a task whose chunks can wait until it has ended, as a part of the consumer's own task."""
        ended = await in_context(copy_context(), self._settled(task))
        self._failed = ended.error is not None and not leaves_others(ended.error)

    async def _run_task(self, task: Task) -> None:
        try:
            task = await self._settled(task)
        finally:
            self.waiting -= 1
            self._failed = self._failed or (task.error is not None and not leaves_others(task.error))
            self._chunks.wake()

    async def _settled(self, task: Task) -> Task:
        """Run a task and settle it, and the error handler that takes over from it, if any; the one that ended last."""
        following: Task | None = task
        while following is not None:
            task = following
            try:
                if not self._limits or task.depth >= len(self._limits):
                    await self._carry_out(task)
                else:
                    async with self._limits[task.depth]:
                        await self._carry_out(task)
            except Exception as error:  # noqa: BLE001 - the run decides what becomes of it
                following = self._run.settle(task, error)
            except BaseException as error:
                self._run.settle(task, error)
                raise
            else:
                following = self._run.settle(task, None)
        return task

    async def _carry_out(self, task: Task) -> None:
        enter(task.own_config, task)
        await self._performer.carry_out(task.perform())

    async def dismiss(self) -> None:
        """Cancel what still runs and wait for it; a sync node's thread goes on, and nobody waits for it (rule 46)."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._performer.close()


class Saving:
    """Does a run's saving: at once, or with durability ``async`` in a task of its own, in order."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last: asyncio.Task[None] | None = None

    async def __call__(self) -> None:
        kept = self._run.kept
        saves, kept.saves = kept.saves, []
        if not saves:
            return
        if self._run.setup.durability == "async":
            self._last = asyncio.create_task(self._after(self._last, saves))
        else:
            await self._do(saves)

    async def _after(self, before: asyncio.Task[None] | None, saves: list[Save]) -> None:
        if before is not None:
            await before
        await self._do(saves)

    async def _do(self, saves: list[Save]) -> None:
        for save in saves:
            await getattr(self._run.saver, f"a{save.method}")(*save.arguments)

    async def close(self) -> None:
        """Wait until all is saved. Raises what a save raised."""
        await self()
        if self._last is not None:
            await self._last


async def drive(
    run: Run, input: Any, chunks: Chunked, live: bool, step_timeout: float | None = None
) -> AsyncGenerator[list[Any], None]:
    """Run to the end, yielding chunks as they come; see :func:`lgstream.engine.drivers.sync.drive`."""
    saving = Saving(run) if run.saver is not None else None
    crew = Crew(run, chunks, step_timeout)
    computing = step_timeout is None and run.may_compute
    error: BaseException | None = None
    try:
        run.begin(input)
        while True:
            if saving is not None:
                await saving()
            tasks = run.plan()
            if tasks is None:
                break
            if saving is not None:
                await saving()
            if not chunks.empty():
                yield chunks.taken()
            if computing and all_compute(tasks):
                until = time.monotonic() + SLICE
                for task in tasks:
                    if not crew.compute(task):
                        await crew.alone(task)
                    if len(tasks) > 1 and (task is tasks[-1] or time.monotonic() > until):
                        yield chunks.taken()
                        until = time.monotonic() + SLICE
            elif step_timeout is None and len(tasks) == 1 and not live:
                await crew.alone(tasks[0])
                while crew.waiting and await crew.news():  # for tasks that were called, and not waited for
                    yield chunks.taken()
            else:
                crew.start(tasks)
                while await crew.news():
                    yield chunks.taken()
            if saving is not None:
                await saving()
            if run.failed:
                yield chunks.taken()
            run.advance()
    except BaseException as raised:  # noqa: BLE001 - raised again below, unless it is an interrupt of the root
        error = raised
    finally:
        await crew.dismiss()
    error = await close(run, saving, error)
    if not chunks.empty() and run.has_last_words(error):
        yield chunks.taken()
    if error is not None:
        raise error


async def close(run: Run, saving: Saving | None, error: BaseException | None) -> BaseException | None:
    """End the run and its saving; the error to raise, if any."""
    error = run.end(error)
    if saving is None:
        return error
    try:
        await saving.close()
    except Exception as failed:  # noqa: BLE001 - returned, or told beside the first error
        if error is None:
            return failed
        error.add_note(f"Besides, saving the run's checkpoint failed: {failed!r}")
    return error
