"""The events of a run: immutable records of what happened, and nothing else.

Every view of a run is derived from these events: the chunks of ``stream()``, a JSONL file, the widgets. Sinks receive
them (see :mod:`lgstream.sinks`). An event is emitted in the thread, and the asyncio task, in which it happens, and is
created only if something wants events of its class.

All events share these fields; the classes describe a shared field only if it is special there:

- ``time``: when it happened, in Unix seconds.
- ``ns``: the namespace, ``()`` for the graph that was run, and one ``"<node>:<task id>"`` more for every level of
  subgraph below it (reference rule 3). A second subgraph called by the same task adds an element ``"1"``, a third one
  ``"2"`` (reference rule 38).

Many share these:

- ``step``: the number of the superstep, as in LangGraph's checkpoints. On a thread with a checkpointer it continues
  where the previous run ended.
- ``task_id``: the id of the task, a UUID as text; unique in a run and the same as in LangGraph's chunks.
- ``node``: the name of the node that the task runs.
- ``call_id``: identifies one call of a model or tool, so that its events can be joined.

The order of events is the order of LangGraph's chunks. In a superstep: every :class:`TaskStarted`; then, for each task
that ends, its :class:`Message` events, its :class:`Update` and its :class:`TaskFinished`; then one :class:`Values` and
one :class:`CheckpointSaved`. :class:`Custom`, :class:`Token` and the events of model and tool calls are emitted while
their task runs.

Events are named tuples rather than dataclasses because one is created per token, and a named tuple costs a third as
much to create.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "KINDS", "CallFinished", "CallStarted", "CheckpointSaved", "Custom", "Edge", "Event", "Interrupted", "Message",
    "Namespace", "NodeShape", "RunFinished", "RunStarted", "Shape", "TaskFinished", "TaskRetried", "TaskStarted",
    "Token", "ToolFinished", "ToolStarted", "Update", "Values",
]  # fmt: skip

Namespace: TypeAlias = tuple[str, ...]
"""Where in the tree of graphs an event happened; see the module's description of ``ns``."""


class Edge(NamedTuple):
    """An edge of a :class:`Shape`.

    Attributes:
        source: the node where the edge starts; ``"__start__"`` for START.
        target: the node where the edge ends; ``"__end__"`` for END.
        conditional: True if a routing function decides whether the edge is taken.
        label: the text on the edge; ``""`` for none.
    """

    source: str
    target: str
    conditional: bool = False
    label: str = ""


class NodeShape(NamedTuple):
    """A node of a :class:`Shape`.

    Attributes:
        name: the name of the node.
        graph: the shape of the node's subgraph; None if the node is not a subgraph.
    """

    name: str
    graph: Shape | None = None


class Shape(NamedTuple):
    """The nodes and edges of a graph, as far as they are known before it runs. START and END appear only in edges.

    Attributes:
        name: the name of the graph.
        nodes: the nodes, in the order in which they were added.
        edges: the edges that can be drawn.
    """

    name: str
    nodes: tuple[NodeShape, ...]
    edges: tuple[Edge, ...]


class RunStarted(NamedTuple):
    """Emitted once, as the first event of a run. A resumed run starts again with this event.

    Attributes:
        ns: always ``()``, because a subgraph's run is part of its parent's run.
        run_id: the id of the run, a UUID as text.
        graph: the name of the graph.
        input: what the graph was called with; None or a ``Command`` if the run is resumed.
        shape: the shape of the graph, or None if it cannot be determined.
    """

    time: float
    ns: Namespace
    run_id: str
    graph: str
    input: Any
    shape: Shape | None


class TaskStarted(NamedTuple):
    """Emitted immediately before a task runs (reference rule 33). START has no task.

    Attributes:
        input: what the node receives.
        triggers: the channels that triggered the task.
        metadata: metadata set by the user for the run and the node, with the ``tags`` of the run; None if there is
            none.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    input: Any
    triggers: tuple[str, ...]
    metadata: Mapping[str, Any] | None = None


class CallStarted(NamedTuple):
    """Emitted when a node, tool or routing function calls a chat model, before the first token.

    Attributes:
        call_id: the langchain run id of the call, a UUID as text.
        model: the name of the model.
        tags: the langchain tags of the call.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    model: str
    tags: tuple[str, ...]


class Token(NamedTuple):
    """Emitted for each chunk of a model's streamed answer (reference rules 24 and 25).

    Attributes:
        call_id: the ``call_id`` of the :class:`CallStarted`.
        message: the chunk, a langchain ``AIMessageChunk``.
        metadata: metadata of the call (reference rule 31). All tokens of a call share this dict: do not change it.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    message: Any
    metadata: dict[str, Any]


class Message(NamedTuple):
    """Emitted for each complete message of a run.

    That is the answer of a model call that did not stream, when the call ends (reference rule 26), and each message in
    the output of a node, when its task ends (reference rule 27).

    Attributes:
        task_id: the task that called the model or returned the message.
        call_id: the ``call_id`` of the :class:`CallStarted`; ``""`` for a message in the output of a node.
        message: a langchain message.
        metadata: metadata of the call or of the task. Messages of a task may share this dict: do not change it.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    message: Any
    metadata: dict[str, Any]


class CallFinished(NamedTuple):
    """Emitted when a model call ends: its answer is complete, or it failed.

    Attributes:
        call_id: the ``call_id`` of the :class:`CallStarted`.
        usage: langchain's usage metadata (token counts), with a key ``"cost"`` in US dollars if the provider reports
            it; None if no usage was reported.
        error: the exception that ended the call, or None.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    usage: dict[str, Any] | None
    error: BaseException | None


class ToolStarted(NamedTuple):
    """Emitted immediately before a tool runs.

    Attributes:
        call_id: the id of the model's tool call; for a tool that is called directly, its langchain run id.
        name: the name of the tool.
        input: the arguments of the tool, a dict, or text if it takes a single string.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    name: str
    input: Any


class ToolFinished(NamedTuple):
    """Emitted when a tool has returned or failed.

    Attributes:
        call_id: the ``call_id`` of the :class:`ToolStarted`.
        output: what the tool returned: a ``ToolMessage``, a ``Command`` or any other value; None if it failed.
        error: the exception that the tool raised, or None.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    output: Any
    error: BaseException | None


class Custom(NamedTuple):
    """Emitted when a node, tool or routing function calls its stream writer (reference rule 21).

    Attributes:
        data: the object that was written, not a copy.
        callers: the tasks that called this task, outermost first, each as ``"<node>:<task id>"``. Chunks of
            ``stream()`` append them to the namespace.
        call_id: the tool call that wrote, if several tools may run at once; ``""`` otherwise.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    data: Any
    callers: tuple[str, ...] = ()
    call_id: str = ""


class TaskRetried(NamedTuple):
    """Emitted when an attempt of a task has failed and the task will be attempted again.

    Attributes:
        time: Unix seconds at which the attempt failed.
        attempt: the number of the attempt that failed, starting at 1.
        error: the exception that the attempt raised.
        wait: seconds until the next attempt.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    attempt: int
    error: BaseException
    wait: float


class Update(NamedTuple):
    """Emitted when a task that wrote to the state has ended, with what it wrote (reference rule 17).

    Attributes:
        data: what the task wrote, in the form that ``stream_mode="updates"`` shows for the node.
        cached: True if the writes come from a cache and the node did not run.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    data: Any
    cached: bool


class TaskFinished(NamedTuple):
    """Emitted when a task has ended, after its :class:`Update` (reference rule 33). A cached task has no such event.

    Attributes:
        result: the writes of the task, by state key.
        error: the exception that the task raised, or None.
        interrupts: the ``Interrupt`` objects that the task waits for; ``()`` if it was not interrupted.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    result: dict[str, Any]
    error: BaseException | None
    interrupts: tuple[Any, ...]


class Interrupted(NamedTuple):
    """Emitted when a task calls ``interrupt()`` without an answer, or when the run stops at a static breakpoint.

    A subgraph's interrupt is emitted once for the subgraph and once for each graph above it.

    Attributes:
        task_id: the task that was interrupted; ``""`` at a static breakpoint.
        node: the node of that task; ``""`` at a static breakpoint.
        interrupts: the ``Interrupt`` objects of the task; ``()`` at a static breakpoint.
        values: the state before the superstep, as ``stream_mode="values"`` shows it with the interrupt (reference
            rule 41).
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    interrupts: tuple[Any, ...]
    values: Any


class Values(NamedTuple):
    """Emitted after the input was applied, and after each superstep that wrote to the state (reference rules 13 to 16).

    Attributes:
        step: the superstep; 0 after the first input.
        data: the state, as ``stream_mode="values"`` shows it.
    """

    time: float
    ns: Namespace
    step: int
    data: Any


class CheckpointSaved(NamedTuple):
    """Emitted when a checkpoint was created, by graphs with a checkpointer only.

    Attributes:
        step: the superstep that the checkpoint follows; -1 for the checkpoint of the first input.
        payload: what ``stream_mode="checkpoints"`` shows (reference rule 35).
    """

    time: float
    ns: Namespace
    step: int
    payload: dict[str, Any]


class RunFinished(NamedTuple):
    """Emitted once, as the last event of a run.

    Attributes:
        ns: always ``()``.
        run_id: the ``run_id`` of the :class:`RunStarted`.
        status: ``"done"``; ``"failed"``: an exception was raised; ``"stopped"``: the run was cancelled, closed or
            interrupted from the keyboard; ``"interrupted"``: the run waits for an answer or at a breakpoint.
        result: the output of the graph; if the run is not done, the state that it reached.
        error: the exception that ended the run, or None.
    """

    time: float
    ns: Namespace
    run_id: str
    status: str
    result: Any
    error: BaseException | None


Event: TypeAlias = (
    RunStarted | TaskStarted | CallStarted | Token | Message | CallFinished | ToolStarted | ToolFinished | Custom
    | TaskRetried | Update | TaskFinished | Interrupted | Values | CheckpointSaved | RunFinished
)  # fmt: skip
"""Any event."""

KINDS: tuple[type[Event], ...] = (
    RunStarted, TaskStarted, CallStarted, Token, Message, CallFinished, ToolStarted, ToolFinished, Custom, TaskRetried,
    Update, TaskFinished, Interrupted, Values, CheckpointSaved, RunFinished,
)  # fmt: skip
"""The classes of all events."""
