"""Performs effects on the running event loop; sync functions in threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from types import coroutine
from typing import Any, TypeVar

from lgstream.effects.thread_pool import Workers
from lgstream.engine.callables import Effect, Pause
from lgstream.engine.drivers.sync import MOST_THREADS

T = TypeVar("T")

QUICK = 0.0003
"""Seconds: a short function that took less runs on the loop next time, as to start a thread for it takes as long."""

SLOW = 0.001
"""Seconds: one that took more does not. In between it stays where it was: a machine may have been busy."""


def is_quick(seconds: float, was_quick: bool) -> bool:
    """Whether a short function that took so long is to be called on the loop next time."""
    return seconds < (SLOW if was_quick else QUICK)


class Performer:
    """Performs effects on the running loop; sync functions in threads.

    ``quick`` are functions known to take hardly any time; it changes with what they take.
    """

    def __init__(self, quick: set[Any] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._workers: Workers | None = None
        self.quick: set[Any] = set() if quick is None else quick

    async def carry_out(self, effects: Generator[Effect, Any, None]) -> None:
        """Perform effects one after the other. Raises what they raise, where the generator lets it pass."""
        try:
            effect = next(effects)
            while True:
                try:
                    value = await self.perform(effect)
                except BaseException as error:  # noqa: BLE001 - it is the task's to handle
                    effect = effects.throw(error)
                else:
                    effect = effects.send(value)
        except StopIteration:
            return

    async def perform(self, effect: Effect) -> Any:
        """Perform one effect, preferring its async form."""
        if isinstance(effect, Pause):
            return await asyncio.sleep(effect.seconds)
        function, arguments, named, is_async, alternative, is_short = effect
        if is_async:
            return await function(*arguments, **named)
        if alternative is not None:
            return await alternative(*arguments, **named)
        if is_short:
            return await self._short(function, arguments, named)
        return await self._in_thread(partial(function, *arguments, **named))

    async def _short(self, function: Any, arguments: Any, named: Any) -> Any:
        """Call what is mostly short: in a thread, as it may block, until it has proved quick."""
        call = partial(_timed, function, arguments, named)
        answer, seconds = call() if function in self.quick else await self._in_thread(call)
        if is_quick(seconds, function in self.quick):
            self.quick.add(function)
        else:
            self.quick.discard(function)
        return answer

    def _in_thread(self, function: Callable[[], Any]) -> asyncio.Future[Any]:
        """Call a function in a thread, in a copy of the current context."""
        if self._workers is None:
            self._workers = Workers(MOST_THREADS)
        future: asyncio.Future[Any] = self._loop.create_future()
        context = copy_context()

        def job() -> None:
            try:
                settle = partial(_settle, future, context.run(function), None)
            except BaseException as error:  # noqa: BLE001 - raised where the future is awaited
                settle = partial(_settle, future, None, error)
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self._loop.call_soon_threadsafe(settle)

        self._workers.submit(job)
        return future

    def close(self) -> None:
        """Let the threads go; what runs in them goes on, and nobody waits for it (rule 46)."""
        if self._workers is not None:
            self._workers.close(wait=False)


def _timed(function: Any, arguments: Any, named: Any) -> tuple[Any, float]:
    started = time.perf_counter()
    return function(*arguments, **named), time.perf_counter() - started


def _settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    elif isinstance(error, StopIteration):
        future.set_exception(RuntimeError(f"A function raised StopIteration, which no coroutine can: {error!r}"))
    else:
        future.set_exception(error)


@coroutine
def in_context(context: Context, coroutine: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await a coroutine in a context of its own, within the current task of the event loop.

    A task of its own would have one as well, for the price of two turns of the loop.
    """
    step: Callable[[Any], Any] = coroutine.send
    given: Any = None
    while True:
        try:
            waits_for = context.run(step, given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            given = yield waits_for
            step = coroutine.send
        except BaseException as error:  # noqa: BLE001 - it is raised where the coroutine waits
            step, given = coroutine.throw, error


async def carry_out(effects: Generator[Effect, Any, None]) -> None:
    """Perform effects that belong to no task."""
    performer = Performer()
    try:
        await performer.carry_out(effects)
    finally:
        performer.close()
