"""Random programs of the functional API: an entrypoint and tasks that call each other, interrupt, write and fail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from langgraph.checkpoint.memory import InMemorySaver

from tests.reference.recorder import Recorder

MODES = ("updates", "values", "custom", "tasks", "checkpoints", "debug")
THREAD = {"configurable": {"thread_id": "1"}, "max_concurrency": 100}  # langgraph has few threads by default: it hangs


@dataclass(frozen=True)
class Step:
    """One step of a function. ``wait``, ``spawn``, ``all`` and ``try`` call the tasks of these numbers."""

    do: str
    tasks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Run:
    """One call of the entrypoint: the kind of input, and the options of the stream."""

    input: str
    modes: tuple[str, ...]
    subgraphs: bool
    durability: str


@dataclass(frozen=True)
class Flow:
    """The entrypoint's steps, and those of each task it may call; a task calls only tasks of higher numbers."""

    body: tuple[Step, ...]
    tasks: tuple[tuple[Step, ...], ...]
    retried: frozenset[int]
    runs: tuple[Run, ...]
    has_saver: bool
    is_async: bool

    @property
    def is_ordered(self) -> bool:
        """True if no two of its tasks run in parallel."""
        steps = [step for steps in (self.body, *self.tasks) for step in steps]
        return not any(step.do in ("spawn", "all") for step in steps)


class Failed(Exception):
    """The error of a failing task."""


def _function(flow: Flow, lg: SimpleNamespace, steps: tuple[Step, ...], tasks: list[Any], tries: dict[Any, int]) -> Any:
    """Return the function of these steps, a coroutine function in an async program."""

    def body(x: Any) -> Any:
        got, left = [x], []
        for step in steps:
            if step.do == "ask":
                got.append(lg.interrupt(f"what about {len(got)}?"))
            elif step.do == "write":
                lg.get_stream_writer()(["written", len(got)])
            elif step.do == "fail":
                raise Failed("broken")
            elif step.do == "fail once":
                tries[steps] = tries.get(steps, 0) + 1
                if tries[steps] == 1:
                    raise Failed("broken once")
            elif step.do == "wait":
                got.append((yield tasks[step.tasks[0]](len(got))))
            elif step.do == "try":
                try:
                    got.append((yield tasks[step.tasks[0]](len(got))))
                except Failed:
                    got.append("failed")
            elif step.do == "spawn":
                left.append(tasks[step.tasks[0]](len(got)))
            else:
                futures = [tasks[number](len(got)) for number in step.tasks]
                for future in futures:
                    got.append((yield future))
        return got

    def run(x: Any) -> Any:
        stepping = body(x)
        try:
            future = next(stepping)
            while True:
                try:
                    value = future.result()
                except Exception as error:  # noqa: BLE001 - the body handles it
                    future = stepping.throw(error)
                else:
                    future = stepping.send(value)
        except StopIteration as stop:
            return stop.value

    async def arun(x: Any) -> Any:
        stepping = body(x)
        try:
            future = next(stepping)
            while True:
                try:
                    value = await future
                except Exception as error:  # noqa: BLE001 - the body handles it
                    future = stepping.throw(error)
                else:
                    future = stepping.send(value)
        except StopIteration as stop:
            return stop.value

    return arun if flow.is_async else run


def perform(flow: Flow, c: Recorder, lg: SimpleNamespace) -> None:
    """Run the program with a recorder."""
    tries: dict[Any, int] = {}
    tasks: list[Any] = []
    policy = lg.RetryPolicy(max_attempts=2, initial_interval=0.001, jitter=False, retry_on=Failed)
    for number, steps in enumerate(flow.tasks):
        function = _function(flow, lg, steps, tasks, tries)
        function.__name__ = function.__qualname__ = f"task_{number}"
        tasks.append(lg.task(retry_policy=policy if number in flow.retried else None)(function))
    entry = _function(flow, lg, flow.body, tasks, tries)
    entry.__name__ = entry.__qualname__ = "entry"
    graph = lg.entrypoint(checkpointer=InMemorySaver() if flow.has_saver else None)(entry)
    for run in flow.runs:
        options: dict[str, Any] = {"durability": run.durability} if flow.has_saver else {}
        graph_input = {"start": "in", "none": None, "answer": lg.Command(resume="yes")}[run.input]
        c.stream(graph, graph_input, THREAD, stream_mode=list(run.modes), subgraphs=run.subgraphs, **options)
    if flow.has_saver:
        c.state(graph, THREAD)


def describe(flow: Flow) -> str:
    """Return the program as text."""
    lines = [f"task {number}{' (retried)' if number in flow.retried else ''}: {_text(steps)}"
             for number, steps in enumerate(flow.tasks)]  # fmt: skip
    calls = [f"run {run}" for run in flow.runs]
    head = f"{'async' if flow.is_async else 'sync'}, {'with' if flow.has_saver else 'without'} saver"
    return "\n".join((head, f"entry: {_text(flow.body)}", *lines, *calls))


def _text(steps: tuple[Step, ...]) -> str:
    return ", ".join(f"{step.do}{' ' + ' '.join(map(str, step.tasks)) if step.tasks else ''}" for step in steps)


@st.composite
def bodies(draw: DrawFn, callees: tuple[int, ...]) -> tuple[Step, ...]:
    """Draw up to four steps of a function."""
    actions = st.sampled_from(("ask", "write", "write", "fail", "fail once"))
    kinds = [actions.map(Step)]
    if callees:
        single = st.sampled_from(callees).map(lambda number: (number,))
        calls = st.builds(Step, st.sampled_from(("wait", "wait", "try", "spawn")), single)
        several = st.builds(Step, st.just("all"), st.lists(st.sampled_from(callees), min_size=2, max_size=3).map(tuple))
        kinds += [calls, calls, several]
    return tuple(draw(st.lists(st.one_of(kinds), max_size=4)))


@st.composite
def flows(draw: DrawFn) -> Flow:
    """Draw a program with one to three runs."""
    count = draw(st.integers(1, 3))
    tasks = tuple(draw(bodies(tuple(range(number + 1, count)))) for number in range(count))
    has_saver = draw(st.booleans())
    body = draw(bodies(tuple(range(count))))
    later = ["answer", "answer", "none"]
    if not any(step.do.startswith("fail") for steps in (body, *tasks) for step in steps):
        later.append("start")  # after a failure langgraph uses the old answer for the new interrupt
    runs = [Run("start", *_stream_options(draw))]
    for _ in range(draw(st.integers(0, 2)) if has_saver else 0):
        runs.append(Run(draw(st.sampled_from(later)), *_stream_options(draw)))
    return Flow(
        body=body,
        tasks=tasks,
        retried=frozenset(draw(st.lists(st.integers(0, count - 1), max_size=1))),
        runs=tuple(runs),
        has_saver=has_saver,
        is_async=draw(st.booleans()),
    )


def _stream_options(draw: DrawFn) -> tuple[tuple[str, ...], bool, str]:
    modes = st.lists(st.sampled_from(MODES), min_size=1, max_size=len(MODES), unique=True).map(tuple)
    return draw(modes), draw(st.booleans()), draw(st.sampled_from(("async", "sync", "exit")))


def sort_chunks(rows: list[Any]) -> list[Any]:
    """Return the operations with their chunks sorted by text, as the order of parallel tasks is not defined.

    From the first operation that raised on, only the error counts: its siblings may be further or not.
    """
    operations: list[Any] = []
    for row in rows:
        if row.get("raised"):
            return [*operations, {"op": row["op"], "raised": True}]
        if "chunks" in row:
            chunks = sorted(row["chunks"], key=lambda chunk: json.dumps(chunk, sort_keys=True))
            operations.append({**row, "chunks": chunks})
        else:
            operations.append(row)
    return operations
