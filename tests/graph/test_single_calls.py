"""Nodes that need no more than a call: it is made once, with all that the node asks for, whatever comes of it."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableLambda

from lgstream.graph import START, StateGraph
from lgstream.types import RetryPolicy, StreamWriter


class State(TypedDict, total=False):
    n: int


def alone(node: Any, **options: Any) -> Any:
    """A graph of this node."""
    return StateGraph(State).add_node("node", node, **options).add_edge(START, "node").compile()


def test_a_node_that_only_computes_may_name_what_it_does_not_use() -> None:
    def node(state: State, writer: StreamWriter) -> State:
        return {"n": state["n"] + 1}

    assert alone(node).invoke({"n": 1}) == {"n": 2}


def test_a_node_that_fails_is_called_once() -> None:
    calls: list[int] = []

    def node(state: State) -> State:
        calls.append(state["n"])
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        alone(node).invoke({"n": 1})
    assert calls == [1]


def test_one_with_a_retry_policy_as_often_as_that_allows() -> None:
    calls: list[int] = []

    def node(state: State) -> State:
        calls.append(len(calls))
        if len(calls) < 3:
            raise ConnectionError("not yet")
        return {"n": len(calls)}

    policy = RetryPolicy(initial_interval=0.001, max_attempts=3)
    assert alone(node, retry_policy=policy).invoke({"n": 1}) == {"n": 3}
    assert calls == [0, 1, 2]


def test_a_node_that_returns_a_runnable_is_called_once_and_so_is_that() -> None:
    calls: list[str] = []

    def instead(state: State) -> State:
        calls.append("runnable")
        return {"n": state["n"] + 10}

    def node(state: State) -> Any:
        calls.append("node")
        return RunnableLambda(instead)

    assert alone(node).invoke({"n": 1}) == {"n": 11}
    assert calls == ["node", "runnable"]


def test_a_node_whose_runnable_fails_is_tried_again_as_a_whole() -> None:
    calls: list[str] = []

    def instead(state: State) -> State:
        calls.append("runnable")
        if len(calls) < 4:
            raise ConnectionError("not yet")
        return {"n": len(calls)}

    def node(state: State) -> Any:
        calls.append("node")
        return RunnableLambda(instead)

    policy = RetryPolicy(initial_interval=0.001, max_attempts=2)
    assert alone(node, retry_policy=policy).invoke({"n": 1}) == {"n": 4}
    assert calls == ["node", "runnable"] * 2


def test_a_node_whose_routing_function_fails_keeps_what_it_wrote() -> None:
    def route(state: State) -> str:
        raise ValueError("no way")

    graph = StateGraph(State).add_node("node", lambda state: {"n": state["n"] + 1}).add_edge(START, "node")
    graph.add_conditional_edges("node", route)
    chunks: list[Any] = []
    with pytest.raises(ValueError, match="no way"):
        for chunk in graph.compile().stream({"n": 1}):
            chunks.append(chunk)
    assert chunks == [{"node": {"n": 2}}]
