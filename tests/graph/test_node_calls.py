"""How often a node is called: once, unless a retry policy says otherwise, whatever it returns or raises."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableLambda

from lgstream.graph import START, StateGraph
from lgstream.types import RetryPolicy, StreamWriter


class State(TypedDict, total=False):
    n: int


def one_node(node: Any, **options: Any) -> Any:
    """Return a compiled graph of this node."""
    return StateGraph(State).add_node("node", node, **options).add_edge(START, "node").compile()


def test_a_pure_node_may_have_an_injected_parameter_that_it_does_not_use() -> None:
    def node(state: State, writer: StreamWriter) -> State:
        return {"n": state["n"] + 1}

    assert one_node(node).invoke({"n": 1}) == {"n": 2}


def test_a_node_that_fails_is_called_once() -> None:
    calls: list[int] = []

    def node(state: State) -> State:
        calls.append(state["n"])
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        one_node(node).invoke({"n": 1})
    assert calls == [1]


def test_a_failing_node_with_a_retry_policy_is_called_until_it_succeeds() -> None:
    calls: list[int] = []

    def node(state: State) -> State:
        calls.append(len(calls))
        if len(calls) < 3:
            raise ConnectionError("not yet")
        return {"n": len(calls)}

    policy = RetryPolicy(initial_interval=0.001, max_attempts=3)
    assert one_node(node, retry_policy=policy).invoke({"n": 1}) == {"n": 3}
    assert calls == [0, 1, 2]


def test_a_node_that_returns_a_runnable_is_called_once_and_so_is_the_runnable() -> None:
    calls: list[str] = []

    def runnable(state: State) -> State:
        calls.append("runnable")
        return {"n": state["n"] + 10}

    def node(state: State) -> Any:
        calls.append("node")
        return RunnableLambda(runnable)

    assert one_node(node).invoke({"n": 1}) == {"n": 11}
    assert calls == ["node", "runnable"]


def test_a_node_whose_returned_runnable_fails_is_retried_as_a_whole() -> None:
    calls: list[str] = []

    def runnable(state: State) -> State:
        calls.append("runnable")
        if len(calls) < 4:
            raise ConnectionError("not yet")
        return {"n": len(calls)}

    def node(state: State) -> Any:
        calls.append("node")
        return RunnableLambda(runnable)

    policy = RetryPolicy(initial_interval=0.001, max_attempts=2)
    assert one_node(node, retry_policy=policy).invoke({"n": 1}) == {"n": 4}
    assert calls == ["node", "runnable"] * 2


def test_the_update_of_a_node_is_streamed_although_its_routing_function_fails() -> None:
    def route(state: State) -> str:
        raise ValueError("no way")

    graph = StateGraph(State).add_node("node", lambda state: {"n": state["n"] + 1}).add_edge(START, "node")
    graph.add_conditional_edges("node", route)
    chunks: list[Any] = []
    with pytest.raises(ValueError, match="no way"):
        for chunk in graph.compile().stream({"n": 1}):
            chunks.append(chunk)
    assert chunks == [{"node": {"n": 2}}]
