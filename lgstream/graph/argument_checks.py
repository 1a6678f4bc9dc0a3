"""Checks of the arguments of compiled graphs: an exception names the argument, the rule and the remedy.

The messages have the types of wrong arguments and not their values, which may hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def kind_of(value: Any) -> str:
    """Return what an error message says about a value: ``"of type int"``."""
    return f"of type {type(value).__name__}"


def check_names(option: str, value: Any, rule: str) -> None:
    """Raise TypeError if an option is neither a string nor a collection.

    Args:
        option: the name of the option.
        value: its value; None is accepted.
        rule: what the option must be, for the message.
    """
    if not (value is None or isinstance(value, Iterable)):
        raise TypeError(f"{option} is {kind_of(value)}, and must be {rule}.")


def breakpoints(option: str, value: Any) -> Any:
    """Return the nodes of a breakpoint option of a call; a string other than ``"*"`` is the name of one node.

    Raises:
        TypeError: if the value is neither a string nor a collection.
    """
    check_names(option, value, "a list of node names or '*'")
    return (value,) if isinstance(value, str) and value != "*" else value


def compiled_breakpoints(**options: Any) -> list[str]:
    """Return the nodes that the breakpoint options of ``compile()`` name.

    Raises:
        TypeError: if a value is neither ``"*"`` nor a list of names, as in langgraph.
    """
    names: list[str] = []
    for option, value in options.items():
        check_names(option, value, "a list of node names or '*'")
        if isinstance(value, str) and value not in ("*", ""):
            raise TypeError(
                f"{option} is {value!r}, and must be a list of node names or '*': put the name into a list, "
                f"[{value!r}]."
            )
        if value and value != "*":
            names.extend(value)
    return names


def check_provider(option: str, value: Any, methods: tuple[str, ...], rule: str) -> None:
    """Raise TypeError if a store or a cache is a class, or has not the methods that runs call.

    Args:
        option: the name of the argument.
        value: its value; None is accepted.
        methods: the names of the methods.
        rule: what the argument must be, for the message.
    """
    if value is None:
        return
    if isinstance(value, type):
        raise TypeError(f"{option} is a class, and must be an instance: {option}={value.__name__}(...).")
    if not all(hasattr(value, method) for method in methods):
        raise TypeError(f"{option} is {kind_of(value)}, and must be {rule}.")
