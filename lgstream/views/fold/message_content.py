"""The content of a langchain message, read from its fields: text, reasoning, tool calls, other parts, usage."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any, NamedTuple

from lgstream.inspection.description import describe
from lgstream.inspection.fields import instance_fields
from lgstream.inspection.json_preview import json_block
from lgstream.inspection.messages import message_type
from lgstream.inspection.text import bounded_text, plain_text, replace_surrogates, truncate

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

_MAIN_COUNTS = ("input", "output", "total")


class MessageContent(NamedTuple):
    """The content of a message or chunk: Markdown text, reasoning, and the names of the parts that are neither."""

    text: str
    reasoning: str = ""
    parts: tuple[str, ...] = ()


def text_only(message: Any) -> str | None:
    """Return the text of a message or chunk that contains nothing else, or None for any other."""
    fields = instance_fields(message)
    content = fields.get("content")
    extras, chunks = fields.get("additional_kwargs"), fields.get("tool_call_chunks")
    if (
        type(content) is str
        and (extras is None or (type(extras) is dict and not extras))
        and (chunks is None or (type(chunks) is list and not chunks))
        and fields.get("usage_metadata") is None
    ):
        return content
    return None


def parse_content(message: Any) -> MessageContent:
    """Return the content of a message, whether it is a string or a list of blocks."""
    fields = instance_fields(message)
    content = fields.get("content")
    extras = fields.get("additional_kwargs")
    extra_reasoning = plain_text(extras.get("reasoning_content")) if type(extras) is dict else None
    reasoning = replace_surrogates(extra_reasoning) if extra_reasoning else ""
    if (text := plain_text(content)) is not None:
        return MessageContent(replace_surrogates(text), reasoning)
    if type(content) is not list:
        return MessageContent(json_block(content), reasoning)
    texts: list[str] = []
    reasonings = [reasoning] if reasoning else []
    parts: list[str] = []
    for block in content:
        if (text := plain_text(block)) is not None:
            texts.append(text)
        elif type(block) is dict:
            _read_block(block, texts, reasonings, parts)
    text, reasoning = replace_surrogates("".join(texts)), replace_surrogates("".join(reasonings))
    return MessageContent(text, reasoning, tuple(parts[:MAX_PARTS]))


def _read_block(block: dict[str, Any], texts: list[str], reasonings: list[str], parts: list[str]) -> None:
    """Append a content block to one of the lists; providers differ in their block types more than in their keys."""
    kind = _text(block.get("type"))
    if kind in TOOL_CALL_BLOCK_TYPES:
        return
    if kind in ("text", "output_text", "text-plain", "refusal"):
        texts.append(_text(block.get("text")) or _text(block.get("refusal")))
    elif kind in ("reasoning", "thinking", "reasoning_content"):
        reasonings.append(_reasoning_text(block))
    elif kind != "redacted_thinking":
        parts.append(bounded_text(_text(block.get("mime_type")) or kind.removesuffix("_url") or "unknown", 60))


def _text(value: Any) -> str:
    """Return a text as a plain str, ``""`` for None, and any other value in words."""
    text = plain_text(value)
    return text if text is not None else "" if value is None else describe(value)


def _reasoning_text(block: dict[str, Any]) -> str:
    for key in ("reasoning", "thinking", "text", "reasoning_content"):
        value = block.get(key)
        text = plain_text(value.get("text") if type(value) is dict else value)
        if text is not None:
            return text
    summary = block.get("summary")
    if type(summary) is list:
        return "".join(_text(part.get("text")) for part in summary if type(part) is dict)
    return ""


def message_role(message: Any) -> str:
    """Return ``"assistant"``, ``"human"``, ``"system"``, ``"tool"``, or the message's own word for its role."""
    kind = message_type(message)
    if kind == "chat":
        kind = plain_text(instance_fields(message).get("role")) or kind
    return ROLES_BY_TYPE.get(kind, bounded_text(kind.removesuffix("MessageChunk").lower(), 40))


def message_tool_calls(message: Any) -> list[dict[str, str]]:
    """Return the tool calls of a whole message, invalid ones included, with bounded JSON arguments."""
    fields = instance_fields(message)
    lists = (fields.get(name) for name in ("tool_calls", "invalid_tool_calls"))
    calls = chain.from_iterable(calls for calls in lists if type(calls) is list)
    return [
        tool_call_entry(call.get("id"), call.get("name"), call.get("args"))
        for call in islice(calls, MAX_TOOL_CALLS)
        if type(call) is dict
    ]


def tool_call_entry(call_id: Any, name: Any, args: Any) -> dict[str, str]:
    """Return a tool call as a ``call`` row contains it."""
    text = plain_text(args)
    return {
        "id": replace_surrogates(_text(call_id)),
        "name": bounded_text(_text(name), MAX_NAME_CHARS),
        "args": bounded_text(json_block(args, MAX_ARGUMENT_CHARS) if text is None else text, MAX_ARGUMENT_CHARS),
    }


def message_fields(message: Any) -> dict[str, Any]:
    """Return the fields of a ``call`` row that a whole message sets."""
    content = parse_content(message)
    stored = instance_fields(message)
    fields: dict[str, Any] = {"text": truncate(content.text, MAX_TEXT_CHARS)}
    if content.reasoning:
        fields["reasoning"] = truncate(content.reasoning, MAX_TEXT_CHARS)
    if content.parts:
        fields["parts"] = list(content.parts)
    if calls := message_tool_calls(message):
        fields["tool_calls"] = calls
    if name := _text(stored.get("name")):
        fields["name"] = bounded_text(name, MAX_NAME_CHARS)
    if message_type(message) == "tool":
        fields["status"] = plain_text(stored.get("status")) or "success"
        fields["answers"] = replace_surrogates(_text(stored.get("tool_call_id")))
        if fields["status"] == "error":
            fields["error"] = "the tool reported an error"
    return fields


def usage_counts(usage: Any) -> dict[str, int]:
    """Return langchain's usage metadata as a ``call`` row contains it; an empty dict if there is none."""
    if type(usage) is not dict:
        return {}
    counts = {name: usage.get(f"{name}_tokens") for name in _MAIN_COUNTS}
    for name, side, detail in (("cached", "input", "cache_read"), ("reasoning", "output", "reasoning")):
        details = usage.get(f"{side}_token_details")
        count = details.get(detail) if type(details) is dict else None
        counts[name] = count if type(count) is int and count else None
    return {name: count for name, count in counts.items() if type(count) is int and abs(count) < MAX_FIGURE}


def reported_cost(usage: Any) -> float:
    """Return the cost of a call in US dollars if its usage metadata contains it, else 0."""
    cost: Any = usage.get("cost") if type(usage) is dict else None
    return float(cost) if (type(cost) is int or type(cost) is float) and 0 < cost < MAX_FIGURE else 0.0
