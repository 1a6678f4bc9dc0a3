"""A private event loop on a thread of its own, on which sync runs execute async functions.

There is one for the process, created on first use and never closed. The clients that async nodes use, such as HTTP
connection pools, belong to the event loop on which they were first used; with an event loop for each run they would
fail in the second run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

CANCEL_GRACE_SECONDS = 5.0
"""The time that a caller waits for a cancelled coroutine to clean up."""


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

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Start a coroutine in a copy of the caller's context."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

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


async def _await_and_signal(awaitable: Any, done_event: threading.Event) -> Any:
    try:
        return await awaitable
    finally:
        done_event.set()


def run_coroutine(awaitable: Any, on_submit: Callable[[Future[Any]], object] | None = None) -> Any:
    """Run an awaitable to its end from sync code, even if an event loop already runs in this thread (a notebook cell).

    An exception in the waiting thread, such as KeyboardInterrupt, cancels the awaitable and waits for its clean-up.

    Args:
        awaitable: the coroutine or other awaitable to run.
        on_submit: receives the future, so that another thread can cancel it.

    Returns:
        The awaitable's result.

    Raises:
        BaseException: any exception of the awaitable.
    """
    thread = shared_loop_thread()
    # A sync run inside an async node blocks the shared loop, so it needs a loop of its own.
    nested_thread = LoopThread() if thread.is_current else None
    done_event = threading.Event()  # the future of a cancelled coroutine is done before the coroutine has cleaned up
    future = (nested_thread or thread).submit(_await_and_signal(awaitable, done_event))
    if on_submit is not None:
        on_submit(future)
    try:
        return future.result()
    except BaseException:
        if future.cancel():
            done_event.wait(CANCEL_GRACE_SECONDS)
        raise
    finally:
        if nested_thread is not None:
            nested_thread.stop()
