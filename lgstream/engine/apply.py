"""What the writes of a superstep make of the channels. Pure of IO; changes the channels and versions it is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from .keys import RESERVED
from .plan import Seen, Versions, path_text
from .program import Channels, Program, Write

logger = logging.getLogger("lgstream.engine")

NextVersion = Callable[[Any], Any]


class Written(Protocol):
    """What :func:`apply` needs of a task."""

    name: str
    path: tuple[Any, ...]
    triggers: tuple[str, ...]
    writes: list[Write]


def apply(
    program: Program,
    channels: Channels,
    versions: Versions,
    seen: Seen,
    tasks: Sequence[Written],
    next_version: NextVersion,
    live: set[str],
) -> set[str]:
    """Give the writes of all tasks to the channels, in the order of their paths; returns the channels with news.

    ``live`` holds the volatile channels that have a value: they hear of the superstep even if nobody wrote to them, and
    the others cost nothing. Raises InvalidUpdateError, and what a reducer raises.
    """
    if len(tasks) > 1:
        tasks = sorted(tasks, key=lambda task: path_text(task.path[:3]))
    triggered = False
    for task in tasks:
        if task.triggers:
            triggered = True
            seen[task.name] = {channel: versions[channel] for channel in task.triggers if channel in versions}
    version = next_version(max(versions.values()) if versions else None)
    for task in tasks:
        for channel in task.triggers:
            if channel in channels and channels[channel].consume():
                versions[channel] = version
    updated: set[str] = set()
    for key, writes in _by_channel(program, channels, tasks).items():
        channel_ = channels[key]
        if channel_.update(writes):
            versions[key] = version
            if channel_.is_available():
                updated.add(key)
                if channel_.volatile:
                    live.add(key)
    if triggered:
        _tell(channels, versions, version, updated, live)
        if program.finishing and updated.isdisjoint(program.triggered):
            _finish(program.finishing, channels, versions, version, updated)
    return updated


def _by_channel(program: Program, channels: Channels, tasks: Iterable[Written]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for task in tasks:
        for channel, value in task.writes:
            if channel in channels:
                grouped.setdefault(channel, []).append(value)
            elif channel not in RESERVED:
                logger.warning(
                    "Task %r wrote to %r, which graph %r does not have: the write is ignored. Its nodes are %s.",
                    task.name, channel, program.name, sorted(program.nodes),
                )  # fmt: skip
    return grouped


def _tell(channels: Channels, versions: Versions, version: Any, updated: set[str], live: set[str]) -> None:
    for key in tuple(live):
        if key in updated:
            continue
        channel = channels[key]
        if channel.update(()):
            versions[key] = version
            if channel.is_available():
                updated.add(key)
        if not channel.is_available():
            live.discard(key)


def _finish(
    keys: Iterable[str], channels: Channels, versions: Versions, version: Any, updated: set[str]
) -> None:
    for key in keys:
        channel = channels[key]
        if channel.finish():
            versions[key] = version
            if channel.is_available():
                updated.add(key)
