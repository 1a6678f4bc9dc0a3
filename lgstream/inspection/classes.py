"""What a class is and declares, found without running its code or that of its metaclass.

``isinstance()`` asks an object for its ``__class__``, and a class of its own choice for ``__instancecheck__``; both may
be code of the user, which may load data, raise or lie. Here only ``type(value)`` counts, and only what stands in the
namespaces of classes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

_bases_of = type.__dict__["__mro__"].__get__
_namespace_of = type.__dict__["__dict__"].__get__
_module_of = type.__dict__["__module__"].__get__
_name_of = type.__dict__["__name__"].__get__
_qualified_name_of = type.__dict__["__qualname__"].__get__

# By id, because a metaclass may define `__hash__` and `__eq__`; the ids of built-in classes are never used again.
_SCALAR_IDS = frozenset(map(id, (str, int, float, bool, type(None))))


def derives(kind: type, base: type) -> bool:
    """Return True if ``kind`` is ``base`` or derives from it; registered and pretended subclasses do not count."""
    return type.__subclasscheck__(base, kind)


def is_scalar(kind: type) -> bool:
    """Return True if ``kind`` is exactly one of str, int, float, bool and None's class."""
    return id(kind) in _SCALAR_IDS


def are_scalars(values: Iterable[Any]) -> bool:
    """Return True if all of ``values`` are scalars; see :func:`is_scalar`."""
    return _SCALAR_IDS.issuperset(map(id, map(type, values)))


def any_derives(values: Iterable[Any], base: type) -> bool:
    """Return True if the class of one of ``values`` is or derives from ``base``; each class is looked at once."""
    return any(derives(kind, base) for kind in _classes_of(values))


def instances_of(base: type, values: Sequence[Any]) -> Sequence[Any]:
    """Return those of ``values`` whose class is or derives from ``base``; each class is looked at once."""
    kinds = _classes_of(values)
    ids = {id(kind) for kind in kinds if derives(kind, base)}
    if len(ids) == len(kinds):
        return values
    return [value for value in values if id(type(value)) in ids] if ids else ()


def _classes_of(values: Iterable[Any]) -> Collection[type]:
    """Return the classes of ``values``, each once."""
    kinds = list(map(type, values))
    return dict(zip(map(id, kinds), kinds, strict=True)).values()


def class_attribute(kind: type, name: str, default: Any = None) -> Any:
    """Return what a class or one of its bases defines under ``name``: a descriptor as it is, instead of its value."""
    for base in _bases_of(kind):
        namespace = _namespace_of(base)
        if name in namespace:
            return namespace[name]
    return default


def bases_of(kind: type) -> tuple[type, ...]:
    """Return the classes in which an attribute of ``kind`` is looked up, in this order."""
    bases: tuple[type, ...] = _bases_of(kind)
    return bases


def full_name(kind: type) -> str:
    """Return module and name of a class."""
    name = class_name(kind)
    module = _module_of(kind)
    return f"{str.__str__(module)}.{name}" if derives(type(module), str) else name


def class_name(kind: type) -> str:
    """Return the qualified name of a class."""
    return str.__str__(_qualified_name_of(kind))


def short_name(kind: type) -> str:
    """Return the name of a class without those of the classes and functions around it."""
    return str.__str__(_name_of(kind))
