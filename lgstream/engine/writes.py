"""What a node returned, as writes to channels; and writes, as streams show them. Pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from lgstream._reserved import RETURN, TASKS, branch_channel
from lgstream._state_fields import fields_as_update
from lgstream.channels.schema import ROOT_KEY
from lgstream.constants import END, START
from lgstream.engine.program import Branch, Write
from lgstream.errors import InvalidUpdateError, ParentCommand
from lgstream.types import Send

logger = logging.getLogger("lgstream.graph.state")


def is_command(value: Any) -> bool:
    """Whether the value is a Command; its class is not loaded for the question."""
    kind = type(value)
    return kind.__name__ == "Command" and kind.__module__ == "lgstream.types"


def state_writes(update: Any, writable: frozenset[str]) -> list[Write]:
    """The writes of one update: a dict, None, a Command, a list with one among them, or an instance of the state.

    Keys that the state does not have are dropped (reference rule 17). Raises InvalidUpdateError for anything else.
    """
    if update is None:
        return []
    if type(update) is dict or isinstance(update, dict):
        return [(key, value) for key, value in update.items() if key in writable]
    if is_command(update):
        return [] if update.graph == update.PARENT else [
            (key, value) for key, value in update.update_items() if key in writable
        ]  # fmt: skip
    if isinstance(update, list | tuple) and any(map(is_command, update)):
        return [write for item in update for write in state_writes(item, writable)]
    fields = fields_as_update(update)
    if fields is None:
        raise InvalidUpdateError(
            f"Expected dict, got {update!r}. A node (and the input) must give a dict of state keys to new values, a "
            "Command, an instance of the state, or None."
        )
    return [(key, value) for key, value in fields.items() if key in writable]


def root_writes(update: Any, _: frozenset[str]) -> list[Write]:
    """The writes of an update to a state that is one value."""
    if is_command(update):
        return [] if update.graph == update.PARENT else list(update.update_items())
    if isinstance(update, list | tuple) and any(map(is_command, update)):
        return [write for item in update for write in root_writes(item, _)]
    return [] if update is None else [(ROOT_KEY, update)]


def gotos(output: Any) -> list[Write]:
    """The writes of a Send, or of the gotos in a Command or a list with Commands.

    Raises ParentCommand for one that goes up, TypeError for a goto that is nothing of the kind.
    """
    if isinstance(output, Send):
        return [(TASKS, output)]
    commands = (
        [output] if is_command(output) else filter(is_command, output) if isinstance(output, list | tuple) else ()
    )
    writes: list[Write] = []
    for command in commands:
        if command.graph == command.PARENT:
            raise ParentCommand(command)
        targets = [command.goto] if isinstance(command.goto, Send | str) else command.goto
        if not isinstance(targets, Iterable):
            raise TypeError(f"Command.goto must be a node's name, a Send or a sequence of them, not {targets!r}.")
        for target in targets:
            if isinstance(target, Send):
                writes.append((TASKS, target))
            elif isinstance(target, str) and target != END:
                writes.append((branch_channel(target), None))
    return writes


def routed(branch: Branch, answer: Any) -> list[Write]:
    """The writes of what a routing function answered (reference rule 50).

    Raises KeyError for an answer that the path map lacks, ValueError for None, InvalidUpdateError for a Send to END.
    """
    answers = answer if isinstance(answer, list | tuple) else [answer]
    targets: Iterable[Any] = answers
    if branch.ends is not None:
        targets = [each if isinstance(each, Send) else branch.ends[each] for each in answers]
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


def shown(writes: Sequence[Write], keys: str | Collection[str]) -> Any:
    """Writes as ``updates`` shows them: None, a dict, or a list of dicts when a key is written twice (rule 17)."""
    if isinstance(keys, str):
        values = [value for channel, value in writes if channel in (keys, RETURN)]
        return None if not values else values[0] if len(values) == 1 else values
    once: dict[str, Any] = {}
    for channel, value in writes:
        if channel in keys:
            if channel in once:
                return [{channel: value} for channel, value in writes if channel in keys]
            once[channel] = value
        elif channel == RETURN:
            return value
    return once or None


def result(writes: Sequence[Write], keys: str | Collection[str]) -> dict[str, Any]:
    """Writes as ``tasks`` shows them: a dict, a key that is written several times as ``{"$writes": [...]}``.

    A None that another write follows is not shown.
    """
    names = (keys,) if isinstance(keys, str) else keys
    found: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    for channel, value in writes:
        if channel in names or channel == RETURN:
            if found.get(channel) is None:
                found[channel] = value
            else:
                several.setdefault(channel, [found[channel]]).append(value)
    return {**found, **{key: {"$writes": values} for key, values in several.items()}} if several else found


Writer = Callable[[Any, frozenset[str]], list[Write]]
