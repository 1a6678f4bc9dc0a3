"""A model that is a function: chunks as llama.cpp sends them, made by hand."""

from __future__ import annotations

from typing import Any

from lgstream.local.chat import ModelCallable
from lgstream.local.completion import OnChunk


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}


def answer(text: str, reason: str = "stop") -> list[dict[str, Any]]:
    """The chunks of ``text``, a word each, and the usage."""
    words = text.replace(" ", "| ").split("|")
    usage = {**chunk(), "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": len(words)}}
    return [chunk(role="assistant", content=None), *(chunk(content=word) for word in words), chunk(reason), usage]


def saying(*answers: str) -> tuple[ModelCallable, list[dict[str, Any]]]:
    """A model that gives ``answers`` in turn, and the list of the requests it was asked."""
    requests: list[dict[str, Any]] = []

    def ask(request: dict[str, Any], each: OnChunk) -> None:
        requests.append(request)
        for one in answer(answers[len(requests) - 1]):
            each(one)

    return ask, requests
