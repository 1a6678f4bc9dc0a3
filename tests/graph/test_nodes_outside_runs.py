"""Nodes of a compiled graph that are called outside of a run."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph import graph as langgraph_graph

from lgstream.graph import START, StateGraph
from lgstream.runtime import Runtime
from lgstream.types import StreamWriter


class State(TypedDict, total=False):
    n: int


def one_node(action: Any, name: str = "LangGraph") -> Any:
    return StateGraph(State).add_node("n", action).add_edge(START, "n").compile(name=name)


def add_one(state: State, config: RunnableConfig, writer: StreamWriter, runtime: Runtime) -> State:
    writer("no stream receives this")
    return {"n": state["n"] + config["configurable"].get("step", 1)}


async def add_one_async(state: State) -> State:
    return {"n": state["n"] + 1}


@pytest.mark.parametrize("action", [add_one, add_one_async, RunnableLambda(lambda state: {"n": state["n"] + 1})])
async def test_a_node_can_be_called_with_a_state(action: Any) -> None:
    node = one_node(action).nodes["n"]
    assert node.invoke({"n": 1}) == {"n": 2}
    assert await node.ainvoke({"n": 2}) == {"n": 3}


def test_a_node_called_outside_of_a_run_receives_the_config() -> None:
    assert one_node(add_one).nodes["n"].invoke({"n": 1}, {"configurable": {"step": 5}}) == {"n": 6}


def test_the_spec_of_a_node_has_its_function() -> None:
    assert one_node(add_one).builder.nodes["n"].runnable.func is add_one


def test_start_returns_its_input() -> None:
    start = one_node(add_one).nodes["__start__"]
    assert start.invoke({"n": 1}) == start.bound.invoke({"n": 1}) == {"n": 1}


@pytest.mark.parametrize("name", ["n", "__start__"])
def test_a_node_has_the_attributes_of_langgraph(name: str) -> None:
    def attributes(node: Any) -> Any:
        names = ("channels", "tags", "metadata", "retry_policy", "cache_policy", "error_handler_node", "subgraphs")
        return [getattr(node, attribute) for attribute in names] + [list(node.triggers)]

    builder: Any = langgraph_graph.StateGraph(State)
    expected = builder.add_node("n", add_one).add_edge(START, "n").compile()
    assert attributes(one_node(add_one).nodes[name]) == attributes(expected.nodes[name])


def test_a_copy_of_a_graph_can_have_another_name() -> None:
    graph = one_node(add_one)
    assert graph.copy({"name": "other"}).invoke({"n": 1}) == {"n": 2}
    assert (graph.name, graph.copy({"name": "other"}).name) == ("LangGraph", "other")
    assert graph.nodes["n"].copy({"name": "m"}).name == "m"
