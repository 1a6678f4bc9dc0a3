"""The guide “How to stream data from within a tool” prints what it promises."""

from __future__ import annotations

from tests.guides.cells import Output
from tests.guides.model import ITEMS, JOKE, barred, contents
from tests.support.openai_server import OpenAIServer

GUIDE = "tools"


def test_the_introduction_prints_custom_data(shown: dict[str, Output]) -> None:
    assert shown["introduction, custom data"].printed == "first\nsecond\n"


def test_the_introduction_prints_the_tokens_and_then_the_result_of_the_tool(shown: dict[str, Output]) -> None:
    assert contents(shown["introduction, tokens"].printed) == JOKE + "done"


def test_custom_data_of_an_agents_tool(shown: dict[str, Output]) -> None:
    assert shown["custom data of a tool"].printed == (
        "{'custom_tool_data': 'books'}\n{'custom_tool_data': 'penciles'}\n{'custom_tool_data': 'pictures'}\n"
    )


def test_tokens_of_an_agents_tool(shown: dict[str, Output]) -> None:
    assert shown["tokens of a tool"].printed == barred(ITEMS)


def test_custom_data_without_langchain(shown: dict[str, Output]) -> None:
    assert shown["custom data without langchain"].printed == barred(ITEMS)


def test_requests_of_the_agent_to_the_model(shown: dict[str, Output], model: OpenAIServer) -> None:
    asked = [(request["messages"][-1]["role"], request.get("stream", False)) for request in model.requests]
    agent_on_custom, agent_on_messages = (
        [("user", False), ("tool", False)],
        [("user", True), ("user", True), ("tool", True)],
    )
    assert asked == [("user", True), *agent_on_custom, *agent_on_messages, ("user", True)]
