"""A node of a compiled graph by itself, and the subgraphs that are found in nodes."""

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


def one(action: Any, name: str = "LangGraph") -> Any:
    return StateGraph(State).add_node("n", action).add_edge(START, "n").compile(name=name)


def add_one(state: State, config: RunnableConfig, writer: StreamWriter, runtime: Runtime) -> State:
    writer("heard by nobody")
    return {"n": state["n"] + config["configurable"].get("step", 1)}


async def add_one_later(state: State) -> State:
    return {"n": state["n"] + 1}


@pytest.mark.parametrize("action", [add_one, add_one_later, RunnableLambda(lambda state: {"n": state["n"] + 1})])
async def test_a_node_can_be_called_with_a_state(action: Any) -> None:
    node = one(action).nodes["n"]
    assert node.invoke({"n": 1}) == {"n": 2}
    assert await node.ainvoke({"n": 2}) == {"n": 3}


def test_a_node_called_by_itself_is_given_the_config() -> None:
    assert one(add_one).nodes["n"].invoke({"n": 1}, {"configurable": {"step": 5}}) == {"n": 6}


def test_the_builder_has_the_function_of_a_node() -> None:
    assert one(add_one).builder.nodes["n"].runnable.func is add_one


def test_start_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="START"):
        one(add_one).nodes["__start__"].invoke({})


def test_a_copy_of_a_graph_can_have_another_name() -> None:
    graph = one(add_one)
    assert graph.copy({"name": "other"}).invoke({"n": 1}) == {"n": 2}
    assert (graph.name, graph.copy({"name": "other"}).name) == ("LangGraph", "other")
    assert graph.nodes["n"].copy({"name": "m"}).name == "m"


INNER = one(add_one, "inner")
HOLDER = SimpleNamespace(graphs=SimpleNamespace(inner=INNER))
IN_A_LIST = [INNER]


def global_name(state: State) -> Any:
    return INNER.invoke(state)


def attribute(state: State) -> Any:
    return HOLDER.graphs.inner.invoke(state)


def captured() -> Any:
    inner = INNER
    return lambda state: inner.invoke(state)


def captured_by_what_is_inside() -> Any:
    holder = SimpleNamespace(inner=INNER)

    def node(state: State) -> Any:
        def call() -> Any:
            return holder.inner.invoke(state)

        return call()

    return node


def wrapped() -> Any:
    return functools.wraps(global_name)(lambda state: None)


def subscript(state: State) -> Any:
    return IN_A_LIST[0].invoke(state)


def never_together(state: State) -> Any:
    return [HOLDER.graphs, state.inner]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "action",
    [INNER, global_name, attribute, captured(), captured_by_what_is_inside(), wrapped(), RunnableLambda(dict) | INNER],
)  # fmt: skip
def test_a_subgraph_is_found_where_a_node_reaches_it(action: Any) -> None:
    assert [(name, graph.name) for name, graph in one(action).get_subgraphs()] == [("n", "inner")]


@pytest.mark.parametrize("action", [add_one, subscript, never_together, INNER.copy({"checkpointer": False})])
def test_no_subgraph_is_found_where_none_keeps_a_state(action: Any) -> None:
    assert list(one(action).get_subgraphs()) == []
