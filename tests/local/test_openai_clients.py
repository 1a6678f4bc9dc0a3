"""The local model with the clients of the guides. The tests check the form of answers, never their content."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

from lgstream.local.server import Server

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("server")]

HI: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me about cats"}]}
FORM = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: Any = {"type": "function", "function": {"name": "get_weather", "parameters": FORM}}
ADD: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}


@tool
def get_items(place: str) -> str:
    """Use this tool to list items one might find in a place you're asked about."""
    return "books, pencils and a lamp"


def model(**options: Any) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-4o-mini", **{"max_completion_tokens": 24, **options})


def test_chat_openai_streams_token_by_token(server: Server):
    chunks = list(model().stream("Tell me about cats"))
    whole = sum(chunks[1:], chunks[0])
    assert len([chunk for chunk in chunks if chunk.content]) > 5
    assert isinstance(whole, AIMessageChunk) and whole.response_metadata["model_name"] == server.model


def test_chat_openai_invokes_with_usage():
    answer = model().invoke("Tell me about cats")
    assert answer.content and answer.usage_metadata and 0 < answer.usage_metadata["output_tokens"] <= 24


async def test_chat_openai_invokes_and_streams_async():
    assert (await model().ainvoke("Tell me about cats")).content
    assert len([chunk async for chunk in model().astream("Tell me about cats") if chunk.content]) > 5


def test_usage_is_streamed_on_request():
    usages = [chunk.usage_metadata for chunk in model().stream("hi", stream_usage=True) if chunk.usage_metadata]
    assert len(usages) == 1 and usages[0]["output_tokens"] > 0


async def test_async_openai_streams_role_content_and_end():
    stream = await openai.AsyncOpenAI().chat.completions.create(**HI, stream=True, max_tokens=16)
    choices = [chunk.choices[0] async for chunk in stream]
    assert choices[0].delta.role == "assistant"
    assert "".join(choice.delta.content or "" for choice in choices)
    assert choices[-1].finish_reason in ("stop", "length")


async def test_an_answer_that_begins_with_an_emoji_begins_with_the_role():
    create = openai.AsyncOpenAI().chat.completions.create
    stream = await create(**HI, stream=True, max_tokens=16, extra_body={"grammar": 'root ::= "🐦"'})
    deltas = [chunk.choices[0].delta async for chunk in stream]
    assert (deltas[0].role, deltas[0].content, deltas[1].content) == ("assistant", None, "🐦")


@pytest.mark.parametrize("key", ["max_tokens", "max_completion_tokens"])
def test_the_token_limit_is_respected(key: str):
    answer = openai.OpenAI().chat.completions.create(**HI, **{key: 3})  # type: ignore[call-overload]
    assert answer.usage and answer.usage.completion_tokens == 3 and answer.choices[0].finish_reason == "length"


def test_a_stop_text_ends_the_answer_and_is_omitted():
    answer = openai.OpenAI().chat.completions.create(**HI, stop=["a"], max_tokens=200)
    assert "a" not in (answer.choices[0].message.content or "")


def test_the_same_seed_gives_the_same_answer():
    ask = openai.OpenAI().chat.completions.create
    first, second = (ask(**HI, seed=7, temperature=0, max_tokens=8).choices[0].message.content for _ in range(2))
    assert first == second


def test_an_answer_matches_its_schema():
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": FORM}}
    answer = openai.OpenAI().chat.completions.create(**HI, response_format=form)  # type: ignore[call-overload]
    assert isinstance(json.loads(answer.choices[0].message.content)["city"], str)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("required", {"get_weather", "add"}),
        ({"type": "function", "function": {"name": "add"}}, {"add"}),
        ("none", set()),
        ("auto", {"get_weather", "add", None}),
    ],
)
def test_tool_choice_is_respected(choice: Any, names: set[str | None]):
    answer = openai.OpenAI().chat.completions.create(**HI, tools=[WEATHER, ADD], tool_choice=choice, max_tokens=40)
    calls = answer.choices[0].message.tool_calls or []
    assert {call.function.name for call in calls if call.type == "function"} <= names
    assert bool(calls) == (answer.choices[0].finish_reason == "tool_calls")
    assert calls or choice in ("none", "auto")


def test_streamed_arguments_are_the_json_of_the_schema():
    stream = openai.OpenAI().chat.completions.create(**HI, tools=[WEATHER], tool_choice="required", stream=True)
    calls = [chunk.choices[0].delta.tool_calls[0] for chunk in stream if chunk.choices[0].delta.tool_calls]
    assert calls[0].id and calls[0].function and calls[0].function.name == "get_weather"
    assert len(calls) > 2 and {call.index for call in calls} == {0}
    assert isinstance(
        json.loads("".join(call.function.arguments or "" for call in calls if call.function))["city"], str
    )


def test_structured_output_is_a_dict():
    answer = model(max_completion_tokens=200).with_structured_output(
        FORM | {"title": "Place"}, method="function_calling"
    )
    assert isinstance(answer.invoke("I live in Paris"), dict)


def test_after_a_tool_result_the_answer_is_in_words():
    call = {"name": "get_items", "args": {"place": "office"}, "id": "1", "type": "tool_call"}
    messages = [
        HumanMessage("what is in the office?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("a desk", tool_call_id="1"),
    ]
    answer = model().bind_tools([get_items]).invoke(messages)
    assert isinstance(answer, AIMessage) and answer.content and not answer.tool_calls


@pytest.mark.parametrize("place", ["office", "bedroom"])
async def test_the_agent_of_the_guides_runs_to_its_end(place: str):
    agent = create_react_agent(model(), [get_items])
    agent_input = {"messages": [{"role": "user", "content": f"what items are in the {place}?"}]}
    for state in (agent.invoke(agent_input), await agent.ainvoke(agent_input)):
        _, calling, result, words = state["messages"]
        assert [call["name"] for call in calling.tool_calls] == ["get_items"]
        assert result.content == "books, pencils and a lamp" and words.content and not words.tool_calls
