"""Messages that a node pushes while it runs."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.graph.message import push_message


def stream(pushed: AIMessage, key: str | None = "messages") -> tuple[list[str], list[str]]:
    def node(state: MessagesState) -> None:
        push_message(pushed, state_key=key)

    graph = StateGraph(MessagesState).add_node(node).add_edge(START, "node").compile()
    shown, kept = [], []
    for mode, chunk in graph.stream({"messages": []}, stream_mode=["messages", "values"]):
        if mode == "messages":
            shown.append(chunk[0].content)
        else:
            kept = [message.content for message in chunk["messages"]]
    return shown, kept


def test_a_pushed_message_is_streamed_once_and_kept_in_the_state() -> None:
    assert stream(AIMessage("pushed", id="1")) == (["pushed"], ["pushed"])


def test_a_pushed_message_without_a_key_is_streamed_only() -> None:
    assert stream(AIMessage("pushed", id="1"), None) == (["pushed"], [])


def test_a_message_without_an_id_cannot_be_pushed() -> None:
    with pytest.raises(ValueError, match="Message ID is required"):
        stream(AIMessage("pushed"))
