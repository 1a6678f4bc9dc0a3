"""What a langchain message holds, read by its attributes: text, reasoning, tool calls, other parts, usage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from lgstream.views.text.format import clean, cut
from lgstream.views.text.json_preview import pretty

TEXT = 100_000
"""Characters of a whole message that are shown; a streamed answer is shown as it came."""

ARGS = 20_000
"""Characters of the arguments of a whole tool call."""

ROLES = {"ai": "assistant", "AIMessageChunk": "assistant", "human": "human", "system": "system", "tool": "tool"}

ELSEWHERE = frozenset((
    "tool_use", "tool_call", "tool_call_chunk", "input_json_delta", "function_call", "invalid_tool_call",
))  # fmt: skip
"""Content blocks that repeat what ``tool_calls`` and ``tool_call_chunks`` say."""


class Content(NamedTuple):
    """A message's content, or a chunk's: Markdown text, reasoning, and the names of the parts that are neither."""

    text: str
    reasoning: str = ""
    parts: tuple[str, ...] = ()


def plain(message: Any) -> str | None:
    """The text of a message or chunk that holds nothing else; None for one that does."""
    held = getattr(message, "content", None)
    if type(held) is not str or message.additional_kwargs or getattr(message, "tool_call_chunks", None):
        return None
    return None if getattr(message, "usage_metadata", None) else held


def content(message: Any) -> Content:
    """The content of ``message``, whether it is a string or a list of blocks."""
    held = message.content
    extra = getattr(message, "additional_kwargs", None)
    thought = extra.get("reasoning_content") if extra else None
    reasoning = clean(thought) if isinstance(thought, str) else ""
    if isinstance(held, str):
        return Content(clean(held), reasoning)
    if not isinstance(held, list):
        return Content(pretty(held), reasoning)
    said: list[str] = []
    parts: list[str] = []
    thoughts = [reasoning] if reasoning else []
    for block in held:
        if isinstance(block, str):
            said.append(block)
        elif isinstance(block, dict):
            _read(block, said, thoughts, parts)
    return Content(clean("".join(said)), clean("".join(thoughts)), tuple(parts[:50]))


def _read(block: dict[str, Any], said: list[str], thoughts: list[str], parts: list[str]) -> None:
    """Put one content block where it belongs; the block types of the providers differ, their text keys less so."""
    kind = str(block.get("type", ""))
    if kind in ELSEWHERE:
        return
    if kind in ("text", "output_text", "text-plain", "refusal"):
        said.append(str(block.get("text") or block.get("refusal") or ""))
    elif kind in ("reasoning", "thinking", "reasoning_content"):
        thoughts.append(_thought(block, kind))
    elif kind != "redacted_thinking":
        parts.append(cut(clean(str(block.get("mime_type") or kind.removesuffix("_url") or "unknown")), 60))


def _thought(block: dict[str, Any], kind: str) -> str:
    for key in ("reasoning", "thinking", "text", "reasoning_content"):
        held = block.get(key)
        if isinstance(held, str):
            return held
        if isinstance(held, dict) and isinstance(held.get("text"), str):
            return str(held["text"])
    summary = block.get("summary")
    if isinstance(summary, list):
        return "".join(str(part.get("text", "")) for part in summary if isinstance(part, dict))
    return ""


def role(message: Any) -> str:
    """``"assistant"``, ``"human"``, ``"system"``, ``"tool"``, or the message's own word."""
    kind = str(message.type)
    if kind == "chat":
        kind = str(getattr(message, "role", kind))
    return ROLES.get(kind, cut(clean(kind.removesuffix("MessageChunk").lower()), 40))


def tool_calls(message: Any) -> list[dict[str, str]]:
    """The tool calls of a whole message, arguments as bounded JSON text."""
    made: Iterable[dict[str, Any]] = getattr(message, "tool_calls", None) or ()
    broken: Iterable[dict[str, Any]] = getattr(message, "invalid_tool_calls", None) or ()
    return [tool_call(call.get("id"), call.get("name"), call.get("args")) for call in (*made, *broken)][:100]


def tool_call(call_id: Any, name: Any, args: Any) -> dict[str, str]:
    """One tool call as the row holds it."""
    if not isinstance(args, str):
        args = json.dumps(args) if args == {} or args is None else pretty(args, ARGS)
    return {"id": clean(str(call_id or "")), "name": cut(clean(str(name or "")), 120), "args": cut(clean(args), ARGS)}


def whole(message: Any) -> dict[str, Any]:
    """The fields of a call row that a whole message fills."""
    said = content(message)
    values: dict[str, Any] = {"text": cut(said.text, TEXT)}
    if said.reasoning:
        values["reasoning"] = cut(said.reasoning, TEXT)
    if said.parts:
        values["parts"] = list(said.parts)
    if calls := tool_calls(message):
        values["tool_calls"] = calls
    if name := getattr(message, "name", None):
        values["name"] = cut(clean(str(name)), 120)
    if message.type == "tool":
        values["status"] = str(getattr(message, "status", "success"))
        values["answers"] = clean(str(getattr(message, "tool_call_id", "")))
        if values["status"] == "error":
            values["error"] = "the tool reported an error"
    return values


def usage(reported: Any) -> dict[str, int]:
    """langchain's usage dict as the row holds it; empty if there is none."""
    if not isinstance(reported, dict):
        return {}
    told = {name: reported.get(f"{name}_tokens") for name in ("input", "output", "total")}
    for name, side, detail in (("cached", "input", "cache_read"), ("reasoning", "output", "reasoning")):
        details = reported.get(f"{side}_token_details")
        told[name] = (details.get(detail) or None) if isinstance(details, dict) else None
    return {name: number for name, number in told.items() if isinstance(number, int)}


def cost(reported: Any) -> float:
    """What a call cost in US dollars, where the usage dict tells it; else 0."""
    told = reported.get("cost") if isinstance(reported, dict) else None
    return float(told) if isinstance(told, int | float) and 0 < told < float("inf") else 0.0
