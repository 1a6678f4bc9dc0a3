"""The rows that a view shows, and the operations that build them: the contract with ``widgets/src/protocol/rows.ts``.

A run is folded into a few small tables; each row is a flat JSON object with an id. Rows change by two operations only,
so a list of operations is the whole history of a run: it can be sent in frames, replayed to any moment (each operation
has a time) and drawn without folding anything.

* put ``[t, table, id, {field: value}]`` creates a row or overwrites the named fields;
* add ``[t, table, id, field, text]`` appends text to a string field.

``t`` is seconds since the start of the run, rounded to 0.1 ms. The TypedDicts below are the tables. The first put of a
row has the fields that its docstring names; every other field may be missing. Text is plain text or Markdown, never
HTML (decision 9).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, TypedDict

__all__ = [
    "Add",
    "Breakpoint",
    "CallRow",
    "NoteRow",
    "OpenQuestion",
    "Operation",
    "Put",
    "RunRow",
    "Status",
    "StepRow",
    "Table",
    "TaskRow",
    "TreeRow",
]

Table: TypeAlias = Literal["run", "tree", "task", "call", "note", "step"]
"""The name of a table."""

Put: TypeAlias = tuple[float, Table, str, dict[str, Any]]
"""Time, table, row id, and the fields to set."""

Add: TypeAlias = tuple[float, Table, str, str, str]
"""Time, table, row id, field, and the text to append to it."""

Operation: TypeAlias = Put | Add

Status: TypeAlias = Literal["pending", "running", "waiting", "done", "failed", "stopped"]
"""``waiting`` is for a human, at an interrupt. Views show the word beside an icon, never a colour alone."""


class RunRow(TypedDict, total=False):
    """Table ``run``: one row, with the id ``"run"``. First put: graph, status, started."""

    graph: str
    status: Status
    started: float  # Unix seconds
    ended: float  # seconds since the start, like all times below
    step: int  # the root graph's superstep
    calls: int  # model calls so far
    tokens: int  # tokens so far: the model's usage if it is reported, else the number of chunks with content
    rate: float  # tokens per second, over the time during which at least one call streamed
    cost: float  # US dollars so far, of the calls whose provider reports a cost
    error: str  # one line: "ValueError: boom"
    note: str  # one line for the reader, for example that the run waits for an answer
    left_out: str  # one line: what a saved run lacks because it was too long
    saved_at: float  # when a run was saved that had not ended; missing in a run that is live or has ended
    mermaid: str  # the graph as mermaid text, if known
    shape: dict[str, Any]  # the graph for the front end to draw (views/graph/shape.py); missing if it is too large
    asks: bool  # True while the kernel waits for answers, so that forms can be sent
    pause: Breakpoint | None  # the breakpoint at which the run waits; None after it continued


class OpenQuestion(TypedDict):
    """A question without an answer yet, as its form needs it."""

    id: str  # of the interrupt
    value: Any  # the exact value as plain JSON; None if it is not plain JSON, or too long
    schema: dict[str, Any] | None  # the JSON schema of the answer, if the interrupt has one


class Breakpoint(TypedDict):
    """A static breakpoint at which the run waits, to continue with the state as it is or as edited by the reader."""

    id: str  # views.fold.interrupts.BREAKPOINT_ID, in the place of an interrupt's id
    before: list[str]  # the paths of the nodes that are next
    value: dict[str, Any]  # the exact values of the state keys that are plain JSON, and so can be edited


class TreeRow(TypedDict, total=False):
    """Table ``tree``: the namespace tree. First put: parent, name, kind, status, order.

    A node has one row however often it is visited; parallel tasks of one node in one superstep (``Send``) have a row
    each, named ``worker #1``, ``worker #2``. A row's id is stable and opaque; the root's id is ``"/"``.
    """

    parent: str  # a row id; "" for the root
    name: str  # "research", "worker #3"
    path: str  # "research #2 › writer"
    kind: Literal["graph", "node", "subgraph"]
    status: Status  # "pending": known from the shape of the graph, not reached yet (shown dimmed)
    order: int  # siblings are sorted by it
    color: int  # 0..n, in order of first appearance; a view maps it to its palette, modulo the length
    visits: int
    started: float  # start of the latest visit
    ended: float
    busy: float  # seconds over all finished visits
    tokens: int  # including those of the rows below it


class TaskRow(TypedDict, total=False):
    """Table ``task``: one bar of the timeline and its details. First put: row, step, started, status.

    A task that is resumed after its question was answered has a further row with the id ``"<id>~2"``, since it runs
    again from its start.
    """

    row: str  # the tree row that it belongs to, which is its lane
    node: str
    step: int
    parent: str  # the task that runs the subgraph of this task; "" in the root graph
    started: float
    ended: float
    released: float  # end of its superstep: between ended and released it waited for the other tasks
    status: Status
    triggers: list[str]
    input: str  # bounded indented JSON
    update: str  # bounded indented JSON
    diff: list[list[str]]  # [key, before, after], short texts; before is "" for a new key
    error: str  # one line
    traceback: str
    question: str  # the value of an interrupt: bounded indented JSON, or the string itself
    ask: list[OpenQuestion]  # its open questions; [] after they were answered
    answer: str  # the answer, in the form of ``question``
    cached: bool  # True if its writes were saved by an earlier run, so it did not run in this one
    tries: int  # how often it was attempted, if more than once
    retries: list[list[Any]]  # of the attempts that failed: [time, time of the next attempt, error in one line]


class CallRow(TypedDict, total=False):
    """Table ``call``: one card of the token panel. First put: row, task, role, started.

    ``role`` is ``"model"`` for a model call, else the role of a message that a node returned (``"assistant"``,
    ``"tool"``, ``"human"``, ``"system"``). A message has one row however often it is streamed and returned; ``folded``
    counts the repetitions that are not shown.
    """

    row: str
    task: str
    path: str  # "write › draft"
    role: str
    model: str
    name: str  # of a tool
    tags: list[str]
    started: float
    first: float  # time of the first token: first - started is the time to first token
    ended: float
    text: str  # Markdown; grows by add
    reasoning: str  # grows by add
    tool_calls: list[dict[str, str]]  # [{"id", "name", "args"}], args as JSON text; put again from time to time
    parts: list[str]  # names of content that is not text: "image/png", "audio"
    tokens: int
    usage: dict[str, int]  # {"input": 5, "output": 7, "total": 12, "cached": 4, "reasoning": 2}, as far as reported
    cost: float  # US dollars, if the provider reports it
    error: str
    folded: int
    status: str  # of a tool's answer: "success", "error", or "waiting" if the tool asks a human
    answers: str  # of a tool's answer: the id in tool_calls that it answers
    args: str  # of a tool with start and end events: its arguments as JSON text


class NoteRow(TypedDict, total=False):
    """Table ``note``: one custom write (``StreamWriter``), or, in a flood, several of one task that came together.

    First put: row, task, text, at.
    """

    row: str
    task: str
    path: str
    text: str  # bounded indented JSON, or the string itself
    at: float
    call: str  # the ``call`` row of the tool that wrote it, if known
    writes: int  # how many writes share the row, known once it is complete; missing for a row that is not shared


def count_writes(notes: Iterable[Any]) -> int:
    """Return the number of custom writes in these rows of the table ``note``."""
    return sum(note.get("writes", 1) for note in notes)


class StepRow(TypedDict, total=False):
    """Table ``step``: one superstep of one graph, or, if no task has its number, the state that the graph began with.

    The id is ``"<tree row id>@<step>"``, followed by ``"~<visit>"`` from the second visit of the tree row on. First
    put: row, step, started.
    """

    row: str  # the tree row of the graph
    step: int
    started: float
    ended: float
    values: dict[str, str]  # the state after it: key -> bounded short text
    messages: str  # the key that contains chat messages, if any
