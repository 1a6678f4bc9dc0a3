"""A private event loop on a thread of its own, on which sync runs execute async functions.

There is one for the process, created on first use and never closed. The clients that async nodes use, such as HTTP
connection pools, belong to the event loop on which they were first used; with an event loop for each run they would
fail in the second run.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import wait as wait_for_futures
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from lgstream.effects import cancellation
from lgstream.effects.cancellation import CancelScope, warn_of_unresponsive_node


class LoopThread:
    """An event loop that runs forever on a daemon thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="lgstream-loop", daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """True if the caller runs on this thread."""
        return threading.current_thread() is self._thread

    @property
    def is_alive(self) -> bool:
        """True while the thread runs; it does not in a forked child process."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop the event loop and wait for the thread to end."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


_loop_thread_lock = threading.Lock()
_loop_thread: LoopThread | None = None


def shared_loop_thread() -> LoopThread:
    """Return the loop thread of the process, which is started on first use and again in a forked child process."""
    global _loop_thread  # noqa: PLW0603 - one event loop per process, see the module docstring
    with _loop_thread_lock:
        if _loop_thread is None or not _loop_thread.is_alive:
            _loop_thread = LoopThread()
        return _loop_thread


class RunningCoroutine:
    """A coroutine on the event loop of a loop thread, for which another thread waits.

    Args:
        awaitable: the coroutine or other awaitable to run.
        loop: the event loop.

    Attributes:
        ended: resolved when the coroutine has ended, after its cleanup.
    """

    def __init__(self, awaitable: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.ended: Future[None] = Future()
        self._result: Future[Any] = Future()
        self._awaitable = awaitable
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None

    def start(self) -> None:
        """Start the coroutine, in a copy of the caller's context."""
        self._loop.call_soon_threadsafe(self._create_task, context=copy_context())

    def cancel(self) -> None:
        """Cancel the coroutine; :meth:`result` then raises CancelledError at once, before the cleanup."""
        with suppress(InvalidStateError):  # it has ended
            self._result.set_exception(asyncio.CancelledError("The run was stopped."))
            self._loop.call_soon_threadsafe(self._cancel_task)

    def result(self) -> Any:
        """Wait for the coroutine and return its result. Raises what the coroutine raises."""
        return self._result.result()

    def _create_task(self) -> None:
        is_coroutine = asyncio.iscoroutine(self._awaitable)
        self._task = self._loop.create_task(self._awaitable if is_coroutine else _await(self._awaitable))
        self._task.add_done_callback(self._on_end)
        if self._result.done():  # cancelled before the start
            self._task.cancel()

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _on_end(self, task: asyncio.Task[Any]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        with suppress(InvalidStateError):  # it was cancelled before
            if error is not None:
                self._result.set_exception(error)
            else:
                self._result.set_result(task.result())
        self.ended.set_result(None)


async def _await(awaitable: Any) -> Any:
    return await awaitable


def run_coroutine(awaitable: Any, scope: CancelScope | None = None, name: str = "") -> Any:
    """Run an awaitable to its end from sync code, even if an event loop already runs in this thread (a notebook cell).

    An exception in the waiting thread, such as KeyboardInterrupt, cancels the awaitable and waits for its cleanup.

    Args:
        awaitable: the coroutine or other awaitable to run.
        scope: the scope of the run, through which another thread can cancel the awaitable.
        name: the name of the node, for a warning if it does not react to its cancellation.

    Returns:
        The awaitable's result.

    Raises:
        BaseException: any exception of the awaitable.
        asyncio.CancelledError: if it was cancelled.
    """
    thread = shared_loop_thread()
    # A sync run inside an async node blocks the shared loop, so it needs a loop of its own.
    nested_thread = LoopThread() if thread.is_current else None
    running = RunningCoroutine(awaitable, (nested_thread or thread).loop)
    if scope is not None:
        scope.add(running)
    try:
        running.start()
        return running.result()
    except BaseException:
        running.cancel()
        if wait_for_futures((running.ended,), cancellation.CANCEL_GRACE_SECONDS).not_done:
            warn_of_unresponsive_node(name)
        raise
    finally:
        if scope is not None:
            scope.discard(running)
        if nested_thread is not None:
            nested_thread.stop()
