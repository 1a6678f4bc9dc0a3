"""The adapter of AG-UI runs graphs of lgstream, with the events that it gives for graphs of LangGraph."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import pytest
from ag_ui.core import Message, ResumeEntry, RunAgentInput, UserMessage
from ag_ui_langgraph import LangGraphAgent
from langchain_core.callbacks import adispatch_custom_event
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from tests.langchain.traced_programs import agent

PACKAGES = ("langgraph", "lgstream")

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")


def request(*texts: str, **options: Any) -> RunAgentInput:
    messages: list[Message] = [
        UserMessage(id=f"user{number}", role="user", content=text) for number, text in enumerate(texts)
    ]
    fields: dict[str, Any] = {"state": {}, "tools": [], "context": [], "forwarded_props": {}, **options}
    return RunAgentInput(thread_id="thread", run_id="run", messages=messages, **fields)


async def run(adapter: LangGraphAgent, *requests: RunAgentInput) -> list[Any]:
    """Return the events of runs one after the other, as the data that a client receives."""
    events = []
    for one in requests:
        events += [json.loads(event.model_dump_json(exclude_none=True)) async for event in adapter.clone().run(one)]
    return events


def without_ids(events: Sequence[Any]) -> list[Any]:
    """Return the events with ids numbered in the order of their first use."""
    numbers: dict[str, str] = {}
    text = json.dumps([{key: value for key, value in event.items() if key != "timestamp"} for event in events])
    return list(json.loads(UUID.sub(lambda match: numbers.setdefault(match[0], f"id{len(numbers)}"), text)))


def compare(results: Sequence[list[Any]]) -> None:
    expected, events = (without_ids(result) for result in results)
    assert [event["type"] for event in events] == [event["type"] for event in expected]
    assert events == expected


def types(events: Sequence[Any]) -> set[str]:
    return {event["type"] for event in events}


async def test_an_agent_with_a_tool_over_two_messages_of_the_user() -> None:
    results = []
    for package in PACKAGES:
        adapter = LangGraphAgent(name="a", graph=agent(package, checkpointer=InMemorySaver()), emit_raw_events=False)
        results.append(await run(adapter, request("What is 1 + 2?"), request("What is 1 + 2?", "And again?")))
    assert {"TEXT_MESSAGE_CONTENT", "TOOL_CALL_ARGS", "TOOL_CALL_RESULT", "STATE_SNAPSHOT"} <= types(results[1])
    compare(results)


def graph_that_asks(package: str) -> Any:
    graph, interrupt = import_module(f"{package}.graph"), import_module(f"{package}.types").interrupt

    def ask(state: Any) -> Any:
        return {"messages": [("user", interrupt({"message": "Publish?", "tool_call_id": "call1"})["answer"])]}

    def route(state: Any) -> str:
        return "helper"

    builder = graph.StateGraph(graph.MessagesState).add_node("helper", agent(package, name="adder"))
    builder.add_node("ask", ask).add_conditional_edges("__start__", route, ["helper"]).add_edge("helper", "ask")
    return builder.compile(checkpointer=InMemorySaver())


@pytest.mark.parametrize("is_structured", [False, True])
async def test_a_question_and_its_answer(is_structured: bool) -> None:
    results = []
    for package in PACKAGES:
        graph = graph_that_asks(package)
        adapter = AdapterOfSubgraphs(name="a", graph=graph, emit_raw_events=False, emit_interrupt_outcome=is_structured)
        events = await run(adapter, request("What is 1 + 2?"))
        (question,) = (await graph.aget_state({"configurable": {"thread_id": "thread"}})).interrupts
        entry = ResumeEntry(interrupt_id=question.id, status="resolved", payload={"answer": "yes"})
        results.append(events + await run(adapter, request("What is 1 + 2?", resume=[entry])))
    assert results[1][-1]["type"] == "RUN_FINISHED"
    assert "yes" in json.dumps(results[1])
    compare(results)


class AdapterOfSubgraphs(LangGraphAgent):
    """The adapter with the names of the nodes that are graphs: it finds only graphs of langgraph by itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.subgraphs = {"helper"}


async def test_without_the_names_of_subgraphs_only_their_steps_begin_earlier() -> None:
    results = []
    for package in PACKAGES:
        adapter = LangGraphAgent(name="a", graph=graph_that_asks(package), emit_raw_events=False)
        results.append(without_ids(await run(adapter, request("What is 1 + 2?"))))

    def sorted_events(events: list[Any]) -> list[str]:
        return sorted(json.dumps(event) for event in events)

    assert sorted_events(results[0]) == sorted_events(results[1])


async def test_custom_events_and_state_that_a_node_shows() -> None:
    results = []
    for package in PACKAGES:
        graph = import_module(f"{package}.graph")

        async def show(state: Any, config: RunnableConfig) -> Any:
            await adispatch_custom_event("manually_emit_message", {"message_id": "m1", "message": "Hi"}, config=config)
            await adispatch_custom_event("manually_emit_state", {"progress": 1}, config=config)
            await adispatch_custom_event("mine", {"progress": 2}, config=config)
            return {"messages": [("ai", "Done.")]}

        builder = graph.StateGraph(graph.MessagesState).add_node("show", show).add_edge("__start__", "show")
        adapter = LangGraphAgent(name="a", graph=builder.compile(InMemorySaver()), emit_raw_events=False)
        results.append(await run(adapter, request("Hi")))
    assert {"CUSTOM", "TEXT_MESSAGE_CONTENT"} <= types(results[1])
    compare(results)


async def test_a_tool_that_returns_a_command_of_langgraph() -> None:
    @tool
    def add(a: int, b: int, call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Add two numbers."""
        return Command(update={"messages": [ToolMessage(str(a + b), tool_call_id=call_id)]})

    results = []
    for package in PACKAGES:
        graph = agent(package, tools=[add], checkpointer=InMemorySaver())
        adapter = LangGraphAgent(name="a", graph=graph, emit_raw_events=False)
        results.append(await run(adapter, request("What is 1 + 2?")))
    assert "TOOL_CALL_RESULT" in types(results[1])
    compare(results)


async def test_a_tool_that_asks() -> None:
    results = []
    for package in PACKAGES:
        interrupt = import_module(f"{package}.types").interrupt

        @tool
        def add(a: int, b: int) -> Any:
            """Add two numbers."""
            return interrupt({"message": f"{a} + {b}?"})["sum"]  # noqa: B023 - called in this turn of the loop

        adapter = LangGraphAgent(
            name="a", graph=agent(package, tools=[add], checkpointer=InMemorySaver()), emit_raw_events=False
        )
        answer = {"command": {"resume": '{"sum": 3}'}}
        requests = request("What is 1 + 2?"), request("What is 1 + 2?", forwarded_props=answer)
        results.append(await run(adapter, *requests))
    compare(results)


async def test_a_tool_that_runs_an_agent() -> None:
    results = []
    for package in PACKAGES:
        helper = agent(package, tools=[], name="helper")

        @tool
        async def add(a: int, b: int) -> Any:
            """Add two numbers."""
            state = await helper.ainvoke({"messages": [("user", "Hi")]})  # noqa: B023 - as above
            return state["messages"][-1].content

        adapter = LangGraphAgent(
            name="a", graph=agent(package, tools=[add], checkpointer=InMemorySaver()), emit_raw_events=False
        )
        results.append(await run(adapter, request("What is 1 + 2?")))
    compare(results)


async def test_an_edited_message_runs_from_the_checkpoint_before_it() -> None:
    results = []
    for package in PACKAGES:
        adapter = LangGraphAgent(name="a", graph=agent(package, checkpointer=InMemorySaver()), emit_raw_events=False)
        events = await run(adapter, request("What is 1 + 2?"), request("What is 1 + 2?", "And again?"))
        results.append(events + await run(adapter, request("What is 2 + 1?")))
    compare(results)


async def test_a_failing_node_gives_its_error() -> None:
    results = []
    for package in PACKAGES:
        graph = import_module(f"{package}.graph")

        def fail(state: Any) -> Any:
            raise ValueError("no answer")

        builder = graph.StateGraph(graph.MessagesState).add_node("fail", fail).add_edge("__start__", "fail")
        adapter = LangGraphAgent(name="a", graph=builder.compile(InMemorySaver()), emit_raw_events=False)
        results.append(await run(adapter, request("Hi")))
    assert results[1][-1]["type"] == "RUN_ERROR"
    compare(results)
