"""Tokens of models that tools call, in a process that has loaded langgraph."""

from __future__ import annotations

import langgraph.pregel  # noqa: F401 - what the tests are about
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import ToolNode


@pytest.mark.parametrize("subgraphs", [False, True])
def test_tokens_of_a_model_in_a_tool_are_streamed(subgraphs: bool) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("Owls see well.")]))

    @tool
    def ask(question: str) -> str:
        """Ask a model."""
        return model.invoke(question).text

    call = AIMessage("", tool_calls=[{"name": "ask", "args": {"question": "Owls?"}, "id": "1"}])
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([ask])).add_edge(START, "tools").compile()
    chunks = graph.stream({"messages": [call]}, stream_mode="messages", subgraphs=subgraphs)
    messages = [chunk[1][0] if subgraphs else chunk[0] for chunk in chunks]
    assert "".join(m.text for m in messages if m.type == "AIMessageChunk") == "Owls see well."
