"""A private event loop on a thread of its own, on which sync runs execute async functions.

The process has one, created on first use and kept: the clients that async nodes use (HTTP connection pools above all)
belong to the event loop they were first used on, so a loop per run would break them in the second run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

CANCEL_GRACE_SECONDS = 5.0
"""How long a cancelled coroutine may take to clean up while its caller waits."""


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


_shared_lock = threading.Lock()
_shared: LoopThread | None = None


def shared_loop_thread() -> LoopThread:
    """Return the loop thread of the process: the one piece of global state, for the reason the module gives."""
    global _shared  # noqa: PLW0603 - one event loop per process, see the module
    with _shared_lock:
        if _shared is None or not _shared.is_alive:
            _shared = LoopThread()
        return _shared


async def _await_and_signal(awaitable: Any, ended: threading.Event) -> Any:
    try:
        return await awaitable
    finally:
        ended.set()


def run_coroutine(awaitable: Any, on_submit: Callable[[Future[Any]], object] | None = None) -> Any:
    """Run an awaitable to its end from sync code, even if an event loop already runs in this thread (a notebook cell).

    An exception in the waiting thread, such as KeyboardInterrupt, cancels the awaitable and waits for its clean-up.

    Args:
        awaitable: what to wait for.
        on_submit: receives the future, so that another thread can cancel it.

    Returns:
        The awaitable's result.
    """
    thread = shared_loop_thread()
    # A sync run inside an async node blocks the shared loop, so it needs a loop of its own.
    nested = LoopThread() if thread.is_current else None
    ended = threading.Event()  # the future of a cancelled coroutine is done before the coroutine has cleaned up
    future = (nested or thread).submit(_await_and_signal(awaitable, ended))
    if on_submit is not None:
        on_submit(future)
    try:
        return future.result()
    except BaseException:
        if future.cancel():
            ended.wait(CANCEL_GRACE_SECONDS)
        raise
    finally:
        if nested is not None:
            nested.stop()
