"""A private event loop on a thread of its own, where sync runs have their async functions run.

One for the process, made when first needed and kept: clients that async nodes use (HTTP pools above all) belong to the
loop they were first used on, so a loop per run would break them in the second run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any


class LoopThread:
    """An event loop that runs for ever on a daemon thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="lgstream-loop", daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on this loop's thread."""
        return threading.current_thread() is self._thread

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Start the coroutine in a copy of the caller's context."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self) -> None:
        """End the loop and its thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


_lock = threading.Lock()
_shared: LoopThread | None = None


def shared() -> LoopThread:
    """The process's loop thread. The one piece of process-wide state of the engine; see the module for why."""
    global _shared
    with _lock:
        if _shared is None or not _shared._thread.is_alive():
            _shared = LoopThread()
        return _shared


CLEAN_UP = 5.0
"""Seconds that a cancelled node is given to clean up, while its caller waits."""


async def _awaited(awaitable: Any, ended: threading.Event) -> Any:
    try:
        return await awaitable
    finally:
        ended.set()


def wait_for(awaitable: Any, started: Callable[[Future[Any]], object] | None = None) -> Any:
    """Run an awaitable to its end from sync code, also where a loop runs already (a notebook cell).

    An interrupt (Ctrl-C) cancels it and waits for its clean-up before it is raised. ``started`` is given the future, by
    which another thread may cancel it.
    """
    thread = shared()
    own = LoopThread() if thread.is_current else None  # an async node that calls a sync run: its loop is busy with it
    ended = threading.Event()  # the future of a cancelled coroutine is done before the coroutine is
    future = (own or thread).submit(_awaited(awaitable, ended))
    if started is not None:
        started(future)
    try:
        return future.result()
    except BaseException:
        if future.cancel():
            ended.wait(CLEAN_UP)
        raise
    finally:
        if own is not None:
            own.stop()
