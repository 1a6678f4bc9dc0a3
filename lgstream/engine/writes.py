"""Converts node outputs to channel writes, and writes to the payloads of stream chunks. Pure."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Iterable, Sequence
from inspect import iscoroutine
from typing import Any

from lgstream._conversions import own_value
from lgstream._reserved import RETURN, TASKS, branch_channel
from lgstream._send import wrong_goto
from lgstream._state_fields import field_names, fields_as_update
from lgstream.channels.schema import ROOT_KEY
from lgstream.constants import END, START
from lgstream.engine.program import Branch, Write
from lgstream.errors import InvalidUpdateError, ParentCommand
from lgstream.types import Send

logger = logging.getLogger("lgstream.graph.state")


_UPDATE_RULE = (
    "A node must return (and the input must be) a dict of state keys and new values, a Command, an instance of the "
    "state, or None."
)


def is_command(value: Any) -> bool:
    """Return True if the value is a Command. Does not load its class, which has a base class of langchain-core."""
    cls = type(value)
    return cls.__name__ == "Command" and cls.__module__ == "lgstream.types"


def _has_command(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(map(is_command, value))


def state_writes(update: Any, writable_keys: frozenset[str], is_input: bool = False) -> list[Write]:
    """Return the writes of one state update; keys that the state does not have are dropped (reference rule 17).

    Args:
        update: a dict, None, a Command, a list that contains Commands, or an instance of a class with fields.
        writable_keys: the keys of the state.
        is_input: True for the input of a graph, which may have none of its keys: a subgraph can have a state of its
            own.

    Raises:
        InvalidUpdateError: if ``update`` is anything else, or an instance without any of the keys.
    """
    if update is None:
        return []
    if type(update) is dict or isinstance(update, dict):
        return [(key, value) for key, value in update.items() if key in writable_keys]
    if is_command(update):
        if update.graph == update.PARENT:
            return []
        if not is_input:
            _check_key(update.update, writable_keys)
        return [(key, value) for key, value in update.update_items() if key in writable_keys]
    if _has_command(update):
        return [write for item in update for write in state_writes(item, writable_keys)]
    fields = fields_as_update(update)
    if fields is None:
        hint = " Make the node an async function and await the coroutine." if iscoroutine(update) else ""
        raise InvalidUpdateError(f"Expected dict, got {update!r}. {_UPDATE_RULE}{hint}")
    if not is_input and not isinstance(update, Send):  # a Send is not an update: goto_writes() takes it
        _check_key(update, writable_keys)
    return [(key, value) for key, value in fields.items() if key in writable_keys]


def _is_message(value: Any) -> bool:
    module = sys.modules.get("langchain_core.messages")
    return module is not None and isinstance(value, module.BaseMessage)


def _check_key(update: Any, writable_keys: frozenset[str]) -> None:
    """Raise InvalidUpdateError if ``update`` is an object with fields of which none is a key of the state.

    Messages of langchain are accepted: streams show them, so they are not lost (reference rule 27).
    """
    if update is None or isinstance(update, dict | list | tuple) or _is_message(update):
        return
    names = field_names(update)
    if not names and ROOT_KEY not in writable_keys:
        raise InvalidUpdateError(f"Expected dict, got {update!r} as Command.update. {_UPDATE_RULE}")
    if names and writable_keys.isdisjoint(names):
        cls = type(update)
        raise InvalidUpdateError(
            f"Got {update!r} of type {cls.__module__}.{cls.__qualname__}, which has none of the keys of the state: "
            f"{', '.join(sorted(writable_keys))}. {_UPDATE_RULE}"
        )


def root_writes(update: Any) -> list[Write]:
    """Return the writes of an update to a state that is one value."""
    if is_command(update):
        return [] if update.graph == update.PARENT else list(update.update_items())
    if _has_command(update):
        return [write for item in update for write in root_writes(item)]
    return [] if update is None else [(ROOT_KEY, update)]


def goto_writes(output: Any) -> list[Write]:
    """Return the writes of a Send, and of the gotos of a Command or of the Commands in a list.

    Raises:
        ParentCommand: if a Command is addressed to the parent graph.
        TypeError: if a goto is neither a node's name, a Send nor a sequence of them.
    """
    if isinstance(output, Send):
        return [(TASKS, output)]
    commands: Iterable[Any] = ()
    if is_command(output):
        commands = (output,)
    elif isinstance(output, list | tuple):
        commands = filter(is_command, output)
    writes: list[Write] = []
    for command in commands:
        if command.graph == command.PARENT:
            raise ParentCommand(command)
        for target in goto_targets(command.goto):
            if isinstance(target, Send):
                writes.append((TASKS, target))
            elif isinstance(target, str):
                if target != END:
                    writes.append((branch_channel(target), None))
            elif isinstance(send := own_value(target), Send):
                writes.append((TASKS, send))
            else:  # left out, as in langgraph
                logger.warning("%s It is left out.", wrong_goto(target))
    return writes


def goto_targets(goto: Any) -> Iterable[Any]:
    """Return the names and Sends in the ``goto`` of a Command.

    Raises:
        TypeError: if it is neither a node's name, a Send nor a collection.
    """
    if isinstance(goto, Send | str):
        return (goto,)
    if isinstance(goto, Iterable):
        return goto
    if not isinstance(own_value(goto), Send):
        raise wrong_goto(goto)
    return (goto,)


def branch_targets(branch: Branch, destination: Any) -> Sequence[Any]:
    """Return the result of a routing function as nodes, END and Sends, with the keys of its path map replaced.

    Args:
        branch: the branch of the routing function.
        destination: the result: a node's name or a key of the path map, END, a Send, or a list of them.

    Raises:
        KeyError: if the path map does not have the key.
    """
    if type(destination) is not str:
        destination = own_value(destination)
    targets: Sequence[Any] = destination if isinstance(destination, list | tuple) else (destination,)
    if branch.ends is None:
        return targets
    try:
        return [target if isinstance(target, Send) else branch.ends[target] for target in targets]
    except (KeyError, TypeError):
        keys = list(branch.ends)
        unknown = next((target for target in targets if not isinstance(target, Send) and target not in keys), None)
        raise KeyError(
            f"The routing function '{branch.name}' returned {unknown!r}, and must return keys of its path_map: "
            f"{', '.join(map(repr, keys))}."
        ) from None


def branch_writes(branch: Branch, targets: Iterable[Any]) -> list[Write]:
    """Return the writes for what a routing function chose (reference rule 50).

    Args:
        branch: the branch of the routing function.
        targets: what it chose, from :func:`branch_targets`.

    Raises:
        ValueError: if the routing function returned None or START.
        InvalidUpdateError: if a Send goes to END.
    """
    writes: list[Write] = []
    for target in targets:
        if target is None or target == START:
            raise ValueError(
                f"Branch did not return a valid destination: the routing function '{branch.name}' returned {target!r}. "
                "Return a node's name, END, a Send, or a list of them."
            )
        if isinstance(target, Send):
            if target.node == END:
                raise InvalidUpdateError(
                    "Cannot send a packet to the END node: END takes no input. Return END itself to stop there."
                )
            writes.append((TASKS, target))
        elif target != END:
            writes.append((branch_channel(target), None))
    return writes


def update_from_writes(writes: Sequence[Write], keys: str | Collection[str]) -> Any:
    """Return the update that ``updates`` shows for a task's writes (reference rule 17).

    Returns:
        None without writes, a dict, or a list of one-key dicts if a key was written twice; for a bare key its value.
    """
    if isinstance(keys, str):
        values = [value for channel, value in writes if channel in (keys, RETURN)]
        return None if not values else values[0] if len(values) == 1 else values
    update: dict[str, Any] = {}
    for channel, value in writes:
        if channel in keys:
            if channel in update:
                return [{channel: value} for channel, value in writes if channel in keys]
            update[channel] = value
        elif channel == RETURN:
            return value
    return update or None


def task_result(writes: Sequence[Write], keys: str | Collection[str]) -> dict[str, Any]:
    """Return the result that ``tasks`` shows for a task's writes.

    A key that was written several times is shown as ``{"$writes": [...]}``; a None before another write is left out.
    """
    shown_keys = (keys,) if isinstance(keys, str) else keys
    result: dict[str, Any] = {}
    repeated: dict[str, list[Any]] = {}
    for channel, value in writes:
        if channel in shown_keys or channel == RETURN:
            if result.get(channel) is None:
                result[channel] = value
            else:
                repeated.setdefault(channel, [result[channel]]).append(value)
    if repeated:
        result.update((key, {"$writes": values}) for key, values in repeated.items())
    return result
