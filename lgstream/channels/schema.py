"""Turns state schemas (TypedDict, dataclass, pydantic model or any other type) into channels and JSON schemas."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NotRequired, Required, cast, get_args, get_origin, get_type_hints

from typing_extensions import ReadOnly, is_typeddict

from lgstream._state_fields import is_pydantic_model
from lgstream.channels import BaseChannel, BinaryOperatorAggregate, LastValue
from lgstream.channels.langgraph_channel import channel_of_langgraph, is_langgraph_channel
from lgstream.managed.base import LangGraphManagedValue, ManagedValue, is_langgraph_managed_value

ROOT_KEY = "__root__"
"""The only key of a state whose schema has no keys."""


def _without_qualifiers(hint: Any) -> Any:
    """Return the type of a key without Required, NotRequired and ReadOnly around it."""
    while get_origin(hint) in (Required, NotRequired, ReadOnly):
        hint = get_args(hint)[0]
    return hint


def _channel(key: str, hint: Any) -> BaseChannel[Any, Any, Any] | ManagedValue:
    """Return the channel of one key.

    Raises:
        ValueError: if the reducer does not take two arguments.
        TypeError: if it is annotated with a channel of langgraph that lgstream leaves out.
    """
    hint = _without_qualifiers(hint)
    if get_origin(hint) is Annotated:
        typ, *extras = get_args(hint)
        typ = _without_qualifiers(typ)
        for extra in extras:
            if isinstance(extra, ManagedValue):
                return extra
            if isinstance(extra, BaseChannel):
                channel = extra.copy()
                channel.key = key
                return channel
            if isinstance(extra, type) and issubclass(extra, BaseChannel):
                channel = extra(typ)
                channel.key = key
                return channel
            if is_langgraph_channel(extra):
                return channel_of_langgraph(extra, typ, key)
            if is_langgraph_managed_value(extra):
                return LangGraphManagedValue(extra.__name__, extra)
        if extras and callable(extras[-1]):
            _check_two_parameters(key, extras[-1])
            return BinaryOperatorAggregate(typ, extras[-1], key)
        hint = typ
    return LastValue(hint, key)


def _check_two_parameters(key: str, reducer: Callable[..., Any]) -> None:
    try:
        signature = inspect.signature(reducer)
    except ValueError:  # some builtins have no signature; a wrong one fails in the first superstep
        return
    positional = [p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(positional) != 2 and not any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        raise ValueError(
            f"Invalid reducer signature. The reducer of key '{key}' must take (value, write) and return the new value. "
            f"Got {signature}"
        )


def has_keys(schema: Any) -> bool:
    """Return True if the schema has named keys; otherwise the state is a single value."""
    return (
        is_typeddict(schema)
        or dataclasses.is_dataclass(schema)
        or is_pydantic_model(schema)
        or bool(isinstance(schema, type) and getattr(schema, "__annotations__", None))
    )


def channels_from_schema(schema: Any) -> dict[str, BaseChannel[Any, Any, Any] | ManagedValue]:
    """Return the channel or managed value of each key, in the order of the schema."""
    if not has_keys(schema):
        return {ROOT_KEY: _channel(ROOT_KEY, schema)}
    hints = get_type_hints(schema, include_extras=True)
    names = list(schema.model_fields) if hasattr(schema, "model_fields") else list(hints)
    return {name: _channel(name, hints[name]) for name in names if name in hints}


def state_constructor(schema: Any) -> Callable[[dict[str, Any]], Any] | None:
    """Return a function that builds an instance of the schema from a dict; None if nodes get the dict itself."""
    if dataclasses.is_dataclass(schema) or is_pydantic_model(schema):
        return lambda values: schema(**values)
    return None


def type_json_schema(schema: Any, title: str, *default: Any) -> dict[str, Any]:
    """Return the JSON schema of any type; ``title`` is for types without a title of their own."""
    from pydantic import RootModel, create_model

    if is_pydantic_model(schema):
        return cast("dict[str, Any]", schema.model_json_schema())
    model: Any = create_model(title, __base__=RootModel[schema], root=(schema, *(default or (...,))))
    return cast("dict[str, Any]", model.model_json_schema())


def state_json_schema(schema: Any, title: str) -> dict[str, Any]:
    """Return the JSON schema of a state. Fields of a dataclass are optional if they have a default or may be None."""
    from pydantic import TypeAdapter, create_model

    if is_typeddict(schema) or is_pydantic_model(schema):
        return TypeAdapter(schema).json_schema()
    if not dataclasses.is_dataclass(schema):
        return type_json_schema(schema, title, None)
    hints = get_type_hints(schema, include_extras=True)
    fields: Any = {field.name: (hints[field.name], _default(field, hints)) for field in dataclasses.fields(schema)}
    model: Any = create_model(title, **fields)
    return cast("dict[str, Any]", model.model_json_schema())


def _default(field: dataclasses.Field[Any], hints: Mapping[str, Any]) -> Any:
    """Return the default of a field, or pydantic's ``...`` if the field is required."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    if field.default is not dataclasses.MISSING:
        return field.default
    hint = get_args(hints[field.name])[0] if get_origin(hints[field.name]) is Annotated else hints[field.name]
    return None if type(None) in get_args(hint) else ...


def callable_type_hints(function: Any) -> dict[str, Any]:
    """Return the type hints of a callable; empty if they cannot be resolved."""
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        function = getattr(type(function), "__call__", None)  # noqa: B004 - for its type hints, not to call it
    try:
        return get_type_hints(function) if function is not None else {}
    except Exception:  # noqa: BLE001 - evaluating a hint can raise anything; the function runs without hints
        return {}
