"""What a node may ask of the run it is part of: its context, store, writer and more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from lgstream.types import StreamWriter

__all__ = ["ExecutionInfo", "RunControl", "Runtime", "ServerInfo", "get_runtime"]

ContextT = TypeVar("ContextT", default=None)


def _to_nobody(_: Any) -> None:
    """The writer where ``custom`` is not streamed."""


def no_heartbeat() -> None:
    """The heartbeat of a node without an idle timeout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionInfo:
    """Which task is running. Times are Unix seconds; ``node_attempt`` counts from 1."""

    checkpoint_id: str
    checkpoint_ns: str
    task_id: str
    thread_id: str | None = None
    run_id: str | None = None
    node_attempt: int = 1
    node_first_attempt_time: float | None = None

    def patch(self, **changes: Any) -> ExecutionInfo:
        """A copy with some attributes changed."""
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerInfo:
    """Which assistant of a server runs the graph; taken from ``configurable``, where a server puts it."""

    assistant_id: str
    graph_id: str
    user: Any = None


class RunControl:
    """Asks one run to end before its next superstep: given as ``control=`` to a call, and to nodes as
    ``runtime.control``. The run raises GraphDrained, its checkpoint is saved, and a later run goes on from there.
    """

    __slots__ = ("drain_reason",)

    def __init__(self) -> None:
        self.drain_reason: str | None = None

    def request_drain(self, reason: str = "shutdown") -> None:
        """Ask for the end. May be called from any thread."""
        self.drain_reason = reason

    @property
    def drain_requested(self) -> bool:
        """Whether the end was asked for."""
        return self.drain_reason is not None


@dataclass(kw_only=True, slots=True, frozen=True)
class Runtime(Generic[ContextT]):
    """Given to a node that has a parameter named ``runtime``.

    Attributes:
        context: what the caller gave as ``context=``, made into the graph's ``context_schema``.
        store: the store the graph was compiled with, or None.
        stream_writer: writes to ``stream_mode="custom"``.
        heartbeat: tells a node's idle timeout that it is alive.
        previous: in the functional API, what the last run on the thread saved.
        execution_info: which task is running.
        control: asks the run to end before its next superstep.
    """

    context: ContextT = field(default=None)  # type: ignore[assignment]
    store: BaseStore | None = field(default=None)
    stream_writer: StreamWriter = field(default=_to_nobody)
    heartbeat: Callable[[], None] = field(default=no_heartbeat)
    previous: Any = field(default=None)
    execution_info: ExecutionInfo | None = field(default=None)
    server_info: ServerInfo | None = field(default=None)
    control: RunControl | None = field(default=None)

    def merge(self, other: Runtime[ContextT]) -> Runtime[ContextT]:
        """A copy with all that the other one brings: its values where it has any."""
        quiet = {"stream_writer": _to_nobody, "heartbeat": no_heartbeat}
        brought = {field.name: getattr(other, field.name) for field in fields(other)}
        return replace(self, **{k: v for k, v in brought.items() if v and v is not quiet.get(k)})

    def override(self, **changes: Any) -> Runtime[ContextT]:
        """A copy with some attributes changed."""
        return replace(self, **changes)


def get_runtime(context_schema: type[ContextT] | None = None) -> Runtime[ContextT]:
    """The runtime of the running node. Raises RuntimeError outside of a run. ``context_schema`` only informs types."""
    from lgstream.config import get_config

    runtime: Runtime[ContextT] = get_config()["configurable"]["__pregel_runtime"]
    return runtime
