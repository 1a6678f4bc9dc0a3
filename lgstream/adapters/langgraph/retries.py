"""Hears that a task of a langgraph graph is tried again, which langgraph tells nobody but its log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from lgstream.events import Event, TaskRetried
from lgstream.langchain.model_listener import place

STEP_TAG = "graph:step:"
"""What the tag of a node's own chain run begins with; runs inside of it have other tags."""


class Try(NamedTuple):
    """One try of a task, by its namespace, and how often it was tried before."""

    ns: str
    before: int


class Failure(NamedTuple):
    """A try that failed, and when."""

    attempt: int
    error: BaseException
    time: float


class RetryListener(BaseCallbackHandler):
    """Emits TaskRetried when a task whose try failed begins anew.

    langgraph runs each try as a chain run of langchain's. That a failed one is tried again is known only when it is, so
    the event comes late, with the time of the failure.
    """

    run_inline = True

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._tries: dict[UUID, Try] = {}
        self._failed: dict[str, Failure] = {}

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
        if not metadata or not any(tag.startswith(STEP_TAG) for tag in tags or ()):
            return
        ns = metadata.get("langgraph_checkpoint_ns")
        if ns is None:
            return
        failed = self._failed.pop(ns, None)
        self._tries[run_id] = Try(ns, failed.attempt if failed else 0)
        if failed is None:
            return
        above, task_id = place(metadata)
        node, step, wait = metadata["langgraph_node"], metadata["langgraph_step"], time.time() - failed.time
        self._emit(TaskRetried(failed.time, above, step, task_id, node, failed.attempt, failed.error, round(wait, 4)))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._tries.pop(run_id, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        if (tried := self._tries.pop(run_id, None)) is not None:
            self._failed[tried.ns] = Failure(tried.before + 1, error, time.time())
