"""Callbacks for interrupts and resumes of graphs, in addition to langchain's callbacks."""

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
    """A run of a graph or subgraph has stopped.

    Attributes:
        run_id: langchain's id of the run.
        status: ``"pending"`` at calls of ``interrupt()``, else the static breakpoint: ``"interrupt_before"`` or
            ``"interrupt_after"``.
        checkpoint_id: the checkpoint from which the run can be resumed.
        checkpoint_ns: the namespace of the graph; ``()`` for the graph that was called.
        interrupts: the open interrupts; empty at a static breakpoint.
    """

    run_id: UUID | None
    status: GraphLifecycleStatus
    checkpoint_id: str
    checkpoint_ns: tuple[str, ...]
    interrupts: tuple[Interrupt, ...]


@dataclass(frozen=True)
class GraphResumeEvent:
    """A run of a graph or subgraph continues from a checkpoint; attributes as in :class:`GraphInterruptEvent`."""

    run_id: UUID | None
    status: GraphLifecycleStatus
    checkpoint_id: str
    checkpoint_ns: tuple[str, ...]


GraphLifecycleEvent: TypeAlias = GraphInterruptEvent | GraphResumeEvent


class GraphCallbackHandler(BaseCallbackHandler):
    """A langchain callback handler with methods for interrupts and resumes.

    Pass it in ``config["callbacks"]``. Both methods can be async. Errors that they raise are logged, or raised again if
    ``raise_error`` is True.
    """

    def on_interrupt(self, event: GraphInterruptEvent) -> Any:
        """Called after a run has stopped at an interrupt or a static breakpoint."""

    def on_resume(self, event: GraphResumeEvent) -> Any:
        """Called when a run continues from a checkpoint."""
