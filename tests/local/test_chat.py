"""respond and complete: which requests a turn takes, with a scripted model."""

from __future__ import annotations

from typing import Any

from lgstream.local.chat import complete, respond
from tests.support.scripted_llama import answer, saying

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
OTHER = {"type": "function", "function": {"name": "listen"}}


def request(**rest: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "look!"}], **rest}


def message(said: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = said["choices"][0]["message"]
    return whole


def test_without_tools_the_request_is_passed_on_once():
    ask, requests = saying("Hello there")
    assert message(complete(request(temperature=0.1), ask))["content"] == "Hello there"
    assert requests == [request(temperature=0.1, stream_options={"include_usage": True})]


def test_a_chosen_tool_is_called():
    ask, requests = saying("look", '{"far": 1}')
    call = message(complete(request(tools=[TOOL, OTHER]), ask))["tool_calls"][0]
    assert call["function"] == {"name": "look", "arguments": '{"far": 1}'}
    assert ["grammar" in one for one in requests] == [True, False]


def test_without_a_chosen_tool_the_answer_is_in_words():
    ask, _ = saying("none", "Hello there")
    said = message(complete(request(tools=[TOOL]), ask))
    assert said == {"role": "assistant", "content": "Hello there"}


def test_a_single_tool_that_must_be_called_is_not_chosen_first():
    ask, requests = saying("{}")
    assert message(complete(request(tools=[TOOL], tool_choice="required"), ask))["tool_calls"]
    assert len(requests) == 1


def test_two_calls_have_two_ids():
    ids = set()
    for _ in range(2):
        ask, _ = saying("{}")
        ids.add(message(complete(request(tools=[TOOL], tool_choice="required"), ask))["tool_calls"][0]["id"])
    assert len(ids) == 2


def test_words_are_streamed_as_the_model_sends_them():
    ask, _ = saying("Hello there")
    seen: list[dict[str, Any]] = []
    respond(request(stream=True), ask, seen.append)
    assert seen == answer("Hello there")


def test_native_tool_calls_are_left_to_the_model():
    ask, requests = saying("Hello")
    given = request(tools=[TOOL], tool_choice="required")
    respond(given, ask, lambda chunk: None, "native")
    assert requests == [given]
