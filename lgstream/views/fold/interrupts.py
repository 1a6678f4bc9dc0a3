"""Questions to a human: what a form needs to know of them, and what was answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lgstream.views.text.format import clean, cut
from lgstream.views.text.json_preview import LONG, pretty

KEYS = 40
"""Keys of a state that are looked at."""

ID = re.compile("[0-9a-f]{32}")
"""What the ids of interrupts look like: answers under such keys are told apart by them."""

BREAKPOINT = "breakpoint"
"""Stands for the id of an interrupt where a static breakpoint is what the run waits at."""

WHOLE = 16_000
"""Characters of JSON up to which a question's value is given to its form; a longer one is shown as text only."""


def name(interrupt: Any) -> str:
    """The id of an interrupt."""
    return clean(str(getattr(interrupt, "id", id(interrupt))))


def question(interrupt: Any) -> str:
    """A question as text: itself if it is one, else JSON."""
    return _spoken(getattr(interrupt, "value", interrupt))


def form(interrupt: Any) -> dict[str, Any]:
    """What a form is made of: ``{"id", "value", "schema"}``, plain JSON.

    ``value`` is whole or None, never shortened: a reader may send it back edited.
    """
    value = plain(getattr(interrupt, "value", interrupt))
    return {"id": name(interrupt), "value": value, "schema": schema(getattr(interrupt, "response_schema", None))}


def editable(values: Any) -> dict[str, Any]:
    """What of a state can be edited as JSON and put back: its keys with plain JSON, whole, as far as there is room."""
    found: dict[str, Any] = {}
    room = WHOLE
    for key, value in list(values.items())[:KEYS] if isinstance(values, Mapping) else ():
        told = plain(value)
        if told is None and value is not None:
            continue
        room -= len(json.dumps(told))
        if isinstance(key, str) and clean(key) == key and room > 0:
            found[key] = told
    return found


def plain(value: Any) -> Any:
    """``value`` as the JSON that it is, or None where it is none, or too long."""
    pieces: list[str] = []
    size = 0
    try:
        for piece in json.JSONEncoder(allow_nan=False, ensure_ascii=False).iterencode(value):
            size += len(piece)
            if size > WHOLE:
                return None
            piece.encode()  # half a character cannot be sent
            pieces.append(piece)
    except (TypeError, ValueError, RecursionError):
        return None
    return json.loads("".join(pieces))


def schema(given: Any) -> dict[str, Any] | None:
    """The JSON schema of an answer, where one was asked for: given as such, or as a type that pydantic knows."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

        try:
            given = TypeAdapter(given).json_schema()
        except (PydanticSchemaGenerationError, PydanticUserError):
            return None
    found = plain(given)
    return found if isinstance(found, dict) else None


def answers(input: Any, ids: Iterable[str]) -> dict[str, str]:
    """What the input of a resumed run answers to the questions ``ids``, as text: one answer for all, or by id."""
    resume = getattr(input, "resume", None)
    if resume is None:
        return {}
    asked = list(ids)
    if (
        isinstance(resume, dict)
        and resume
        and all(isinstance(key, str) and (key in asked or ID.fullmatch(key)) for key in resume)
    ):
        return {each: _spoken(resume[each]) for each in asked if each in resume}
    return dict.fromkeys(asked, _spoken(resume))


def _spoken(value: Any) -> str:
    return cut(clean(value), LONG) if isinstance(value, str) else pretty(value)
