"""Pure functions on streamed chunks: complete their roles, and join them into one completion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Chunk: TypeAlias = dict[str, Any]
"""A ``chat.completion.chunk`` of OpenAI."""

OnChunk: TypeAlias = Callable[[Chunk], None]
"""Receives chunks in order; raising ends the answer."""


def add_missing_roles(on_chunk: OnChunk) -> OnChunk:
    """Return a function that passes chunks on to ``on_chunk``, each choice beginning with a chunk that has the role.

    llama.cpp sends the role together with the first token, but sends neither if that token is only a part of a
    character, as for most emoji. Clients and tool calls need the role.
    """
    started: set[int] = set()

    def receive(chunk: Chunk) -> None:
        for choice in chunk["choices"]:
            index = choice["index"]
            if index not in started:
                started.add(index)
                if "role" not in choice["delta"]:
                    delta = {"role": "assistant", "content": None}
                    on_chunk({**chunk, "choices": [{"index": index, "delta": delta, "finish_reason": None}]})
        on_chunk(chunk)

    return receive


def join_chunks(chunks: Iterable[Chunk]) -> dict[str, Any]:
    """Join the chunks of an answer (at least one) into a ``chat.completion``, for requests without ``stream``."""
    choices: dict[int, dict[str, Any]] = {}
    completion: dict[str, Any] = {}
    for chunk in chunks:
        # The last chunk has the usage; the other fields are the same in all chunks.
        completion.update({key: value for key, value in chunk.items() if value is not None})
        for chunk_choice in chunk["choices"]:
            index = chunk_choice["index"]
            _append_choice(choices.setdefault(index, _empty_choice(index)), chunk_choice)
    return {**completion, "object": "chat.completion", "choices": [choices[index] for index in sorted(choices)]}


def _empty_choice(index: int) -> dict[str, Any]:
    return {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}


def _append_choice(choice: dict[str, Any], chunk_choice: dict[str, Any]) -> None:
    message, delta = choice["message"], chunk_choice["delta"]
    for key, value in delta.items():
        if key == "tool_calls":
            _append_tool_calls(message.setdefault("tool_calls", []), value)
        elif key == "role":
            message["role"] = value
        elif value is not None:
            message[key] = (message.get(key) or "") + value
    if logprobs := chunk_choice.get("logprobs"):
        choice.setdefault("logprobs", {"content": []})["content"] += logprobs["content"]
    choice["finish_reason"] = chunk_choice.get("finish_reason") or choice["finish_reason"]


def _append_tool_calls(calls: list[dict[str, Any]], deltas: list[dict[str, Any]]) -> None:
    for delta in deltas:
        while len(calls) <= delta["index"]:
            calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call = calls[delta["index"]]
        call["id"] = delta.get("id") or call["id"]
        function = delta.get("function", {})
        call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""
