"""Subgraphs with a state of their own that are entered again in a resumed run."""

from __future__ import annotations

from typing import Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver

from lgstream.graph import START, StateGraph
from lgstream.types import Command, interrupt


class State(TypedDict):
    answers: list[str]


def test_a_subgraph_that_is_entered_again_interrupts_again() -> None:
    def ask(state: State) -> State:
        return {"answers": [*state["answers"], interrupt("?")]}

    inner = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(checkpointer=True)

    def call(state: State) -> Any:
        return inner.invoke(state)

    def repeat(state: State) -> Any:
        return Command(goto="call") if len(state["answers"]) < 2 else None

    graph = StateGraph(State).add_node("call", call).add_node("repeat", repeat)
    graph.add_edge(START, "call").add_edge("call", "repeat")
    compiled = graph.compile(InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "1"}}
    compiled.invoke({"answers": []}, thread)
    result = compiled.invoke(Command(resume="one"), thread)
    assert result["answers"] == ["one"]
    assert [item.value for item in result["__interrupt__"]] == ["?"]
    assert compiled.invoke(Command(resume="two"), thread) == {"answers": ["one", "two"]}
