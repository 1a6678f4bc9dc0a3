"""Sync runs of async nodes: a deliberate difference from LangGraph, which refuses them."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest

from lgstream.graph import START, StateGraph


class State(TypedDict, total=False):
    x: int


def graph_of(node: Any, **options: Any) -> Any:
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile(**options)


async def plus_one(state: State) -> State:
    await asyncio.sleep(0)
    return {"x": state["x"] + 1}


def test_invoke_runs_an_async_node() -> None:
    assert graph_of(plus_one).invoke({"x": 1}) == {"x": 2}


def test_stream_runs_an_async_node() -> None:
    assert list(graph_of(plus_one).stream({"x": 1})) == [{"node": {"x": 2}}]


async def test_invoke_works_inside_a_running_event_loop() -> None:
    assert graph_of(plus_one).invoke({"x": 1}) == {"x": 2}


def test_parallel_async_nodes_run_concurrently() -> None:
    meeting = threading.Barrier(2, timeout=10)

    async def meet(state: State) -> None:
        await asyncio.to_thread(meeting.wait)

    graph = StateGraph(State).add_node("a", meet).add_node("b", meet).add_edge(START, "a").add_edge(START, "b")
    graph.compile().invoke({"x": 1})


def test_sync_runs_share_one_loop_so_clients_bound_to_it_stay_usable() -> None:
    loops = []

    async def node(state: State) -> None:
        loops.append(asyncio.get_running_loop())

    graph = graph_of(node)
    graph.invoke({"x": 1})
    graph.invoke({"x": 1})
    assert loops[0] is loops[1]
    assert not loops[0].is_closed()


def test_an_async_node_may_call_a_sync_run_of_another_async_graph() -> None:
    inner = graph_of(plus_one)

    async def outer(state: State) -> Any:
        return inner.invoke({"x": state["x"]})

    assert graph_of(outer).invoke({"x": 1}) == {"x": 2}


def test_context_variables_of_the_caller_reach_an_async_node() -> None:
    variable = contextvars.ContextVar("variable", default="unset")

    async def node(state: State) -> Any:
        return {"x": variable.get()}

    variable.set("set by the caller")
    assert graph_of(node).invoke({"x": 1}) == {"x": "set by the caller"}


def test_the_error_of_an_async_node_is_raised_unchanged() -> None:
    error = LookupError("missing")

    async def node(state: State) -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        graph_of(node).invoke({"x": 1})
    assert caught.value is error


def test_an_async_routing_function_works_in_a_sync_run() -> None:
    async def route(state: State) -> str:
        return "b"

    graph = (
        StateGraph(State)
        .add_node("a", plus_one)
        .add_node("b", plus_one)
        .add_edge(START, "a")
        .add_conditional_edges("a", route, ["b"])
        .compile()
    )
    assert graph.invoke({"x": 1}) == {"x": 3}


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Make Ctrl-C raise KeyboardInterrupt even if the tests were started in the background, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_ctrl_c_cancels_an_async_node() -> None:
    log: list[str] = []
    running = threading.Event()

    async def node(state: State) -> None:
        running.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    def press() -> None:
        running.wait(10)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        graph_of(node).invoke({"x": 1})
    assert log == ["cancelled"]


@pytest.mark.usefixtures("keyboard")
def test_ctrl_c_cancels_parallel_async_nodes() -> None:
    log: list[str] = []
    running = threading.Barrier(3, timeout=10)

    async def node(state: State) -> None:
        try:
            await asyncio.to_thread(running.wait)
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    def press() -> None:
        running.wait()
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    graph = StateGraph(State).add_node("a", node).add_node("b", node).add_edge(START, "a").add_edge(START, "b")
    with pytest.raises(KeyboardInterrupt):
        graph.compile().invoke({"x": 1})
    deadline = time.monotonic() + 10
    while len(log) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert log == ["cancelled", "cancelled"]
