"""``Runtime``: what a node can use of the run that it is part of, such as its context, store and stream writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from lgstream._reserved import CONFIG_KEY_RUNTIME
from lgstream.config import StreamWriter, get_config

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

__all__ = ["ExecutionInfo", "RunControl", "Runtime", "ServerInfo", "get_runtime"]

ContextT = TypeVar("ContextT", default=None)


def no_stream_writer(_: Any) -> None:
    """Do nothing. The stream writer where ``custom`` is not streamed."""


def no_heartbeat() -> None:
    """Do nothing. The heartbeat of a node without an idle timeout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionInfo:
    """The task that is running.

    Attributes:
        checkpoint_id: the checkpoint that the superstep started from.
        checkpoint_ns: the checkpoint namespace of the task.
        task_id: the id of the task.
        thread_id: the thread of the run; None without a checkpointer.
        run_id: the id of the run, if the caller set one.
        node_attempt: the number of this attempt to run the node, from 1.
        node_first_attempt_time: the time of the first attempt, in Unix seconds.
    """

    checkpoint_id: str
    checkpoint_ns: str
    task_id: str
    thread_id: str | None = None
    run_id: str | None = None
    node_attempt: int = 1
    node_first_attempt_time: float | None = None

    def patch(self, **changes: Any) -> ExecutionInfo:
        """Return a copy with some attributes replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerInfo:
    """The assistant of a server that runs the graph. Servers put these values into ``configurable``."""

    assistant_id: str
    graph_id: str
    user: Any = None


class RunControl:
    """Stops one run before its next superstep. Pass it as ``control=`` to a call; nodes find it in ``runtime.control``.

    The run raises GraphDrained. Its checkpoint is saved, and a later run on the thread continues from there.
    """

    __slots__ = ("drain_reason",)

    def __init__(self) -> None:
        self.drain_reason: str | None = None

    def request_drain(self, reason: str = "shutdown") -> None:
        """Request that the run ends before its next superstep. Thread-safe."""
        self.drain_reason = reason

    @property
    def drain_requested(self) -> bool:
        """True after :meth:`request_drain` was called."""
        return self.drain_reason is not None


@dataclass(kw_only=True, frozen=True)
class Runtime(Generic[ContextT]):
    """The argument of a node for a parameter named ``runtime``.

    Attributes:
        context: the ``context=`` of the caller, as an instance of the graph's ``context_schema``.
        store: the store that the graph was compiled with, or None.
        stream_writer: streams its argument as a ``custom`` chunk.
        heartbeat: restarts the idle timeout of the node.
        previous: in the functional API, the value that the last run on the thread saved.
        execution_info: the task that is running.
        server_info: the assistant of a server that runs the graph, or None.
        control: stops the run before its next superstep.
    """

    context: ContextT = field(default=None)  # type: ignore[assignment]
    store: BaseStore | None = field(default=None)
    stream_writer: StreamWriter = field(default=no_stream_writer)
    heartbeat: Callable[[], None] = field(default=no_heartbeat)
    previous: Any = field(default=None)
    execution_info: ExecutionInfo | None = field(default=None)
    server_info: ServerInfo | None = field(default=None)
    control: RunControl | None = field(default=None)

    def merge(self, other: Runtime[ContextT]) -> Runtime[ContextT]:
        """Return a copy with the attributes of ``other`` that are set."""
        unset = {"stream_writer": no_stream_writer, "heartbeat": no_heartbeat}
        values = {field.name: getattr(other, field.name) for field in fields(other)}
        return replace(
            self, **{name: value for name, value in values.items() if value and value is not unset.get(name)}
        )

    def override(self, **changes: Any) -> Runtime[ContextT]:
        """Return a copy with some attributes replaced."""
        return replace(self, **changes)


def get_runtime(context_schema: type[ContextT] | None = None) -> Runtime[ContextT]:
    """Return the runtime of the running node.

    Args:
        context_schema: the type of ``runtime.context``, for type checkers only.

    Raises:
        RuntimeError: if no node is running in this context.
    """
    runtime: Runtime[ContextT] = get_config()["configurable"][CONFIG_KEY_RUNTIME]
    return runtime
