"""Graphs of langgraph inside graphs of lgstream begin and end as events, like lgstream's own."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphDrained as LangGraphDrained
from langgraph.graph import START as LANGGRAPH_START
from langgraph.graph import StateGraph as LangGraph
from langgraph.types import Command as LangGraphCommand
from langgraph.types import interrupt as langgraph_interrupt

from lgstream import events as ev
from lgstream.errors import GraphDrained
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import ToolNode
from lgstream.sinks import Collect
from tests.support.collected_events import arun, of, run


class State(TypedDict):
    x: int


def langgraph_graph(name: str, node: Any) -> Any:
    graph: Any = LangGraph(State)
    return graph.add_node("work", node).add_edge(LANGGRAPH_START, "work").compile(name=name)


def outer_graph(node: Any, **options: Any) -> Any:
    return StateGraph(State).add_node("outer", node).add_edge(START, "outer").compile(**options)


@pytest.mark.parametrize("execute", [run, arun])
@pytest.mark.parametrize("is_called", [False, True])
def test_a_langgraph_graph_begins_and_ends(execute: Any, is_called: bool):
    inner = langgraph_graph("inner", lambda state: {"x": 2})
    node = (lambda state: inner.invoke(state)) if is_called else inner
    events = execute(outer_graph(node), {"x": 1})
    (task,) = [event for event in of(events, ev.TaskStarted) if event.node == "outer"]
    (started,) = of(events, ev.GraphStarted)
    assert started[1:] == ((f"outer:{task.task_id}",), "inner", task.task_id, "outer", "", task.run_id)
    (finished,) = of(events, ev.GraphFinished)
    assert (finished.ns, finished.graph, finished.status, finished.error) == (started.ns, "inner", "done", None)
    inside = [type(event) for event in events if event.ns]
    assert inside[0] is ev.GraphStarted and inside[-1] is ev.GraphFinished
    assert {event.run_id for event in events} == {task.run_id}


@pytest.mark.parametrize("execute", [run, arun])
def test_an_agent_in_a_tool_knows_the_tool_call(execute: Any):
    model = GenericFakeChatModel(messages=iter([AIMessage("owls")]))
    agent = create_agent(model, [], name="zoologist")

    @tool
    def ask(question: str) -> str:
        """Ask."""
        return str(agent.invoke({"messages": [HumanMessage(question)]})["messages"][-1].text)

    graph = StateGraph(MessagesState).add_node(ToolNode([ask])).add_edge(START, "tools").compile()
    call = {"name": "ask", "args": {"question": "?"}, "id": "call-1", "type": "tool_call"}
    events = execute(graph, {"messages": [AIMessage("", tool_calls=[call])]})
    assert [(event.graph, event.tool_call_id) for event in of(events, ev.GraphStarted)] == [("zoologist", "call-1")]
    inner = [event for event in of(events, ev.TaskStarted, ev.CallStarted) if event.ns]
    assert inner and {event.tool_call_id for event in inner} == {"call-1"}


def test_a_langgraph_graph_that_asks_is_interrupted():
    inner = langgraph_graph("inner", lambda state: {"x": langgraph_interrupt("?")})
    outer = outer_graph(inner, checkpointer=InMemorySaver())
    events = run(outer, {"x": 1}, {"configurable": {"thread_id": "1"}})
    assert [(event.status, event.error) for event in of(events, ev.GraphFinished)] == [("interrupted", None)]


def test_a_langgraph_graph_that_hands_over_is_done():
    inner = langgraph_graph("inner", lambda state: LangGraphCommand(graph=LangGraphCommand.PARENT, update={"x": 3}))
    events = run(outer_graph(inner), {"x": 1})
    assert [(event.status, event.error) for event in of(events, ev.GraphFinished)] == [("done", None)]


def test_a_langgraph_graph_that_is_drained_is_stopped():
    def drain(state: State):
        raise LangGraphDrained

    sink = Collect()
    with pytest.raises(GraphDrained):
        outer_graph(langgraph_graph("inner", drain)).invoke({"x": 1}, sinks=[sink])
    (finished,) = of(sink.events, ev.GraphFinished)
    assert finished.status == "stopped"


def test_sinks_of_a_nested_graph_receive_the_events_of_langgraph_state_in_it():
    inner = langgraph_graph("inner", lambda state: {"x": 2})
    middle_sink = Collect()
    middle = StateGraph(State).add_node("middle", inner).add_edge(START, "middle").compile(name="middle")

    def node(state: State) -> Any:
        return middle.invoke(state, sinks=[middle_sink])

    events = run(outer_graph(node), {"x": 1})
    assert [event.graph for event in of(events, ev.GraphStarted)] == ["middle", "inner"]
    assert [event.graph for event in of(middle_sink.events, ev.GraphStarted)] == ["middle", "inner"]
