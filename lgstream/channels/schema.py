"""State schemas (TypedDict, dataclass, pydantic model, or any other type) to channels, and back to instances."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NotRequired, Required, cast, get_args, get_origin, get_type_hints

from typing_extensions import ReadOnly, is_typeddict

from lgstream.channels import BaseChannel, BinaryOperatorAggregate, LastValue
from lgstream.managed import Managed

ROOT = "__root__"
"""The one key of a state that is not a mapping of keys."""


def _bare(hint: Any) -> Any:
    """A key's type without Required, NotRequired and ReadOnly around it."""
    while get_origin(hint) in (Required, NotRequired, ReadOnly):
        hint = get_args(hint)[0]
    return hint


def _channel(key: str, hint: Any) -> BaseChannel[Any, Any, Any] | Managed:
    """The channel of one key. Raises ValueError for a reducer that does not take two values."""
    hint = _bare(hint)
    if get_origin(hint) is Annotated:
        typ, *extras = get_args(hint)
        typ = _bare(typ)
        for extra in extras:
            if isinstance(extra, Managed):
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


def is_model(schema: Any) -> bool:
    """Whether the schema is a pydantic model class (of pydantic 2 or its v1 layer)."""
    return isinstance(schema, type) and (hasattr(schema, "model_fields") or hasattr(schema, "__fields__"))


def has_keys(schema: Any) -> bool:
    """Whether the schema names keys, rather than being one value."""
    return (
        is_typeddict(schema)
        or dataclasses.is_dataclass(schema)
        or is_model(schema)
        or bool(isinstance(schema, type) and getattr(schema, "__annotations__", None))
    )


def keys_of(schema: Any) -> dict[str, BaseChannel[Any, Any, Any] | Managed]:
    """The schema's keys, in order, with the channel or managed value of each."""
    if not has_keys(schema):
        return {ROOT: _channel(ROOT, schema)}
    hints = get_type_hints(schema, include_extras=True)
    names = list(schema.model_fields) if hasattr(schema, "model_fields") else list(hints)
    return {name: _channel(name, hints[name]) for name in names if name in hints}


def instance_maker(schema: Any) -> Callable[[dict[str, Any]], Any] | None:
    """What makes a dict of values into what a node with this schema is given; None where it gets the dict itself."""
    if dataclasses.is_dataclass(schema) or is_model(schema):
        return lambda values: schema(**values)
    return None


def fields_set(value: Any) -> dict[str, Any] | None:
    """The fields that an instance of a class with annotated fields sets, as an update; None for anything else.

    A None in a pydantic model counts only where the field was set to it or has another default (reference rule 17).
    """
    if isinstance(value, type):
        return None
    if not hasattr(value, "model_fields_set"):
        names = [name for cls in reversed(type(value).__mro__) for name in inspect.get_annotations(cls)]
        return {name: getattr(value, name) for name in names if hasattr(value, name)} if names else None
    given = value.model_fields_set
    defaults = {name: field.default for name, field in type(value).model_fields.items()}
    return {
        name: field
        for name in defaults
        if (field := getattr(value, name)) is not None or name in given or defaults[name] is not None
    }


def json_schema(schema: Any, title: str, *default: Any) -> dict[str, Any]:
    """The JSON schema of any type, with this title where it has none of its own."""
    from pydantic import RootModel, create_model

    if is_model(schema):
        return cast("dict[str, Any]", schema.model_json_schema())
    made: Any = create_model(title, __base__=RootModel[schema], root=(schema, *(default or (...,))))
    return cast("dict[str, Any]", made.model_json_schema())


def state_json_schema(schema: Any, title: str) -> dict[str, Any]:
    """The JSON schema of a state. A dataclass's field may be left out where it has a default, or may be None."""
    from pydantic import TypeAdapter, create_model

    if is_typeddict(schema) or is_model(schema):
        return TypeAdapter(schema).json_schema()
    if not dataclasses.is_dataclass(schema):
        return json_schema(schema, title, None)
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


def hints_of(function: Any) -> dict[str, Any]:
    """The type hints of a callable, as far as they can be resolved."""
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        function = getattr(type(function), "__call__", None)  # noqa: B004 - its hints are wanted
    try:
        return get_type_hints(function) if function is not None else {}
    except Exception:  # noqa: BLE001 - a hint that cannot be resolved tells nothing; the function runs all the same
        return {}
