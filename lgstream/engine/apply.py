"""What the writes of a superstep make of the channels. No IO; changes the run it is given."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from lgstream._reserved import RESERVED_CHANNELS
from lgstream.engine.plan import Seen, Versions
from lgstream.engine.program import Channels, Program, Write

logger = logging.getLogger("lgstream.engine")


class Written(Protocol):
    """What :func:`apply` needs of a task."""

    name: str
    path: tuple[Any, ...]
    triggers: tuple[str, ...]
    writes: list[Write]


class Board(Protocol):
    """What :func:`apply` changes: a run's channels.

    ``version`` is the one that changed channels get, later than all before; ``live`` holds the volatile channels that
    have a value: they hear of a superstep even if nobody wrote to them, and the others cost nothing. ``seen`` holds the
    versions of its triggers that each node has run for; where nothing is saved and triggers last for one superstep,
    nobody needs to know.
    """

    program: Program
    channels: Channels
    versions: Versions
    seen: Seen
    version: Any
    live: set[str]
    saver: Any


def apply(board: Board, tasks: Sequence[Any]) -> set[str]:
    """Give the writes of all tasks to the channels, in the order of their paths; returns the channels with news.

    ``tasks`` are :class:`Written`. Raises InvalidUpdateError, and what a reducer raises.
    """
    channels, versions, version = board.channels, board.versions, board.version
    if len(tasks) > 1:
        tasks = sorted(tasks, key=_place)
    triggered = False
    marks = board.saver is not None or board.program.lasts
    for task in tasks:
        if task.triggers:
            triggered = True
            if not marks:
                continue
            read = {}
            for channel in task.triggers:
                if channel in versions:
                    read[channel] = versions[channel]
            if read:  # an update from outside of a run reads nothing
                board.seen[task.name] = read
    consuming = board.program.consuming
    if consuming:
        for task in tasks:
            for key in task.triggers:
                if key in consuming and channels[key].consume():
                    versions[key] = version
    updated: set[str] = set()
    for key, writes in _by_channel(board, tasks).items():
        channel = channels[key]
        if channel.update(writes):
            versions[key] = version
            if channel.is_available():
                updated.add(key)
                if channel.volatile:
                    board.live.add(key)
    if triggered:
        if not board.live <= updated:
            _tell(board, updated)
        if board.program.finishing and updated.isdisjoint(board.program.triggered):
            _finish(board, updated)
    return updated


def _place(task: Written) -> tuple[Any, ...]:
    """What tasks are put in order by: triggered ones by name, then Sends by number; error handlers after them."""
    path = task.path
    if len(path) > 2 and type(path[1]) is str:
        return path[0], ", ".join(path[1:3])  # as text, as LangGraph does
    return path[:2]


def _by_channel(board: Board, tasks: Iterable[Written]) -> dict[str, list[Any]]:
    channels = board.program.channels
    grouped: dict[str, list[Any]] = {}
    for task in tasks:
        for key, value in task.writes:
            if key in grouped:
                grouped[key].append(value)
            elif key in channels:
                grouped[key] = [value]
            elif key not in RESERVED_CHANNELS:
                logger.warning(
                    "Task %r wrote to %r, which graph %r does not have: the write is ignored. Its nodes are %s.",
                    task.name, key, board.program.name, sorted(board.program.nodes),
                )  # fmt: skip
    return grouped


def _tell(board: Board, updated: set[str]) -> None:
    for key in board.live - updated:
        channel = board.channels[key]
        changed = channel.update(())
        if changed:
            board.versions[key] = board.version
        if not channel.is_available():
            board.live.discard(key)
        elif changed:
            updated.add(key)


def _finish(board: Board, updated: set[str]) -> None:
    for key in board.program.finishing:
        channel = board.channels[key]
        if channel.finish():
            board.versions[key] = board.version
            if channel.is_available():
                updated.add(key)
