"""States that are one value, and states with a key that is named like the channel of such a value."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver

from lgstream.graph import START, StateGraph


def joined(left: list[str], right: list[str]) -> list[str]:
    return left + right


State = TypedDict("State", {"__root__": Annotated[list[str], joined], "more": str}, total=False)


def test_a_thread_of_a_bare_state_goes_on_in_one_that_has_more_keys():
    config: Any = {"configurable": {"thread_id": "1"}}
    saver = InMemorySaver()
    bare = StateGraph(Annotated[list[str], joined]).add_node("a", lambda state: ["a"]).add_edge(START, "a")
    assert bare.compile(checkpointer=saver).invoke(["in"], config) == ["in", "a"]
    keyed = StateGraph(State).add_node("a", lambda state: {"__root__": ["b"]}).add_edge(START, "a")
    grown = keyed.compile(checkpointer=saver).invoke({"__root__": ["on"], "more": "news"}, config)
    assert grown == {"__root__": ["in", "a", "on", "b"], "more": "news"}
