"""The functional API: random programs, and cases that random programs found."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from langchain_core.tracers import BaseTracer
from langgraph.checkpoint.memory import InMemorySaver

from tests.differential.comparison import without_ids, without_log_texts
from tests.differential.functional_programs import Flow, describe, flows, perform, sort_chunks
from tests.differential.packages import PackageName, package
from tests.differential.test_programs import EXAMPLES
from tests.reference.compare import difference
from tests.reference.recorder import Operation, Recorder

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["updates", "values", "custom", "tasks", "checkpoints"]


def record(flow: Flow, name: PackageName) -> list[Operation]:
    recorder = Recorder("async" if flow.is_async else "sync")
    perform(flow, recorder, package(name))
    rows = [without_log_texts(row) for row in recorder.operations]
    return rows if flow.is_ordered else sort_chunks([without_ids(row) for row in rows])


@settings(
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(flows())
def test_a_random_entrypoint_behaves_the_same(flow: Flow) -> None:
    recorded = record(flow, "lgstream")
    for _ in range(12):  # langgraph's threads race: some programs have several outcomes, of which lgstream has one
        text = difference(record(flow, "langgraph"), recorded, describe(flow))
        if text is None:
            return
    pytest.fail(f"{describe(flow)}\n# langgraph ---, lgstream +++\n{text}", pytrace=False)


def maybe_async(is_async: bool, function: Any) -> Any:
    """Return the function, or a coroutine function that calls it if ``is_async`` is True."""

    async def async_function(x: Any) -> Any:
        return function(x)

    async_function.__name__ = async_function.__qualname__ = function.__name__
    return async_function if is_async else function


def test_a_task_that_is_not_awaited_belongs_to_the_superstep(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def work(x: Any) -> Any:
            return x + 1

        def flow(x: Any) -> Any:
            task(x)
            return "over"

        task = lg.task(maybe_async(c.is_async, work))
        graph = lg.entrypoint()(maybe_async(c.is_async, flow))
        c.stream(graph, 1, stream_mode=["updates"], group=lambda chunk: list(chunk[1]))  # in any order

    same(program)


def test_an_interrupt_in_a_task_that_is_not_awaited_stops_the_run(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def work(x: Any) -> Any:
            return lg.interrupt("?")

        def flow(x: Any) -> Any:
            task(x)
            return "over"

        task = lg.task(maybe_async(c.is_async, work))
        graph = lg.entrypoint(checkpointer=InMemorySaver())(maybe_async(c.is_async, flow))
        c.stream(graph, 1, THREAD, stream_mode=["values", "checkpoints"])
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=["values", "checkpoints"])

    same(program)


def test_an_interrupt_of_a_called_task_is_shown_for_its_caller(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def work(x: Any) -> Any:
            return lg.interrupt("?")

        task = lg.task(maybe_async(c.is_async, work))

        async def aflow(x: Any) -> Any:
            return await task(x)

        def flow(x: Any) -> Any:
            return task(x).result()

        graph = lg.entrypoint(checkpointer=InMemorySaver())(aflow if c.is_async else flow)
        c.stream(graph, 1, THREAD, stream_mode=MODES)
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=MODES)

    same(program)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_custom_data_of_called_tasks_are_in_the_namespace_of_the_caller(same: Any, version: str) -> None:
    def program(c: Any, lg: Any) -> None:
        def inner(x: Any) -> Any:
            lg.get_stream_writer()("inner")

        def outer(x: Any) -> Any:
            lg.get_stream_writer()("outer")
            within(x)

        def flow(x: Any) -> Any:
            lg.get_stream_writer()("flow")
            without(x)

        within, without = lg.task(maybe_async(c.is_async, inner)), lg.task(maybe_async(c.is_async, outer))
        graph = lg.entrypoint()(maybe_async(c.is_async, flow))
        c.stream(graph, 1, stream_mode=["custom"], subgraphs=True, version=version)
        c.stream(graph, 1, stream_mode=["custom"], version=version)

    same(program)


def test_a_cancelled_task_is_not_reported_and_runs_again_on_resume() -> None:
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
    """Records the runs as (name, inputs, [children])."""

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[Any] = []

    def _persist_run(self, run: Any) -> None:
        self.roots.append(self.as_tuple(run))

    def as_tuple(self, run: Any) -> Any:
        return run.name, run.inputs, sorted(map(self.as_tuple, run.child_runs), key=str)


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
