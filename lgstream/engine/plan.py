"""Plans the tasks of the next superstep, and checks static breakpoints. Pure: reads the run's data only."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lgstream._reserved import INTERRUPT, PULL, PUSH, TASKS
from lgstream.engine.checkpoints.format import Versions, VersionsSeen
from lgstream.engine.program import Channels, Node, Program
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task

logger = logging.getLogger("lgstream.engine")


def prepare_next_tasks(run: RunState, updated_channels: Iterable[str] | None, reads_input: bool = True) -> list[Task]:
    """Return the tasks of the next superstep: Sends in their order, then triggered nodes by name (reference rule 9).

    Args:
        run: the data of the run.
        updated_channels: the channels that the last superstep changed; None to check every node, in the order in which
            they were added.
        reads_input: False to leave the input of triggered nodes as None.

    Raises:
        Exception: any error of building a node's input, such as a validation error, with a note that names the node.
    """
    tasks = _send_tasks(run) if TASKS in run.available_volatile else []
    program = run.program
    names: Iterable[str] = program.nodes if updated_channels is None else _triggered_nodes(updated_channels, program)
    for name in names:
        node = program.nodes[name]
        if is_triggered(node, run.channels, run.versions, run.versions_seen):
            value = _read_input(run, node) if reads_input else None
            tasks.append(Task(run, node, value, (PULL, name), node.triggers))
    return tasks


def _triggered_nodes(updated_channels: Iterable[str], program: Program) -> Sequence[str]:
    """Return the names of the nodes that these channels may trigger, sorted."""
    names: tuple[str, ...] = ()
    for channel in updated_channels:
        if channel in program.nodes_by_trigger:
            names += program.nodes_by_trigger[channel]
    return names if len(names) < 2 else sorted(set(names))


def is_triggered(node: Node, channels: Channels, versions: Versions, versions_seen: VersionsSeen) -> bool:
    """Return True if one of the node's triggers has a value that the node has not run for yet."""
    seen_versions = versions_seen.get(node.name)
    for channel in node.triggers:
        version = versions.get(channel)
        if version is None:
            continue
        seen_version = None if seen_versions is None else seen_versions.get(channel)
        if (seen_version is None or version > seen_version) and channels[channel].is_available():
            return True
    return False


def _send_tasks(run: RunState) -> list[Task]:
    tasks = []
    for index, send in enumerate(run.channels[TASKS].get()):
        node = run.program.nodes.get(send.node)
        if node is None:
            logger.warning(
                "A Send names the node %r, which the graph does not have: the Send is ignored. The graph has %s.",
                send.node,
                sorted(run.program.nodes),
            )
            continue
        task = Task(run, node, send.arg, (PUSH, index, False), (PUSH,))
        if getattr(send, "timeout", None) is not None:
            task.timeout = send.timeout
        tasks.append(task)
    return tasks


def _read_input(run: RunState, node: Node) -> Any:
    """Return the input of a triggered node."""
    try:
        return node.reader(run.channels, run.step, run.last_step)
    except Exception as error:
        error.add_note(f"Before task with name '{node.name}' and path '{(PULL, node.name)}'")
        raise


def should_interrupt(names: Iterable[str] | str, tasks: Iterable[Task], run: RunState) -> bool:
    """Return True if a static breakpoint applies: a task is named, and the state changed since the last stop.

    Args:
        names: the nodes to stop at; ``"*"`` for all but START.
        tasks: the tasks of the superstep.
        run: the data of the run.
    """
    if not names:
        return False
    seen_versions: Mapping[str, Any] = run.versions_seen.get(INTERRUPT, {})
    has_changed = any(
        version > seen_versions[key] if key in seen_versions else True for key, version in run.versions.items()
    )
    return has_changed and any(
        (names == "*" and task.name != "__start__") or (names != "*" and task.name in names) for task in tasks
    )
