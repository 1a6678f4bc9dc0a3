"""Checks of the arguments of compiled graphs and their builders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any

from lgstream._arguments import check_type, wrong_type
from lgstream.config import check_config

_THREAD_KEYS = frozenset({"thread_id", "checkpoint_ns", "checkpoint_id"})


def check_names(option: str, value: Any, rule: str) -> None:
    """Raise TypeError if an option is neither a string nor a collection; see :func:`lgstream._arguments.wrong_type`."""
    check_type(option, value, Iterable, rule)


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
    """Raise TypeError if a store or a cache is a class, or lacks the methods that runs call.

    Args:
        option: the name of the argument.
        value: its value; None is accepted.
        methods: the names of the methods.
        rule: what the argument must be, for the message.
    """
    if value is None:
        return
    if isinstance(value, type):
        raise wrong_type(option, value, f"an instance: {option}={value.__name__}(...)")
    if not all(hasattr(value, method) for method in methods):
        raise wrong_type(option, value, rule)


def check_inputs(inputs: Any, config: Any) -> None:
    """Raise TypeError if the arguments of ``batch()`` are not a list of inputs, and a config or a list of configs."""
    if isinstance(inputs, Mapping) or not (inputs is None or isinstance(inputs, Sized)):
        raise wrong_type("inputs", inputs, "a list of inputs: put one into a list, [input]")
    for item in config if isinstance(config, list | tuple) else (config,):
        check_config(item)


def check_thread(configurable: Mapping[str, Any]) -> None:
    """Raise ValueError if the ``configurable`` of a config names no thread."""
    if _THREAD_KEYS.isdisjoint(configurable):
        raise ValueError(
            "Checkpointer requires one or more of the following 'configurable' keys: thread_id, checkpoint_ns, "
            "checkpoint_id. Pass the id of the thread: config={'configurable': {'thread_id': '1'}}."
        )
