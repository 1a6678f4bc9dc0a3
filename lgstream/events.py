"""What happens in a run: frozen facts, and nothing else.

Everything that looks at a run (the chunks of ``stream()``, a JSONL file, a widget) is a way of looking at these
events. Each starts with ``time`` (Unix seconds) and ``ns``, the namespace: ``()`` for the graph that was run and one
``"<node>:<task id>"`` more for every level of subgraph below it (reference rule 3). A second subgraph called by the
same task adds an element ``"1"``, a third ``"2"`` (rule 38).

The order of events is the order of LangGraph's chunks: in a superstep every :class:`TaskStarted`, then for each task
that ends its :class:`Update` and :class:`TaskFinished`, then one :class:`Values` and one :class:`CheckpointSaved`.
:class:`Custom`, :class:`Token`, the calls that tokens belong to, and calls of tools come while their task runs.

Named tuples rather than dataclasses: building one costs a third as much, and an event is built per token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

Namespace: TypeAlias = tuple[str, ...]


class Edge(NamedTuple):
    """One arrow of a :class:`Shape`; ``conditional`` when a routing function chooses it."""

    source: str
    target: str
    conditional: bool = False
    label: str = ""


class NodeShape(NamedTuple):
    """A node of a :class:`Shape`, with the shape of its subgraph where it is one."""

    name: str
    graph: Shape | None = None


class Shape(NamedTuple):
    """The drawing of a graph: what is known of it before it runs. START and END appear in edges only."""

    name: str
    nodes: tuple[NodeShape, ...]
    edges: tuple[Edge, ...]


class RunStarted(NamedTuple):
    """The first event of a run; ``ns`` is always ``()``: a subgraph's run is part of its parent's."""

    time: float
    ns: Namespace
    run_id: str
    graph: str
    input: Any
    shape: Shape | None


class TaskStarted(NamedTuple):
    """A task of superstep ``step`` is about to run (rule 33). START has no task.

    ``metadata`` are the user's, of the run and of the node, with the run's ``tags``; None where there are none.
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
    """A chat model was called in a node, tool or routing function. ``call_id`` is langchain's run id as text."""

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    model: str
    tags: tuple[str, ...]


class Token(NamedTuple):
    """One chunk of a model's answer. ``message`` is a langchain ``AIMessageChunk`` (rules 24, 25).

    ``metadata`` is one dict, shared by all tokens of the call (rule 31): do not change it.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    message: Any
    metadata: dict[str, Any]


class Message(NamedTuple):
    """A whole message: a call that did not stream (``call_id`` set, rule 26) or a node's output (rule 27)."""

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    message: Any
    metadata: dict[str, Any]


class CallFinished(NamedTuple):
    """The model's answer is complete, or ``error`` says why not.

    ``usage`` is langchain's usage dict, if reported; with ``"cost"`` in it where the provider told one (US dollars).
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    usage: dict[str, Any] | None
    error: BaseException | None


class ToolStarted(NamedTuple):
    """A tool is about to run. ``call_id`` is the id of the model's tool call; of a tool called by hand, its run's."""

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    name: str
    input: Any


class ToolFinished(NamedTuple):
    """The tool gave its ``output`` (a ``ToolMessage``, a ``Command``, a bare value), or ``error`` says why not."""

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    output: Any
    error: BaseException | None


class Custom(NamedTuple):
    """What a node, tool or routing function gave to its stream writer, the very object (rule 21).

    ``callers`` are the tasks that called this one, the outermost first; chunks count them to the namespace. ``call_id``
    is that of the tool call which wrote it, where several may run at once; else ``""``.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    data: Any
    callers: tuple[str, ...] = ()
    call_id: str = ""


class TaskRetried(NamedTuple):
    """The ``attempt``-th try of a task (from 1) failed with ``error``; it is tried again in ``wait`` seconds."""

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    attempt: int
    error: BaseException
    wait: float


class Update(NamedTuple):
    """What a task wrote to the state, as ``stream_mode="updates"`` shows it (rule 17)."""

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    data: Any
    cached: bool


class TaskFinished(NamedTuple):
    """A task ended with a ``result`` (dict of its writes), an ``error`` or ``interrupts`` (rule 33)."""

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    result: dict[str, Any]
    error: BaseException | None
    interrupts: tuple[Any, ...]


class Interrupted(NamedTuple):
    """A task asks a human (``interrupts``: ``Interrupt`` objects), or a static breakpoint: no task, no interrupts.

    ``values`` is the state before the superstep, as ``stream_mode="values"`` shows it beside the interrupt (rule 41).
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    interrupts: tuple[Any, ...]
    values: Any


class Values(NamedTuple):
    """The state after the input (``step`` 0) or after a superstep that wrote to it (rules 13 to 16)."""

    time: float
    ns: Namespace
    step: int
    data: Any


class CheckpointSaved(NamedTuple):
    """``payload`` is what ``stream_mode="checkpoints"`` shows (rule 35)."""

    time: float
    ns: Namespace
    step: int
    payload: dict[str, Any]


class RunFinished(NamedTuple):
    """The last event. ``status``: ``"done"``, ``"failed"``, ``"stopped"`` (or cancelled), ``"interrupted"``."""

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

KINDS: tuple[type[Event], ...] = (
    RunStarted, TaskStarted, CallStarted, Token, Message, CallFinished, ToolStarted, ToolFinished, Custom, TaskRetried,
    Update, TaskFinished, Interrupted, Values, CheckpointSaved, RunFinished,
)  # fmt: skip
