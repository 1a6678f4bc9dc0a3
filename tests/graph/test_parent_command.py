"""Commands to the parent graph, from several depths."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.graph import START, StateGraph
from lgstream.types import Command


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def command_parent(state: State) -> Command[str]:
    return Command(graph=Command.PARENT, goto="target", update={"log": ["up"]})


def target(state: State) -> State:
    return {"log": ["target"]}


@pytest.mark.parametrize("checkpointer", [True, None])
def test_a_command_to_the_parent_works_in_the_third_level(checkpointer: bool | None) -> None:
    inner = (
        StateGraph(State)
        .add_node("command_parent", command_parent)
        .add_edge(START, "command_parent")
        .compile(checkpointer)
    )
    middle = StateGraph(State).add_node("inner", inner).add_node("target", target).add_edge(START, "inner")
    graph = StateGraph(State).add_node("middle", middle.compile(checkpointer)).add_edge(START, "middle")
    thread: Any = {"configurable": {"thread_id": "1"}}
    assert graph.compile(InMemorySaver()).invoke({"log": []}, thread) == {"log": ["up", "target"]}


def test_a_command_from_the_second_subgraph_of_a_task_reaches_the_parent() -> None:
    first = StateGraph(State).add_node("target", target).add_edge(START, "target").compile()
    second = StateGraph(State).add_node("command_parent", command_parent).add_edge(START, "command_parent").compile()

    def call_both(state: State) -> None:
        first.invoke({"log": []})
        second.invoke({"log": []})

    graph = StateGraph(State).add_node("call_both", call_both).add_node("target", target).add_edge(START, "call_both")
    assert graph.compile().invoke({"log": []}) == {"log": ["up", "target"]}
