"""The subgraphs that are found in the actions of nodes."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest
from langchain_core.runnables import RunnableLambda

from lgstream.graph import START, StateGraph
from tests.support.odd_values import ODD_VALUES, ReadCount


class State(TypedDict, total=False):
    n: int


def one_node(action: Any, name: str = "LangGraph") -> Any:
    return StateGraph(State).add_node("n", action).add_edge(START, "n").compile(name=name)


def add_one(state: State) -> State:
    return {"n": state["n"] + 1}


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


class ClassAttribute:
    inner = INNER


def attribute_of_a_class(state: State) -> Any:
    return ClassAttribute.inner.invoke(state)


def bound_method() -> Any:
    invoke = INNER.invoke
    return lambda state: invoke(state)


def subscript(state: State) -> Any:
    return IN_A_LIST[0].invoke(state)


def unrelated_attributes(state: State) -> Any:
    return [HOLDER.graphs, state.inner]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "action",
    [
        INNER,
        global_name,
        attribute,
        attribute_of_a_class,
        bound_method(),
        closure(),
        closure_of_a_nested_function(),
        wrapper(),
        RunnableLambda(dict) | INNER,
    ],
)
def test_the_subgraph_that_a_node_uses_is_found(action: Any) -> None:
    assert [(name, graph.name) for name, graph in one_node(action).get_subgraphs()] == [("n", "inner")]


@pytest.mark.parametrize("action", [add_one, subscript, unrelated_attributes, INNER.copy({"checkpointer": False})])
def test_values_that_are_not_read_directly_and_graphs_without_state_are_not_found(action: Any) -> None:
    assert list(one_node(action).get_subgraphs()) == []


@pytest.mark.parametrize("name", ODD_VALUES)
def test_no_code_of_the_values_that_a_node_uses_runs(name: str) -> None:
    value = ODD_VALUES[name]()
    graph = one_node(lambda state: value.attribute)
    ReadCount.reads.clear()
    assert list(graph.get_subgraphs()) == []
    assert ReadCount.reads == []
