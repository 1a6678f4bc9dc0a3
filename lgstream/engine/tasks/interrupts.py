"""What a caller's Command means for a thread that stopped. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lgstream._reserved import RESUME, TASKS, branch_channel
from lgstream.constants import START
from lgstream.engine.checkpoints.format import PendingWrite
from lgstream.engine.checkpoints.outcomes import statuses
from lgstream.engine.program import Write
from lgstream.errors import InvalidUpdateError
from lgstream.types import Send, interrupt_id

if TYPE_CHECKING:
    from lgstream.engine.tasks.task import Task

_HEX = frozenset("0123456789abcdef")


def is_map(resume: Any) -> bool:
    """Whether the answers are given by interrupt id: a dict whose keys are all ids (rule 42)."""
    return isinstance(resume, dict) and all(
        isinstance(key, str) and len(key) == 32 and _HEX.issuperset(key) for key in resume
    )


def command_writes(command: Any, by_id: bool) -> list[Write]:
    """A Command given as the input, as writes. Raises InvalidUpdateError for one that is meant for a parent."""
    if command.graph == command.PARENT:
        raise InvalidUpdateError("There is no parent graph: the command is the input of the outermost one.")
    writes: list[Write] = []
    goto = command.goto if isinstance(command.goto, list | tuple) else [command.goto]
    for target in goto:
        if isinstance(target, Send):
            writes.append((TASKS, target))
        elif isinstance(target, str):
            writes.append((branch_channel(target), START))
        else:
            raise TypeError(f"In Command.goto, expected a node's name or a Send, got {target!r}.")
    if command.resume is not None and not by_id:
        writes.append((RESUME, command.resume))
    writes += command.update_items()
    return writes


def asking_tasks(pending: Sequence[PendingWrite]) -> dict[str, list[str]]:
    """The tasks whose questions have no answer yet: their ids, with those of the questions."""
    return {id: ids for id, each in statuses(pending).items() if (ids := [open.id for open in each.open_interrupts])}


def open_interrupts(pending: Sequence[PendingWrite]) -> set[str]:
    """The ids of the questions that have no answer yet; one that passed up through a caller is one question."""
    return {each for ids in asking_tasks(pending).values() for each in ids}


def answers(pending: Sequence[PendingWrite], task: Task, resume_map: Mapping[str, Any]) -> list[Any]:
    """The answers known for a task: those of earlier tries, and the one given by its interrupt's id."""
    known = next((list(value) for id, channel, value in pending if id == task.id and channel == RESUME), [])
    if resume_map:
        mine = interrupt_id(task.ns, len(known))
        if mine in resume_map:
            known.append(resume_map[mine])
    return known
