"""One turn of a chat: an OpenAI request in, the chunks of its answer out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Literal, TypeAlias

from lgstream.local.completion import Chunk, OnChunk, join_chunks
from lgstream.local.tool_calls import (
    Request,
    ToolOffer,
    answer_request,
    arguments_request,
    as_tool_call_chunk,
    offered_tools,
    tool_choice_request,
)

ModelCallable: TypeAlias = Callable[[Request, OnChunk], None]
"""A chat model: streams its answer to a request into a callback, chunk by chunk."""

ToolCallMode: TypeAlias = Literal["constrained", "native"]
"""Who writes tool calls: :mod:`lgstream.local.tool_calls`, for small models, or the chat template of the model."""


def respond(
    request: Request, model: ModelCallable, on_chunk: OnChunk, tool_call_mode: ToolCallMode = "constrained"
) -> None:
    """Answer ``request`` in chunks, whether or not it asks for a stream.

    Raises:
        RequestError: if the request is invalid.
    """
    if tool_call_mode == "native":
        model(request, on_chunk)
        return
    offer = offered_tools(request)
    name = _choose_tool(request, offer, model)
    if name is None:
        model(answer_request(request), on_chunk)
        return
    call_id = f"call_{secrets.token_hex(12)}"
    model(
        arguments_request(request, offer.tools[name]),
        lambda chunk: on_chunk(as_tool_call_chunk(chunk, name, call_id)),
    )


def complete(request: Request, model: ModelCallable, tool_call_mode: ToolCallMode = "constrained") -> Chunk:
    """Return the whole answer to ``request`` as one completion with its usage.

    Raises:
        RequestError: if the request is invalid.
    """
    chunks: list[Chunk] = []
    # The model streams here too, because it can only be stopped between two chunks.
    respond({**request, "stream_options": {"include_usage": True}}, model, chunks.append, tool_call_mode)
    return join_chunks(chunks)


def _choose_tool(request: Request, offer: ToolOffer, model: ModelCallable) -> str | None:
    """Return the name of the tool to call; None for an answer in words."""
    if not offer.tools:
        return None
    if offer.must_call and len(offer.tools) == 1:
        return next(iter(offer.tools))
    chunks: list[Chunk] = []
    model(tool_choice_request(request, offer), chunks.append)
    name: str = join_chunks(chunks)["choices"][0]["message"]["content"]
    return name if name in offer.tools else None
