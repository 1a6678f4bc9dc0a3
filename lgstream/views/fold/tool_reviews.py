"""Questions of langchain's ``HumanInTheLoopMiddleware`` as text: the tool calls to review, and the decisions on them.

They are recognised by their form. The middleware asks once for all tool calls of a model (``action_requests``) or once
for each (``tool_approval``). ``widgets/src/panels/questions/toolReview.ts`` makes forms of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from lgstream.inspection.description import describe
from lgstream.inspection.json_preview import MAX_BLOCK_CHARS, json_line
from lgstream.inspection.text import bounded_text, plain_text
from lgstream.redaction import current_redactor

MAX_ARGUMENT_CHARS = 800
MAX_CALLS = 50
MAX_ARGUMENTS = 100


def review_text(value: Any) -> str | None:
    """Return the tool calls that a question asks to review, with their descriptions; None for any other question."""
    if type(value) is not dict:
        return None
    requests = [value] if plain_text(value.get("type")) == "tool_approval" else value.get("action_requests")
    if type(requests) is not list or not requests or not all(_is_call(request) for request in requests):
        return None
    lines = [line for request in requests[:MAX_CALLS] for line in _request_lines(request)]
    if len(requests) > MAX_CALLS:
        lines.append(f"… {len(requests) - MAX_CALLS} more")
    if decisions := _allowed_decisions(value):
        lines.append(f"({' or '.join(decisions)})")
    return bounded_text("\n".join(lines), MAX_BLOCK_CHARS)


def review_without_edit(value: Any) -> dict[str, Any] | None:
    """Return the same question without the decision to edit, for one whose arguments are not shown as they are.

    It is None if another decision is not allowed for each of the calls, or ``value`` is another question.
    """
    configs = value.get("review_configs") if review_text(value) is not None else None
    if not isinstance(configs, list):
        return None
    remaining: list[dict[str, Any]] = []
    for config in configs:
        allowed = config.get("allowed_decisions") if isinstance(config, dict) else None
        decisions = [decision for decision in allowed if decision != "edit"] if isinstance(allowed, list) else []
        if not decisions:
            return None
        remaining.append({**config, "allowed_decisions": decisions})
    return {**value, "review_configs": remaining}


def decisions_text(value: Any) -> str | None:
    """Return the decisions in the answer to such a question; None for any other answer."""
    if type(value) is not dict:
        return None
    decisions = value.get("decisions", [value])
    if type(decisions) is not list or not all(_is_decision(decision) for decision in decisions):
        return None
    return bounded_text("\n".join(_decision_line(decision) for decision in decisions[:MAX_CALLS]), MAX_BLOCK_CHARS)


def _is_call(request: Any) -> bool:
    return type(request) is dict and type(request.get("name")) is str and "args" in request


def _is_decision(decision: Any) -> bool:
    return type(decision) is dict and plain_text(decision.get("type")) in ("approve", "edit", "reject", "respond")


def _request_lines(request: dict[str, Any]) -> Iterator[str]:
    description = plain_text(request.get("description"))
    if description is not None:
        text = description.split(f"\n\nTool: {request['name']}\n")[0]  # the default repeats the call
        yield text.strip()
    yield _call_text(request)


def _call_text(call: dict[str, Any]) -> str:
    arguments = call.get("args")
    if type(arguments) is not dict:
        return f"{_text(call.get('name'))}({json_line(arguments, MAX_ARGUMENT_CHARS)})"
    redactor = current_redactor()
    pairs = list(islice(arguments.items(), MAX_ARGUMENTS))
    shown = pairs if redactor is None else redactor.pairs(pairs)
    keywords = (f"{_text(name)}={json_line(argument, MAX_ARGUMENT_CHARS)}" for name, argument in shown)
    return f"{_text(call.get('name'))}({', '.join(keywords)})"


def _text(value: Any) -> str:
    text = plain_text(value)
    return describe(value) if text is None else text


def _allowed_decisions(value: dict[str, Any]) -> list[str]:
    """Return the decisions that are allowed for any of the calls, in their order."""
    configs = value.get("review_configs")
    if type(configs) is not list:
        return []
    allowed = [config.get("allowed_decisions") for config in configs[:MAX_CALLS] if type(config) is dict]
    lists = (decisions[:MAX_CALLS] for decisions in allowed if type(decisions) is list)
    return list(dict.fromkeys(_text(decision) for decisions in lists for decision in decisions))


def _decision_line(decision: dict[str, Any]) -> str:
    edited = decision.get("edited_action")
    detail = _call_text(edited) if type(edited) is dict else _text(decision.get("message", ""))
    return f"{_text(decision['type'])}: {detail}" if detail else _text(decision["type"])
