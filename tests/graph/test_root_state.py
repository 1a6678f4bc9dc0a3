"""States of one value, and states with a key that has the name of their channel."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver

from lgstream.graph import START, StateGraph


def join_lists(left: list[str], right: list[str]) -> list[str]:
    return left + right


State = TypedDict("State", {"__root__": Annotated[list[str], join_lists], "more": str}, total=False)


def test_a_thread_of_a_state_of_one_value_continues_with_a_state_of_several_keys():
    config: Any = {"configurable": {"thread_id": "1"}}
    saver = InMemorySaver()
    root_graph = StateGraph(Annotated[list[str], join_lists]).add_node("a", lambda state: ["a"]).add_edge(START, "a")
    assert root_graph.compile(checkpointer=saver).invoke(["in"], config) == ["in", "a"]
    keyed_graph = StateGraph(State).add_node("a", lambda state: {"__root__": ["b"]}).add_edge(START, "a")
    result = keyed_graph.compile(checkpointer=saver).invoke({"__root__": ["on"], "more": "news"}, config)
    assert result == {"__root__": ["in", "a", "on", "b"], "more": "news"}
