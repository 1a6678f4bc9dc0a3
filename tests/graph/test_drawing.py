"""The shape of a compiled graph, as views receive it."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from lgstream.events import Edge
from lgstream.func import entrypoint
from lgstream.graph import END, START, StateGraph
from lgstream.graph.drawing import declared_edges, graph_shape
from lgstream.types import Command


class State(TypedDict, total=False):
    n: int


def node(state: State) -> State:
    return state


def route(state: State) -> Literal["a", "b"]:
    return "a"


def goto(state: State) -> Command[Literal["a"]]:
    return Command(goto="a")


def test_declared_edges_include_waiting_edges_routing_functions_and_commands() -> None:
    builder = StateGraph(State).add_node("a", node).add_node("b", node).add_node("goto", goto)
    builder.add_edge(START, "a").add_edge(["a", "b"], "goto")
    builder.add_conditional_edges("a", route)
    builder.add_conditional_edges("b", lambda state: "stop", {"stop": END})
    assert declared_edges(builder) == [
        Edge(START, "a"), Edge("a", "goto"), Edge("b", "goto"), Edge("a", "a", True), Edge("a", "b", True),
        Edge("b", END, True, "stop"), Edge("goto", "a", True),
    ]  # fmt: skip


def test_a_node_without_an_edge_leads_to_end() -> None:
    builder = StateGraph(State).add_node("a", node).add_edge(START, "a")
    assert declared_edges(builder) == [Edge(START, "a"), Edge("a", END)]


def test_the_shape_of_a_graph_contains_the_shapes_of_its_subgraphs() -> None:
    inner: Any = StateGraph(State).add_node("a", node).add_edge(START, "a").compile(name="inner")
    outer: Any = StateGraph(State).add_node("inner", inner).add_node("calls", lambda state: inner.invoke(state))
    shape = graph_shape(outer.add_edge(START, "inner").add_edge("inner", "calls").compile(name="outer"))
    assert shape.name == "outer"
    assert [(part.name, part.graph) for part in shape.nodes] == [("inner", graph_shape(inner)), ("calls", None)]


def test_the_shape_of_an_entrypoint_has_one_node() -> None:
    @entrypoint()
    def flow(n: int) -> int:
        return n

    shape = graph_shape(flow)
    assert [part.name for part in shape.nodes] == ["flow"]
    assert shape.edges == (Edge(START, "flow"), Edge("flow", END))
