"""The errors of a builder: each names the node or edge, and the remedy."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.graph import END, START, StateGraph


class State(TypedDict):
    n: int


def node(state: State) -> State:
    return {"n": 1}


def builder() -> StateGraph:
    return StateGraph(State).add_node("a", node)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda graph: graph.add_node("a", node), "Node `a` already present"),
        (lambda graph: graph.add_node(END, node), "Node `__end__` is reserved"),
        (lambda graph: graph.add_node("a|b", node), r"'\|' is a reserved character"),
        (lambda graph: graph.add_node("a:b", node), "':' is a reserved character"),
        (lambda graph: graph.add_edge(END, "a"), "END cannot be a start node"),
        (lambda graph: graph.add_edge("a", START), "START cannot be an end node"),
        (lambda graph: graph.add_edge(["a", "b"], "a"), "Need to add_node `b` first"),
        (lambda graph: graph.add_edge(["a"], "b"), "Need to add_node `b` first"),
        (lambda graph: graph.add_sequence([]), "at least one node"),
        (lambda graph: graph.add_sequence([("b", node), ("b", node)]), "already exists"),
    ],
)
def test_a_wrong_node_or_edge_is_refused_when_it_is_added(add: Callable[[StateGraph], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        add(builder())


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda graph: graph, "Graph must have an entrypoint"),
        (lambda graph: graph.add_edge("b", "a"), "starting at unknown node 'b': the graph has 'a'"),
        (lambda graph: graph.add_edge(START, "b"), "ending at unknown node `b`: the graph has 'a'"),
        (lambda graph: graph.add_conditional_edges(START, node, ["a", "b"]), "found unknown target 'b'"),
    ],
)
def test_a_wrong_graph_is_refused_when_it_is_compiled(add: Callable[[StateGraph], Any], message: str) -> None:
    graph = builder()
    add(graph)
    with pytest.raises(ValueError, match=message):
        graph.compile()


def test_an_interrupt_at_an_unknown_node_is_refused() -> None:
    with pytest.raises(ValueError, match="Interrupt node `b` not found: the graph has 'a'"):
        builder().add_edge(START, "a").compile(interrupt_before=["b"])


def test_an_action_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="The action of node 'b' is of type int, and must be a function, a Runnable"):
        builder().add_node("b", 1)
    with pytest.raises(RuntimeError, match="Node 'b' has no action"):
        builder().add_node("b")


def test_two_reducers_of_one_key_are_refused() -> None:
    class Summed(TypedDict):
        n: Annotated[int, operator.add]

    class Maximum(TypedDict):
        n: Annotated[int, max]

    assert "n" in StateGraph(Summed, input_schema=State).channels
    assert StateGraph(State, output_schema=Summed).channels["n"] == StateGraph(Summed).channels["n"]
    with pytest.raises(ValueError, match="Channel 'n' already exists"):
        StateGraph(Summed, output_schema=Maximum)


def test_additions_to_a_compiled_graph_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    graph = builder().add_edge(START, "a")
    graph.compile()
    with caplog.at_level(logging.WARNING):
        graph.add_node("b", node).add_edge("a", "b")
    assert [record.name for record in caplog.records] == ["lgstream.graph.state"] * 2
