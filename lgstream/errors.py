"""Exceptions. Their messages say what failed, which rule applies and how to fix it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from lgstream._langgraph import ERRORS, is_langgraph, joint_class, loaded_object
from lgstream._unsupported import missing_attribute
from lgstream.types import Interrupt
from lgstream.warnings import LgstreamDeprecationWarning

if TYPE_CHECKING:
    from lgstream._command import Command

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
    "NodeInterrupt",
    "NodeTimeoutError",
    "ParentCommand",
    "TaskNotFound",
    "is_invalid_resume",
]

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)


def _restored(cls: Any, args: tuple[Any, ...]) -> BaseException:
    """Return an unpickled exception. Its ``__init__`` is not called, because ``args`` may be what that has computed."""
    error: BaseException = cls.__new__(cls, *args)
    return error


class _CaughtAsLangGraph:
    """Base of the exceptions that langgraph has, too: if its module is loaded, ``except`` clauses with its class match.

    Such a clause looks at the classes that an exception inherits from, so an instance must inherit from both. The
    constructors of subclasses call ``Exception.__init__`` itself, because the next one may be langgraph's.
    """

    own_class: ClassVar[type | None] = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        own = next(base for base in cls.__mro__ if base.__module__ == __name__)
        langgraph_class = loaded_object(own.__name__, ERRORS)
        is_one_already = langgraph_class is None or issubclass(cls, langgraph_class)
        raised_class: Any = cls if is_one_already else joint_class(cls, langgraph_class)  # type: ignore[arg-type]
        instance: Self = super().__new__(raised_class, *args)
        return instance

    def __reduce__(self) -> Any:
        return _restored, (self.own_class or type(self), self.args), self.__dict__  # type: ignore[attr-defined]


class EmptyChannelError(_CaughtAsLangGraph, Exception):
    """A channel without a value was read."""


class GraphRecursionError(_CaughtAsLangGraph, RecursionError):
    """The graph took more supersteps than ``config["recursion_limit"]`` allows (reference rule 48)."""


class InvalidUpdateError(_CaughtAsLangGraph, Exception):
    """The input or a node wrote an update that the state cannot accept (reference rule 49)."""


class EmptyInputError(_CaughtAsLangGraph, Exception):
    """A new run was started without input (reference rule 49)."""


class TaskNotFound(_CaughtAsLangGraph, Exception):
    """No task of the checkpoint has the given task id."""


@dataclass(frozen=True, slots=True)
class NodeError:
    """The failure of a node, passed to the parameter ``error: NodeError`` of its error handler.

    See ``StateGraph.add_node(error_handler=...)``.

    Attributes:
        node: the name of the node.
        error: the exception that it raised.
    """

    node: str
    error: BaseException


class NodeCancelledError(_CaughtAsLangGraph, Exception):
    """A node raised ``asyncio.CancelledError`` although the run was not cancelled.

    Attributes:
        node: the name of the node.
    """

    def __init__(self, node: str, message: str | None = None) -> None:
        Exception.__init__(
            self,
            message
            or f"Node '{node}' raised asyncio.CancelledError, but the run was not cancelled: catch it in the node.",
        )
        self.node = node


class NodeTimeoutError(_CaughtAsLangGraph, Exception):
    """A node exceeded its timeout.

    Attributes:
        node: the name of the node.
        elapsed: seconds after which the node was cancelled.
        kind: ``"run"`` for the limit of the whole attempt, ``"idle"`` for the limit of the time without progress.
        idle_timeout: the idle limit in seconds, or None.
        run_timeout: the limit of the attempt in seconds, or None.
        timeout: the limit that was exceeded, in seconds.
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
        Exception.__init__(
            self,
            f"Node '{node}' {what} {elapsed:.3g} s, its {kind} timeout is {limit} s. Raise the timeout given to "
            "add_node(), or make the node shorter.",
        )
        self.node = node
        self.elapsed = elapsed
        self.kind = kind
        self.idle_timeout = idle_timeout
        self.run_timeout = run_timeout
        self.timeout = limit


INVALID_RESUME_NOTE = "The answer does not fit the interrupt's response_schema"


def is_invalid_resume(error: BaseException) -> bool:
    """Return True if a run failed because an answer did not match the ``response_schema`` of its interrupt.

    The interrupt is still open then, and the run can be resumed with another answer.
    """
    is_own = any(note.startswith(INVALID_RESUME_NOTE) for note in getattr(error, "__notes__", ()))
    langgraph_function = loaded_object("is_invalid_resume", ERRORS)
    return is_own or (langgraph_function is not None and langgraph_function(error))


def is_failure(error: BaseException) -> bool:
    """Return True if a run that ended with this error has failed, rather than having been stopped from outside."""
    return isinstance(error, Exception) and not isinstance(error, GraphDrained)


class GraphBubbleUp(_CaughtAsLangGraph, Exception):
    """Base class of exceptions for control flow. They pass through nodes and subgraphs; do not catch them."""


def bubbles_up(error: BaseException) -> bool:
    """Return True for an exception for control flow, of lgstream or of langgraph."""
    return isinstance(error, GraphBubbleUp) or is_langgraph(error, "GraphBubbleUp", ERRORS)


class GraphInterrupt(GraphBubbleUp):
    """Raised by ``interrupt()`` to stop the run; ``args[0]`` is the sequence of ``Interrupt`` objects."""

    def __init__(self, interrupts: Sequence[Interrupt] = ()) -> None:
        Exception.__init__(self, interrupts)


class NodeInterrupt(GraphInterrupt):
    """Raised by a node to stop the run, in older programs; new ones call :func:`lgstream.types.interrupt`.

    The node takes no answer: when the run is continued it runs again, and may raise the exception again.

    Args:
        value: what the run stops for.
        id: the id of the interrupt.
    """

    def __init__(self, value: Any, id: str | None = None) -> None:  # noqa: A002 - LangGraph's parameter
        warnings.warn(
            "NodeInterrupt is kept for older programs only: call interrupt() from lgstream.types.",
            LgstreamDeprecationWarning,
            stacklevel=2,
        )
        Exception.__init__(self, [Interrupt(value) if id is None else Interrupt(value, id)])


class GraphDrained(GraphBubbleUp):
    """The run was stopped between two supersteps by its ``RunControl``; ``reason`` is that of ``request_drain()``."""

    def __init__(self, reason: str = "shutdown") -> None:
        Exception.__init__(self, f"Graph drained: {reason}")
        self.reason = reason


def is_pause(error: BaseException | None) -> bool:
    """Return True if what raised this error has not failed, but runs again when the run is resumed."""
    if isinstance(error, GraphInterrupt | GraphDrained):
        return True
    return is_langgraph(error, "GraphInterrupt", ERRORS) or is_langgraph(error, "GraphDrained", ERRORS)


class ParentCommand(GraphBubbleUp):
    """Carries a ``Command(graph=...)`` up to the graph that it names (reference rule 40)."""

    args: tuple[Command[Any]]

    def __init__(self, command: Command[Any]) -> None:
        Exception.__init__(self, command)


def outcome_of_graph(error: BaseException | None) -> tuple[str, BaseException | None]:
    """Return the status of a nested graph that ended with an error of lgstream, and the error if it is more than that.

    Args:
        error: what the graph raised; None if it raised nothing.
    """
    if error is None or isinstance(error, ParentCommand):  # the graph around it goes on where the command says
        return "done", None
    if isinstance(error, GraphInterrupt):
        return "interrupted", None
    return "failed" if is_failure(error) else "stopped", error
