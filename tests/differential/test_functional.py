"""The functional API: random programs, and what they found."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from langchain_core.tracers import BaseTracer
from langgraph.checkpoint.memory import InMemorySaver

from tests.differential.comparing import anonymous, own_words
from tests.differential.functional import Flow, by_content, flows, perform, told
from tests.differential.packages import PackageName, package
from tests.differential.test_programs import EXAMPLES
from tests.reference.compare import difference
from tests.reference.recorder import Operation, Recorder

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["updates", "values", "custom", "tasks", "checkpoints"]


def recorded(flow: Flow, name: PackageName) -> list[Operation]:
    recorder = Recorder("async" if flow.is_async else "sync")
    perform(flow, recorder, package(name))
    rows = [own_words(row) for row in recorder.operations]
    return rows if flow.is_ordered else by_content([anonymous(row) for row in rows])


@settings(
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(flows())
def test_a_random_flow_does_the_same(flow: Flow) -> None:
    for _ in range(3):  # what langgraph itself does now this way, now that, says nothing against lgstream
        found = difference(recorded(flow, "langgraph"), recorded(flow, "lgstream"), told(flow))
        if found is None:
            return
    pytest.fail(f"{told(flow)}\n# langgraph ---, lgstream +++\n{found}", pytrace=False)


def either(is_async: bool, function: Any) -> Any:
    """A function that returns what another one does, as a coroutine function where the program is async."""

    async def later(x: Any) -> Any:
        return function(x)

    chosen = later if is_async else function
    chosen.__name__ = chosen.__qualname__ = function.__name__
    return chosen


def test_a_task_that_nobody_waits_for_belongs_to_the_superstep(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def work(x: Any) -> Any:
            return x + 1

        def flow(x: Any) -> Any:
            task(x)
            return "over"

        task = lg.task(either(c.is_async, work))
        graph = lg.entrypoint()(either(c.is_async, flow))
        c.stream(graph, 1, stream_mode=["updates"], group=lambda chunk: list(chunk[1]))  # in any order

    same(program)


def test_a_task_that_asks_stops_the_run_even_if_nobody_waits_for_it(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def work(x: Any) -> Any:
            return lg.interrupt("?")

        def flow(x: Any) -> Any:
            task(x)
            return "over"

        task = lg.task(either(c.is_async, work))
        graph = lg.entrypoint(checkpointer=InMemorySaver())(either(c.is_async, flow))
        c.stream(graph, 1, THREAD, stream_mode=["values", "checkpoints"])
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=["values", "checkpoints"])

    same(program)


def test_the_question_of_a_called_task_is_shown_as_its_callers(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def work(x: Any) -> Any:
            return lg.interrupt("?")

        task = lg.task(either(c.is_async, work))

        async def aflow(x: Any) -> Any:
            return await task(x)

        def flow(x: Any) -> Any:
            return task(x).result()

        graph = lg.entrypoint(checkpointer=InMemorySaver())(aflow if c.is_async else flow)
        c.stream(graph, 1, THREAD, stream_mode=MODES)
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=MODES)

    same(program)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_custom_data_of_called_tasks_are_under_their_callers(same: Any, version: str) -> None:
    def program(c: Any, lg: Any) -> None:
        def inner(x: Any) -> Any:
            lg.get_stream_writer()("inner")

        def outer(x: Any) -> Any:
            lg.get_stream_writer()("outer")
            within(x)

        def flow(x: Any) -> Any:
            lg.get_stream_writer()("flow")
            without(x)

        within, without = lg.task(either(c.is_async, inner)), lg.task(either(c.is_async, outer))
        graph = lg.entrypoint()(either(c.is_async, flow))
        c.stream(graph, 1, stream_mode=["custom"], subgraphs=True, version=version)
        c.stream(graph, 1, stream_mode=["custom"], version=version)

    same(program)


def test_a_cancelled_task_is_not_reported_and_runs_again_when_the_run_is_resumed() -> None:
    def outcome(lg: Any) -> Any:
        started = []

        @lg.task
        async def slow(x: int) -> int:
            started.append(x)
            if x:
                await asyncio.sleep(30)
            return x

        @lg.entrypoint(checkpointer=InMemorySaver())
        async def flow(x: int) -> Any:
            first, second = slow(0), slow(1)
            while 1 not in started:
                await asyncio.sleep(0.001)
            second.cancel()
            return [await first, lg.interrupt("?")]

        async def go() -> Any:
            chunks = [chunk async for chunk in flow.astream(1, THREAD)]
            started.clear()
            return [sorted(chunk) for chunk in chunks], await flow.ainvoke(lg.Command(resume="yes"), THREAD)

        return asyncio.run(asyncio.wait_for(go(), 60))

    assert outcome(package("lgstream")) == ([["slow"], ["__interrupt__"]], [0, "yes"])


class Tracer(BaseTracer):
    """Keeps the runs as (name, inputs, [children])."""

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[Any] = []

    def _persist_run(self, run: Any) -> None:
        self.roots.append(self.told(run))

    def told(self, run: Any) -> Any:
        return run.name, run.inputs, sorted(map(self.told, run.child_runs), key=str)


def test_called_tasks_are_traced_inside_their_callers_with_named_arguments(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @lg.task
        def add(a: int, b: int = 2) -> int:
            return a + b

        @lg.entrypoint()
        def flow(x: int) -> int:
            return add(x).result() + add(1, b=3).result()

        tracer = Tracer()
        c.invoke(flow, 1, {"callbacks": [tracer]})
        c.fact("runs", tracer.roots)

    same(program)
