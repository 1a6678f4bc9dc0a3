"""Which tasks run next. Pure: reads a run's channels and versions, changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lgstream._reserved import INTERRUPT, PULL, PUSH, TASKS
from lgstream.engine.program import Channels, Node, Program
from lgstream.engine.tasks.task import Task

if TYPE_CHECKING:
    from lgstream.engine.run_loop import Run

logger = logging.getLogger("lgstream.engine")

Versions = dict[str, Any]
Seen = dict[str, Versions]


def next_tasks(run: Run, updated: Iterable[str] | None, inputs: bool = True) -> list[Task]:
    """The tasks of the next superstep: Sends in their order, then triggered nodes by name (rule 9).

    ``updated`` are the channels of the last superstep; None looks at every node, in the order they were added.
    Raises what making a node's input raises, with a note that says for which node; without ``inputs`` none is made.
    """
    tasks = _sent(run) if TASKS in run.live else []
    program = run.program
    names: Iterable[str] = program.nodes if updated is None else _triggered_by(updated, program)
    for name in names:
        node = program.nodes[name]
        if is_triggered(node, run.channels, run.versions, run.seen):
            tasks.append(Task(run, node, _read(run, node) if inputs else None, (PULL, name), node.triggers))
    return tasks


def _triggered_by(updated: Iterable[str], program: Program) -> Sequence[str]:
    """The nodes that one of these channels may trigger, by name."""
    found: tuple[str, ...] = ()
    for channel in updated:
        if channel in program.triggered:
            found += program.triggered[channel]
    return found if len(found) < 2 else sorted(set(found))


def is_triggered(node: Node, channels: Channels, versions: Versions, seen: Seen) -> bool:
    """Whether one of the node's triggers has a value that the node has not run for yet."""
    mine = seen.get(node.name)
    for channel in node.triggers:
        version = versions.get(channel)
        if version is None:
            continue
        known = None if mine is None else mine.get(channel)
        if (known is None or version > known) and channels[channel].is_available():
            return True
    return False


def _sent(run: Run) -> list[Task]:
    tasks = []
    for index, send in enumerate(run.channels[TASKS].get()):
        node = run.program.nodes.get(send.node)
        if node is None:
            logger.warning(
                "A Send names the node %r, which the graph does not have: it is ignored. The graph has %s.",
                send.node, sorted(run.program.nodes),
            )  # fmt: skip
            continue
        task = Task(run, node, send.arg, (PUSH, index, False), (PUSH,))
        if getattr(send, "timeout", None) is not None:
            task.limits = send.timeout
        tasks.append(task)
    return tasks


def _read(run: Run, node: Node) -> Any:
    try:
        return node.reading(run.channels, run.step, run.stop)
    except Exception as error:
        error.add_note(f"Before task with name '{node.name}' and path '{(PULL, node.name)}'")
        raise


def stops_at(names: Iterable[str] | str, tasks: Iterable[Task], run: Run) -> bool:
    """Whether a static breakpoint holds here: one of the tasks is named, and the state moved on since the last stop."""
    if not names:
        return False
    known: Mapping[str, Any] = run.seen.get(INTERRUPT, {})
    moved = any(version > known[channel] if channel in known else True for channel, version in run.versions.items())
    return moved and any(
        (names == "*" and task.name != "__start__") or (names != "*" and task.name in names) for task in tasks
    )
