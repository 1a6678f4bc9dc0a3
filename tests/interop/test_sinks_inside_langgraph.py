"""What the sinks of a graph receive that runs inside a graph of langgraph."""

import asyncio
import operator
import re
from typing import Annotated, Any

import langgraph.graph
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from typing_extensions import TypedDict

from lgstream import config, graph
from lgstream.adapters.langgraph.runs import ainvoke_with_sinks, invoke_with_sinks
from lgstream.events import Custom, GraphFinished, GraphStarted, TaskStarted, Token, Update
from lgstream.sinks import Collect, attach
from tests.differential.packages import package
from tests.interop.agents import agent
from tests.reference.models import WordModel
from tests.support.scripted_model import call

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class State(TypedDict):
    log: Annotated[list, operator.add]


def talk(state: State) -> dict:
    config.get_stream_writer()("told")
    return {"log": [WordModel().invoke([HumanMessage("hi")]).content]}


def inner_graph(**options: Any) -> Any:
    return graph.StateGraph(State).add_node("talk", talk).add_edge(graph.START, "talk").compile(**options)


@tool
def look(where: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> ToolMessage:
    """Look somewhere."""
    return ToolMessage("nothing", id="looked", tool_call_id=tool_call_id)


class Messages(langgraph.graph.MessagesState, State):
    pass


def outer_graph(inner: Any) -> Any:
    builder = langgraph.graph.StateGraph(Messages)
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


def facts(sink: Collect) -> list[tuple[Any, ...]]:
    """Return what is the same for both packages' inner graphs of the events of a run: kind, place, names and text."""
    names = ("node", "graph", "status", "name", "data", "result")
    return [
        (
            type(event).__name__,
            [part.split(":")[0] for part in event.ns],
            *(ID.sub("<id>", repr(getattr(event, name))) for name in names if hasattr(event, name)),
            getattr(getattr(event, "message", None), "content", None),
        )
        for event in sink.events
    ]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("is_called", [False, True])
def test_an_observed_outer_run_tells_of_an_inner_graph_what_it_tells_of_one_of_langgraph(
    is_called: bool, is_async: bool
) -> None:
    runs = []
    for package_name in ("langgraph", "lgstream"):
        worker = agent(package(package_name), "worker", [[call("look", "c1", where="here")], "Found it."], [look])
        graph = outer_graph(worker.ainvoke if is_called and is_async else worker.invoke if is_called else worker)
        sink = Collect()
        value = {"messages": [HumanMessage("hi", id="0")]}
        if is_async:
            asyncio.run(ainvoke_with_sinks(graph, value, sinks=[sink]))
        else:
            invoke_with_sinks(graph, value, sinks=[sink])
        runs.append(facts(sink))
    assert runs[0] == runs[1]
