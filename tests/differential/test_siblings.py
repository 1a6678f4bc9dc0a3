"""Parallel tasks, one of which stops: what the stream shows of its sibling, compared with LangGraph and across drivers.

Tasks wait for each other's signals, not for a fixed time, so the order in which they end is known. The only delay is a
pause after such a signal, in which the driver handles what has just happened.
"""

from __future__ import annotations

import asyncio
import inspect
import operator
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Annotated, Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.differential.comparison import without_log_texts
from tests.differential.packages import PackageName, package
from tests.reference.compare import difference
from tests.reference.recorder import Operation, Recorder, Variant

MODES = ("values", "updates", "custom", "messages", "tasks", "checkpoints", "debug")
THREAD: Any = {"configurable": {"thread_id": "1"}}

STOPS = ("fails", "cancels", "handled", "asks", "unfit", "leaves")
"""How a task stops: it raises an error; raises CancelledError; raises an error that its error handler takes; asks a
question; gets an answer that does not fit its ``response_schema``; leaves its graph with a Command for the parent."""

SIBLINGS = ("early", "late", "steady", "subgraph", "asks_late", "fails_late")
"""What its sibling does: it ends before the stop; streams and ends after it; streams before and after it; the same in
a subgraph; asks a question after it; fails after it."""

DRIVERS: tuple[tuple[Variant, bool], ...] = (("sync", False), ("async", False), ("async", True))
"""The driver, and whether the nodes are ``async def`` functions."""

PAUSES_SECONDS = (0.02, 0.1, 0.4)
"""How long a task waits after a signal. A longer pause is tried when two runs differ, as the machine may be busy."""

Steps = Generator[threading.Event | float, None, Any]
"""What a node does: it yields the signals and the delays, in seconds, that it waits for, and returns its update."""


class State(TypedDict):
    log: Annotated[list, operator.add]


class Decision(BaseModel):
    approved: bool


@dataclass(frozen=True)
class Program:
    """A graph of a task that stops and a sibling; ``is_nested`` puts the graph into another one."""

    stop: str
    sibling: str
    has_saver: bool = True
    variant: Variant = "sync"
    has_async_nodes: bool = False
    is_nested: bool = False


class Nodes:
    """The two nodes of one run of a program."""

    def __init__(self, lg: Any, program: Program, pause_seconds: float) -> None:
        self._lg = lg
        self._program = program
        self._pause_seconds = pause_seconds
        self._sibling_signal = threading.Event()
        self._stop_signal = threading.Event()

    def stops(self) -> Any:
        """Return the node that stops; after its sibling has streamed something, if it does so early."""

        def steps(writer: Any) -> Steps:
            if self._program.sibling in ("early", "steady", "subgraph"):
                yield self._sibling_signal
                yield self._pause_seconds
            self._stop_signal.set()
            match self._program.stop:
                case "fails" | "handled":
                    raise ValueError("broken")
                case "cancels":
                    raise asyncio.CancelledError("by itself")
                case "leaves":
                    return self._lg.Command(graph=self._lg.Command.PARENT, update={"log": ["left"]})
                case "unfit":
                    return {"log": [self._lg.interrupt("sure?", response_schema=Decision)]}
                case _:
                    return {"log": [self._lg.interrupt("sure?")]}

        return self._node(steps)

    def sibling(self) -> Any:
        """Return the node beside it."""
        kind = self._program.sibling

        def steps(writer: Any) -> Steps:
            if kind in ("early", "steady", "subgraph"):
                stream_text(writer, "early")
                self._sibling_signal.set()
            if kind != "early":
                yield self._stop_signal
                yield self._pause_seconds
            if kind in ("late", "steady", "subgraph"):
                stream_text(writer, "late")
            if kind == "asks_late":
                return {"log": [self._lg.interrupt("and the sibling?")]}
            if kind == "fails_late":
                raise KeyError("sibling")
            return {"log": ["sibling"]}

        node = self._node(steps)
        if kind != "subgraph":
            return node
        return self._lg.StateGraph(State).add_node("inner", node).add_edge(self._lg.START, "inner").compile()

    def _node(self, steps_of: Callable[[Any], Steps]) -> Any:
        def sync_node(state: Any, writer: Any) -> Any:
            steps = steps_of(writer)
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    return end.value
                if isinstance(step, threading.Event):
                    assert step.wait(10)
                else:
                    time.sleep(step)

        async def async_node(state: Any, writer: Any) -> Any:
            steps = steps_of(writer)
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    return end.value
                if isinstance(step, threading.Event):
                    while not step.is_set():
                        await asyncio.sleep(0.001)
                else:
                    await asyncio.sleep(step)

        node = async_node if self._program.has_async_nodes else sync_node
        node.__annotations__ = {"writer": self._lg.StreamWriter}
        return node


def stream_text(writer: Any, text: str) -> None:
    """Stream a text in the modes ``custom`` and ``messages``."""
    writer(text)
    list(GenericFakeChatModel(messages=iter([f"{text} token"])).stream("x"))


def graph_of(lg: Any, program: Program, pause_seconds: float) -> Any:
    nodes = Nodes(lg, program, pause_seconds)
    builder = lg.StateGraph(State)
    handler: Any = {"error_handler": lambda state: {"log": ["handled"]}} if program.stop == "handled" else {}
    builder.add_node("stops", nodes.stops(), **handler)
    builder.add_node("sibling", nodes.sibling())
    builder.add_node("after", lambda state: {"log": ["after"]})
    builder.add_edge(lg.START, "stops").add_edge(lg.START, "sibling").add_edge("stops", "after")
    saver = InMemorySaver() if program.has_saver else None
    breakpoints = ["stops"] if program.stop == "unfit" else None
    if not program.is_nested:
        return builder.compile(checkpointer=saver, interrupt_before=breakpoints)
    inner = builder.compile(interrupt_before=breakpoints)
    return lg.StateGraph(State).add_node("graph", inner).add_edge(lg.START, "graph").compile(checkpointer=saver)


@cache
def run(name: PackageName, program: Program, modes: tuple[str, ...], pause_seconds: float) -> list[Operation]:
    """Return what the package streams and raises, and the snapshot of the thread if there is a saver."""
    lg = package(name)
    recorder = Recorder(program.variant)
    graph = graph_of(lg, program, pause_seconds)
    value: Any = {"log": ["in"]}
    if program.stop == "unfit":  # the run stops before both tasks; the answer waits for whoever asks
        recorder.stream(graph, value, THREAD)
        value = lg.Command(resume={"approved": "perhaps"})
    recorder.stream(graph, value, THREAD, stream_mode=list(modes), subgraphs=True)
    if program.has_saver:
        recorder.state(graph, THREAD)
    return [without_own_notes(without_log_texts(row)) for row in recorder.operations]


def without_own_notes(row: Operation) -> Operation:
    """Leave out the note that lgstream adds to the error of an answer that does not fit."""
    if row.get("raised"):
        row["raised"]["notes"] = [note for note in row["raised"].get("notes", ()) if note.startswith("During task")]
    return row


def last_stream(rows: list[Operation], mode: str | None = None) -> list[Operation]:
    """Return what was streamed last and what was raised; of one mode, if it is named."""
    row = next(row for row in reversed(rows) if row["op"] == "stream")
    chunks = row["chunks"] if mode is None else [chunk for chunk in row["chunks"] if chunk["items"][1] == mode]
    return [{"op": "stream", "chunks": chunks, "raised": row["raised"]}]


def assert_equal(expected: Callable[[float], list[Operation]], actual: Callable[[float], list[Operation]]) -> None:
    """Assert that two runs, as functions of the pause, do the same."""
    source = inspect.getsource(sys.modules[__name__])
    for pause_seconds in PAUSES_SECONDS:
        text = difference(expected(pause_seconds), actual(pause_seconds), source)
        if text is None:
            return
    pytest.fail(text or "", pytrace=False)


def programs() -> Iterator[Program]:
    """Yield all programs with a saver; those without one, and those in a nested graph, for one kind of sibling."""
    for stop, sibling, (variant, has_async_nodes) in product(STOPS, SIBLINGS, DRIVERS):
        is_nested = stop == "leaves"
        yield Program(stop, sibling, True, variant, has_async_nodes, is_nested)
        if sibling == "steady" and stop != "unfit":
            yield Program(stop, sibling, False, variant, has_async_nodes, is_nested)
        if sibling == "steady" and not is_nested:
            yield Program(stop, sibling, True, variant, has_async_nodes, True)


def comparable_programs() -> Iterator[Program]:
    """Yield the programs in which LangGraph always raises the same error.

    If several tasks fail and neither stops the other, LangGraph takes the error to raise out of a set.
    """
    for program in programs():
        if program.sibling != "fails_late" or program.stop not in ("unfit", "leaves"):
            yield program


def id_of(value: Any) -> str:
    if not isinstance(value, Program):
        return str(value)
    place = "nested" if value.is_nested else "root"
    saver = "saver" if value.has_saver else "no-saver"
    nodes = "async-nodes" if value.has_async_nodes else "sync-nodes"
    return f"{value.stop}-{value.sibling}-{place}-{saver}-{value.variant}-{nodes}"


@pytest.mark.parametrize("program", tuple(comparable_programs()), ids=id_of)
def test_lgstream_shows_of_a_sibling_what_langgraph_shows(program: Program) -> None:
    assert_equal(
        lambda pause_seconds: run("langgraph", program, MODES, pause_seconds),
        lambda pause_seconds: run("lgstream", program, MODES, pause_seconds),
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", ["sync", "async"])
@pytest.mark.parametrize("stop", STOPS)
def test_each_stream_mode_alone_shows_what_langgraph_shows(stop: str, variant: Variant, mode: str) -> None:
    program = Program(stop, "steady", True, variant, is_nested=stop == "leaves")
    assert_equal(
        lambda pause_seconds: last_stream(run("langgraph", program, MODES, pause_seconds), mode),
        lambda pause_seconds: last_stream(run("lgstream", program, (mode,), pause_seconds)),
    )


def driver_pairs() -> Iterator[tuple[Program, Program]]:
    for program in programs():
        # a sibling in a nested graph that failed is cancelled by the async driver and runs to its end in a thread
        runs_on = program.is_nested and program.stop in ("fails", "cancels")
        if program.variant == "async" and not runs_on:
            is_nested, has_saver = program.is_nested, program.has_saver
            yield Program(program.stop, program.sibling, has_saver, "sync", is_nested=is_nested), program


@pytest.mark.parametrize(("sync_program", "async_program"), tuple(driver_pairs()), ids=id_of)
def test_both_drivers_show_the_same(sync_program: Program, async_program: Program) -> None:
    assert_equal(
        lambda pause_seconds: last_stream(run("lgstream", sync_program, MODES, pause_seconds)),
        lambda pause_seconds: last_stream(run("lgstream", async_program, MODES, pause_seconds)),
    )


@pytest.mark.parametrize("modes", ["custom", [*MODES]], ids=str)
def test_an_answer_that_does_not_fit_leaves_another_answered_task_running(same: Any, modes: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        has_failed = threading.Event()

        def unfit(state: Any) -> Any:
            has_failed.set()
            return {"log": [lg.interrupt("approve?", response_schema=Decision)]}

        def fit(state: Any, writer: Any) -> Any:
            answer = lg.interrupt("go?")
            has_failed.wait(10)
            time.sleep(0.1)
            writer("late")
            return {"log": [answer]}

        fit.__annotations__ = {"writer": lg.StreamWriter}
        builder = lg.StateGraph(State).add_node("unfit", unfit).add_node("fit", fit)
        graph = builder.add_edge(lg.START, "unfit").add_edge(lg.START, "fit").compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, THREAD)
        has_failed.clear()
        questions = {each.value: each.id for each in c.state(graph, THREAD).interrupts}
        answers = {questions["approve?"]: {"approved": "perhaps"}, questions["go?"]: "go"}
        c.stream(graph, lg.Command(resume=answers), THREAD, stream_mode=modes)
        c.state(graph, THREAD)
        for row in c.operations:
            without_own_notes(row)

    same(program)


# nodes that only compute --------------------------------------------------------------------------------------------


def computes(state: Any) -> Any:
    return {"log": ["computed"]}


async def computes_async(state: Any) -> Any:
    return {"log": ["computed"]}


def computes_long(state: Any) -> Any:
    return {"log": [sum(range(200_000))]}


def divides_by_zero(state: Any) -> Any:
    return {"log": [1 // 0]}


async def divides_by_zero_async(state: Any) -> Any:
    return {"log": [1 // 0]}


@dataclass(frozen=True)
class Computation:
    """Three parallel nodes that only compute; the one at an index of the tasks' order fails."""

    failing: int
    function: Callable[[Any], Any]
    failing_function: Callable[[Any], Any]

    def stream(self, name: PackageName, variant: Variant, has_saver: bool, modes: Any) -> list[Operation]:
        lg = package(name)
        builder = lg.StateGraph(State)
        for index, node in enumerate("abc"):
            builder.add_node(node, self.failing_function if index == self.failing else self.function)
            builder.add_edge(lg.START, node)
        graph = builder.compile(checkpointer=InMemorySaver() if has_saver else None)
        recorder = Recorder(variant)
        recorder.stream(graph, {"log": ["in"]}, THREAD, stream_mode=modes)
        return [without_log_texts(row) for row in recorder.operations]


FUNCTIONS = {
    "sync": (computes, divides_by_zero),
    "long": (computes_long, divides_by_zero),
    "async": (computes_async, divides_by_zero_async),
}


# LangGraph starts these tasks at once, and which of them have ended when it notices the failure is a race. lgstream
# runs them one after the other, so reference rule 46 itself is asserted: no chunks of what ends after the failure.
@pytest.mark.parametrize("functions", FUNCTIONS)
@pytest.mark.parametrize("variant", ["sync", "async"])
@pytest.mark.parametrize("failing", [0, 1, 2])
def test_nodes_that_compute_after_a_failed_one_show_nothing(failing: int, variant: Variant, functions: str) -> None:
    computation = Computation(failing, *FUNCTIONS[functions])
    (row,) = computation.stream("lgstream", variant, False, ["updates", "tasks"])
    updates, results = [], []
    for mode, chunk in (each["items"] for each in row["chunks"]):
        if mode == "updates":
            updates += chunk
        elif "result" in chunk:
            results.append(chunk["name"])
    nodes = ["a", "b", "c"]
    assert (updates, results) == (nodes[:failing], nodes[: failing + 1])
    assert row["raised"]["type"] == "ZeroDivisionError"


@pytest.mark.parametrize("functions", FUNCTIONS)
@pytest.mark.parametrize("has_saver", [False, True])
@pytest.mark.parametrize("failing", [0, 1, 2])
def test_both_drivers_show_the_same_of_nodes_that_compute(failing: int, has_saver: bool, functions: str) -> None:
    computation = Computation(failing, *FUNCTIONS[functions])
    for mode in ("values", "updates", "tasks", "debug", [*MODES]):
        sync_rows, async_rows = (computation.stream("lgstream", v, has_saver, mode) for v in ("sync", "async"))
        text = difference(sync_rows, async_rows, "")
        assert text is None, text
