"""Instances of state schemas as updates: pydantic models, dataclasses and other classes with annotated fields."""

from __future__ import annotations

import inspect
from typing import Any


def is_pydantic_model(schema: Any) -> bool:
    """Return True if ``schema`` is a pydantic model class, of pydantic 2 or of its v1 layer."""
    return isinstance(schema, type) and (hasattr(schema, "model_fields") or hasattr(schema, "__fields__"))


def names_by_alias(schema: Any) -> dict[str, str]:
    """Return the field names of a pydantic model by alias, if the model also accepts names (``populate_by_name``)."""
    config = getattr(schema, "model_config", None) or {}
    if not (is_pydantic_model(schema) and (config.get("populate_by_name") or config.get("validate_by_name"))):
        return {}
    return {field.alias: name for name, field in schema.model_fields.items() if field.alias}


def field_names(value: Any) -> list[str]:
    """Return the names of the annotated fields of an object's class; empty for a class itself and for most objects."""
    if isinstance(value, type):
        return []
    if hasattr(value, "model_fields_set"):
        return list(type(value).model_fields)
    return [name for cls in reversed(type(value).__mro__) for name in inspect.get_annotations(cls)]


def fields_as_update(value: Any) -> dict[str, Any] | None:
    """Return the fields that ``value`` sets, as a state update.

    A None in a pydantic model counts only if the field was set to it or has another default (reference rule 17).

    Returns:
        The fields by name, or None if ``value`` is not an instance of a class with annotated fields.
    """
    if not hasattr(value, "model_fields_set"):
        names = field_names(value)
        return {name: getattr(value, name) for name in names if hasattr(value, name)} if names else None
    fields_set = value.model_fields_set
    defaults = {name: field.default for name, field in type(value).model_fields.items()}
    return {
        name: field
        for name in defaults
        if (field := getattr(value, name)) is not None or name in fields_set or defaults[name] is not None
    }
