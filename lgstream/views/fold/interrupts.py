"""Questions to a human: what a form needs to know about them, and how they were answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import islice
from math import isfinite
from typing import Any

from lgstream.inspection.containers import container_base, dict_items
from lgstream.inspection.fields import declared_fields, read_fields
from lgstream.inspection.json_preview import text_or_json
from lgstream.inspection.text import plain_text, replace_surrogates
from lgstream.redaction import current_redactor
from lgstream.views.fold.tool_reviews import decisions_text, review_text, review_without_edit
from lgstream.views.rows import OpenQuestion

MAX_STATE_KEYS = 40
"""Keys of a state that a breakpoint offers for editing."""

INTERRUPT_ID = re.compile("[0-9a-f]{32}")
"""The form of interrupt ids; a resume value with only such keys maps ids to answers."""

BREAKPOINT_ID = "breakpoint"
"""The id of a static breakpoint, which has no interrupt."""

MAX_JSON_CHARS = 16_000
"""Characters of JSON up to which a question's value is passed to its form; a longer one is shown as text only."""

MAX_JSON_DEPTH = 100
MAX_EXACT_INTEGER = 2**53
"""The largest integer that a browser reads and writes without loss."""


def interrupt_id(interrupt: Any) -> str:
    """Return the id of an interrupt."""
    fields = _fields_of(interrupt)
    return replace_surrogates(plain_text(fields.get("id")) or str(id(interrupt)))


def question_text(interrupt: Any) -> str:
    """Return the value of an interrupt as text: a string as it is, tool calls to review as calls, the rest as JSON."""
    value = _fields_of(interrupt).get("value", interrupt)
    return review_text(value) or text_or_json(value)


def open_question(interrupt: Any) -> OpenQuestion:
    """Return what the form of a question is made of.

    ``value`` is exact or None, never truncated: a reader may send it back edited. If it holds what is redacted, it is
    None, or tool calls to review that cannot be edited.
    """
    fields = _fields_of(interrupt)
    value = exact_json(fields.get("value", interrupt))
    if (shown := redacted_json(value)) is not value:
        value = review_without_edit(shown)
    schema = answer_schema(fields.get("response_schema"))
    return {"id": interrupt_id(interrupt), "value": value, "schema": schema}


def _fields_of(interrupt: Any) -> dict[str, Any]:
    """Return the fields of an interrupt; of one that was read from a file of another version, there may be none."""
    is_record = declared_fields(type(interrupt)) is not None
    return read_fields(interrupt, ("id", "value", "response_schema")) if is_record else {}


def editable_state(state: Any) -> dict[str, Any]:
    """Return the keys of a state that can be edited as JSON and written back without loss, up to a total size.

    Keys whose values contain what :mod:`lgstream.redaction` hides are left out, so they keep their values.
    """
    editable: dict[str, Any] = {}
    chars_left = MAX_JSON_CHARS
    pairs = list(islice(dict_items(state), MAX_STATE_KEYS)) if container_base(type(state)) is dict else ()
    for key, value in pairs:
        json_value = exact_json(value)
        if json_value is None and value is not None:
            continue
        if redacted_json(entry := {key: json_value}) is not entry:
            continue
        chars_left -= len(json.dumps(json_value))
        if type(key) is str and replace_surrogates(key) == key and chars_left > 0:
            editable[key] = json_value
    return editable


def exact_json(value: Any) -> Any:
    """Return a copy of ``value`` made of plain JSON, or None if it is not plain JSON or too long."""
    try:
        return _ExactCopy().copy(value, 0)
    except ValueError:
        return None


class _ExactCopy:
    """Copies one value that a browser can read and send back unchanged; tuples become lists."""

    def __init__(self) -> None:
        self._chars_left = MAX_JSON_CHARS

    def copy(self, value: Any, depth: int) -> Any:
        """Return a copy of ``value``.

        Raises:
            ValueError: if it is not plain JSON, or too long or too deep.
        """
        kind = type(value)
        if value is None or value is True or value is False:
            self._spend(4)
        elif kind is str:
            self._spend(len(value))
            value.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate, which cannot be sent
        elif (kind is int and abs(value) <= MAX_EXACT_INTEGER) or (kind is float and isfinite(value)):
            self._spend(len(str(value)))
        else:
            return self._copy_container(value, container_base(kind), depth + 1)
        return value

    def _copy_container(self, value: Any, base: Any, depth: int) -> Any:
        if base not in (list, tuple, dict) or depth > MAX_JSON_DEPTH or base.__len__(value) > self._chars_left:
            raise ValueError
        self._spend(2)
        if base is not dict:
            return [self.copy(item, depth) for item in list(base.__iter__(value))]
        pairs = list(dict_items(value))
        if any(type(key) is not str for key, _ in pairs):
            raise ValueError
        return {self.copy(key, depth): self.copy(item, depth) for key, item in pairs}

    def _spend(self, chars: int) -> None:
        self._chars_left -= chars + 2
        if self._chars_left < 0:
            raise ValueError


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
    if container_base(type(response_schema)) is not dict:
        from pydantic import TypeAdapter

        try:
            response_schema = TypeAdapter(response_schema).json_schema()
        except Exception:  # noqa: BLE001 - a type may define its schema itself, and without one the form is for any JSON
            return None
    schema = exact_json(response_schema)
    return schema if type(schema) is dict else None


def answer_texts(input: Any, interrupt_ids: Iterable[str]) -> dict[str, str]:
    """Return the answers in the input of a resumed run as text, by interrupt id.

    Args:
        input: the input; a ``Command`` with ``resume`` carries one answer for all questions, or a dict by id.
        interrupt_ids: the ids of the open questions.
    """
    resume = read_fields(input, ("resume",)).get("resume") if declared_fields(type(input)) is not None else None
    if resume is None:
        return {}
    ids = list(interrupt_ids)
    if (
        type(resume) is dict
        and resume
        and all(type(key) is str and (key in ids or INTERRUPT_ID.fullmatch(key)) for key in resume)
    ):
        return {open_id: _answer_text(resume[open_id]) for open_id in ids if open_id in resume}
    return dict.fromkeys(ids, _answer_text(resume))


def _answer_text(answer: Any) -> str:
    return decisions_text(answer) or text_or_json(answer)
