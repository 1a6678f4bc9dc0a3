"""One turn of a chat: an OpenAI request in, the chunks of its answer out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from lgstream.local import tool_calls as tools
from lgstream.local.completion import gather

Chunk: TypeAlias = dict[str, Any]
Each: TypeAlias = Callable[[Chunk], None]
"""Receives chunks in order; raising ends the answer."""

Ask: TypeAlias = Callable[[tools.Request, Each], None]
"""A chat model: calls its second argument with each chunk of the streamed answer to the first."""

ToolCalls: TypeAlias = Literal["constrained", "native"]
"""Who makes tool calls: :mod:`lgstream.local.tool_calls`, for small models, or the model's own chat template."""


def respond(request: tools.Request, ask: Ask, each: Each, tool_calls: ToolCalls = "constrained") -> None:
    """Answer ``request``, whether or not it says ``stream``, in chunks.

    Raises:
        Refused: the request cannot be answered as it is.
    """
    if tool_calls == "native":
        ask(request, each)
        return
    offered = tools.offer(request)
    name = _choose(request, offered, ask)
    if name is None:
        ask(tools.answering(request), each)
        return
    call_id = f"call_{secrets.token_hex(12)}"
    ask(tools.calling(request, offered.tools[name]), lambda chunk: each(tools.as_call(chunk, name, call_id)))


def complete(request: tools.Request, ask: Ask, tool_calls: ToolCalls = "constrained") -> Chunk:
    """The whole answer to ``request`` as one completion, with its usage."""
    chunks: list[Chunk] = []
    # The model streams all the same: between two tokens it can be told to stop.
    respond({**request, "stream_options": {"include_usage": True}}, ask, chunks.append, tool_calls)
    return gather(chunks)


def _choose(request: tools.Request, offered: tools.Offer, ask: Ask) -> str | None:
    if not offered.tools:
        return None
    if offered.must and len(offered.tools) == 1:
        return next(iter(offered.tools))
    said: list[Chunk] = []
    ask(tools.choosing(request, offered), said.append)
    name: str = gather(said)["choices"][0]["message"]["content"]
    return name if name in offered.tools else None
