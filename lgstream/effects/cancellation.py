"""Cancelling what the threads of a run wait for: coroutines on the private event loop, and pauses before a retry."""

from __future__ import annotations

import warnings
from asyncio import CancelledError
from concurrent.futures import Future
from threading import Event
from typing import Protocol

CANCEL_GRACE_SECONDS = 5.0
"""The time that a cancelled coroutine has for its cleanup; then it is named in a warning and no longer waited for."""


STILL_RUNNING = "its function was still running in its thread, where it cannot be stopped"
"""A note on the error of a task whose function goes on after the end of the run. It is not part of the message, which
chunks and checkpoints contain (reference rule 46)."""


class Cancellable(Protocol):
    """Something that a thread waits for and another thread can cancel.

    Attributes:
        ended: resolved when it has ended, after its cleanup.
    """

    ended: Future[None]

    def cancel(self) -> None:
        """Request its end, and make the waiting thread raise CancelledError. Can be called from any thread."""


class CancelScope:
    """What the threads of a run wait for, in the run itself and in the runs nested in it.

    Args:
        parent: the scope of the run around this one.

    Attributes:
        is_stopped: True once the run has ended with an error; nested runs that go on end before their next superstep.
    """

    __slots__ = ("_is_cancelled", "_parent", "_waits", "is_stopped")

    def __init__(self, parent: CancelScope | None) -> None:
        self._parent = parent
        self._waits: set[Cancellable] = set()
        self._is_cancelled = False
        self.is_stopped = False

    def add(self, wait: Cancellable) -> None:
        """Add what a thread is about to wait for; it is cancelled at once if the run or a run around it was."""
        self._waits.add(wait)
        if self._is_cancelled:
            wait.cancel()
        if self._parent is not None:
            self._parent.add(wait)

    def discard(self, wait: Cancellable) -> None:
        """Remove what a thread has waited for."""
        self._waits.discard(wait)
        if self._parent is not None:
            self._parent.discard(wait)

    def cancel(self) -> list[Future[None]]:
        """Cancel all that is waited for, now and from now on; return the futures that are resolved by their ends."""
        self._is_cancelled = True
        waits = list(self._waits)
        for wait in waits:
            wait.cancel()
        return [wait.ended for wait in waits]

    @property
    def is_cancelled(self) -> bool:
        """True if the run, or a run around it, was cancelled."""
        return self._is_cancelled or (self._parent is not None and self._parent.is_cancelled)

    def raise_if_stopped(self) -> None:
        """Raise CancelledError if the run, or a run around it, has been stopped."""
        if self.is_stopped:
            raise CancelledError("The run was stopped.")
        if self._parent is not None:
            self._parent.raise_if_stopped()


class Pause:
    """A pause that another thread can cancel."""

    def __init__(self, seconds: float) -> None:
        self.ended: Future[None] = Future()
        self._seconds = seconds
        self._cancelled = Event()

    def cancel(self) -> None:
        """End the pause."""
        self._cancelled.set()

    def wait(self) -> None:
        """Wait. Raises CancelledError if the pause is cancelled."""
        try:
            if self._cancelled.wait(self._seconds):
                raise CancelledError("The run was stopped.")
        finally:
            self.ended.set_result(None)


def warn_of_unresponsive_node(name: str) -> None:
    """Warn that a node has not ended although it was cancelled."""
    warnings.warn(
        f"Node '{name}' did not end within {CANCEL_GRACE_SECONDS:g} s of its cancellation, and is no longer waited "
        "for: it has to let asyncio.CancelledError pass, and must not block its event loop.",
        RuntimeWarning,
        stacklevel=2,
    )
