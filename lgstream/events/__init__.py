"""The events of a run: immutable records of what happened, and nothing else.

Every view of a run is derived from these events: the chunks of ``stream()``, a JSONL file, the widgets. Sinks receive
them (see :mod:`lgstream.sinks`). An event is emitted in the thread, and the asyncio task, in which it happens, and is
created only if something wants events of its class.

All events share these fields; the classes describe a shared field only if it is special there:

- ``time``: when it happened, in Unix seconds.
- ``ns``: the namespace, ``()`` for the graph that was run, and one ``"<node>:<task id>"`` more for every level of
  subgraph below it (reference rule 3). A second subgraph called by the same task adds an element ``"1"``, a third one
  ``"2"`` (reference rule 38).
- ``run_id``: the id of the run, a UUID as text. Events of nested graphs have the id of the run that they are part of,
  so the events of runs that share a sink can be told apart.

Many share these:

- ``step``: the number of the superstep, as in LangGraph's checkpoints. On a thread with a checkpointer it continues
  where the previous run ended.
- ``task_id``: the id of the task, a UUID as text; unique in a run and the same as in LangGraph's chunks.
- ``node``: the name of the node that the task runs.
- ``call_id``: identifies one call of a model or tool, so that its events can be joined.

The order of events is the order of LangGraph's chunks. In a superstep: every :class:`TaskStarted`; then, for each task
that ends, its :class:`Message` events, its :class:`Update` and its :class:`TaskFinished`; then one :class:`Values` and
one :class:`CheckpointSaved`. :class:`Custom`, :class:`Token`, :class:`Routed` and the events of model, tool and
retriever calls are emitted while their task runs. All events of a nested graph are between its :class:`GraphStarted`
and its :class:`GraphFinished`, and these are emitted while the task that runs the graph runs.

langchain reports no calls of embedding models, so they give no events.

Fields hold references to the objects of the program, not copies: a sink that keeps or sends them decides what it needs.

Events are named tuples rather than dataclasses because one is created per token, and a named tuple costs a third as
much to create.
"""

from __future__ import annotations

from typing import TypeAlias

from lgstream.events.calls import (
    CallFinished,
    CallStarted,
    Message,
    RetrieverFinished,
    RetrieverStarted,
    Token,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
)
from lgstream.events.runs import (
    CheckpointSaved,
    Custom,
    GraphFinished,
    GraphStarted,
    Interrupted,
    Namespace,
    Routed,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskRetried,
    TaskStarted,
    Update,
    Values,
)
from lgstream.events.shapes import Edge, NodeShape, Shape

__all__ = [
    "KINDS", "CallFinished", "CallStarted", "CheckpointSaved", "Custom", "Edge", "Event", "GraphFinished",
    "GraphStarted", "Interrupted", "Message", "Namespace", "NodeShape", "RetrieverFinished", "RetrieverStarted",
    "Routed", "RunFinished", "RunStarted", "Shape", "TaskFinished", "TaskRetried", "TaskStarted", "Token",
    "ToolFinished", "ToolOutputDelta", "ToolStarted", "Update", "Values",
]  # fmt: skip

Event: TypeAlias = (
    RunStarted | GraphStarted | TaskStarted | CallStarted | Token | Message | CallFinished | ToolStarted
    | ToolOutputDelta | ToolFinished | RetrieverStarted | RetrieverFinished | Custom | TaskRetried | Routed | Update
    | TaskFinished | Interrupted | Values | CheckpointSaved | GraphFinished | RunFinished
)  # fmt: skip
"""Any event."""

KINDS: tuple[type[Event], ...] = (
    RunStarted, GraphStarted, TaskStarted, CallStarted, Token, Message, CallFinished, ToolStarted, ToolOutputDelta,
    ToolFinished, RetrieverStarted, RetrieverFinished, Custom, TaskRetried, Routed, Update, TaskFinished, Interrupted,
    Values, CheckpointSaved, GraphFinished, RunFinished,
)  # fmt: skip
"""The classes of all events."""
