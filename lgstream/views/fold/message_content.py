"""The content of a langchain message, read by its attributes: text, reasoning, tool calls, other parts, usage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from lgstream.views.text.format import bounded_text, replace_surrogates, truncate
from lgstream.views.text.json_preview import json_block

MAX_TEXT_CHARS = 100_000
"""Characters of the text of a whole message; streamed text has no limit."""

MAX_ARGUMENT_CHARS = 20_000
"""Characters of the arguments of a whole tool call."""

MAX_NAME_CHARS = 120
MAX_TOOL_CALLS = 100
MAX_PARTS = 50
MAX_FIGURE = 1e15
"""Larger counts and costs are mistakes of a provider, which a reader of a saved run would refuse."""

ROLES_BY_TYPE = {
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "human": "human",
    "system": "system",
    "tool": "tool",
}

TOOL_CALL_BLOCK_TYPES = frozenset((
    "tool_use", "tool_call", "tool_call_chunk", "input_json_delta", "function_call", "invalid_tool_call",
))  # fmt: skip
"""Content blocks that repeat ``tool_calls`` and ``tool_call_chunks``."""


class MessageContent(NamedTuple):
    """The content of a message or chunk: Markdown text, reasoning, and the names of the parts that are neither."""

    text: str
    reasoning: str = ""
    parts: tuple[str, ...] = ()


def text_only(message: Any) -> str | None:
    """Return the text of a message or chunk that contains nothing else, or None for any other."""
    content = getattr(message, "content", None)
    if type(content) is not str or message.additional_kwargs or getattr(message, "tool_call_chunks", None):
        return None
    return None if getattr(message, "usage_metadata", None) else content


def parse_content(message: Any) -> MessageContent:
    """Return the content of a message, whether it is a string or a list of blocks."""
    content = message.content
    extras = getattr(message, "additional_kwargs", None)
    extra_reasoning = extras.get("reasoning_content") if extras else None
    reasoning = replace_surrogates(extra_reasoning) if isinstance(extra_reasoning, str) else ""
    if isinstance(content, str):
        return MessageContent(replace_surrogates(content), reasoning)
    if not isinstance(content, list):
        return MessageContent(json_block(content), reasoning)
    texts: list[str] = []
    reasonings = [reasoning] if reasoning else []
    parts: list[str] = []
    for block in content:
        if isinstance(block, str):
            texts.append(block)
        elif isinstance(block, dict):
            _read_block(block, texts, reasonings, parts)
    text, reasoning = replace_surrogates("".join(texts)), replace_surrogates("".join(reasonings))
    return MessageContent(text, reasoning, tuple(parts[:MAX_PARTS]))


def _read_block(block: dict[str, Any], texts: list[str], reasonings: list[str], parts: list[str]) -> None:
    """Append a content block to one of the lists; providers differ in their block types more than in their keys."""
    kind = str(block.get("type", ""))
    if kind in TOOL_CALL_BLOCK_TYPES:
        return
    if kind in ("text", "output_text", "text-plain", "refusal"):
        texts.append(str(block.get("text") or block.get("refusal") or ""))
    elif kind in ("reasoning", "thinking", "reasoning_content"):
        reasonings.append(_reasoning_text(block))
    elif kind != "redacted_thinking":
        parts.append(bounded_text(str(block.get("mime_type") or kind.removesuffix("_url") or "unknown"), 60))


def _reasoning_text(block: dict[str, Any]) -> str:
    for key in ("reasoning", "thinking", "text", "reasoning_content"):
        value = block.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            return str(value["text"])
    summary = block.get("summary")
    if isinstance(summary, list):
        return "".join(str(part.get("text", "")) for part in summary if isinstance(part, dict))
    return ""


def message_role(message: Any) -> str:
    """Return ``"assistant"``, ``"human"``, ``"system"``, ``"tool"``, or the message's own word for its role."""
    kind = str(message.type)
    if kind == "chat":
        kind = str(getattr(message, "role", kind))
    return ROLES_BY_TYPE.get(kind, bounded_text(kind.removesuffix("MessageChunk").lower(), 40))


def message_tool_calls(message: Any) -> list[dict[str, str]]:
    """Return the tool calls of a whole message, invalid ones included, with bounded JSON arguments."""
    valid: Iterable[dict[str, Any]] = getattr(message, "tool_calls", None) or ()
    invalid: Iterable[dict[str, Any]] = getattr(message, "invalid_tool_calls", None) or ()
    entries = [tool_call_entry(call.get("id"), call.get("name"), call.get("args")) for call in (*valid, *invalid)]
    return entries[:MAX_TOOL_CALLS]


def tool_call_entry(call_id: Any, name: Any, args: Any) -> dict[str, str]:
    """Return a tool call as a ``call`` row contains it."""
    if not isinstance(args, str):
        args = json.dumps(args) if args == {} or args is None else json_block(args, MAX_ARGUMENT_CHARS)
    return {
        "id": replace_surrogates(str(call_id or "")),
        "name": bounded_text(str(name or ""), MAX_NAME_CHARS),
        "args": bounded_text(args, MAX_ARGUMENT_CHARS),
    }


def message_fields(message: Any) -> dict[str, Any]:
    """Return the fields of a ``call`` row that a whole message sets."""
    content = parse_content(message)
    fields: dict[str, Any] = {"text": truncate(content.text, MAX_TEXT_CHARS)}
    if content.reasoning:
        fields["reasoning"] = truncate(content.reasoning, MAX_TEXT_CHARS)
    if content.parts:
        fields["parts"] = list(content.parts)
    if calls := message_tool_calls(message):
        fields["tool_calls"] = calls
    if name := getattr(message, "name", None):
        fields["name"] = bounded_text(str(name), MAX_NAME_CHARS)
    if message.type == "tool":
        fields["status"] = str(getattr(message, "status", "success"))
        fields["answers"] = replace_surrogates(str(getattr(message, "tool_call_id", "")))
        if fields["status"] == "error":
            fields["error"] = "the tool reported an error"
    return fields


def usage_counts(usage: Any) -> dict[str, int]:
    """Return langchain's usage metadata as a ``call`` row contains it; an empty dict if there is none."""
    if not isinstance(usage, dict):
        return {}
    counts = {name: usage.get(f"{name}_tokens") for name in ("input", "output", "total")}
    for name, side, detail in (("cached", "input", "cache_read"), ("reasoning", "output", "reasoning")):
        details = usage.get(f"{side}_token_details")
        counts[name] = (details.get(detail) or None) if isinstance(details, dict) else None
    return {name: count for name, count in counts.items() if type(count) is int and abs(count) < MAX_FIGURE}


def reported_cost(usage: Any) -> float:
    """Return the cost of a call in US dollars if its usage metadata contains it, else 0."""
    cost = usage.get("cost") if isinstance(usage, dict) else None
    return float(cost) if isinstance(cost, int | float) and 0 < cost < MAX_FIGURE else 0.0
