"""Messages in the state: the reducer ``add_messages``, and ``push_message``."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, MessageLikeRepresentation

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.graph.message import add_messages, push_message


def stream(message: AIMessage, key: str | None = "messages") -> tuple[list[str], list[str]]:
    def node(state: MessagesState) -> None:
        push_message(message, state_key=key)

    graph = StateGraph(MessagesState).add_node(node).add_edge(START, "node").compile()
    streamed, saved = [], []
    for mode, chunk in graph.stream({"messages": []}, stream_mode=["messages", "values"]):
        if mode == "messages":
            streamed.append(chunk[0].content)
        else:
            saved = [item.content for item in chunk["messages"]]
    return streamed, saved


def test_a_pushed_message_is_streamed_once_and_saved_in_the_state() -> None:
    assert stream(AIMessage("pushed", id="1")) == (["pushed"], ["pushed"])


def test_a_pushed_message_without_a_key_is_only_streamed() -> None:
    assert stream(AIMessage("pushed", id="1"), None) == (["pushed"], [])


def test_a_message_without_an_id_cannot_be_pushed() -> None:
    with pytest.raises(ValueError, match="Message ID is required"):
        stream(AIMessage("pushed"))


def test_a_message_that_is_in_the_state_twice_gets_one_id() -> None:
    message = AIMessage("twice")
    messages: list[MessageLikeRepresentation] = [message, message, AIMessage("other")]
    first, second = add_messages([], messages)
    assert first is message
    assert first.id != second.id


def test_a_message_without_an_id_that_is_in_the_state_already_replaces_itself() -> None:
    message = AIMessage("again")
    messages: list[MessageLikeRepresentation] = [message]
    assert add_messages(messages, message) == [message]
