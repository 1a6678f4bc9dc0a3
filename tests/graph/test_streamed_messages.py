"""Streams of messages: a stream that is the only consumer of its run has the chunks that a stream beside a sink has."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from lgstream.events import Event
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import create_react_agent
from tests.support.scripted_model import ScriptedModel, call


@tool
def double(number: int) -> str:
    """Double a number."""
    return str(2 * number)


def graph_with_an_agent() -> Any:
    """Return a graph with an agent, and a node that returns a message of the input, an old one and two new ones."""

    def report(state: MessagesState) -> dict[str, Any]:
        first, *_, last = state["messages"]
        return {"messages": [first, last, AIMessage("new", id="new"), ToolMessage("done", tool_call_id="c1")]}

    agent = create_react_agent(ScriptedModel(turns=[[call("double", number=4)]]), [double])
    builder = StateGraph(MessagesState).add_node("agent", agent).add_node("report", report)
    return builder.add_edge(START, "agent").add_edge("agent", "report").compile()


def chunks(mode: str | list[str], subgraphs: bool, version: str, sinks: list[Any]) -> list[str]:
    stream = graph_with_an_agent().stream(
        {"messages": [HumanMessage("4?", id="question")]},
        stream_mode=mode, subgraphs=subgraphs, version=version, sinks=sinks,
    )  # fmt: skip
    return [_comparable(chunk) for chunk in stream]


def _comparable(value: Any) -> Any:
    """Return a chunk with the types and contents of its messages, and without ids, which are random."""
    if isinstance(value, AIMessage | HumanMessage | ToolMessage):
        return value.type, value.content, value.id is None
    if isinstance(value, dict):
        hidden = ("checkpoint", "langgraph_checkpoint", "langgraph_triggers", "langgraph_path", "id")
        return {key: _comparable(item) for key, item in value.items() if not key.startswith(hidden)}
    if isinstance(value, list | tuple):
        return [_comparable(item) for item in value]
    return value.split(":")[0] if isinstance(value, str) else value


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("mode", ["messages", ["messages"], ["messages", "updates", "values"], ["messages", "tasks"]])
def test_a_stream_alone_has_the_chunks_of_a_stream_beside_a_sink(mode: Any, subgraphs: bool, version: str) -> None:
    events: list[Event] = []
    alone = chunks(mode, subgraphs, version, [])
    assert alone == chunks(mode, subgraphs, version, [events.append])
    assert events


def test_each_message_is_streamed_once() -> None:
    stream = graph_with_an_agent().stream(
        {"messages": [HumanMessage("4?", id="question")]}, stream_mode="messages", subgraphs=True
    )
    assert [message.content for _, (message, _) in stream] == ["4?", "8", "4?|4?|8", "new", "done"]
