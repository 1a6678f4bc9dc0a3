"""A scripted model: a function that sends chunks like llama.cpp's."""

from __future__ import annotations

from typing import Any

from lgstream.local.chat import ModelCallable
from lgstream.local.completion import OnChunk


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}


def answer(text: str, reason: str = "stop") -> list[dict[str, Any]]:
    """Return the chunks of ``text``, one per word, and the chunk with the usage."""
    words = text.replace(" ", "| ").split("|")
    usage = {**chunk(), "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": len(words)}}
    return [chunk(role="assistant", content=None), *(chunk(content=word) for word in words), chunk(reason), usage]


def scripted_model(*answers: str) -> tuple[ModelCallable, list[dict[str, Any]]]:
    """Return a model that gives ``answers`` in turn, and the list of the requests that it receives."""
    requests: list[dict[str, Any]] = []

    def model(request: dict[str, Any], on_chunk: OnChunk) -> None:
        requests.append(request)
        for answer_chunk in answer(answers[len(requests) - 1]):
            on_chunk(answer_chunk)

    return model, requests
