"""Callbacks that hear of a graph's stops and resumes, beside what langchain's callbacks tell of every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from lgstream.types import Interrupt

__all__ = [
    "GraphCallbackHandler",
    "GraphInterruptEvent",
    "GraphLifecycleEvent",
    "GraphLifecycleStatus",
    "GraphResumeEvent",
]

GraphLifecycleStatus: TypeAlias = Literal[
    "input", "pending", "done", "interrupt_before", "interrupt_after", "out_of_steps"
]


@dataclass(frozen=True)
class GraphInterruptEvent:
    """A run stopped: ``status`` is ``"pending"`` for questions, or the static breakpoint that it stopped at."""

    run_id: UUID | None
    status: GraphLifecycleStatus
    checkpoint_id: str
    checkpoint_ns: tuple[str, ...]
    interrupts: tuple[Interrupt, ...]


@dataclass(frozen=True)
class GraphResumeEvent:
    """A run goes on from a checkpoint, of the graph or of a subgraph."""

    run_id: UUID | None
    status: GraphLifecycleStatus
    checkpoint_id: str
    checkpoint_ns: tuple[str, ...]


GraphLifecycleEvent: TypeAlias = GraphInterruptEvent | GraphResumeEvent


class GraphCallbackHandler(BaseCallbackHandler):
    """A langchain callback handler that is also told when a graph stops and goes on.

    Give it in ``config["callbacks"]``. Both methods may be async. What they raise is logged, or raised where
    ``raise_error`` is set.
    """

    def on_interrupt(self, event: GraphInterruptEvent) -> Any:
        """A run has stopped, at a question or a static breakpoint."""

    def on_resume(self, event: GraphResumeEvent) -> Any:
        """A run goes on from a checkpoint."""
