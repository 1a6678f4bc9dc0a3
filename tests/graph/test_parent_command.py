"""Commands to a parent graph, from wherever in it they come."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.graph import START, StateGraph
from lgstream.types import Command


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def up(state: State) -> Command[str]:
    return Command(graph=Command.PARENT, goto="there", update={"log": ["up"]})


def there(state: State) -> State:
    return {"log": ["there"]}


@pytest.mark.parametrize("keeps_state", [True, None])
def test_a_command_to_the_parent_reaches_it_three_levels_down(keeps_state: bool | None) -> None:
    inner = StateGraph(State).add_node("up", up).add_edge(START, "up").compile(keeps_state)
    middle = StateGraph(State).add_node("inner", inner).add_node("there", there).add_edge(START, "inner")
    graph = StateGraph(State).add_node("middle", middle.compile(keeps_state)).add_edge(START, "middle")
    thread: Any = {"configurable": {"thread_id": "1"}}
    assert graph.compile(InMemorySaver()).invoke({"log": []}, thread) == {"log": ["up", "there"]}


def test_a_command_from_a_tasks_second_subgraph_reaches_its_graph() -> None:
    first = StateGraph(State).add_node("there", there).add_edge(START, "there").compile()
    second = StateGraph(State).add_node("up", up).add_edge(START, "up").compile()

    def calls_both(state: State) -> None:
        first.invoke({"log": []})
        second.invoke({"log": []})

    graph = StateGraph(State).add_node("calls_both", calls_both).add_node("there", there).add_edge(START, "calls_both")
    assert graph.compile().invoke({"log": []}) == {"log": ["up", "there"]}
