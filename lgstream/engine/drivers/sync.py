"""Performs a run in threads. Decides nothing: :class:`~lgstream.engine.run_loop.Run` does."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from lgstream.effects.loop_thread import wait_for
from lgstream.effects.thread_pool import Workers
from lgstream.engine.callables import Call, Effect, Pause
from lgstream.engine.checkpoints.format import Save
from lgstream.engine.run_loop import Run
from lgstream.engine.tasks.future import TaskFuture
from lgstream.engine.tasks.task import Task, all_compute
from lgstream.errors import GraphInterrupt
from lgstream.langchain.running import enter

MOST_THREADS = 1024
"""All tasks of a superstep run at once (rule 54), up to here."""

QUICK_SAVE = 0.0005
"""Seconds: a save that follows one that took less is done at once."""

SLICE = 0.002
"""Seconds after which tasks that run one after the other give the consumer what is there."""


Started = Callable[[Future[Any]], object]


def carry_out(effects: Generator[Effect, Any, None], started: Started | None = None) -> None:
    """Perform effects one after the other. Raises what they raise, where the generator lets it pass.

    ``started`` is given the future of every async function that is waited for.
    """
    try:
        effect = next(effects)
        while True:
            try:
                if isinstance(effect, Pause) or effect.is_async:
                    value = perform(effect, started)
                else:
                    value = effect.function(*effect.arguments, **effect.named)
            except BaseException as error:  # noqa: BLE001 - it is the task's to handle
                effect = effects.throw(error)
            else:
                effect = effects.send(value)
    except StopIteration:
        return


def perform(effect: Effect, started: Started | None = None) -> Any:
    """Perform one effect in this thread; an async function runs on the private loop."""
    if isinstance(effect, Pause):
        time.sleep(effect.seconds)
        return None
    function, arguments, named, is_async, *_ = effect
    if is_async:
        return wait_for(function(*arguments, **named), started)
    return function(*arguments, **named)


def _run_task(task: Task, started: Started | None) -> None:
    enter(task.own_config, task)
    task.started = time.time()
    if not (task.needs_a_call and task.compute()):
        carry_out(task.perform(), started)


def run_task(run: Run, task: Task, context: Context, started: Started | None = None) -> Task:
    """Run a task in a context of its own and settle it; so with the error handler that takes over from it, if any.

    Returns the one that ended last; raises nothing but what is no Exception.
    """
    following: Task | None = task
    while following is not None:
        task = following
        try:
            context.run(_run_task, task, started)
        except Exception as error:  # noqa: BLE001 - the run decides what becomes of it
            following = run.settle(task, error)
        except BaseException as error:
            run.settle(task, error)
            raise
        else:
            following = run.settle(task, None)
    return task


class Saving:
    """Does a run's saving: at once, or with durability ``async`` on a thread of its own, in order.

    While saves take less than :data:`QUICK_SAVE` that thread is left out: the way there would take as long.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._took = QUICK_SAVE
        self._pool = ThreadPoolExecutor(1) if run.setup.durability == "async" else None
        self._futures: list[Any] = []

    def __call__(self) -> None:
        kept = self._run.kept
        saves, kept.saves = kept.saves, []
        for save in saves:
            if self._pool is None:
                self._do(save)
            elif self._took < QUICK_SAVE and (not self._futures or self._futures[-1].done()):
                self._do_at_once(save)
            else:
                self._futures.append(self._pool.submit(self._do, save))

    def _do_at_once(self, save: Save) -> None:
        """Save here; an error is raised at the end, as from the thread."""
        try:
            self._do(save)
        except Exception as error:  # noqa: BLE001 - close() raises it
            failed: Future[None] = Future()
            failed.set_exception(error)
            self._futures.append(failed)

    def close(self) -> None:
        """Wait until all is saved. Raises what a save raised."""
        self()
        if self._pool is not None:
            self._pool.shutdown()
        for future in self._futures:
            future.result()

    def _do(self, save: Save) -> None:
        started = time.perf_counter()
        getattr(self._run.saver, save.method)(*save.arguments)
        self._took = time.perf_counter() - started


class Chunked(SimpleQueue[Any]):
    """The chunks of a stream on their way to the consumer, and the tasks that ended between them."""

    def taken(self) -> list[Any]:
        """Take what is there now."""
        get, size = self.get, self.qsize()  # nobody else takes any
        return [get()] if size == 1 else [get() for _ in range(size)]


def drive(run: Run, input: Any, chunks: Chunked, live: bool, step_timeout: float | None = None) -> Iterator[list[Any]]:
    """Run to the end, yielding chunks as they come, all that are there at once.

    ``live``: chunks may come while a lone task runs.

    The next superstep starts when the consumer asks for more (rule 11). Raises what the run raises.
    """
    saving = Saving(run) if run.saver is not None else None
    crew = Crew(run, chunks, step_timeout)
    computing = step_timeout is None and run.may_compute
    error: BaseException | None = None
    try:
        run.begin(input)
        while True:
            if saving is not None:
                saving()
            tasks = run.plan()
            if tasks is None:
                break
            if saving is not None:
                saving()
            ready = chunks.taken()
            if ready:
                yield ready
            if computing and all_compute(tasks):
                if len(tasks) != 1:
                    yield from crew.in_turn(tasks)
                elif not run.compute(tasks[0]):
                    run_task(run, tasks[0], copy_context())
            elif step_timeout is None and len(tasks) == 1 and not live:
                run_task(run, tasks[0], copy_context())
            else:
                yield from crew.work(tasks)
            if crew.calls:
                crew.finish_calls()
            if saving is not None:
                saving()
            if run.failed:  # its last words; else they are shown once its writes are in the state
                yield chunks.taken()
            run.advance()
    except BaseException as raised:  # noqa: BLE001 - raised again below, unless it is an interrupt of the root
        error = raised
    finally:
        crew.dismiss(wait=not isinstance(error, KeyboardInterrupt))
    error = close(run, saving, error)
    if not chunks.empty() and run.has_last_words(error):
        yield chunks.taken()
    if error is not None:
        raise error


def compute(run: Run, input: Any) -> None:
    """Run to the end what only computes, where nobody takes chunks on the way: no threads, no pauses.

    Raises what the run raises.
    """
    error: BaseException | None = None
    crew: Crew | None = None
    try:
        run.begin(input)
        while (tasks := run.plan()) is not None:
            for task in tasks:
                if not run.compute(task):
                    crew = crew or Crew(run, Chunked(), None)  # a Runnable that it returned may call tasks
                    run_task(run, task, copy_context())
            if crew is not None:
                crew.finish_calls()
            run.advance()
    except BaseException as raised:  # noqa: BLE001 - raised again below
        error = raised
    if crew is not None:
        crew.dismiss(wait=not isinstance(error, KeyboardInterrupt))
    error = run.end(error)
    if error is not None:
        raise error


def close(run: Run, saving: Saving | None, error: BaseException | None) -> BaseException | None:
    """End the run and its saving; the error to raise, if any."""
    error = run.end(error)
    if saving is None:
        return error
    try:
        saving.close()
    except Exception as failed:  # noqa: BLE001 - returned, or told beside the first error
        if error is None:
            return failed
        error.add_note(f"Besides, saving the run's checkpoint failed: {failed!r}")
    return error


def _fails(task: Task) -> bool:
    """Whether the task ended with an error that drops the chunks of its siblings: a question does not (rule 46)."""
    return task.error is not None and not isinstance(task.error, GraphInterrupt)


class Crew:
    """The threads of a run's parallel tasks, made when first needed."""

    _workers: Workers | None = None
    _called: Workers | None = None
    _nested: Workers | None = None

    def __init__(self, run: Run, chunks: Chunked, timeout: float | None) -> None:
        self._run = run
        self._chunks = chunks
        self._timeout = timeout
        self._waiting: set[Future[Any]] = set()
        self.calls: list[TaskFuture[Any]] = []
        run.start = self.start

    def work(self, tasks: list[Task]) -> Iterator[list[Any]]:
        """Run the tasks at once and yield what comes in the meantime, until all have ended.

        After a failure the chunks of its siblings are dropped (rule 46). Raises TimeoutError past the step's timeout.
        """
        if self._workers is None:
            self._workers = Workers(self._run.setup.concurrency or MOST_THREADS)
        chunks = self._chunks
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        for task in tasks:
            self._workers.submit(partial(self._run_and_tell, task, copy_context()))
        waiting, failed = len(tasks), False
        while waiting:
            ready: list[Any] = []
            for item in (self._next(deadline), *chunks.taken()):
                if isinstance(item, Task):
                    waiting -= 1
                    failed = failed or _fails(item)
                elif not failed:
                    ready.append(item)
            if ready:
                yield ready
        if failed:
            chunks.taken()

    def in_turn(self, tasks: list[Task]) -> Iterator[list[Any]]:
        """Run tasks that wait for nothing one after the other, in this thread; chunks as from :meth:`work`."""
        failed, until = False, time.monotonic() + SLICE
        for task in tasks:
            if not self._run.compute(task):
                run_task(self._run, task, copy_context())
            fails = _fails(task)
            if fails or time.monotonic() > until:
                ready = self._chunks.taken()
                if ready and not failed:
                    yield ready
                until = time.monotonic() + SLICE
            failed = failed or fails
        ready = self._chunks.taken()
        if ready and not failed:
            yield ready

    def start(self, task: Task) -> TaskFuture[Any]:
        """Start a task that another one calls. In a pool of its own: the caller waits in a thread of the other.

        What called tasks call is bound by no limit, lest all wait for a thread.
        """
        if task.depth > 1:
            if self._nested is None:
                self._nested = Workers(MOST_THREADS)
            return self._submit(self._nested, task)
        if self._called is None:
            self._called = Workers(self._run.setup.concurrency or MOST_THREADS)
        return self._submit(self._called, task)

    def _submit(self, workers: Workers, task: Task) -> TaskFuture[Any]:
        future: TaskFuture[Any] = TaskFuture()
        self.calls.append(future)
        workers.submit(partial(self._run_called, task, copy_context(), future))
        return future

    def finish_calls(self) -> None:
        """Wait for the called tasks that nobody waited for: they belong to the superstep, and may ask."""
        while self.calls:
            futures.wait((self.calls.pop(),))

    def _run_called(self, task: Task, context: Context, future: TaskFuture[Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            run_task(self._run, task, context, self._waiting.add)
        finally:
            future.settle(task)

    def _run_and_tell(self, task: Task, context: Context) -> None:
        try:
            task = run_task(self._run, task, context, self._waiting.add)
        finally:
            self._chunks.put(task)

    def _next(self, deadline: float | None) -> Any:
        try:
            return self._chunks.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except Empty:
            raise TimeoutError(
                f"Timed out: a superstep of graph '{self._run.program.name}' took longer than its step_timeout of "
                f"{self._timeout} s."
            ) from None

    def dismiss(self, wait: bool) -> None:
        """Let the threads go. A sync node cannot be stopped from outside, only waited for (rule 53).

        Without ``wait`` the async functions that threads wait for are cancelled.
        """
        if not wait:
            for future in self._waiting:
                future.cancel()
        for workers in (self._workers, self._called, self._nested):
            if workers is not None:
                workers.close(wait)
        if wait:  # nothing runs that could call a task; what holds the crew would live on, and hold the run
            del self._run.start


Driver = Callable[..., Iterator[Any]]
__all__ = ["Call", "Chunked", "drive"]
