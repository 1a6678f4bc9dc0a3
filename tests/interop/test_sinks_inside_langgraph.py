"""What the sinks of a graph receive that runs inside a graph of langgraph."""

import operator
from typing import Annotated, Any

import langgraph.graph
import pytest
from langchain_core.messages import HumanMessage
from typing_extensions import TypedDict

from lgstream import config, graph
from lgstream.adapters.langgraph.runs import invoke_with_sinks
from lgstream.events import Custom, GraphFinished, GraphStarted, TaskStarted, Token, Update
from lgstream.sinks import Collect, attach
from tests.reference.models import WordModel


class State(TypedDict):
    log: Annotated[list, operator.add]


def talk(state: State) -> dict:
    config.get_stream_writer()("told")
    return {"log": [WordModel().invoke([HumanMessage("hi")]).content]}


def inner_graph(**options: Any) -> Any:
    return graph.StateGraph(State).add_node("talk", talk).add_edge(graph.START, "talk").compile(**options)


def outer_graph(inner: Any) -> Any:
    builder = langgraph.graph.StateGraph(State)
    builder.add_node("outer", inner)
    builder.add_edge(langgraph.graph.START, "outer")
    return builder.compile()


def nodes_of(sink: Collect, kind: type) -> list[tuple[list[str], str]]:
    """Return the names of the graphs' nodes and of the node of each event of a class."""
    return [([part.split(":")[0] for part in event.ns], event.node) for event in sink.events if type(event) is kind]


def test_sinks_of_the_inner_graph_receive_its_events() -> None:
    sink = Collect()
    outer_graph(inner_graph(sinks=[sink])).invoke({"log": []})
    assert nodes_of(sink, GraphStarted) == nodes_of(sink, GraphFinished) == [(["outer"], "outer")]
    for kind in (TaskStarted, Custom, Update):
        assert nodes_of(sink, kind) == [(["outer"], "talk")]
    assert nodes_of(sink, Token) == [(["outer"], "talk")] * 3


def test_attached_sinks_receive_the_events_of_an_inner_graph() -> None:
    sink = Collect()
    outer = outer_graph(inner_graph())
    with attach(sink):
        outer.invoke({"log": []})
    assert nodes_of(sink, Update) == [(["outer"], "talk")]


@pytest.mark.parametrize("is_attached", [False, True])
def test_an_observed_outer_run_shows_the_inner_graph_once(is_attached: bool) -> None:
    sink = Collect()
    outer = outer_graph(inner_graph())
    if is_attached:
        with attach(sink):
            invoke_with_sinks(outer, {"log": []})
    else:
        invoke_with_sinks(outer, {"log": []}, sinks=[sink])
    inner = ["outer"], "talk"
    assert nodes_of(sink, TaskStarted) == [([], "outer"), inner]
    assert nodes_of(sink, Update) == [inner, ([], "outer")]
    assert nodes_of(sink, Custom) == [inner]
    assert nodes_of(sink, Token) == [inner] * 3
