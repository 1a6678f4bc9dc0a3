"""The future of a task that another task calls."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from lgstream._reserved import RETURN
from lgstream.engine.program import Write

T = TypeVar("T")


class EndedTask(Protocol):
    """A task that has ended, with its writes or with an error."""

    writes: list[Write]
    error: BaseException | None


class TaskFuture(Future[T]):
    """The future of a called task: sync code calls ``.result()``, async code awaits it."""

    @classmethod
    def from_task(cls, task: EndedTask) -> TaskFuture[Any]:
        """Return the future of a task that has already ended."""
        future: TaskFuture[Any] = cls()
        future.resolve(task)
        return future

    def resolve(self, task: EndedTask) -> None:
        """Set the task's result or error; do nothing if the future was cancelled."""
        if self.cancelled():
            return
        if task.error is not None:
            self.set_exception(task.error)
        else:
            result: Any = next((value for channel, value in task.writes if channel == RETURN), None)
            self.set_result(result)

    def result(self, timeout: float | None = None) -> T:
        """Wait for the task's result, at most ``timeout`` seconds.

        Raises:
            RuntimeError: if waiting would block a running event loop.
            TimeoutError: if the task does not end in time.
            Exception: the error of the task.
        """
        if not self.done() and is_on_event_loop():
            raise RuntimeError(
                "The task has not ended, and waiting for it would block the event loop: await the future."
            )
        return super().result(timeout)

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.wrap_future(self).__await__()


def is_on_event_loop() -> bool:
    """Return True if an event loop is running in the current thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def is_current_task_cancelled() -> bool:
    """Return True if the current asyncio task was cancelled from outside."""
    task = asyncio.current_task() if is_on_event_loop() else None
    return task is not None and task.cancelling() > 0
