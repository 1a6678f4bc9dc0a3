"""How the exception for a wrong argument reads: it names the argument, the rule and, where there is one, the remedy.

The messages have the types of wrong arguments and not their values, which may hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, SupportsFloat, get_origin

_MODULES_OF_TYPE_FORMS: Final = ("typing", "typing_extensions", "types", "annotationlib")


def wrong_type(name: str, value: Any, rule: str) -> TypeError:
    """Return the exception for an argument of a wrong type.

    Args:
        name: the name of the argument.
        value: its value.
        rule: what it must be, and perhaps how to correct it: ``"a list of names: put it into a list, [name]"``.
    """
    return TypeError(f"{name} is {_described(value)}, and must be {rule}.")


def wrong_item(name: str, item: Any, rule: str) -> TypeError:
    """Return the exception for an argument with an item of a wrong type; the arguments are those of `wrong_type`."""
    return TypeError(f"{name} contains {_described(item, 'an object ')}, and must be {rule}.")


def check_type(name: str, value: Any, kind: type | tuple[type, ...], rule: str) -> None:
    """Raise TypeError if an argument is neither None nor an instance of ``kind``; see :func:`wrong_type`."""
    if value is not None and not isinstance(value, kind):
        raise wrong_type(name, value, rule)


def check_number(name: str, value: Any, rule: str) -> None:
    """Raise TypeError if an argument is neither None nor a number; see :func:`wrong_type`."""
    check_type(name, value, SupportsFloat, rule)


def check_list(name: str, value: Any, rule: str) -> None:
    """Raise TypeError if an argument is not a collection, or is a string or a dict; see :func:`wrong_type`."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise wrong_type(name, value, rule)


def is_type_form(value: Any) -> bool:
    """Return True for what can annotate a value: a class, or an object of :mod:`typing` such as a union."""
    return isinstance(value, type) or get_origin(value) is not None or type(value).__module__ in _MODULES_OF_TYPE_FORMS


def check_schema(name: str, value: Any) -> None:
    """Raise TypeError if an argument is neither None nor a type; see :func:`wrong_type`."""
    if value is not None and not is_type_form(value):
        raise wrong_type(name, value, "a class, such as a TypedDict, a dataclass or a pydantic model")


def _described(value: Any, prefix: str = "") -> str:
    if value is None:
        return "None"
    return f"the class {value.__name__}" if isinstance(value, type) else f"{prefix}of type {type(value).__name__}"
