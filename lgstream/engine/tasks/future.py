"""What stands for the result of a called task while it runs; and where its caller is."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from lgstream._reserved import RETURN

if TYPE_CHECKING:
    from lgstream.engine.tasks.task import Task

T = TypeVar("T")


class TaskFuture(Future[T]):
    """The result of a called task: ``.result()`` in sync code, ``await`` in async code."""

    @classmethod
    def of(cls, task: Task) -> TaskFuture[Any]:
        """The future of a task that has ended."""
        future: TaskFuture[Any] = cls()
        future.settle(task)
        return future

    def settle(self, task: Task) -> None:
        """Give the task's result, or its error, to whoever waits for it; nobody waits for one that was cancelled."""
        if self.cancelled():
            return
        if task.error is not None:
            self.set_exception(task.error)
        else:
            self.set_result(next((value for channel, value in task.writes if channel == RETURN), None))  # type: ignore[arg-type]

    def result(self, timeout: float | None = None) -> T:
        """The task's result, once it is there. Raises RuntimeError where waiting would block the event loop."""
        if not self.done() and on_event_loop():
            raise RuntimeError("A task's result is not there yet, and waiting would block the event loop: await it.")
        return super().result(timeout)

    def __await__(self) -> Generator[Any, None, T]:
        return asyncio.wrap_future(self).__await__()


def on_event_loop() -> bool:
    """Whether the caller runs on a thread whose event loop is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def is_cancelled() -> bool:
    """Whether the asyncio task that the caller runs in has been cancelled from outside."""
    running = asyncio.current_task() if on_event_loop() else None
    return running is not None and running.cancelling() > 0
