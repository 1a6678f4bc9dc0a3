"""Detect that a task of a langgraph graph is attempted again, which langgraph itself only logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from lgstream.events import Event, TaskRetried
from lgstream.langchain.task_metadata import STEP_TAG_PREFIX, namespace_and_task_id

__all__ = ["RetryListener"]


class Attempt(NamedTuple):
    """An attempt of a task that is in progress: the task's checkpoint namespace and the attempt's number, from 1."""

    checkpoint_ns: str
    number: int


class FailedAttempt(NamedTuple):
    """An attempt that failed: its number, from 1, its error, and when it failed, in Unix seconds."""

    number: int
    error: BaseException
    time: float


class RetryListener(BaseCallbackHandler):
    """A callback handler that emits ``TaskRetried`` when a task whose attempt failed starts again.

    langgraph runs each attempt as a chain run of langchain. Only the next attempt shows that a failed one is retried,
    so the event is emitted when that attempt starts, with the time of the failure.

    Args:
        emit: receives the events.
        run_id: the id of the run, for its events.
    """

    run_inline = True

    def __init__(self, emit: Callable[[Event], None], run_id: str = "") -> None:
        self._emit = emit
        self._run_id = run_id
        self._attempts: dict[UUID, Attempt] = {}
        self._failed_attempts: dict[str, FailedAttempt] = {}  # by checkpoint namespace

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Emit ``TaskRetried`` if the chain run is a further attempt of a task."""
        if not metadata or not any(tag.startswith(STEP_TAG_PREFIX) for tag in tags or ()):
            return
        checkpoint_ns = metadata.get("langgraph_checkpoint_ns")
        if checkpoint_ns is None:
            return
        failed = self._failed_attempts.pop(checkpoint_ns, None)
        self._attempts[run_id] = Attempt(checkpoint_ns, failed.number + 1 if failed else 1)
        if failed is None:
            return
        ns, task_id = namespace_and_task_id(metadata)
        node, step, wait = metadata["langgraph_node"], metadata["langgraph_step"], time.time() - failed.time
        fields = (failed.time, ns, step, task_id, node, failed.number, failed.error, round(wait, 4), self._run_id)
        self._emit(TaskRetried(*fields))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget an attempt that succeeded."""
        self._attempts.pop(run_id, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Remember an attempt that failed."""
        if (attempt := self._attempts.pop(run_id, None)) is not None:
            self._failed_attempts[attempt.checkpoint_ns] = FailedAttempt(attempt.number, error, time.time())
