"""respond and complete: the requests of a turn, with a scripted model."""

from __future__ import annotations

from typing import Any

from lgstream.local.chat import complete, respond
from tests.support.scripted_llama import answer, scripted_model

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
OTHER = {"type": "function", "function": {"name": "listen"}}


def request(**rest: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "look!"}], **rest}


def message(completion: dict[str, Any]) -> dict[str, Any]:
    first_message: dict[str, Any] = completion["choices"][0]["message"]
    return first_message


def test_without_tools_the_request_is_passed_on_once():
    model, requests = scripted_model("Hello there")
    assert message(complete(request(temperature=0.1), model))["content"] == "Hello there"
    assert requests == [request(temperature=0.1, stream_options={"include_usage": True})]


def test_a_chosen_tool_is_called():
    model, requests = scripted_model("look", '{"far": 1}')
    call = message(complete(request(tools=[TOOL, OTHER]), model))["tool_calls"][0]
    assert call["function"] == {"name": "look", "arguments": '{"far": 1}'}
    assert ["grammar" in request for request in requests] == [True, False]


def test_without_a_chosen_tool_the_answer_is_in_words():
    model, _ = scripted_model("none", "Hello there")
    answer_message = message(complete(request(tools=[TOOL]), model))
    assert answer_message == {"role": "assistant", "content": "Hello there"}


def test_a_single_tool_that_must_be_called_is_not_chosen_first():
    model, requests = scripted_model("{}")
    assert message(complete(request(tools=[TOOL], tool_choice="required"), model))["tool_calls"]
    assert len(requests) == 1


def test_two_calls_have_two_ids():
    ids = set()
    for _ in range(2):
        model, _ = scripted_model("{}")
        ids.add(message(complete(request(tools=[TOOL], tool_choice="required"), model))["tool_calls"][0]["id"])
    assert len(ids) == 2


def test_words_are_streamed_as_the_model_sends_them():
    model, _ = scripted_model("Hello there")
    chunks: list[dict[str, Any]] = []
    respond(request(stream=True), model, chunks.append)
    assert chunks == answer("Hello there")


def test_native_tool_calls_are_left_to_the_model():
    model, requests = scripted_model("Hello")
    native_request = request(tools=[TOOL], tool_choice="required")
    respond(native_request, model, lambda chunk: None, "native")
    assert requests == [native_request]
