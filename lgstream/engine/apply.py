"""Applies the writes of a superstep to the channels, in place. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lgstream._reserved import INPUT, RESERVED_CHANNELS
from lgstream.engine.checkpoints.format import Versions, VersionsSeen
from lgstream.engine.program import Channels, Program, Write

logger = logging.getLogger("lgstream.engine")


class TaskWrites(Protocol):
    """The attributes of a task that :func:`apply_writes` reads."""

    name: str
    path: tuple[Any, ...]
    triggers: tuple[str, ...]
    writes: list[Write]


@dataclass(slots=True)
class InputTask:
    """The input of a run, or a caller's Command, as the writes of a task without triggers."""

    writes: list[Write]
    name: str = INPUT
    path: tuple[Any, ...] = ()
    triggers: tuple[str, ...] = ()


class ChannelState(Protocol):
    """The data of a run that :func:`apply_writes` reads and changes; see :class:`~lgstream.engine.run_state.RunState`.

    ``versions_seen`` is only kept if something reads it: a saver, or a trigger that lasts longer than one superstep.
    """

    program: Program
    channels: Channels
    versions: Versions
    versions_seen: VersionsSeen
    version: Any
    updated_channels: set[str] | None
    available_volatile: set[str]
    saver: Any


def apply_writes(run: ChannelState, tasks: Sequence[Any]) -> set[str]:
    """Apply the writes of all tasks to the channels, in the order of the tasks' paths, as one new version.

    Args:
        run: the channels, and the data that changes with them.
        tasks: the tasks of the superstep; see :class:`TaskWrites`.

    Returns:
        The names of the channels that changed and have a value; also stored as ``run.updated_channels``.

    Raises:
        InvalidUpdateError: if a channel rejects its writes.
        Exception: any exception that a reducer raises.
    """
    version = run.version
    if run.saver is not None:
        version = run.saver.get_next_version(version, None)
    else:
        version = 1 if version is None else version + 1
    run.version = version
    if len(tasks) > 1:
        tasks = sorted(tasks, key=_sort_key)
    if run.saver is not None or run.program.has_lasting_triggers:
        _record_versions_seen(run, tasks)
    if run.program.consumable:
        _consume_triggers(run, tasks)
    updated_channels = _update_channels(run, tasks)
    for task in tasks:
        if task.triggers:  # a superstep, not just the input or a Command
            if not run.available_volatile <= updated_channels:
                _update_unwritten(run, updated_channels)
            if run.program.finishable and updated_channels.isdisjoint(run.program.nodes_by_trigger):
                _finish_channels(run, updated_channels)
            break
    run.updated_channels = updated_channels
    return updated_channels


def _record_versions_seen(run: ChannelState, tasks: Iterable[TaskWrites]) -> None:
    """Record, for each task's node, the versions of the triggers that it has run for."""
    versions = run.versions
    for task in tasks:
        seen_versions = {}
        for channel_name in task.triggers:
            if channel_name in versions:
                seen_versions[channel_name] = versions[channel_name]
        if seen_versions:  # an update from outside of a run has no triggers
            run.versions_seen[task.name] = seen_versions


def _consume_triggers(run: ChannelState, tasks: Iterable[TaskWrites]) -> None:
    """Call ``consume()`` of the triggers that change once a task that they triggered has run."""
    consumable = run.program.consumable
    for task in tasks:
        for key in task.triggers:
            if key in consumable and run.channels[key].consume():
                run.versions[key] = run.version


def _update_channels(run: ChannelState, tasks: Iterable[TaskWrites]) -> set[str]:
    """Update the channels with the tasks' writes; return the names of those that changed and have a value."""
    program_channels, channels, versions, version = run.program.channels, run.channels, run.versions, run.version
    values: dict[str, list[Any]] = {}
    for task in tasks:
        for key, value in task.writes:
            if key in values:
                values[key].append(value)
            elif key in program_channels:
                values[key] = [value]
            elif key not in RESERVED_CHANNELS:
                _warn_unknown_channel(run, task, key)
    updated_channels: set[str] = set()
    for key, writes in values.items():
        channel = channels[key]
        if channel.update(writes):
            versions[key] = version
            if channel.is_available():
                updated_channels.add(key)
                if channel.volatile:
                    run.available_volatile.add(key)
    return updated_channels


def _warn_unknown_channel(run: ChannelState, task: TaskWrites, key: str) -> None:
    logger.warning(
        "Task %r wrote to %r, which graph %r does not have: the write is ignored. Its nodes are %s.",
        task.name,
        key,
        run.program.name,
        sorted(run.program.nodes),
    )


def _sort_key(task: TaskWrites) -> tuple[Any, ...]:
    """Return the sort key of tasks: triggered ones by name, then Sends by index, then error handlers."""
    path = task.path
    if len(path) > 2 and type(path[1]) is str:
        return path[0], ", ".join(path[1:3])  # as text, as LangGraph does
    return path[:2]


def _update_unwritten(run: ChannelState, updated_channels: set[str]) -> None:
    """Call ``update([])`` of the volatile channels that have a value and were not written."""
    for key in run.available_volatile - updated_channels:
        channel = run.channels[key]
        has_changed = channel.update(())
        if has_changed:
            run.versions[key] = run.version
        if not channel.is_available():
            run.available_volatile.discard(key)
        elif has_changed:
            updated_channels.add(key)


def _finish_channels(run: ChannelState, updated_channels: set[str]) -> None:
    """Call ``finish()`` of the channels that change when no task is left to run."""
    for key in run.program.finishable:
        channel = run.channels[key]
        if channel.finish():
            run.versions[key] = run.version
            if channel.is_available():
                updated_channels.add(key)
