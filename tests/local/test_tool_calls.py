"""A request with tools becomes requests for a choice, arguments or an answer, and arguments become a tool call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lgstream.local import tool_calls as tools
from lgstream.local.completion import join_chunks
from lgstream.local.errors import RequestError
from tests.support.scripted_llama import answer, chunk


def tool(name: str, description: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


WEATHER = tool("get_weather", "Get the weather for a city.", city={"type": "string"})
ADD = tool("add", "Add two numbers.", a={"type": "number"}, b={"type": "number"})
CALL = {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}


def user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def request(*messages: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [*messages] or [user("hi")], "tools": [WEATHER, ADD], **rest}


CALLED = (
    user("what's the weather in Rome?"),
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "1", "content": "sunny, 21 degrees"},
)


def schema_of(tool_request: dict[str, Any]) -> Any:
    return tool_request["response_format"]["json_schema"]["schema"]


def test_by_default_a_question_can_call_any_tool():
    assert tools.offered_tools(request()) == ({"get_weather": WEATHER["function"], "add": ADD["function"]}, False)


def test_after_a_result_no_tool_is_offered():
    assert tools.offered_tools(request(*CALLED)).tools == {}


def test_a_new_question_after_a_result_can_call_tools():
    words = {"role": "assistant", "content": "It is sunny."}
    assert set(tools.offered_tools(request(*CALLED, words, user("and in Oslo?"))).tools) == {"get_weather", "add"}


def test_required_calls_even_after_a_result():
    assert tools.offered_tools(request(*CALLED, tool_choice="required")).must_call


def test_none_offers_nothing():
    assert tools.offered_tools(request(tool_choice="none")) == ({}, False)


def test_a_named_function_is_the_only_offer():
    choice = {"type": "function", "function": {"name": "add"}}
    assert tools.offered_tools(request(tool_choice=choice)) == ({"add": ADD["function"]}, True)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"tool_choice": {"type": "function", "function": {"name": "subtract"}}}, "subtract.*get_weather, add"),
        ({"tool_choice": "required", "tools": []}, "required.*empty"),
        ({"tool_choice": "always"}, "always"),
        ({"tools": [{"type": "custom", "custom": {"name": "shell"}}]}, "shell"),
        ({"tools": ["get_weather"]}, "get_weather"),
    ],
)
def test_invalid_tools_and_choices_are_rejected(wrong: dict[str, Any], named: str):
    with pytest.raises(RequestError, match=named) as refused:
        tools.offered_tools(request(**wrong))
    assert refused.value.status == 400


def choice_request(tool_request: dict[str, Any]) -> dict[str, Any]:
    return tools.tool_choice_request(tool_request, tools.offered_tools(tool_request))


def test_the_choice_is_between_the_tools_and_none():
    assert choice_request(request())["grammar"] == 'root ::= "get_weather" | "add" | "none"'


def test_a_required_call_excludes_none():
    tool_request = choice_request(request(tool_choice="required"))
    assert "none" not in json.dumps(tool_request)


def test_a_name_cannot_break_out_of_the_grammar():
    assert r'"a\"b"' in choice_request(request(tools=[tool('a"b')]))["grammar"]


def test_the_choice_depends_on_the_last_question():
    parts = [{"type": "text", "text": "What is 1 + 2?"}, {"type": "image_url", "image_url": {"url": "x"}}]
    tool_request = choice_request(request(user("hello"), {"role": "assistant", "content": "hi"}, user(parts)))
    assert tool_request["messages"][-1]["content"] == "Message: What is 1 + 2?\nTool:"


def test_the_choice_ignores_the_sampling_of_the_request():
    tool_request = choice_request(request(temperature=1.5, max_tokens=4000, stream_options={"include_usage": True}))
    assert (
        tool_request["temperature"] == 0 and tool_request["max_tokens"] < 100 and "stream_options" not in tool_request
    )


def test_arguments_follow_the_tool_schema():
    assert schema_of(tools.arguments_request(request(), ADD["function"])) == {
        **ADD["function"]["parameters"],
        "additionalProperties": False,
    }


def test_strings_and_arrays_in_the_arguments_are_limited():
    inner = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    many = tool("f", free={"anyOf": [{"type": "string"}, {"type": "null"}]}, inner=inner)["function"]
    properties = schema_of(tools.arguments_request(request(), many))["properties"]
    assert properties["free"]["anyOf"][0]["maxLength"] > 0
    assert properties["inner"]["properties"]["tags"]["maxItems"] > 0
    assert properties["inner"]["properties"]["tags"]["items"]["maxLength"] > 0


def test_limits_in_the_schema_are_kept():
    limits: dict[str, Any] = {
        "long": {"type": "string", "maxLength": 9000},
        "least": {"type": "string", "minLength": 900},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "open": {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}},
    }
    properties = schema_of(tools.arguments_request(request(), tool("f", **limits)["function"]))["properties"]
    assert properties == {**limits, "least": {"type": "string", "minLength": 900, "maxLength": 900}}


def test_a_property_can_have_the_name_of_a_schema_keyword():
    odd: dict[str, Any] = {"type": {"type": "string"}, "enum": {"type": "integer"}, "properties": {"type": "boolean"}}
    properties = schema_of(tools.arguments_request(request(), tool("f", **odd)["function"]))["properties"]
    assert properties == {**odd, "type": {"type": "string", "maxLength": properties["type"]["maxLength"]}}


def test_the_schema_of_the_caller_is_not_changed():
    before = json.dumps(WEATHER)
    tools.arguments_request(request(), WEATHER["function"])
    assert json.dumps(WEATHER) == before


def test_a_tool_without_parameters_has_an_empty_object():
    assert schema_of(tools.arguments_request(request(), {"name": "now"}))["properties"] == {}


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens"])
def test_arguments_keep_a_smaller_limit(key: str):
    assert tools.arguments_request(request(**{key: 7}), ADD["function"])["max_tokens"] == 7


def test_arguments_have_a_token_limit():
    assert tools.arguments_request(request(max_tokens=100_000), ADD["function"])["max_tokens"] <= 512


def test_arguments_use_only_sampling_options_that_keep_json_valid():
    tool_request = tools.arguments_request(
        request(temperature=0.3, seed=4, stop=["}"], n=3, logprobs=True), ADD["function"]
    )
    assert (tool_request["temperature"], tool_request["seed"]) == (0.3, 4)
    assert not tool_request.keys() & {"stop", "n", "logprobs", "tools", "tool_choice"}


def test_an_answer_request_is_the_request_without_tools():
    tool_request = tools.answer_request(
        request(tool_choice="auto", parallel_tool_calls=False, temperature=0.2, stop=["."])
    )
    assert tool_request == {"model": "gpt-4o-mini", "messages": [user("hi")], "temperature": 0.2, "stop": ["."]}


def test_results_are_facts_in_the_answer_request():
    *earlier, question = tools.answer_request(request({"role": "system", "content": "Be kind."}, *CALLED))["messages"]
    assert earlier == [{"role": "system", "content": "Be kind."}]
    assert "what's the weather in Rome?" in question["content"] and "sunny, 21 degrees" in question["content"]


def test_earlier_calls_are_omitted_and_their_answers_kept():
    words = {"role": "assistant", "content": "It is sunny."}
    tool_request = tools.answer_request(request(*CALLED, words, user("thanks")))
    assert tool_request["messages"] == [CALLED[0], words, user("thanks")]


def test_the_schema_of_a_response_format_is_limited_too():
    form = {"type": "json_schema", "json_schema": {"name": "j", "schema": {"type": "string"}}}
    assert schema_of(tools.answer_request(request(response_format=form)))["maxLength"] > 0


def called(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [tools.as_tool_call_chunk(chunk, "get_weather", "call_1") for chunk in chunks]


def test_the_first_chunk_of_a_call_has_its_name():
    first = called(answer("{}"))[0]["choices"][0]["delta"]
    function = {"name": "get_weather", "arguments": ""}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    assert first == {"role": "assistant", "content": None, "tool_calls": [call]}


def test_a_call_is_streamed_like_text():
    deltas = [chunk["choices"][0]["delta"] for chunk in called(answer('{"city": "New York"}'))[1:-2]]
    assert [delta["tool_calls"][0]["function"]["arguments"] for delta in deltas] == ['{"city":', ' "New', ' York"}']


def test_the_chunks_of_a_call_join_into_a_call():
    choice = join_chunks(called(answer('{"city": "Rome"}')))["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {"role": "assistant", "content": None, "tool_calls": [{**CALL, "id": "call_1"}]}


def test_an_incomplete_call_has_the_finish_reason_length():
    assert called(answer('{"city', reason="length"))[-2]["choices"][0]["finish_reason"] == "length"


def test_a_chunk_with_only_the_usage_is_not_changed():
    usage = {**chunk(), "choices": [], "usage": {"total_tokens": 3}}
    assert called([usage]) == [usage]
