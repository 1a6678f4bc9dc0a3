"""The fields of records: what a class declares and an instance stores. Nothing is computed to be looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from types import MemberDescriptorType, SimpleNamespace
from typing import Any, NamedTuple

from lgstream.inspection.classes import class_attribute, derives
from lgstream.inspection.containers import container_base, sequence_base
from lgstream.inspection.description import ENDS_PROGRAM
from lgstream.inspection.text import plain_text

_MISSING = object()


class RecordField(NamedTuple):
    """A field that a class declares, and whether it is left out of the repr: it is hidden for a reason."""

    name: str
    is_hidden: bool = False


class Computed:
    """Stands for the value of a field that a property or another descriptor computes, which is not asked."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<computed when it is read>"


COMPUTED = Computed()


def instance_fields(value: Any) -> dict[str, Any]:
    """Return what an instance stores in its ``__dict__``. For records and messages only: a proxy may load its object.

    Not to be changed by the caller.
    """
    try:
        fields = object.__getattribute__(value, "__dict__")
    except ENDS_PROGRAM:
        raise
    except BaseException:  # noqa: BLE001 - a class may define `__dict__` as a property
        return {}
    return fields if type(fields) is dict else {}


def declared_fields(kind: type) -> list[RecordField] | None:
    """Return the fields that a dataclass, an attrs class or a pydantic model declares; None for any other class."""
    if type(class_attribute(kind, "__dataclass_fields__")) is dict:
        return [RecordField(field.name, not field.repr) for field in dataclasses.fields(kind)]
    attributes = class_attribute(kind, "__attrs_attrs__")
    if derives(type(attributes), tuple):
        return [RecordField(attribute.name, not attribute.repr) for attribute in tuple.__iter__(attributes)]
    for name in ("__pydantic_fields__", "model_fields"):  # the second one is that of pydantic before 2.10
        if type(fields := class_attribute(kind, name)) is dict:
            return [RecordField(name, getattr(info, "repr", True) is False) for name, info in fields.items()]
    return None


def read_fields(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the fields that an instance stores, with :data:`COMPUTED` for those that are computed.

    Args:
        value: the instance.
        names: the names of its fields. Those without a value are left out.
    """
    stored = instance_fields(value)
    fields: dict[str, Any] = {}
    for name in names:
        item = stored.get(name, _MISSING)
        if item is _MISSING:
            item = _class_level_value(value, name)
        if item is not _MISSING:
            fields[name] = item
    return fields


def _class_level_value(value: Any, name: str) -> Any:
    """Return the value of a slot, or a default that the class holds."""
    attribute = class_attribute(type(value), name, _MISSING)
    if type(attribute) is MemberDescriptorType:
        try:
            return attribute.__get__(value)
        except AttributeError:
            return _MISSING
    is_computed = attribute is not _MISSING and class_attribute(type(attribute), "__get__") is not None
    return COMPUTED if is_computed else attribute


def tuple_fields(value: Any) -> dict[str, Any] | None:
    """Return the fields of a named tuple; None for any other value."""
    kind = type(value)
    if sequence_base(kind) is not tuple or type(names := class_attribute(kind, "_fields")) is not tuple:
        return None
    texts = [plain_text(name) for name in names]
    if None in texts or len(texts) != tuple.__len__(value):
        return None
    return dict(zip(texts, tuple.__iter__(value), strict=True))  # type: ignore[arg-type]


def secret_fields(value: Any) -> Collection[str]:
    """Return the names of fields that a class of langchain declares as secrets, by its property ``lc_secrets``."""
    attribute = class_attribute(type(value), "lc_secrets")
    if type(attribute) is not property or attribute.fget is None:
        return ()
    try:
        secrets = attribute.fget(value)
    except ENDS_PROGRAM:
        raise
    except BaseException:  # noqa: BLE001 - a subclass may define it
        return ()
    return secrets if type(secrets) is dict else ()


def shown_fields(value: Any) -> dict[str, Any] | None:
    """Return the fields of a record without the hidden and secret ones; None if ``value`` is not a record.

    Records are instances of dataclasses, attrs classes and pydantic models, named tuples and namespaces.
    """
    kind = type(value)
    if container_base(kind) is not None or derives(kind, type):
        return None
    if (declared := declared_fields(kind)) is not None:
        secrets = secret_fields(value)
        names = [field.name for field in declared if not field.is_hidden and field.name not in secrets]
        return read_fields(value, names)
    if derives(kind, SimpleNamespace):
        return dict(instance_fields(value))
    return tuple_fields(value)
