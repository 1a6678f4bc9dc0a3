"""The guide “How to stream data from within a tool” prints what it shows."""

from __future__ import annotations

from tests.guides.cells import Output
from tests.guides.model import ITEMS, JOKE, contents, with_bars
from tests.support.openai_server import OpenAIServer

GUIDE = "tools"


def test_the_introduction_prints_custom_data(outputs: dict[str, Output]) -> None:
    assert outputs["introduction, custom data"].printed == "first\nsecond\n"


def test_the_introduction_prints_the_tokens_and_then_the_result_of_the_tool(outputs: dict[str, Output]) -> None:
    assert contents(outputs["introduction, tokens"].printed) == JOKE + "done"


def test_custom_data_of_an_agents_tool(outputs: dict[str, Output]) -> None:
    assert outputs["custom data of a tool"].printed == (
        "{'custom_tool_data': 'books'}\n{'custom_tool_data': 'penciles'}\n{'custom_tool_data': 'pictures'}\n"
    )


def test_tokens_of_an_agents_tool(outputs: dict[str, Output]) -> None:
    assert outputs["tokens of a tool"].printed == with_bars(ITEMS)


def test_custom_data_without_langchain(outputs: dict[str, Output]) -> None:
    assert outputs["custom data without langchain"].printed == with_bars(ITEMS)


def test_requests_of_the_agent_to_the_model(outputs: dict[str, Output], model: OpenAIServer) -> None:
    summaries = [(request["messages"][-1]["role"], request.get("stream", False)) for request in model.requests]
    agent_on_custom, agent_on_messages = (
        [("user", False), ("tool", False)],
        [("user", True), ("user", True), ("tool", True)],
    )
    assert summaries == [("user", True), *agent_on_custom, *agent_on_messages, ("user", True)]
