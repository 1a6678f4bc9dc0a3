"""What goes wrong, by type. Messages name the thing, the rule and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lgstream._command import Command
    from lgstream.types import Interrupt

__all__ = [
    "EmptyChannelError",
    "EmptyInputError",
    "GraphBubbleUp",
    "GraphDrained",
    "GraphInterrupt",
    "GraphRecursionError",
    "InvalidUpdateError",
    "NodeCancelledError",
    "NodeError",
    "NodeTimeoutError",
    "ParentCommand",
    "TaskNotFound",
    "is_invalid_resume",
]


class EmptyChannelError(Exception):
    """A channel was read that holds no value yet."""


class GraphRecursionError(RecursionError):
    """The graph took more supersteps than ``config["recursion_limit"]`` allows (reference rule 48)."""


class InvalidUpdateError(Exception):
    """A node, the input or a reducer wrote something that the state cannot take (reference rule 49)."""


class EmptyInputError(Exception):
    """A fresh run was given no input (reference rule 49)."""


class TaskNotFound(Exception):
    """A task id that no task of the checkpoint has."""


@dataclass(frozen=True, slots=True)
class NodeError:
    """What an error handler is told: the ``node`` that failed, and its ``error``.

    Given to a parameter ``error: NodeError`` of the handler, see ``StateGraph.add_node(error_handler=...)``.
    """

    node: str
    error: BaseException


class NodeCancelledError(Exception):
    """A node raised ``asyncio.CancelledError`` although nobody cancelled it: the run fails with this instead."""

    def __init__(self, node: str, message: str | None = None) -> None:
        super().__init__(
            message
            or f"Node '{node}' raised asyncio.CancelledError, but nobody cancelled the run: catch it in the node."
        )
        self.node = node


class NodeTimeoutError(Exception):
    """A node ran longer than its timeout.

    Attributes: ``node``; ``elapsed`` seconds; ``kind``, ``"run"`` for the whole attempt or ``"idle"`` for the time in
    which the node gave no sign of life; ``timeout`` seconds, the limit that was passed.
    """

    def __init__(
        self,
        node: str,
        elapsed: float,
        *,
        kind: Literal["idle", "run"],
        idle_timeout: float | None = None,
        run_timeout: float | None = None,
    ) -> None:
        limit = idle_timeout if kind == "idle" else run_timeout
        what = "gave no sign of life for" if kind == "idle" else "ran for"
        super().__init__(
            f"Node '{node}' {what} {elapsed:.3g} s, its {kind} timeout is {limit} s. Raise the timeout given to "
            "add_node(), or make the node shorter."
        )
        self.node = node
        self.elapsed = elapsed
        self.kind = kind
        self.idle_timeout = idle_timeout
        self.run_timeout = run_timeout
        self.timeout = limit


UNFIT = "The answer does not fit the interrupt's response_schema"


def is_invalid_resume(error: BaseException) -> bool:
    """Whether a run failed because an answer did not fit the ``response_schema`` of its interrupt: ask again."""
    return any(note.startswith(UNFIT) for note in getattr(error, "__notes__", ()))


def is_failure(error: BaseException) -> bool:
    """Whether a run that ended with this error has failed: it was not stopped from outside."""
    return isinstance(error, Exception) and not isinstance(error, GraphDrained)


class GraphBubbleUp(Exception):
    """Control flow, not failure: passes up through nodes and subgraphs to whoever handles it."""


class GraphInterrupt(GraphBubbleUp):
    """Raised by ``interrupt()``; ``args[0]`` is the sequence of ``Interrupt`` objects."""

    def __init__(self, interrupts: Sequence[Interrupt] = ()) -> None:
        super().__init__(interrupts)


class GraphDrained(GraphBubbleUp):
    """The run ended before a superstep because its ``RunControl`` was asked for that; ``reason`` says why."""

    def __init__(self, reason: str = "shutdown") -> None:
        super().__init__(f"Graph drained: {reason}")
        self.reason = reason


class ParentCommand(GraphBubbleUp):
    """Carries a ``Command(graph=...)`` up to the graph it is meant for (reference rule 40)."""

    args: tuple[Command[Any]]

    def __init__(self, command: Command[Any]) -> None:
        super().__init__(command)
