"""Answers to interrupts, held against the schema that the question brought."""

from __future__ import annotations

from typing import Any

from lgstream.errors import INVALID_RESUME_NOTE


def shown_schema(schema: Any) -> Any:
    """What an interrupt shows of its ``response_schema``: a JSON schema."""
    if schema is None or isinstance(schema, dict):
        return schema
    from pydantic import TypeAdapter

    return TypeAdapter(schema).json_schema()


def fitted(answer: Any, schema: Any) -> Any:
    """The answer as an instance of the schema. Raises pydantic's ValidationError for one that does not fit."""
    if schema is None or isinstance(schema, dict):
        return answer
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(schema).validate_python(answer)
    except ValidationError as error:
        error.add_note(f"{INVALID_RESUME_NOTE}: resume again with one that does.")
        raise
