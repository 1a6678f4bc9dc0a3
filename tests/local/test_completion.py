"""Functions on streamed chunks."""

from __future__ import annotations

from typing import Any

from lgstream.local.completion import add_missing_roles, join_chunks
from tests.support.scripted_llama import answer, chunk


def test_text_is_joined_and_finish_reason_and_usage_are_kept():
    assert join_chunks(answer("To be or not")) == {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "To be or not"}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 4},
    }


def test_choices_are_joined_by_index():
    def part(index: int, text: str) -> dict[str, Any]:
        return {**chunk(), "choices": [{"index": index, "delta": {"content": text}, "finish_reason": None}]}

    choices = join_chunks([part(1, "b"), part(0, "a"), part(1, "B"), part(0, "A")])["choices"]
    assert [(choice["index"], choice["message"]["content"]) for choice in choices] == [(0, "aA"), (1, "bB")]


def test_log_probabilities_are_concatenated():
    def part(token: str) -> dict[str, Any]:
        logprobs = {"content": [{"token": token}]}
        return {**chunk(), "choices": [{"index": 0, "delta": {}, "finish_reason": None, "logprobs": logprobs}]}

    assert join_chunks([part("a"), part("b")])["choices"][0]["logprobs"] == {
        "content": [{"token": "a"}, {"token": "b"}]
    }


def test_tool_calls_are_joined_by_index():
    def part(index: int, **function: str) -> dict[str, Any]:
        return chunk(tool_calls=[{"index": index, "id": f"c{index}", "function": function}])

    chunks = [part(0, name="f", arguments=""), part(0, arguments="{}"), part(1, name="g", arguments="[]")]
    assert join_chunks(chunks)["choices"][0]["message"]["tool_calls"] == [
        {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "c1", "type": "function", "function": {"name": "g", "arguments": "[]"}},
    ]


def test_reasoning_is_joined_separately_from_the_text():
    chunks = [chunk(reasoning_content="hm"), chunk(reasoning_content="m"), chunk(content="yes")]
    message = join_chunks(chunks)["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("hmm", "yes")


def test_a_missing_role_is_added_before_the_first_chunk_of_each_choice():
    def part(index: int, **delta: Any) -> dict[str, Any]:
        return {**chunk(), "choices": [{"index": index, "delta": delta, "finish_reason": None}]}

    received: list[dict[str, Any]] = []
    on_chunk = add_missing_roles(received.append)
    for sent_chunk in (
        part(0, content="a"),
        part(1, role="assistant", content=None),
        part(0, content="b"),
        chunk("stop"),
    ):
        on_chunk(sent_chunk)
    assert received == [
        part(0, role="assistant", content=None),
        part(0, content="a"),
        part(1, role="assistant", content=None),
        part(0, content="b"),
        chunk("stop"),
    ]


def test_a_last_chunk_with_the_usage_only_gets_no_role():
    received: list[dict[str, Any]] = []
    add_missing_roles(received.append)(answer("hi")[-1])
    assert received == [answer("hi")[-1]]
