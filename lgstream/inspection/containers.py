"""The built-in containers: their contents are read by their own methods, whatever a subclass overrides."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from lgstream.inspection.classes import class_attribute, derives

CONTAINERS: tuple[type, ...] = (dict, list, tuple, set, frozenset)
"""The classes whose contents are read."""

_ITERATED: tuple[type, ...] = (deque, type({}.keys()), type({}.values()), type({}.items()))

# By id, because a metaclass may define `__hash__` and `__eq__`; the ids of built-in classes are never used again.
_BASES_BY_ID = MappingProxyType({id(base): base for base in CONTAINERS} | {id(OrderedDict): dict})


def container_base(kind: type) -> Any:
    """Return the built-in container that ``kind`` is, or derives from without changing how it is read; else None.

    Named tuples are records, not containers.
    """
    base = _BASES_BY_ID.get(id(kind))
    if base is not None:
        return base
    base = overridden_base(kind)
    if base is None or class_attribute(kind, "_fields") is not None or not _reads_as(kind, base):
        return None
    return base


def sequence_base(kind: type) -> Any:
    """Return list or tuple if ``kind`` is one of them or is read as one, as named tuples are; deque for a deque."""
    if kind is list or kind is tuple or kind is deque:
        return kind
    base = next((base for base in (list, tuple) if derives(kind, base)), None)
    return base if base is not None and _reads_as(kind, base) else None


def as_sequence(value: Any) -> Any:
    """Return a list or tuple, also of a subclass that is read as one, as it is, and any other value in a tuple."""
    base = sequence_base(type(value))
    return value if base is list or base is tuple else (value,)


def overridden_base(kind: type) -> Any:
    """Return the built-in container that ``kind`` derives from, whatever it overrides; None without any."""
    return next((base for base in CONTAINERS if derives(kind, base)), None)


def _reads_as(kind: type, base: type) -> bool:
    names = ("__iter__", "__len__", "items", "keys") if base is dict else ("__iter__", "__len__")
    return all(class_attribute(kind, name) is class_attribute(base, name) for name in names)


def dict_items(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return the keys and values of a dict, or of an instance of a subclass that is read as one."""
    return iter(OrderedDict.items(value) if type(value) is OrderedDict else dict.items(value))


def dict_values(value: Any) -> list[Any]:
    """Return the values of such a dict."""
    return [*(OrderedDict.values(value) if type(value) is OrderedDict else dict.values(value))]


def is_iterated(kind: type) -> bool:
    """Return True for other built-in classes whose iterators only read: deques and the views of dicts."""
    return any(kind is iterated for iterated in _ITERATED)
