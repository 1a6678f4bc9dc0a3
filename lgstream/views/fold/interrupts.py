"""Questions to a human: what a form needs to know about them, and how they were answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lgstream.redaction import current_redactor
from lgstream.views.fold.tool_reviews import decisions_text, review_text, review_without_edit
from lgstream.views.rows import OpenQuestion
from lgstream.views.text.format import bounded_text, replace_surrogates
from lgstream.views.text.json_preview import MAX_BLOCK_CHARS, json_block

MAX_STATE_KEYS = 40
"""Keys of a state that a breakpoint offers for editing."""

INTERRUPT_ID = re.compile("[0-9a-f]{32}")
"""The form of interrupt ids; a resume value with only such keys maps ids to answers."""

BREAKPOINT_ID = "breakpoint"
"""The id of a static breakpoint, which has no interrupt."""

MAX_JSON_CHARS = 16_000
"""Characters of JSON up to which a question's value is passed to its form; a longer one is shown as text only."""


def interrupt_id(interrupt: Any) -> str:
    """Return the id of an interrupt."""
    return replace_surrogates(str(getattr(interrupt, "id", id(interrupt))))


def question_text(interrupt: Any) -> str:
    """Return the value of an interrupt as text: a string as it is, tool calls to review as calls, the rest as JSON."""
    value = getattr(interrupt, "value", interrupt)
    return review_text(value) or _value_text(value)


def open_question(interrupt: Any) -> OpenQuestion:
    """Return what the form of a question is made of.

    ``value`` is exact or None, never truncated: a reader may send it back edited. If it holds what is redacted, it is
    None, or tool calls to review that cannot be edited.
    """
    value = exact_json(getattr(interrupt, "value", interrupt))
    if (shown := redacted_json(value)) is not value:
        value = review_without_edit(shown)
    schema = answer_schema(getattr(interrupt, "response_schema", None))
    return {"id": interrupt_id(interrupt), "value": value, "schema": schema}


def editable_state(state: Any) -> dict[str, Any]:
    """Return the keys of a state that can be edited as JSON and written back without loss, up to a total size.

    Keys whose values contain what :mod:`lgstream.redaction` hides are left out, so they keep their values.
    """
    editable: dict[str, Any] = {}
    chars_left = MAX_JSON_CHARS
    for key, value in list(state.items())[:MAX_STATE_KEYS] if isinstance(state, Mapping) else ():
        json_value = exact_json(value)
        if json_value is None and value is not None:
            continue
        if redacted_json(entry := {key: json_value}) is not entry:
            continue
        chars_left -= len(json.dumps(json_value))
        if isinstance(key, str) and replace_surrogates(key) == key and chars_left > 0:
            editable[key] = json_value
    return editable


def exact_json(value: Any) -> Any:
    """Return a copy of ``value`` made of plain JSON, or None if it is not plain JSON or too long."""
    chunks: list[str] = []
    size = 0
    try:
        for chunk in json.JSONEncoder(allow_nan=False, ensure_ascii=False).iterencode(value):
            size += len(chunk)
            if size > MAX_JSON_CHARS:
                return None
            chunk.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate, which cannot be sent
            chunks.append(chunk)
    except (TypeError, ValueError, RecursionError):
        return None
    return json.loads("".join(chunks))


def redacted_json(value: Any) -> Any:
    """Return plain JSON without what :mod:`lgstream.redaction` hides; the same object if nothing is hidden."""
    redactor = current_redactor()
    return value if redactor is None else redactor.json_data(value)


def answer_schema(response_schema: Any) -> dict[str, Any] | None:
    """Return the JSON schema of an answer, or None if there is none.

    Args:
        response_schema: a JSON schema, a type that pydantic knows, or None.
    """
    if response_schema is None:
        return None
    if not isinstance(response_schema, Mapping):
        from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

        try:
            response_schema = TypeAdapter(response_schema).json_schema()
        except (PydanticSchemaGenerationError, PydanticUserError):
            return None
    schema = exact_json(response_schema)
    return schema if isinstance(schema, dict) else None


def answer_texts(input: Any, interrupt_ids: Iterable[str]) -> dict[str, str]:
    """Return the answers in the input of a resumed run as text, by interrupt id.

    Args:
        input: the input; a ``Command`` with ``resume`` carries one answer for all questions, or a dict by id.
        interrupt_ids: the ids of the open questions.
    """
    resume = getattr(input, "resume", None)
    if resume is None:
        return {}
    ids = list(interrupt_ids)
    if (
        isinstance(resume, dict)
        and resume
        and all(isinstance(key, str) and (key in ids or INTERRUPT_ID.fullmatch(key)) for key in resume)
    ):
        return {open_id: _answer_text(resume[open_id]) for open_id in ids if open_id in resume}
    return dict.fromkeys(ids, _answer_text(resume))


def _answer_text(answer: Any) -> str:
    return decisions_text(answer) or _value_text(answer)


def _value_text(value: Any) -> str:
    return bounded_text(value, MAX_BLOCK_CHARS) if isinstance(value, str) else json_block(value)
