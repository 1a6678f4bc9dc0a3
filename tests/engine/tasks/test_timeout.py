"""Timeouts of async nodes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, TypedDict

import pytest

from lgstream.errors import NodeTimeoutError
from lgstream.func import entrypoint, task
from lgstream.graph import START, StateGraph
from lgstream.runtime import Runtime
from lgstream.types import RetryPolicy, Send, StreamWriter, TimeoutPolicy


class State(TypedDict):
    x: int


def graph_of(node: Any, **options: Any) -> Any:
    return StateGraph(State).add_node("node", node, **options).add_edge(START, "node").compile()


async def hangs(state: State) -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize("timeout", [0.05, timedelta(milliseconds=50), TimeoutPolicy(run_timeout=0.05)], ids=str)
async def test_a_node_that_runs_too_long_fails(timeout: Any) -> None:
    with pytest.raises(NodeTimeoutError, match="'node' ran for") as caught:
        await graph_of(hangs, timeout=timeout).ainvoke({"x": 0})
    assert (caught.value.node, caught.value.kind, caught.value.run_timeout) == ("node", "run", 0.05)


def test_a_timeout_applies_in_a_sync_run() -> None:
    with pytest.raises(NodeTimeoutError):
        graph_of(hangs, timeout=0.05).invoke({"x": 0})


async def test_the_node_is_cancelled_before_the_error_is_raised() -> None:
    log = []

    async def node(state: State) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    with pytest.raises(NodeTimeoutError):
        await graph_of(node, timeout=0.05).ainvoke({"x": 0})
    assert log == ["cancelled"]


async def test_a_node_that_makes_no_progress_exceeds_its_idle_timeout() -> None:
    with pytest.raises(NodeTimeoutError, match="no sign of life"):
        await graph_of(hangs, timeout=TimeoutPolicy(idle_timeout=0.05)).ainvoke({"x": 0})


async def test_heartbeats_restart_the_idle_timeout() -> None:
    async def node(state: State, runtime: Runtime) -> Any:
        for _ in range(6):
            await asyncio.sleep(0.2)
            runtime.heartbeat()
        return {"x": 1}

    assert await graph_of(node, timeout=TimeoutPolicy(idle_timeout=1)).ainvoke({"x": 0}) == {"x": 1}


async def test_custom_writes_restart_the_idle_timeout_unless_only_heartbeats_count() -> None:
    async def node(state: State, writer: StreamWriter) -> Any:
        for _ in range(6):
            await asyncio.sleep(0.2)
            writer("alive")
        return {"x": 1}

    assert await graph_of(node, timeout=TimeoutPolicy(idle_timeout=1)).ainvoke({"x": 0}) == {"x": 1}
    strict = TimeoutPolicy(idle_timeout=0.5, refresh_on="heartbeat")
    with pytest.raises(NodeTimeoutError):
        await graph_of(node, timeout=strict).ainvoke({"x": 0})


async def test_each_attempt_has_the_whole_timeout() -> None:
    attempts = []

    async def node(state: State) -> Any:
        attempts.append(1)
        await asyncio.sleep(30 if len(attempts) == 1 else 0)
        return {"x": len(attempts)}

    retry = RetryPolicy(initial_interval=0.01, jitter=False)
    assert await graph_of(node, timeout=0.1, retry_policy=retry).ainvoke({"x": 0}) == {"x": 2}


async def test_a_send_may_have_its_own_timeout() -> None:
    graph = StateGraph(State).add_node("node", hangs)
    graph.add_conditional_edges(START, lambda state: [Send("node", {"x": 1}, timeout=0.05)], ["node"])
    with pytest.raises(NodeTimeoutError):
        await graph.compile().ainvoke({"x": 0})


def test_a_timeout_for_a_sync_node_is_an_error() -> None:
    with pytest.raises(ValueError, match="only supported for async nodes, and node 'node' is sync"):
        graph_of(lambda state: None, timeout=1)


@pytest.mark.parametrize("timeout", [0, -1, timedelta(0), TimeoutPolicy(idle_timeout=0)], ids=str)
def test_a_timeout_must_be_positive(timeout: Any) -> None:
    with pytest.raises(ValueError, match="must be greater than 0"):
        graph_of(hangs, timeout=timeout)


@pytest.mark.parametrize("kind", [task, entrypoint])
def test_the_timeout_of_a_task_or_entrypoint_is_checked_when_it_is_declared(kind: Any) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        kind(timeout=0)
    with pytest.raises(ValueError, match="only supported for async nodes"):
        kind(timeout=1)(lambda x: x)


def test_the_timeout_of_a_send_is_checked_when_it_is_created() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Send("node", {}, timeout=0)
    assert Send("node", {}, timeout=2).timeout == TimeoutPolicy(run_timeout=2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (TimeoutPolicy(), None),
        (timedelta(minutes=1), TimeoutPolicy(run_timeout=60)),
        (TimeoutPolicy(idle_timeout=timedelta(seconds=2)), TimeoutPolicy(idle_timeout=2)),
    ],
)
def test_a_timeout_becomes_a_policy_in_seconds(value: Any, expected: TimeoutPolicy | None) -> None:
    assert TimeoutPolicy.coerce(value) == expected


def test_what_refreshes_an_idle_timeout_must_be_known() -> None:
    with pytest.raises(ValueError, match="refresh_on must be 'auto' or 'heartbeat', not 'writes'"):
        StateGraph(State).add_node("node", hangs, timeout=TimeoutPolicy(idle_timeout=1, refresh_on="writes"))  # type: ignore[arg-type]
