"""The values that graphs are written with and that runs hand back.

``Command`` lives in :mod:`lgstream._command` and is loaded when it is first asked for: langchain's tools let only their
own kind of object pass unchanged, so it has a langchain base class, and this module stays light.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypedDict, TypeVar

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointMetadata

    from lgstream._command import Command

__all__ = [
    "All",
    "CachePolicy",
    "Checkpointer",
    "Command",
    "Durability",
    "GraphOutput",
    "Interrupt",
    "Overwrite",
    "PregelTask",
    "RetryPolicy",
    "Send",
    "StateSnapshot",
    "StateUpdate",
    "StreamMode",
    "StreamPart",
    "StreamWriter",
    "TimeoutPolicy",
    "interrupt",
]

All: TypeAlias = Literal["*"]
StreamMode: TypeAlias = Literal["values", "updates", "checkpoints", "tasks", "debug", "messages", "custom"]
StreamWriter: TypeAlias = Callable[[Any], None]
Durability: TypeAlias = Literal["sync", "async", "exit"]
Checkpointer: TypeAlias = "bool | BaseCheckpointSaver[Any] | None"
OutputT = TypeVar("OutputT")


def __getattr__(name: str) -> Any:
    if name == "Command":
        from lgstream._command import Command

        return Command
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class StreamPart(TypedDict, total=False):
    """A chunk of ``stream(version="v2")`` (reference rule 6); ``interrupts`` only where type is ``"values"``."""

    type: StreamMode
    ns: tuple[str, ...]
    data: Any
    interrupts: tuple[Interrupt, ...]


@dataclass(frozen=True, slots=True)
class GraphOutput(Generic[OutputT]):
    """What ``invoke(version="v2")`` returns: the output state and the interrupts that stopped the run, if any."""

    value: OutputT
    interrupts: tuple[Interrupt, ...] = ()


def retry_by_default(error: Exception) -> bool:
    """Whether a policy that says nothing retries: network and server errors yes, errors in the program no."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int):
        return status >= 500
    program_errors = (
        ValueError, TypeError, ArithmeticError, ImportError, LookupError, NameError, SyntaxError, RuntimeError,
        ReferenceError, StopIteration, StopAsyncIteration,
    )  # fmt: skip
    if isinstance(error, ConnectionError):
        return True
    return not isinstance(error, (*program_errors, OSError))


class RetryPolicy(NamedTuple):
    """How often and how fast a failing node is tried again. Intervals are seconds."""

    initial_interval: float = 0.5
    backoff_factor: float = 2.0
    max_interval: float = 128.0
    max_attempts: int = 3
    jitter: bool = True
    retry_on: type[Exception] | Sequence[type[Exception]] | Callable[[Exception], bool] = retry_by_default


def pickled(*args: Hashable, **kwargs: Hashable) -> bytes:
    """The cache key of a call: its arguments, pickled, dicts in the order of their keys."""
    import pickle

    def frozen(value: Any) -> Any:
        if isinstance(value, dict):
            return tuple(sorted((str(k), frozen(v)) for k, v in value.items()))
        if isinstance(value, list | tuple):
            return tuple(frozen(v) for v in value)
        return value

    return pickle.dumps((frozen(args), frozen(kwargs)), protocol=5)


@dataclass(kw_only=True, slots=True)
class CachePolicy:
    """How a node's result is cached: the key made of its input, and the seconds it lives (None: for ever)."""

    key_func: Callable[..., str | bytes] = pickled
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class TimeoutPolicy:
    """Limits of one attempt of an async node: the whole run and the time without a sign of life, in seconds."""

    run_timeout: float | timedelta | None = None
    idle_timeout: float | timedelta | None = None
    refresh_on: Literal["auto", "heartbeat"] = "auto"


def _seconds(value: float | timedelta | None, name: str) -> float | None:
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds <= 0:
        raise ValueError(f"{name} must be greater than 0 seconds, not {value!r}.")
    return seconds


def policy_of(timeout: float | timedelta | TimeoutPolicy | None) -> TimeoutPolicy | None:
    """A timeout as a policy in seconds; a number limits the whole run. Raises ValueError unless it is positive."""
    if timeout is None:
        return None
    given = timeout if isinstance(timeout, TimeoutPolicy) else TimeoutPolicy(run_timeout=timeout)
    return TimeoutPolicy(
        _seconds(given.run_timeout, "run_timeout"), _seconds(given.idle_timeout, "idle_timeout"), given.refresh_on
    )


def interrupt_id(ns: str, index: int) -> str:
    """The id of a task's interrupt number ``index``: a resumed run asks again under the same id, as in LangGraph."""
    from xxhash import xxh3_128_hexdigest

    return xxh3_128_hexdigest((f"{ns}|{index}" if index else ns).encode())


@dataclass(init=False, slots=True)
class Interrupt:
    """A question put by :func:`interrupt`. ``id`` resumes just this one: ``Command(resume={id: value})``."""

    value: Any
    id: str
    response_schema: Any = None

    def __init__(
        self, value: Any, id: str = "placeholder-id", *, response_schema: Any = None, **of_old_threads: Any
    ) -> None:
        """Threads of before LangGraph 1.0 hold ``ns``, ``resumable`` and ``when``; the id follows from ``ns``."""
        unknown = of_old_threads.keys() - {"ns", "resumable", "when", "interrupt_id"}
        if unknown:
            raise TypeError(f"Interrupt() got an unexpected keyword argument '{min(unknown)}'")
        ns = of_old_threads.get("ns")
        self.value = value
        self.id = interrupt_id(ns if isinstance(ns, str) else "|".join(ns), 0) if ns else id
        self.response_schema = response_schema

    @classmethod
    def from_ns(cls, value: Any, ns: str, *, index: int = 0, response_schema: Any = None) -> Interrupt:
        """The interrupt number ``index`` of the task with this checkpoint namespace."""
        return cls(value, interrupt_id(ns, index), response_schema=response_schema)


class StateUpdate(NamedTuple):
    """One write of ``bulk_update_state``."""

    values: dict[str, Any] | None
    as_node: str | None = None
    task_id: str | None = None


class PregelTask(NamedTuple):
    """A task of a :class:`StateSnapshot`."""

    id: str
    name: str
    path: tuple[Any, ...]
    error: Exception | None = None
    interrupts: tuple[Interrupt, ...] = ()
    state: RunnableConfig | StateSnapshot | None = None
    result: Any | None = None


class StateSnapshot(NamedTuple):
    """The state of a thread at a checkpoint: what ``get_state()`` returns."""

    values: dict[str, Any] | Any
    next: tuple[str, ...]
    config: RunnableConfig
    metadata: CheckpointMetadata | None
    created_at: str | None
    parent_config: RunnableConfig | None
    tasks: tuple[PregelTask, ...]
    interrupts: tuple[Interrupt, ...]


class Send:
    """Runs ``node`` once with ``arg`` as its input in the next superstep; returned by a routing function, or a goto."""

    __slots__ = ("arg", "node", "timeout")

    node: str
    arg: Any
    timeout: TimeoutPolicy | None

    def __init__(self, node: str, arg: Any, *, timeout: float | timedelta | TimeoutPolicy | None = None) -> None:
        self.node = node
        self.arg = arg
        self.timeout = policy_of(timeout)

    def __hash__(self) -> int:
        return hash((self.node, self.arg))

    def __repr__(self) -> str:
        return f"Send(node={self.node!r}, arg={self.arg!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Send) and self.node == other.node and self.arg == other.arg


@dataclass(slots=True)
class Overwrite:
    """A write that replaces the value of a reducer's channel instead of being reduced into it."""

    value: Any
    type: Literal["__overwrite__"] = field(default="__overwrite__")


def interrupt(value: Any, *, response_schema: Any = None) -> Any:
    """Stop the node and ask: the run ends with this ``value`` shown, and goes on when it is resumed.

    On ``Command(resume=...)`` the node runs again from its start and the call returns the answer (reference rules 41,
    42). Several calls in one node are answered in their order. ``response_schema`` (a pydantic model, TypedDict,
    dataclass or any type) says what an answer looks like; the call returns it as an instance of that. A dict is taken
    for a JSON schema: it is shown, and not checked.

    Raises:
        GraphInterrupt: while there is no answer yet; let it pass.
        pydantic.ValidationError: the answer does not fit; the run fails, and the question stays open.
        RuntimeError: called outside of a running node.
    """
    from lgstream.config import get_config

    return get_config()["configurable"]["__pregel_scratchpad"].ask(value, response_schema)
