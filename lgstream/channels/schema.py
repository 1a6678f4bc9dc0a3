"""State schemas (TypedDict, dataclass, pydantic model, or any other type) to channels, and back to instances."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NotRequired, Required, cast, get_args, get_origin, get_type_hints

from typing_extensions import ReadOnly, is_typeddict

from lgstream._state_fields import is_pydantic_model
from lgstream.channels import BaseChannel, BinaryOperatorAggregate, LastValue
from lgstream.managed import ManagedValue

ROOT_KEY = "__root__"
"""The one key of a state that is not a mapping of keys."""


def _bare(hint: Any) -> Any:
    """A key's type without Required, NotRequired and ReadOnly around it."""
    while get_origin(hint) in (Required, NotRequired, ReadOnly):
        hint = get_args(hint)[0]
    return hint


def _channel(key: str, hint: Any) -> BaseChannel[Any, Any, Any] | ManagedValue:
    """The channel of one key. Raises ValueError for a reducer that does not take two values."""
    hint = _bare(hint)
    if get_origin(hint) is Annotated:
        typ, *extras = get_args(hint)
        typ = _bare(typ)
        for extra in extras:
            if isinstance(extra, ManagedValue):
                return extra
            if isinstance(extra, BaseChannel):
                own = extra.copy()
                own.key = key
                return own
            if isinstance(extra, type) and issubclass(extra, BaseChannel):
                made = extra(typ)
                made.key = key
                return made
        if extras and callable(extras[-1]):
            _require_two_parameters(key, extras[-1])
            return BinaryOperatorAggregate(typ, extras[-1], key)
        hint = typ
    return LastValue(hint, key)


def _require_two_parameters(key: str, reducer: Callable[..., Any]) -> None:
    try:
        signature = inspect.signature(reducer)
    except ValueError:  # some builtins have none; the first superstep will tell
        return
    positional = [p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(positional) != 2 and not any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        raise ValueError(
            f"Invalid reducer signature. The reducer of key '{key}' must take (value, write) and return the new value. "
            f"Got {signature}"
        )


def has_keys(schema: Any) -> bool:
    """Whether the schema names keys, rather than being one value."""
    return (
        is_typeddict(schema)
        or dataclasses.is_dataclass(schema)
        or is_pydantic_model(schema)
        or bool(isinstance(schema, type) and getattr(schema, "__annotations__", None))
    )


def channels_from_schema(schema: Any) -> dict[str, BaseChannel[Any, Any, Any] | ManagedValue]:
    """The schema's keys, in order, with the channel or managed value of each."""
    if not has_keys(schema):
        return {ROOT_KEY: _channel(ROOT_KEY, schema)}
    hints = get_type_hints(schema, include_extras=True)
    names = list(schema.model_fields) if hasattr(schema, "model_fields") else list(hints)
    return {name: _channel(name, hints[name]) for name in names if name in hints}


def state_constructor(schema: Any) -> Callable[[dict[str, Any]], Any] | None:
    """What makes a dict of values into what a node with this schema is given; None where it gets the dict itself."""
    if dataclasses.is_dataclass(schema) or is_pydantic_model(schema):
        return lambda values: schema(**values)
    return None


def type_json_schema(schema: Any, title: str, *default: Any) -> dict[str, Any]:
    """The JSON schema of any type, with this title where it has none of its own."""
    from pydantic import RootModel, create_model

    if is_pydantic_model(schema):
        return cast("dict[str, Any]", schema.model_json_schema())
    made: Any = create_model(title, __base__=RootModel[schema], root=(schema, *(default or (...,))))
    return cast("dict[str, Any]", made.model_json_schema())


def state_json_schema(schema: Any, title: str) -> dict[str, Any]:
    """The JSON schema of a state. A dataclass's field may be left out where it has a default, or may be None."""
    from pydantic import TypeAdapter, create_model

    if is_typeddict(schema) or is_pydantic_model(schema):
        return TypeAdapter(schema).json_schema()
    if not dataclasses.is_dataclass(schema):
        return type_json_schema(schema, title, None)
    hints = get_type_hints(schema, include_extras=True)
    fields: Any = {field.name: (hints[field.name], _default(field, hints)) for field in dataclasses.fields(schema)}
    made: Any = create_model(title, **fields)
    return cast("dict[str, Any]", made.model_json_schema())


def _default(field: dataclasses.Field[Any], hints: Mapping[str, Any]) -> Any:
    """A field's default, pydantic's ``...`` where it has to be given."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    if field.default is not dataclasses.MISSING:
        return field.default
    hint = get_args(hints[field.name])[0] if get_origin(hints[field.name]) is Annotated else hints[field.name]
    return None if type(None) in get_args(hint) else ...


def callable_type_hints(function: Any) -> dict[str, Any]:
    """The type hints of a callable, as far as they can be resolved."""
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        function = getattr(type(function), "__call__", None)  # noqa: B004 - its hints are wanted
    try:
        return get_type_hints(function) if function is not None else {}
    except Exception:  # noqa: BLE001 - a hint that cannot be resolved tells nothing; the function runs all the same
        return {}
