"""Runs made by hand, event by event, on a clock that is set by hand: what the tests of views and widgets fold."""

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
    ToolStarted,
    Update,
    Values,
)
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables

START = 1_700_000_000.0


class Script:
    """Writes down a run. Every method appends its events to ``events`` at the current ``time``."""

    def __init__(self, graph: str = "graph", given: Any = None, shape: Shape | None = None) -> None:
        self.time = START
        self.events: list[Event] = []
        self._ids = count(1)
        self._graph = graph
        self.say(RunStarted, (), "run-1", graph, given if given is not None else {}, shape)

    def say(self, kind: type[Any], *fields: Any) -> None:
        """Any event: its fields after the time."""
        self.events.append(kind(self.time, *fields))

    def wait(self, seconds: float) -> None:
        self.time = round(self.time + seconds, 4)

    def task(self, node: str, step: int = 1, ns: Namespace = (), given: Any = None, task_id: str = "") -> Work:
        """A task starts."""
        work = Work(self, ns, step, task_id or f"{node}-{next(self._ids)}", node)
        self.say(TaskStarted, ns, step, work.id, node, given if given is not None else {}, (f"branch:to:{node}",))
        return work

    def values(self, data: Any, step: int = 0, ns: Namespace = ()) -> None:
        self.say(Values, ns, step, data)

    def checkpoint(self, step: int, ns: Namespace = ()) -> None:
        self.say(CheckpointSaved, ns, step, {"values": {}, "next": []})

    def finish(self, status: str = "done", result: Any = None, error: BaseException | None = None) -> list[Event]:
        self.say(RunFinished, (), "run-1", status, result, error)
        return self.events


class Work:
    """A task of a :class:`Script`, from its start to its end."""

    def __init__(self, script: Script, ns: Namespace, step: int, task_id: str, node: str) -> None:
        self.script, self.ns, self.step, self.id, self.node = script, ns, step, task_id, node
        self.place = (ns, task_id, node)
        self.inner: Namespace = (*ns, f"{node}:{task_id}")
        self._calls = count(1)

    def call(self, model: str = "smollm2", tags: tuple[str, ...] = ()) -> str:
        """A model call starts; its id."""
        call_id = f"call-{self.id}-{next(self._calls)}"
        self.script.say(CallStarted, *self.place, call_id, model, tags)
        return call_id

    def chunk(self, call_id: str, content: Any = "", **fields: Any) -> None:
        chunk = AIMessageChunk(content=content, id=f"lc_run--{call_id}", **fields)
        self.script.say(Token, *self.place, call_id, chunk, {"langgraph_node": self.node})

    def stream(
        self, text: str, first: float = 0.2, gap: float = 0.02, tags: tuple[str, ...] = (), usage: bool = True
    ) -> AIMessage:
        """A whole streamed call, a token a word; the message that the model returned."""
        call_id = self.call(tags=tags)
        self.script.wait(first)
        words = text.split(" ")
        for number, word in enumerate(words):
            self.chunk(call_id, word if number == 0 else f" {word}")
            self.script.wait(gap)
        counted = {"input_tokens": 12, "output_tokens": len(words), "total_tokens": 12 + len(words)} if usage else None
        self.script.say(CallFinished, *self.place, call_id, counted, None)
        return AIMessage(content=text, id=f"lc_run--{call_id}")

    def message(self, message: BaseMessage, call_id: str = "") -> None:
        self.script.say(Message, *self.place, call_id, message, {})

    def tool(self, name: str, given: Any, call_id: str = "t1") -> str:
        """A tool starts; the id of its call."""
        self.script.say(ToolStarted, *self.place, call_id, name, given)
        return call_id

    def answer(self, call_id: str, output: Any = None, error: BaseException | None = None) -> None:
        """The tool ends."""
        self.script.say(ToolFinished, *self.place, call_id, output, error)

    def retry(self, attempt: int, error: BaseException, wait: float) -> None:
        """A try of the task failed, and the next one follows."""
        self.script.say(TaskRetried, self.ns, self.step, self.id, self.node, attempt, error, wait)

    def custom(self, data: Any, call_id: str = "") -> None:
        self.script.say(Custom, *self.place, data, (), call_id)

    def update(self, data: Any, cached: bool = False) -> None:
        self.script.say(Update, self.ns, self.step, self.id, self.node, data, cached)

    def end(self, data: Any = None) -> None:
        """The task ends with an update."""
        self.update(data)
        self.script.say(TaskFinished, self.ns, self.step, self.id, self.node, data or {}, None, ())

    def fail(self, error: BaseException) -> None:
        self.script.say(TaskFinished, self.ns, self.step, self.id, self.node, {}, error, ())

    def ask(self, *interrupts: Any, values: Any = None) -> None:
        """The task asks a human and ends."""
        self.script.say(Interrupted, self.ns, self.step, self.id, self.node, interrupts, values or {})
        self.script.say(TaskFinished, self.ns, self.step, self.id, self.node, {}, None, interrupts)

    @contextmanager
    def subgraph(self, number: int = 0) -> Iterator[Namespace]:
        """The namespace of the graph that the task calls, the ``number``-th."""
        yield self.inner if number == 0 else (*self.inner, str(number))


def folded(events: list[Event]) -> Tables:
    """The tables that the events amount to."""
    fold = RunFold()
    for event in events:
        fold(event)
    return fold.tables


class Question:
    """Stands for an Interrupt: a value and an id."""

    def __init__(self, value: Any, name: str = "q1") -> None:
        self.value, self.id = value, name


JOKES = Shape(
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


def raised(error: BaseException) -> BaseException:
    """``error`` with a traceback, as an event carries it."""
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - any error, also one that is no Exception
        return caught


def joke_run(until: str = "done") -> list[Event]:
    """Two supersteps, a subgraph with two model calls and a tool call; ``until`` says how it ends.

    ``"done"``, ``"waiting"`` (approve asks a human), ``"failed"`` (approve raises) or ``"running"`` (no end).
    """
    run = Script("joke_writer", {"topic": "ice cream"}, JOKES)
    run.values({"topic": "ice cream"})
    refine = run.task("refine_topic", 1, given={"topic": "ice cream"})
    run.wait(0.003)
    refine.end({"topic": "ice cream and cats"})
    state: dict[str, Any] = {"topic": "ice cream and cats"}
    run.values(state, 1)
    write = run.task("write", 2, given=state)
    run.wait(0.02)
    run.values(state, 0, write.inner)
    draft = run.task("draft", 1, write.inner, given=state)
    joke = "Why did the ice-cream cone bring a cat to the party? Because it wanted a *purr-fect* topping."
    draft.stream(joke, first=0.21, tags=("joke",))
    draft.end({"joke": joke})
    state = {**state, "joke": joke}
    run.values(state, 1, write.inner)
    polish = run.task("polish", 2, write.inner, given=state)
    items = polish.call(tags=("poem",))
    run.wait(0.24)
    for piece in ('{"pla', 'ce": "of', 'fice"}'):
        name = {"name": "get_items", "id": "t1"} if piece == '{"pla' else {"name": None, "id": None}
        polish.chunk(items, tool_call_chunks=[{"args": piece, "index": 0, **name}])
        run.wait(0.03)
    run.say(CallFinished, *polish.place, items, {"input_tokens": 30, "output_tokens": 9, "total_tokens": 39}, None)
    polish.message(ToolMessage("books, pencils, pictures", tool_call_id="t1", name="get_items", id="tool-1"))
    polish.custom({"progress": "found 3 items"})
    poem = "**Whiskers and waffles**\n\nA tabby sat where sundaes melt,\nand licked the sprinkles that it smelt."
    polish.stream(poem, first=0.18, tags=("poem",))
    polish.end({"poem": poem})
    state = {**state, "poem": poem}
    run.values(state, 2, write.inner)
    approve = run.task("approve", 3, write.inner, given=state)
    run.wait(0.15)
    if until == "waiting":
        question = Question({"question": "Publish this poem?", "choices": ["yes", "no"]})
        approve.ask(question)
        write.ask(question)
        return run.finish("interrupted", state)
    if until == "failed":
        error = raised(ConnectionError("the office printer is on fire"))
        approve.fail(error)
        write.fail(error)
        return run.finish("failed", error=error)
    if until == "running":
        return run.events
    approve.end({"approved": True})
    state = {**state, "approved": True}
    run.values(state, 3, write.inner)
    write.end(state)
    run.values(state, 2)
    publish = run.task("publish", 3, given=state)
    run.wait(0.012)
    publish.end(None)
    return run.finish("done", state)


def send_run(workers: int = 3) -> list[Event]:
    """Planner, then ``workers`` parallel tasks of ``research`` (each a subgraph with a writer), then a summary.

    Namespaces two deep, messages that are streamed, returned and returned again by the parent, uneven finishing.
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
    run = Script("survey", {"messages": [question]}, shape)
    run.values({"messages": [question], "findings": []})
    plan = run.task("plan")
    run.wait(0.01)
    plan.end({"topics": [f"topic {number}" for number in range(1, workers + 1)]})
    run.values({"messages": [question], "findings": [], "topics": []}, 1)
    tasks = [run.task("research", 2, given={"topic": f"topic {number}"}) for number in range(1, workers + 1)]
    answers: list[BaseMessage] = []
    for number, task in enumerate(tasks, 1):
        search = run.task("search", 1, task.inner)
        search.custom({"query": f"topic {number}"})
        run.wait(0.04)
        search.end({"hits": [f"hit {number}"]})
    for number, task in enumerate(tasks, 1):
        writer = run.task("writer", 2, task.inner)
        answer = writer.stream(f"Topic {number} melts at {number} degrees.", first=0.1)
        writer.end({"messages": [answer]})
        run.wait(0.05)
        task.end({"messages": [answer], "findings": [f"finding {number}"]})
        answers.append(answer)
    findings = [f"finding {number}" for number in range(1, workers + 1)]
    run.values({"messages": [question, *answers], "findings": findings}, 2)
    summary = run.task("summary", 3)
    last = summary.stream("In short: everything melts.", first=0.1)
    summary.end({"messages": [last]})
    run.values({"messages": [question, *answers, last], "findings": findings}, 3)
    return run.finish("done", {"messages": [question, *answers, last], "findings": findings})


def long_run(tokens: int = 20_000, calls: int = 20) -> list[Event]:
    """One node, visited ``calls`` times; ``tokens`` tokens in all, a millisecond apart."""
    run = Script("marathon", {"text": ""})
    run.values({"text": ""})
    for step in range(1, calls + 1):
        task = run.task("writer", step)
        words = " ".join(f"word{number}" for number in range(tokens // calls))
        message = task.stream(words, first=0.01, gap=0.001)
        task.end({"text": message.content})
        run.values({"text": message.content}, step)
    return run.finish("done", {"text": "done"})


def wide_run(tasks: int = 2_000) -> list[Event]:
    """One superstep of ``tasks`` parallel tasks of one node."""
    run = Script("wide")
    work = [run.task("worker", 1, given={"number": number}) for number in range(tasks)]
    for number, task in enumerate(work):
        run.wait(0.001)
        if number == tasks // 2:
            task.fail(raised(ValueError(f"worker {number} broke")))
        else:
            task.end({"out": [number]})
    return run.finish("failed", error=ValueError(f"worker {tasks // 2} broke"))


HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> </div></details></pre> &lt;b&gt; "
    "[click](javascript:alert(1)) ![pixel](https://evil.example/p.png) [ok](https://example.org/?a=1&b=2) "
    "[d](data:text/html,x) <https://example.org> \x1b[31mred\x1b[0m \x00 \ud83d \u202e `</code>` ````\n</pre>\n````\n"
    "| a | b |\n|---|---|\n| <b>1</b> | 2 |\n"
)


def hostile_run() -> list[Event]:
    """Markup, links, control characters and broken Unicode wherever a text can be."""
    run = Script(
        HOSTILE, {"in": HOSTILE}, Shape(HOSTILE, (NodeShape(HOSTILE),), (Edge(HOSTILE, HOSTILE, True, HOSTILE),))
    )
    run.values({HOSTILE: HOSTILE})
    task = run.task(HOSTILE, 1, given={HOSTILE: HOSTILE}, task_id="t1")
    call_id = task.call(HOSTILE, (HOSTILE,))
    run.wait(0.1)
    task.chunk(call_id, HOSTILE)
    task.chunk(call_id, [{"type": "reasoning", "reasoning": HOSTILE}, {"type": "image", "mime_type": HOSTILE}])
    task.chunk(call_id, tool_call_chunks=[{"name": HOSTILE, "args": HOSTILE, "id": HOSTILE, "index": 0}])
    run.say(CallFinished, *task.place, call_id, None, ValueError(HOSTILE))
    task.message(ToolMessage(HOSTILE, tool_call_id=HOSTILE, name=HOSTILE, id="m1", status="error"))
    task.custom(HOSTILE)
    task.custom({HOSTILE: [HOSTILE]})
    task.update({HOSTILE: HOSTILE})
    run.wait(0.1)
    task.fail(raised(ValueError(HOSTILE)))
    return run.finish("failed", error=ValueError(HOSTILE))
