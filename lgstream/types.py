"""The values that graphs are written with and the values that runs return.

``Command`` is imported on first access from :mod:`lgstream._command`: it has a base class of langchain, because
langchain's tools return only their own kind of objects unchanged, and this module does not load langchain.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypedDict, TypeVar

from lgstream._langgraph import AcceptedByLangGraph, loaded_object
from lgstream._reserved import CONFIG_KEY_SCRATCHPAD, INTERRUPT
from lgstream._send import Send, TimeoutPolicy
from lgstream._unsupported import missing_attribute
from lgstream.config import StreamWriter, get_config
from lgstream.warnings import LgstreamDeprecationWarning

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
StreamMode: TypeAlias = Literal["values", "updates", "checkpoints", "tasks", "debug", "messages", "custom", "tools"]
Durability: TypeAlias = Literal["sync", "async", "exit"]
Checkpointer: TypeAlias = "bool | BaseCheckpointSaver[Any] | None"
OutputT = TypeVar("OutputT")


def __getattr__(name: str) -> Any:
    if name == "Command":
        from lgstream._command import Command

        return Command
    raise missing_attribute(__name__, name)


class StreamPart(TypedDict, total=False):
    """A chunk of ``stream(version="v2")`` (reference rule 6).

    Attributes:
        type: the stream mode of the chunk.
        ns: the namespace of the graph that it comes from; ``()`` for the graph that was called.
        data: the chunk as version 1 streams it.
        interrupts: the interrupts of the state; only for the mode ``"values"``.
    """

    type: StreamMode
    ns: tuple[str, ...]
    data: Any
    interrupts: tuple[Interrupt, ...]


@dataclass(frozen=True, slots=True)
class GraphOutput(Generic[OutputT]):
    """The result of ``invoke(version="v2")``.

    Attributes:
        value: the output state.
        interrupts: the interrupts that stopped the run; empty if it ran to its end.
    """

    value: OutputT
    interrupts: tuple[Interrupt, ...] = ()

    def __getitem__(self, key: str) -> Any:
        """Return a key of the output, or the interrupts for ``"__interrupt__"``, as ``invoke()`` of version 1 does."""
        self._warn("value[key]")
        if key == INTERRUPT:
            return self.interrupts
        if isinstance(self.value, dict):
            return self.value[key]
        if not hasattr(self.value, key):
            raise KeyError(key)
        return getattr(self.value, key)

    def __contains__(self, key: object) -> bool:
        """Return True if the output has this key; for ``"__interrupt__"``, if there are interrupts."""
        self._warn("key in value")
        if key == INTERRUPT:
            return bool(self.interrupts)
        if isinstance(self.value, dict):
            return key in self.value
        return isinstance(key, str) and hasattr(self.value, key)

    def _warn(self, expression: str) -> None:
        warnings.warn(
            f"`{expression}` of a GraphOutput is kept for older programs: use its attributes value and interrupts.",
            LgstreamDeprecationWarning,
            stacklevel=3,
        )


_PROGRAM_ERRORS = (
    ValueError,
    TypeError,
    ArithmeticError,
    ImportError,
    LookupError,
    NameError,
    SyntaxError,
    RuntimeError,
    ReferenceError,
    StopIteration,
    StopAsyncIteration,
)
"""Errors that a second attempt would most likely raise again."""


def default_retry_on(error: Exception) -> bool:
    """Return True for network and server errors, False for errors in the program.

    The default of ``RetryPolicy.retry_on``.
    """
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int):
        return status >= 500
    if isinstance(error, ConnectionError):
        return True
    if isinstance(error, getattr(sys.modules.get("requests"), "HTTPError", ())):
        return True  # an OSError, but there was no response
    return not isinstance(error, (*_PROGRAM_ERRORS, OSError))


class RetryPolicy(NamedTuple):
    """How often and how soon a failed node runs again.

    Attributes:
        initial_interval: seconds before the second attempt.
        backoff_factor: factor by which the interval grows with each attempt.
        max_interval: longest interval in seconds.
        max_attempts: number of attempts, the first one included.
        jitter: True to add a random part of a second to each interval.
        retry_on: an exception class, several, or a predicate; other errors are raised at once.
    """

    initial_interval: float = 0.5
    backoff_factor: float = 2.0
    max_interval: float = 128.0
    max_attempts: int = 3
    jitter: bool = True
    retry_on: type[Exception] | Sequence[type[Exception]] | Callable[[Exception], bool] = default_retry_on


def default_cache_key(*args: Hashable, **kwargs: Hashable) -> bytes:
    """Return the pickled arguments of a call as its cache key; the order of keys in dicts does not matter.

    The default of ``CachePolicy.key_func``.
    """
    import pickle

    def freeze(value: Any) -> Any:
        if isinstance(value, dict):
            return tuple(sorted((str(k), freeze(v)) for k, v in value.items()))
        if isinstance(value, list | tuple):
            return tuple(freeze(v) for v in value)
        return value

    return pickle.dumps((freeze(args), freeze(kwargs)), protocol=5)


@dataclass(kw_only=True, slots=True)
class CachePolicy(AcceptedByLangGraph):
    """How the results of a node are cached.

    Attributes:
        key_func: returns the cache key for the input of the node.
        ttl: seconds for which a result is valid; None for no limit.
    """

    key_func: Callable[..., str | bytes] = default_cache_key
    ttl: int | None = None


def interrupt_id_from_ns(ns: str, index: int) -> str:
    """Return the id of an interrupt: the same in a resumed run, and the same as LangGraph's.

    Args:
        ns: checkpoint namespace of the task.
        index: position among the interrupts of the task, from 0.
    """
    from xxhash import xxh3_128_hexdigest

    return xxh3_128_hexdigest((f"{ns}|{index}" if index else ns).encode())


@dataclass(init=False, slots=True)
class Interrupt(AcceptedByLangGraph):
    """A question that stopped a run, see :func:`interrupt`.

    Attributes:
        value: the argument of ``interrupt()``.
        id: the id by which ``Command(resume={id: answer})`` answers this interrupt.
        response_schema: the type of the answer, or its JSON schema; None for any answer.
    """

    value: Any
    id: str
    response_schema: Any = None

    def __init__(
        self, value: Any, id: str = "placeholder-id", *, response_schema: Any = None, **legacy_fields: Any
    ) -> None:
        # Threads saved before LangGraph 1.0 hold ns, resumable and when; the id follows from ns.
        unknown = legacy_fields.keys() - {"ns", "resumable", "when", "interrupt_id"}
        if unknown:
            raise TypeError(f"Interrupt() got an unexpected keyword argument '{min(unknown)}'")
        ns = legacy_fields.get("ns")
        self.value = value
        self.id = interrupt_id_from_ns(ns if isinstance(ns, str) else "|".join(ns), 0) if ns else id
        self.response_schema = response_schema

    @property
    def interrupt_id(self) -> str:
        """The id, under its name in older programs."""
        warnings.warn(
            "`interrupt_id` is the old name of `id`: use the new one.", LgstreamDeprecationWarning, stacklevel=2
        )
        return self.id

    @classmethod
    def from_ns(cls, value: Any, ns: str, *, index: int = 0, response_schema: Any = None) -> Interrupt:
        """Return an interrupt of the task with this checkpoint namespace; ``index`` counts its interrupts from 0."""
        return cls(value, interrupt_id_from_ns(ns, index), response_schema=response_schema)


class StateUpdate(NamedTuple):
    """One update of ``bulk_update_state``.

    Attributes:
        values: the state update.
        as_node: the node in whose name it is written; None to infer the node.
        task_id: the id of the task in whose name it is written; None for a new id.
    """

    values: dict[str, Any] | None
    as_node: str | None = None
    task_id: str | None = None


class PregelTask(NamedTuple):
    """A task of a :class:`StateSnapshot`.

    Attributes:
        id: the task id.
        name: the node that it runs.
        path: what triggered it: ``("__pregel_pull", node)``, or ``("__pregel_push", index, ...)`` for a Send.
        error: the error that ended it, if it failed.
        interrupts: its open interrupts.
        state: for a subgraph, the config of its checkpoints, or its snapshot with ``get_state(subgraphs=True)``.
        result: its update, if it has finished.
    """

    id: str
    name: str
    path: tuple[Any, ...]
    error: Exception | None = None
    interrupts: tuple[Interrupt, ...] = ()
    state: RunnableConfig | StateSnapshot | None = None
    result: Any | None = None


class StateSnapshot(NamedTuple):
    """The state of a thread at a checkpoint, as ``get_state()`` returns it.

    Attributes:
        values: the state.
        next: the nodes that run next; empty if the run has ended.
        config: the config that selects this checkpoint.
        metadata: the metadata of the checkpoint: its source, its step and more.
        created_at: the time of the checkpoint, ISO 8601.
        parent_config: the config of the checkpoint before it.
        tasks: the tasks of the next superstep, with their errors and interrupts.
        interrupts: the open interrupts of all tasks.
    """

    values: dict[str, Any] | Any
    next: tuple[str, ...]
    config: RunnableConfig
    metadata: CheckpointMetadata | None
    created_at: str | None
    parent_config: RunnableConfig | None
    tasks: tuple[PregelTask, ...]
    interrupts: tuple[Interrupt, ...]


@dataclass(slots=True)
class Overwrite(AcceptedByLangGraph):
    """A write that replaces the value of a key with a reducer; the reducer is not called."""

    value: Any
    type: Literal["__overwrite__"] = field(default="__overwrite__")


def interrupt(value: Any, *, response_schema: Any = None) -> Any:
    """Stop the run with a question; return the answer when the run is resumed.

    The run ends and reports ``value``. When it is resumed with ``Command(resume=answer)``, the node starts again from
    its beginning, and this call returns the answer (reference rules 41 and 42). If a node calls ``interrupt`` several
    times, the answers are matched by order.

    Args:
        value: the question, usually JSON, shown to the person who answers.
        response_schema: the type of the answer: a pydantic model, TypedDict, dataclass or any other type. The answer is
            validated, and returned as an instance of this type. A dict is a JSON schema for the user interface; answers
            are not validated against it.

    Raises:
        GraphInterrupt: if there is no answer yet; do not catch it.
        pydantic.ValidationError: if the answer does not match ``response_schema``; the run fails, and the question
            stays open.
        RuntimeError: if no node is running in this context.

    Example:
        >>> def approve(state: State):
        ...     is_approved = interrupt({"question": "Send this email?", "draft": state["draft"]}, response_schema=bool)
        ...     return {"is_approved": is_approved}
    """
    scratchpad = get_config()["configurable"][CONFIG_KEY_SCRATCHPAD]
    if hasattr(scratchpad, "interrupt"):
        return scratchpad.interrupt(value, response_schema)
    return loaded_object("interrupt")(value, response_schema=response_schema)  # the task is one of langgraph
