"""Graphs of both packages nested in each other, three deep: the outer stream is the same as without lgstream."""

from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.events import Custom, Update
from lgstream.sinks import Collect, attach
from tests.differential.inner_graphs import MODES, THREAD, State, Talk, as_node, asking, called, chain, talking
from tests.differential.packages import package

theirs = package("langgraph")
ORDERS: list[Callable[[Any], tuple[Any, Any, Any]]] = [
    lambda lg: (theirs, lg, theirs),
    lambda lg: (lg, theirs, lg),
    lambda lg: (theirs, lg, lg),
    lambda lg: (lg, lg, theirs),
]


def nested(packages: tuple[Any, Any, Any], leaf: Any, place: Callable, schema: Any, is_async: bool) -> Any:
    """Return a graph of the first package, with one of the second, with one of the third."""
    outer, middle, inner = packages
    between = chain(middle, schema, inner=place(leaf(inner), is_async), plain=lambda state: {"log": ["plain"]})
    return chain(outer, schema, middle=place(between, is_async), options={"checkpointer": InMemorySaver()})


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("place", [as_node, called])
@pytest.mark.parametrize("subgraphs", [False, True])
def test_a_stream(same: Any, order: Any, place: Callable, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(order(lg), talking, place, Talk, c.is_async)
        for modes in ("custom", "messages", MODES):
            c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("place", [as_node, called])
def test_an_interrupt(same: Any, order: Any, place: Callable) -> None:
    def program(c: Any, lg: Any) -> None:
        packages = order(lg)
        graph = nested(packages, lambda inner: asking(inner, 2), place, State, c.is_async)
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, subgraphs=True)
        for _ in range(2):
            c.state(graph, THREAD, subgraphs=True)
            c.stream(graph, packages[0].Command(resume="yes"), THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)

    same(program)


@pytest.mark.parametrize("order", ORDERS)
def test_a_handover(same: Any, order: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        packages = order(lg)

        def leaf(inner: Any) -> Any:
            def leave(state: Any) -> Any:
                return inner.Command(graph=inner.Command.PARENT, goto="plain", update={"log": ["left"]})

            return chain(inner, State, leave=leave)

        graph = nested(packages, leaf, as_node, State, c.is_async)
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, subgraphs=True)

    same(program)


@pytest.mark.parametrize("order", ORDERS)
def test_attached_sinks_receive_each_event_once(order: Any) -> None:
    lg = package("lgstream")
    sink = Collect()
    graph = nested(order(lg), talking, called, Talk, False)
    with attach(sink):
        graph.invoke({"log": [], "messages": []}, THREAD)
    assert len([event for event in sink.events if type(event) is Custom]) == 1
    assert [event.node for event in sink.events if type(event) is Update].count("tell") == 1
