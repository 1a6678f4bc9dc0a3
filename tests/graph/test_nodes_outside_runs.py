"""Nodes of a compiled graph called outside of a run, and the subgraphs found in nodes."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda

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


def test_start_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="START"):
        one_node(add_one).nodes["__start__"].invoke({})


def test_a_copy_of_a_graph_can_have_another_name() -> None:
    graph = one_node(add_one)
    assert graph.copy({"name": "other"}).invoke({"n": 1}) == {"n": 2}
    assert (graph.name, graph.copy({"name": "other"}).name) == ("LangGraph", "other")
    assert graph.nodes["n"].copy({"name": "m"}).name == "m"


INNER = one_node(add_one, "inner")
HOLDER = SimpleNamespace(graphs=SimpleNamespace(inner=INNER))
IN_A_LIST = [INNER]


def global_name(state: State) -> Any:
    return INNER.invoke(state)


def attribute(state: State) -> Any:
    return HOLDER.graphs.inner.invoke(state)


def closure() -> Any:
    inner = INNER
    return lambda state: inner.invoke(state)


def closure_of_a_nested_function() -> Any:
    holder = SimpleNamespace(inner=INNER)

    def node(state: State) -> Any:
        def call() -> Any:
            return holder.inner.invoke(state)

        return call()

    return node


def wrapper() -> Any:
    return functools.wraps(global_name)(lambda state: None)


def subscript(state: State) -> Any:
    return IN_A_LIST[0].invoke(state)


def unrelated_attributes(state: State) -> Any:
    return [HOLDER.graphs, state.inner]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "action",
    [INNER, global_name, attribute, closure(), closure_of_a_nested_function(), wrapper(), RunnableLambda(dict) | INNER],
)  # fmt: skip
def test_the_subgraph_that_a_node_uses_is_found(action: Any) -> None:
    assert [(name, graph.name) for name, graph in one_node(action).get_subgraphs()] == [("n", "inner")]


@pytest.mark.parametrize("action", [add_one, subscript, unrelated_attributes, INNER.copy({"checkpointer": False})])
def test_values_that_are_not_read_directly_and_graphs_without_state_are_not_found(action: Any) -> None:
    assert list(one_node(action).get_subgraphs()) == []
