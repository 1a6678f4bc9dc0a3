"""Async nodes of a run that is stopped are cancelled, and the run waits until they have ended."""

from __future__ import annotations

import asyncio
import operator
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.effects import cancellation
from lgstream.errors import NodeTimeoutError
from lgstream.events import RunFinished, TaskFinished
from lgstream.func import entrypoint, task
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect
from lgstream.types import RetryPolicy, Send, StreamWriter

NEVER = 60.0
"""Seconds that an async node sleeps unless it is cancelled."""


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


class Sleeper:
    """Counts the async functions that started, were cancelled, and have cleaned up."""

    def __init__(self) -> None:
        self.started = self.cancelled = self.cleaned_up = 0
        self.is_running = threading.Event()

    async def sleep(self, value: Any, writer: StreamWriter | None = None) -> Any:
        self.started += 1
        if writer is not None:
            writer("started")
        self.is_running.set()
        try:
            await asyncio.sleep(NEVER)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            await asyncio.sleep(0.02)
            self.cleaned_up += 1

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.started, self.cancelled, self.cleaned_up


def sleeping(sleeper: Sleeper) -> Callable[..., Any]:
    """Return a node that writes custom data, sleeps and reports to ``sleeper``."""

    async def node(state: State, writer: StreamWriter) -> Any:
        return await sleeper.sleep(state, writer)

    return node


def graph_of(*nodes: Callable[..., Any], **options: Any) -> Any:
    """Return a graph whose nodes run at once."""
    builder = StateGraph(State)
    for index, node in enumerate(nodes):
        builder.add_node(f"node{index}", node, **options)
        builder.add_edge(START, f"node{index}")
    return builder


def plain_graph(sleeper: Sleeper) -> Any:
    return graph_of(sleeping(sleeper)).compile()


def nested_graph(sleeper: Sleeper) -> Any:
    return graph_of(plain_graph(sleeper)).compile()


def called_graph(sleeper: Sleeper) -> Any:
    inner = plain_graph(sleeper)
    return graph_of(lambda state: inner.invoke(state)).compile()


def twice_nested_graph(sleeper: Sleeper) -> Any:
    return graph_of(nested_graph(sleeper)).compile()


def parallel_nodes(sleeper: Sleeper) -> Any:
    return graph_of(sleeping(sleeper), sleeping(sleeper)).compile()


def fan_out_of_sends(sleeper: Sleeper) -> Any:
    builder = StateGraph(State).add_node("node", sleeping(sleeper))
    return builder.add_conditional_edges(START, lambda state: [Send("node", state)] * 3, ["node"]).compile()


def called_task(sleeper: Sleeper) -> Any:
    @task
    async def slow(value: Any) -> Any:
        return await sleeper.sleep(value)

    @entrypoint()
    def flow(value: Any, *, writer: StreamWriter) -> Any:
        future = slow(value)
        sleeper.is_running.wait(10)
        writer("started")
        return future.result()

    return flow


def async_entrypoint(sleeper: Sleeper) -> Any:
    @task
    async def slow(value: Any) -> Any:
        return await sleeper.sleep(value)

    @entrypoint()
    async def flow(value: Any, *, writer: StreamWriter) -> Any:
        future = slow(value)
        while not sleeper.is_running.is_set():
            await asyncio.sleep(0.001)
        writer("started")
        return await future

    return flow


GRAPHS = (
    plain_graph, nested_graph, called_graph, twice_nested_graph, parallel_nodes, fan_out_of_sends, called_task,
    async_entrypoint,
)  # fmt: skip

graphs = pytest.mark.parametrize("build", GRAPHS, ids=lambda build: build.__name__)


@graphs
def test_closing_a_sync_stream_cancels_async_nodes_and_waits_for_them(build: Any) -> None:
    sleeper = Sleeper()
    stream = build(sleeper).stream({}, stream_mode="custom", subgraphs=True)
    next(stream)
    stream.close()
    assert sleeper.cancelled == sleeper.cleaned_up == sleeper.started > 0


def test_breaking_out_of_a_sync_stream_cancels_async_nodes() -> None:
    sleeper = Sleeper()
    for _ in plain_graph(sleeper).stream({}, stream_mode="custom"):
        break
    assert sleeper.counts == (1, 1, 1)


@graphs
async def test_closing_an_async_stream_cancels_async_nodes_and_waits_for_them(build: Any) -> None:
    sleeper = Sleeper()
    stream = build(sleeper).astream({}, stream_mode="custom", subgraphs=True)
    await anext(stream)
    await stream.aclose()
    assert sleeper.cancelled == sleeper.cleaned_up == sleeper.started > 0


@pytest.mark.parametrize("stop", ["sync", "async"])
def test_a_step_timeout_cancels_async_nodes_and_waits_for_them(stop: str) -> None:
    sleeper = Sleeper()
    graph = graph_of(sleeping(sleeper), sleeping(sleeper)).compile()
    graph.step_timeout = 0.2
    with pytest.raises(TimeoutError):
        graph.invoke({}) if stop == "sync" else asyncio.run(graph.ainvoke({}))
    assert sleeper.counts == (2, 2, 2)


def test_the_step_timeout_of_a_nested_graph_cancels_only_its_own_nodes() -> None:
    inner_sleeper, log = Sleeper(), []
    inner = graph_of(sleeping(inner_sleeper)).compile()
    inner.step_timeout = 0.2

    def calls_inner(state: State) -> None:
        with pytest.raises(TimeoutError):
            inner.invoke({})

    async def sibling(state: State) -> None:
        while not inner_sleeper.cleaned_up:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        log.append("ended")

    graph_of(calls_inner, sibling).compile().invoke({})
    assert inner_sleeper.counts == (1, 1, 1)
    assert log == ["ended"]


def fail_once_running(sleeper: Sleeper) -> Callable[[State], None]:
    def fail(state: State) -> None:
        sleeper.is_running.wait(10)
        raise ValueError("no")

    return fail


@pytest.mark.parametrize("build", [plain_graph, nested_graph, called_graph], ids=lambda build: build.__name__)
def test_the_failure_of_a_task_cancels_its_async_siblings_in_a_sync_run(build: Any) -> None:
    sleeper = Sleeper()
    with pytest.raises(ValueError, match="no"):
        graph_of(fail_once_running(sleeper), build(sleeper)).compile().invoke({})
    assert sleeper.counts == (1, 1, 1)


def test_the_failure_of_an_entrypoint_cancels_the_async_tasks_that_it_called() -> None:
    sleeper = Sleeper()

    @task
    async def slow(value: Any) -> Any:
        return await sleeper.sleep(value)

    @entrypoint()
    def flow(value: Any) -> Any:
        slow(value)
        sleeper.is_running.wait(10)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        flow.invoke(1)
    assert sleeper.counts == (1, 1, 1)


def test_a_sync_sibling_of_a_failing_task_runs_to_its_end_in_a_sync_run() -> None:
    has_failed, log = threading.Event(), []

    def sibling(state: State) -> None:
        has_failed.wait(10)
        log.append("ended")

    def fail(state: State) -> None:
        has_failed.set()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        graph_of(sibling, fail).compile().invoke({})
    assert log == ["ended"]


def test_a_cancelled_node_is_not_retried() -> None:
    sleeper = Sleeper()
    policy = RetryPolicy(initial_interval=0.01, jitter=False, retry_on=lambda error: True)
    stream = graph_of(sleeping(sleeper), retry_policy=policy).compile().stream({}, stream_mode="custom")
    next(stream)
    stream.close()
    assert sleeper.counts == (1, 1, 1)


def test_closing_a_sync_stream_ends_the_wait_for_a_retry() -> None:
    attempts: list[str] = []

    def fail(state: State, writer: StreamWriter) -> None:
        attempts.append("attempt")
        writer("started")
        raise ValueError("no")

    policy = RetryPolicy(initial_interval=NEVER, jitter=False, retry_on=ValueError)
    stream = graph_of(fail, retry_policy=policy).compile().stream({}, stream_mode="custom")
    next(stream)
    stream.close()
    assert attempts == ["attempt"]


def test_a_node_that_raises_cancelled_error_by_itself_fails() -> None:
    async def node(state: State) -> None:
        raise asyncio.CancelledError

    with pytest.raises(Exception, match="the run was not cancelled"):
        graph_of(node, node).compile().invoke({})


def test_a_closed_run_reports_its_cancelled_tasks_before_its_end() -> None:
    collect, sleeper = Collect(), Sleeper()
    stream = plain_graph(sleeper).stream({}, stream_mode="custom", sinks=[collect])
    next(stream)
    stream.close()
    *_, task_end, run_end = (event for event in collect.events if isinstance(event, TaskFinished | RunFinished))
    assert isinstance(task_end, TaskFinished)
    assert isinstance(task_end.error, asyncio.CancelledError)
    assert (type(run_end), run_end.status) == (RunFinished, "stopped")


async def swallows(state: State, writer: StreamWriter) -> None:
    writer("started")
    for _ in range(300):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.01)


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancellation, "CANCEL_GRACE_SECONDS", 0.05)


@pytest.mark.usefixtures("short_grace")
def test_a_node_that_ignores_its_cancellation_is_named_in_a_warning_in_a_sync_run() -> None:
    stream = graph_of(swallows).compile().stream({}, stream_mode="custom")
    next(stream)
    with pytest.warns(RuntimeWarning, match="'node0' did not end within 0.05 s of its cancellation"):
        stream.close()


@pytest.mark.usefixtures("short_grace")
async def test_a_node_that_ignores_its_cancellation_is_named_in_a_warning_in_an_async_run() -> None:
    stream = graph_of(swallows).compile().astream({}, stream_mode="custom")
    await anext(stream)
    with pytest.warns(RuntimeWarning, match="'node0' did not end within 0.05 s of its cancellation"):
        await stream.aclose()


@pytest.mark.usefixtures("short_grace")
def test_a_node_that_ignores_its_timeout_is_named_in_a_warning() -> None:
    graph = graph_of(swallows, timeout=0.05).compile()
    with (
        pytest.warns(RuntimeWarning, match="'node0' did not end within 0.05 s of its cancellation"),
        pytest.raises(NodeTimeoutError, match="'node0' ran for"),
    ):
        graph.invoke({})


async def test_a_run_whose_only_node_ignores_its_cancellation_does_not_go_on() -> None:
    started, log = asyncio.Event(), []

    async def ignores(state: State) -> None:
        started.set()
        try:
            await asyncio.sleep(NEVER)
        except asyncio.CancelledError:
            log.append("cancelled")

    builder = StateGraph(State).add_node("first", ignores).add_node("second", lambda state: log.append("second"))
    graph = builder.add_edge(START, "first").add_edge("first", "second").compile()
    run = asyncio.ensure_future(graph.ainvoke({}))
    await started.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert log == ["cancelled"]


def test_a_coroutine_that_ends_before_it_is_cancelled_causes_no_warning() -> None:
    async def quick(state: State, writer: StreamWriter) -> None:
        writer("started")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            stream = graph_of(quick, quick).compile().stream({}, stream_mode="custom")
            next(stream)
            stream.close()
