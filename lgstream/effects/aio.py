"""The asyncio interpreter: carries out effects on the running event loop, sync functions in threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from types import coroutine
from typing import Any, TypeVar

from lgstream.effects.cancellation import STILL_RUNNING
from lgstream.effects.effects import Effect, SleepEffect
from lgstream.effects.thread_pool import MAX_THREADS, ThreadPool

T = TypeVar("T")

FAST_CALL_SECONDS = 0.0003
"""A short function that took less time runs on the event loop the next time: a thread costs about as much to start."""

SLOW_CALL_SECONDS = 0.001
"""A short function that took more time on the event loop runs in a thread the next time.

Between this limit and :data:`FAST_CALL_SECONDS` it stays where it is, because a busy machine can delay any call.
"""


def is_fast(seconds: float, was_fast: bool) -> bool:
    """Return True if a short function that took this long should run on the event loop the next time."""
    return seconds < (SLOW_CALL_SECONDS if was_fast else FAST_CALL_SECONDS)


class AsyncInterpreter:
    """Carries out effects on the running event loop; sync functions run in threads.

    It must be created on the event loop, and :meth:`close` must be called to release its threads.

    Args:
        fast_functions: the short functions that are known to be fast; updated after every call.
    """

    def __init__(self, fast_functions: set[Any] | None = None) -> None:
        self._event_loop = asyncio.get_running_loop()
        self._threads: ThreadPool | None = None
        self.fast_functions: set[Any] = set() if fast_functions is None else fast_functions

    async def run_effects(self, effects: Generator[Effect, Any, T]) -> T:
        """Carry out effects one after the other and return the generator's return value.

        An exception of an effect is raised inside the generator, where it can be handled.
        """
        try:
            effect = next(effects)
            while True:
                try:
                    result = await self.run_effect(effect)
                except BaseException as error:  # noqa: BLE001 - the generator decides what to do about it
                    effect = effects.throw(error)
                else:
                    effect = effects.send(result)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    async def run_effect(self, effect: Effect) -> Any:
        """Carry out one effect and return its result, preferring the async form of a call."""
        if isinstance(effect, SleepEffect):
            return await asyncio.sleep(effect.seconds)
        function, args, kwargs, is_async, async_function, is_short = effect
        if is_async:
            return await function(*args, **kwargs)
        if async_function is not None:
            return await async_function(*args, **kwargs)
        if is_short:
            return await self._call_short(function, args, kwargs)
        return await self._run_in_thread(partial(function, *args, **kwargs))

    async def _call_short(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Call a short function on the event loop if it is known to be fast, else in a thread, as it may block."""
        call = partial(_timed_call, function, args, kwargs)
        was_fast = function in self.fast_functions
        result, seconds = call() if was_fast else await self._run_in_thread(call)
        if is_fast(seconds, was_fast):
            self.fast_functions.add(function)
        else:
            self.fast_functions.discard(function)
        return result

    async def _run_in_thread(self, function: Callable[[], T]) -> T:
        """Call a function in a thread, in a copy of the current context.

        Raises:
            asyncio.CancelledError: if the task is cancelled; a note says if the function is still running.
        """
        if self._threads is None:
            self._threads = ThreadPool(MAX_THREADS)
        future: asyncio.Future[T] = self._event_loop.create_future()
        context, is_running = copy_context(), False

        def job() -> None:
            nonlocal is_running
            is_running = True
            try:
                resolve = partial(_resolve, future, context.run(function), None)
            except BaseException as error:  # noqa: BLE001 - raised where the future is awaited
                resolve = partial(_resolve, future, None, error)
            is_running = False
            with suppress(RuntimeError):  # the event loop is closed, so no code awaits the future any more
                self._event_loop.call_soon_threadsafe(resolve)

        self._threads.submit(job)
        try:
            return await future
        except asyncio.CancelledError as error:
            if is_running:
                error.add_note(STILL_RUNNING)
            raise

    def close(self) -> None:
        """Release the threads without waiting for calls that are still running in them (reference rule 46)."""
        if self._threads is not None:
            self._threads.shutdown(timeout=0)


def _timed_call(function: Any, args: Any, kwargs: Any) -> tuple[Any, float]:
    """Return the result of a call and its duration in seconds."""
    start = time.perf_counter()
    return function(*args, **kwargs), time.perf_counter() - start


def _resolve(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):
        future.set_exception(
            RuntimeError(f"A function raised StopIteration, which a coroutine cannot raise: {error!r}")
        )
    else:
        future.set_exception(error)


@coroutine
def await_in_context(context: Context, coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await a coroutine in the given context, within the current asyncio task.

    A new asyncio task would have a context of its own too, but would take two more iterations of the event loop.
    """
    resume: Callable[[Any], Any] = coroutine.send
    argument: Any = None
    while True:
        try:
            pending_future = context.run(resume, argument)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        try:
            argument = yield pending_future
            resume = coroutine.send
        except BaseException as error:  # noqa: BLE001 - raised inside the coroutine, where it waits
            resume, argument = coroutine.throw, error


async def run_effects(effects: Generator[Effect, Any, T]) -> T:
    """Carry out effects with an interpreter that is created for them; return the generator's return value."""
    interpreter = AsyncInterpreter()
    try:
        return await interpreter.run_effects(effects)
    finally:
        interpreter.close()
