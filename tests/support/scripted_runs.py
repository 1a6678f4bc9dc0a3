"""Scripted runs for the tests of views and widgets: their events are written by hand, on a clock set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage

from lgstream.events import (
    CallFinished,
    CallStarted,
    CheckpointSaved,
    Custom,
    Edge,
    Event,
    Interrupted,
    Message,
    Namespace,
    NodeShape,
    RunFinished,
    RunStarted,
    Shape,
    TaskFinished,
    TaskRetried,
    TaskStarted,
    Token,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    Update,
    Values,
)
from lgstream.types import Interrupt
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables

START = 1_700_000_000.0


class ScriptedRun:
    """Collects the events of a run. Every method appends events to ``events`` at the current ``time``."""

    def __init__(self, graph: str = "graph", input: Any = None, shape: Shape | None = None) -> None:
        self.time = START
        self.events: list[Event] = []
        self._ids = count(1)
        self._graph = graph
        self.emit(RunStarted, (), "run-1", graph, input if input is not None else {}, shape)

    def emit(self, kind: type[Any], *fields: Any) -> None:
        """Append an event; ``fields`` are those after its time."""
        self.events.append(kind(self.time, *fields))

    def advance(self, seconds: float) -> None:
        self.time = round(self.time + seconds, 4)

    def start_task(
        self, node: str, step: int = 1, ns: Namespace = (), input: Any = None, task_id: str = ""
    ) -> ScriptedTask:
        """Start a task."""
        task = ScriptedTask(self, ns, step, task_id or f"{node}-{next(self._ids)}", node)
        self.emit(TaskStarted, ns, step, task.id, node, input if input is not None else {}, (f"branch:to:{node}",))
        return task

    def values(self, data: Any, step: int = 0, ns: Namespace = ()) -> None:
        self.emit(Values, ns, step, data)

    def checkpoint(self, step: int, ns: Namespace = ()) -> None:
        self.emit(CheckpointSaved, ns, step, {"values": {}, "next": []})

    def finish(self, status: str = "done", result: Any = None, error: BaseException | None = None) -> list[Event]:
        self.emit(RunFinished, (), "run-1", status, result, error)
        return self.events


class ScriptedTask:
    """A task of a :class:`ScriptedRun`, from its start to its end."""

    def __init__(self, script: ScriptedRun, ns: Namespace, step: int, task_id: str, node: str) -> None:
        self.script, self.ns, self.step, self.id, self.node = script, ns, step, task_id, node
        self.event_fields = (ns, task_id, node)
        self.subgraph_ns: Namespace = (*ns, f"{node}:{task_id}")
        self._calls = count(1)

    def start_call(self, model: str = "smollm2", tags: tuple[str, ...] = ()) -> str:
        """Start a model call, and return its id."""
        call_id = f"call-{self.id}-{next(self._calls)}"
        self.script.emit(CallStarted, *self.event_fields, call_id, model, tags)
        return call_id

    def add_chunk(self, call_id: str, content: Any = "", **fields: Any) -> None:
        chunk = AIMessageChunk(content=content, id=f"lc_run--{call_id}", **fields)
        self.script.emit(Token, *self.event_fields, call_id, chunk, {"langgraph_node": self.node})

    def stream_call(
        self, text: str, first: float = 0.2, gap: float = 0.02, tags: tuple[str, ...] = (), usage: bool = True
    ) -> AIMessage:
        """Stream a whole call with a token for each word, and return the model's message."""
        call_id = self.start_call(tags=tags)
        self.script.advance(first)
        words = text.split(" ")
        for number, word in enumerate(words):
            self.add_chunk(call_id, word if number == 0 else f" {word}")
            self.script.advance(gap)
        usage_counts = (
            {"input_tokens": 12, "output_tokens": len(words), "total_tokens": 12 + len(words)} if usage else None
        )
        self.script.emit(CallFinished, *self.event_fields, call_id, usage_counts, None)
        return AIMessage(content=text, id=f"lc_run--{call_id}")

    def message(self, message: BaseMessage, call_id: str = "") -> None:
        self.script.emit(Message, *self.event_fields, call_id, message, {})

    def start_tool(self, name: str, input: Any, call_id: str = "t1") -> str:
        """Start a tool, and return the id of its call."""
        self.script.emit(ToolStarted, *self.event_fields, call_id, name, input)
        return call_id

    def emit_tool_output(self, call_id: str, delta: Any) -> None:
        """Emit a part of a running tool's output."""
        self.script.emit(ToolOutputDelta, *self.event_fields, call_id, delta)

    def finish_tool(self, call_id: str, output: Any = None, error: BaseException | None = None) -> None:
        """End a tool."""
        self.script.emit(ToolFinished, *self.event_fields, call_id, output, error)

    def retry(self, attempt: int, error: BaseException, wait: float) -> None:
        """Report a failed attempt, which another one follows ``wait`` seconds later."""
        self.script.emit(TaskRetried, self.ns, self.step, self.id, self.node, attempt, error, wait)

    def custom(self, data: Any, call_id: str = "") -> None:
        self.script.emit(Custom, *self.event_fields, data, (), call_id)

    def update(self, data: Any, cached: bool = False) -> None:
        self.script.emit(Update, self.ns, self.step, self.id, self.node, data, cached)

    def finish(self, data: Any = None) -> None:
        """End the task with an update."""
        self.update(data)
        self.script.emit(TaskFinished, self.ns, self.step, self.id, self.node, data or {}, None, ())

    def fail(self, error: BaseException) -> None:
        self.script.emit(TaskFinished, self.ns, self.step, self.id, self.node, {}, error, ())

    def interrupt(self, *interrupts: Any, values: Any = None) -> None:
        """Interrupt the task with questions to a human."""
        self.script.emit(Interrupted, self.ns, self.step, self.id, self.node, interrupts, values or {})
        self.script.emit(TaskFinished, self.ns, self.step, self.id, self.node, {}, None, interrupts)

    @contextmanager
    def subgraph(self, number: int = 0) -> Iterator[Namespace]:
        """Return the namespace of the ``number``-th graph that the task calls."""
        yield self.subgraph_ns if number == 0 else (*self.subgraph_ns, str(number))


def fold_tables(events: list[Event]) -> Tables:
    """Return the tables of a run with these events."""
    fold = RunFold()
    for event in events:
        fold(event)
    return fold.tables


class ScriptedInterrupt(Interrupt):
    """An interrupt with a short id."""

    def __init__(self, value: Any, name: str = "q1", response_schema: Any = None) -> None:
        super().__init__(value, name, response_schema=response_schema)


JOKE_SHAPE = Shape(
    "joke_writer",
    (
        NodeShape("refine_topic"),
        NodeShape("write", Shape("writer", (NodeShape("draft"), NodeShape("polish"), NodeShape("approve")), ())),
        NodeShape("publish"),
    ),
    (
        Edge("__start__", "refine_topic"),
        Edge("refine_topic", "write"),
        Edge("write", "publish", True, "good enough"),
        Edge("publish", "__end__"),
    ),
)


def with_traceback(error: BaseException) -> BaseException:
    """Return ``error`` with a traceback, as an event has it."""
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - any error, including those that are not an Exception
        return caught


def joke_run(until: str = "done") -> list[Event]:
    """Return a run of two supersteps with a subgraph, two model calls and a tool call.

    ``until`` is its end: ``"done"``, ``"waiting"`` (approve asks a human), ``"failed"`` (approve raises) or
    ``"running"`` (no end).
    """
    run = ScriptedRun("joke_writer", {"topic": "ice cream"}, JOKE_SHAPE)
    run.values({"topic": "ice cream"})
    refine = run.start_task("refine_topic", 1, input={"topic": "ice cream"})
    run.advance(0.003)
    refine.finish({"topic": "ice cream and cats"})
    state: dict[str, Any] = {"topic": "ice cream and cats"}
    run.values(state, 1)
    write = run.start_task("write", 2, input=state)
    run.advance(0.02)
    run.values(state, 0, write.subgraph_ns)
    draft = run.start_task("draft", 1, write.subgraph_ns, input=state)
    joke = "Why did the ice-cream cone bring a cat to the party? Because it wanted a *purr-fect* topping."
    draft.stream_call(joke, first=0.21, tags=("joke",))
    draft.finish({"joke": joke})
    state = {**state, "joke": joke}
    run.values(state, 1, write.subgraph_ns)
    polish = run.start_task("polish", 2, write.subgraph_ns, input=state)
    items = polish.start_call(tags=("poem",))
    run.advance(0.24)
    for piece in ('{"pla', 'ce": "of', 'fice"}'):
        name = {"name": "get_items", "id": "t1"} if piece == '{"pla' else {"name": None, "id": None}
        polish.add_chunk(items, tool_call_chunks=[{"args": piece, "index": 0, **name}])
        run.advance(0.03)
    run.emit(
        CallFinished, *polish.event_fields, items, {"input_tokens": 30, "output_tokens": 9, "total_tokens": 39}, None
    )
    polish.message(ToolMessage("books, pencils, pictures", tool_call_id="t1", name="get_items", id="tool-1"))
    polish.custom({"progress": "found 3 items"})
    poem = "**Whiskers and waffles**\n\nA tabby sat where sundaes melt,\nand licked the sprinkles that it smelt."
    polish.stream_call(poem, first=0.18, tags=("poem",))
    polish.finish({"poem": poem})
    state = {**state, "poem": poem}
    run.values(state, 2, write.subgraph_ns)
    approve = run.start_task("approve", 3, write.subgraph_ns, input=state)
    run.advance(0.15)
    if until == "waiting":
        question = ScriptedInterrupt({"question": "Publish this poem?", "choices": ["yes", "no"]})
        approve.interrupt(question)
        write.interrupt(question)
        return run.finish("interrupted", state)
    if until == "failed":
        error = with_traceback(ConnectionError("the office printer is on fire"))
        approve.fail(error)
        write.fail(error)
        return run.finish("failed", error=error)
    if until == "running":
        return run.events
    approve.finish({"approved": True})
    state = {**state, "approved": True}
    run.values(state, 3, write.subgraph_ns)
    write.finish(state)
    run.values(state, 2)
    publish = run.start_task("publish", 3, input=state)
    run.advance(0.012)
    publish.finish(None)
    return run.finish("done", state)


def send_run(workers: int = 3) -> list[Event]:
    """Return a run with a planner, ``workers`` parallel tasks of the subgraph ``research``, and a summary.

    Its messages are streamed, returned, and returned again by the parent; its tasks end at different times.
    """
    shape = Shape(
        "survey",
        (
            NodeShape("plan"),
            NodeShape("research", Shape("researcher", (NodeShape("search"), NodeShape("writer")), ())),
            NodeShape("summary"),
        ),
        (Edge("__start__", "plan"), Edge("plan", "research", True), Edge("research", "summary")),
    )
    question = HumanMessage("What melts?", id="h1")
    run = ScriptedRun("survey", {"messages": [question]}, shape)
    run.values({"messages": [question], "findings": []})
    plan = run.start_task("plan")
    run.advance(0.01)
    plan.finish({"topics": [f"topic {number}" for number in range(1, workers + 1)]})
    run.values({"messages": [question], "findings": [], "topics": []}, 1)
    tasks = [run.start_task("research", 2, input={"topic": f"topic {number}"}) for number in range(1, workers + 1)]
    answers: list[BaseMessage] = []
    for number, task in enumerate(tasks, 1):
        search = run.start_task("search", 1, task.subgraph_ns)
        search.custom({"query": f"topic {number}"})
        run.advance(0.04)
        search.finish({"hits": [f"hit {number}"]})
    for number, task in enumerate(tasks, 1):
        writer = run.start_task("writer", 2, task.subgraph_ns)
        answer = writer.stream_call(f"Topic {number} melts at {number} degrees.", first=0.1)
        writer.finish({"messages": [answer]})
        run.advance(0.05)
        task.finish({"messages": [answer], "findings": [f"finding {number}"]})
        answers.append(answer)
    findings = [f"finding {number}" for number in range(1, workers + 1)]
    run.values({"messages": [question, *answers], "findings": findings}, 2)
    summary = run.start_task("summary", 3)
    last = summary.stream_call("In short: everything melts.", first=0.1)
    summary.finish({"messages": [last]})
    run.values({"messages": [question, *answers, last], "findings": findings}, 3)
    return run.finish("done", {"messages": [question, *answers, last], "findings": findings})


def long_run(tokens: int = 20_000, calls: int = 20) -> list[Event]:
    """Return a run of one node that is visited ``calls`` times and streams ``tokens`` tokens, 1 ms apart."""
    run = ScriptedRun("marathon", {"text": ""})
    run.values({"text": ""})
    for step in range(1, calls + 1):
        task = run.start_task("writer", step)
        words = " ".join(f"word{number}" for number in range(tokens // calls))
        message = task.stream_call(words, first=0.01, gap=0.001)
        task.finish({"text": message.content})
        run.values({"text": message.content}, step)
    return run.finish("done", {"text": "done"})


def wide_run(tasks: int = 2_000) -> list[Event]:
    """Return a run of one superstep with ``tasks`` parallel tasks of one node."""
    run = ScriptedRun("wide")
    scripted_tasks = [run.start_task("worker", 1, input={"number": number}) for number in range(tasks)]
    for number, task in enumerate(scripted_tasks):
        run.advance(0.001)
        if number == tasks // 2:
            task.fail(with_traceback(ValueError(f"worker {number} broke")))
        else:
            task.finish({"out": [number]})
    return run.finish("failed", error=ValueError(f"worker {tasks // 2} broke"))


HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> </div></details></pre> &lt;b&gt; "
    "[click](javascript:alert(1)) ![pixel](https://evil.example/p.png) [ok](https://example.org/?a=1&b=2) "
    "[d](data:text/html,x) <https://example.org> \x1b[31mred\x1b[0m \x00 \ud83d \u202e `</code>` ````\n</pre>\n````\n"
    "| a | b |\n|---|---|\n| <b>1</b> | 2 |\n"
)


def hostile_run() -> list[Event]:
    """Return a run with markup, links, control characters and broken Unicode wherever text is possible."""
    run = ScriptedRun(
        HOSTILE, {"in": HOSTILE}, Shape(HOSTILE, (NodeShape(HOSTILE),), (Edge(HOSTILE, HOSTILE, True, HOSTILE),))
    )
    run.values({HOSTILE: HOSTILE})
    task = run.start_task(HOSTILE, 1, input={HOSTILE: HOSTILE}, task_id="t1")
    call_id = task.start_call(HOSTILE, (HOSTILE,))
    run.advance(0.1)
    task.add_chunk(call_id, HOSTILE)
    task.add_chunk(call_id, [{"type": "reasoning", "reasoning": HOSTILE}, {"type": "image", "mime_type": HOSTILE}])
    task.add_chunk(call_id, tool_call_chunks=[{"name": HOSTILE, "args": HOSTILE, "id": HOSTILE, "index": 0}])
    run.emit(CallFinished, *task.event_fields, call_id, None, ValueError(HOSTILE))
    task.message(ToolMessage(HOSTILE, tool_call_id=HOSTILE, name=HOSTILE, id="m1", status="error"))
    task.custom(HOSTILE)
    task.custom({HOSTILE: [HOSTILE]})
    task.update({HOSTILE: HOSTILE})
    run.advance(0.1)
    task.fail(with_traceback(ValueError(HOSTILE)))
    return run.finish("failed", error=ValueError(HOSTILE))
