"""The rows a view is made of, and the operations that make them: the contract with ``widgets/src/protocol/rows.ts``.

A run, folded, is a few small tables of rows; each row is a flat JSON object with an id. Rows change by two operations
only, so that a log of operations is the whole story of a run, can be sent in frames, replayed to any moment (each
carries its time) and painted without folding anything:

* put ``[t, table, id, {field: value}]`` creates the row or overwrites the named fields;
* add ``[t, table, id, field, text]`` appends text to a string field.

``t`` is seconds since the run started, rounded to 0.1 ms. The TypedDicts below are the tables; every field but the ones
said to be there from the first put may be missing. Text is plain text or Markdown, never HTML (decision 9).
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

Table: TypeAlias = Literal["run", "tree", "task", "call", "note", "step"]
Put: TypeAlias = tuple[float, Table, str, dict[str, Any]]
Add: TypeAlias = tuple[float, Table, str, str, str]
Operation: TypeAlias = Put | Add

Status: TypeAlias = Literal["pending", "running", "waiting", "done", "failed", "stopped"]
"""``waiting``: for a human (an interrupt). The words are shown beside an icon, never colour alone."""


class RunRow(TypedDict, total=False):
    """Table ``run``: one row, id ``"run"``. First put: graph, status, started."""

    graph: str
    status: Status
    started: float  # Unix seconds
    ended: float  # seconds since the start, like every time below
    step: int  # the root graph's superstep
    calls: int  # model calls so far
    tokens: int  # tokens so far: the model's usage where it reports it, else chunks with content
    rate: float  # tokens per second over the time in which a model was answering
    cost: float  # US dollars so far, where providers tell it
    error: str  # one line: "ValueError: boom"
    note: str  # one line for the reader, e.g. that the run waits for an answer
    left_out: str  # one line: what a saved run does not tell, because it was too long
    mermaid: str  # the graph as mermaid text, when known
    shape: dict[str, Any]  # the same for the front end to draw (views/shape.py); left out where it is too large
    asks: bool  # the kernel waits for the answers now: forms can be sent
    pause: Breakpoint | None  # the breakpoint at which it waits; None once it went on


class OpenQuestion(TypedDict):
    """A question that is open, as its form needs it."""

    id: str  # the interrupt's
    value: Any  # plain JSON, whole; None where it is none, or too long
    schema: dict[str, Any] | None  # the JSON schema of the answer, where one was asked for


class Breakpoint(TypedDict):
    """A static breakpoint that the run waits at: it goes on as it is, or with an edited state."""

    id: str  # ask.BREAKPOINT, where an interrupt's id would be
    before: list[str]  # the paths of the nodes that are next
    value: dict[str, Any]  # what of the state is plain JSON, whole: that can be edited


class TreeRow(TypedDict, total=False):
    """Table ``tree``: the namespace tree. First put: parent, name, kind, status, order.

    A node is one row however often it is visited; parallel tasks of one node in one superstep (``Send``) are a row
    each, named ``worker #1``, ``worker #2``. A row's id is stable and opaque; the root's id is ``"/"``.
    """

    parent: str  # a row id; "" for the root
    name: str  # "research", "worker #3"
    path: str  # "research #2 › writer"
    kind: Literal["graph", "node", "subgraph"]
    status: Status  # "pending": known from the graph's shape, not yet reached (shown dim)
    order: int  # siblings sort by it
    color: int  # 0..n, in order of first appearance: the painter picks the colour, modulo its palette
    visits: int
    started: float  # of the latest visit
    ended: float
    busy: float  # seconds over all finished visits
    tokens: int  # with those of the rows below it


class TaskRow(TypedDict, total=False):
    """Table ``task``: one bar of the timeline and what the inspector shows. First put: row, step, started, status.

    A task that goes on after its question was answered is a further row, id ``"<id>~2"``: it runs again from its start.
    """

    row: str  # the tree row it belongs to: its lane
    node: str
    step: int
    parent: str  # the task that runs the subgraph this one belongs to; "" at the root
    started: float
    ended: float
    released: float  # when its superstep ended: from ended to released it waited at the barrier
    status: Status
    triggers: list[str]
    input: str  # bounded pretty JSON
    update: str  # bounded pretty JSON
    diff: list[list[str]]  # [key, before, after], short texts; before is "" for a key that was not there
    error: str  # one line
    traceback: str
    question: str  # an interrupt's value, bounded pretty JSON, or the string itself
    ask: list[OpenQuestion]  # its open questions; [] once they are answered
    answer: str  # what was answered, as ``question``
    cached: bool  # its writes were kept from an earlier run: it did not run in this one
    tries: int  # how often it was tried, where more than once
    retries: list[list[Any]]  # of the tries that failed: [when, when it is tried again, the error in one line]


class CallRow(TypedDict, total=False):
    """Table ``call``: one card of the token panel. First put: row, task, role, started.

    ``role`` is ``"model"`` for a model call, else the role of a message a node made (``"assistant"``, ``"tool"``,
    ``"human"``, ``"system"``). One message is one row however often it is streamed and returned; ``folded`` counts the
    repetitions that were left out.
    """

    row: str
    task: str
    path: str  # "write › draft"
    role: str
    model: str
    name: str  # of a tool
    tags: list[str]
    started: float
    first: float  # when the first token came: first - started is the time to first token
    ended: float
    text: str  # Markdown, grows by add
    reasoning: str  # grows by add
    tool_calls: list[dict[str, str]]  # [{"id", "name", "args"}], args as JSON text; put again as it grows, coalesced
    parts: list[str]  # names of content that is not text: "image/png", "audio"
    tokens: int
    usage: dict[str, int]  # {"input": 5, "output": 7, "total": 12, "cached": 4, "reasoning": 2}, those reported
    cost: float  # US dollars, where the provider tells it
    error: str
    folded: int
    status: str  # of a tool's answer: "success", "error", or "waiting" where the tool asks a human
    answers: str  # of a tool's answer: the id in tool_calls that it answers
    args: str  # of a tool that was heard to run: what it was given, as JSON text


class NoteRow(TypedDict, total=False):
    """Table ``note``: one custom write (``StreamWriter``). First put: row, task, text, at."""

    row: str
    task: str
    path: str
    text: str  # bounded pretty JSON, or the string itself
    at: float
    call: str  # the row of the tool that wrote it, where that is known


class StepRow(TypedDict, total=False):
    """Table ``step``: one superstep of one graph, or (no task has its number) the state that it began with.

    The id is ``"<tree row id>@<step>"``, with ``"~<visit>"`` behind it from the row's second visit on. First put: row,
    step, started.
    """

    row: str  # the tree row of the graph it belongs to
    step: int
    started: float
    ended: float
    values: dict[str, str]  # after it: key -> short text, each bounded
    messages: str  # which key holds chat messages, if any
