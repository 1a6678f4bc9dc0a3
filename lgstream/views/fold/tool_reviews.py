"""Questions of langchain's ``HumanInTheLoopMiddleware`` as text: the tool calls to review, and the decisions on them.

They are recognised by their form. The middleware asks once for all tool calls of a model (``action_requests``) or once
for each (``tool_approval``). ``widgets/src/panels/questions/toolReview.ts`` makes forms of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lgstream.redaction import current_redactor
from lgstream.views.text.format import bounded_text
from lgstream.views.text.json_preview import MAX_BLOCK_CHARS, json_line

MAX_ARGUMENT_CHARS = 800
MAX_CALLS = 50


def review_text(value: Any) -> str | None:
    """Return the tool calls that a question asks to review, with their descriptions; None for any other question."""
    if not isinstance(value, Mapping):
        return None
    requests = [value] if value.get("type") == "tool_approval" else value.get("action_requests")
    if not isinstance(requests, list) or not requests or not all(_is_call(request) for request in requests):
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
    if not isinstance(value, Mapping):
        return None
    decisions = value.get("decisions", [value])
    if not isinstance(decisions, list) or not all(_is_decision(decision) for decision in decisions):
        return None
    return bounded_text("\n".join(_decision_line(decision) for decision in decisions[:MAX_CALLS]), MAX_BLOCK_CHARS)


def _is_call(request: Any) -> bool:
    return isinstance(request, Mapping) and isinstance(request.get("name"), str) and "args" in request


def _is_decision(decision: Any) -> bool:
    return isinstance(decision, Mapping) and decision.get("type") in ("approve", "edit", "reject", "respond")


def _request_lines(request: Mapping[str, Any]) -> Iterator[str]:
    description = request.get("description")
    if isinstance(description, str):
        text = description.split(f"\n\nTool: {request['name']}\n")[0]  # the default repeats the call
        yield text.strip()
    yield _call_text(request)


def _call_text(call: Mapping[str, Any]) -> str:
    arguments = call.get("args")
    if not isinstance(arguments, Mapping):
        return f"{call.get('name')}({json_line(arguments, MAX_ARGUMENT_CHARS)})"
    redactor = current_redactor()
    shown = arguments.items() if redactor is None else redactor.pairs(arguments.items())
    keywords = (f"{name}={json_line(argument, MAX_ARGUMENT_CHARS)}" for name, argument in shown)
    return f"{call.get('name')}({', '.join(keywords)})"


def _allowed_decisions(value: Mapping[str, Any]) -> list[str]:
    """Return the decisions that are allowed for any of the calls, in their order."""
    configs = value.get("review_configs")
    if not isinstance(configs, list):
        return []
    allowed = [config.get("allowed_decisions") for config in configs if isinstance(config, Mapping)]
    return list(dict.fromkeys(str(decision) for decisions in allowed for decision in decisions or ()))


def _decision_line(decision: Mapping[str, Any]) -> str:
    edited = decision.get("edited_action")
    detail = _call_text(edited) if isinstance(edited, Mapping) else decision.get("message")
    return f"{decision['type']}: {detail}" if detail else str(decision["type"])
