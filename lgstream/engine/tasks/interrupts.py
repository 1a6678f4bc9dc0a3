"""Interrupts and their resume values: matches the values of a Command with the interrupts of a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lgstream._conversions import own_value
from lgstream._reserved import INTERRUPT, NULL_TASK_ID, RESUME, TASKS, branch_channel
from lgstream._send import wrong_goto
from lgstream.channels.base import MISSING
from lgstream.constants import START
from lgstream.engine.checkpoints.outcomes import outcomes_by_task
from lgstream.engine.checkpoints.pending_writes import PendingWrite
from lgstream.engine.program import Write
from lgstream.engine.run_state import RunState
from lgstream.engine.writes import goto_targets
from lgstream.errors import INVALID_RESUME_NOTE, InvalidUpdateError
from lgstream.types import Send, interrupt_id_from_ns

_HEX_DIGITS = frozenset("0123456789abcdef")


def is_resume_map(resume: Any) -> bool:
    """Return True for a dict of resume values by interrupt id: all of its keys are ids (reference rule 42)."""
    return isinstance(resume, dict) and all(
        isinstance(key, str) and len(key) == 32 and _HEX_DIGITS.issuperset(key) for key in resume
    )


def command_writes(command: Any, has_resume_map: bool) -> list[Write]:
    """Return the writes of a Command that is the input of a run.

    Args:
        command: the Command.
        has_resume_map: True if its resume values are a dict by interrupt id; those are not written.

    Raises:
        InvalidUpdateError: if it is addressed to a parent graph.
        TypeError: if a goto is neither a node's name nor a Send.
    """
    if command.graph == command.PARENT:
        raise InvalidUpdateError("There is no parent graph: the Command is the input of the outermost graph.")
    writes: list[Write] = []
    for target in goto_targets(command.goto) if command.goto else ():
        if isinstance(target, Send):
            writes.append((TASKS, target))
        elif isinstance(target, str):
            writes.append((branch_channel(target), START))
        elif isinstance(send := own_value(target), Send):
            writes.append((TASKS, send))
        else:
            raise wrong_goto(target)
    if command.resume is not None and not has_resume_map:
        writes.append((RESUME, command.resume))
    writes += command.update_items()
    return writes


def open_interrupts_by_task(pending_writes: Sequence[PendingWrite]) -> dict[str, list[str]]:
    """Return the ids of the interrupts without a resume value, by the id of the task that raised them."""
    open_interrupts = {
        task_id: [interrupt.id for interrupt in outcome.open_interrupts]
        for task_id, outcome in outcomes_by_task(pending_writes).items()
    }
    return {task_id: ids for task_id, ids in open_interrupts.items() if ids}


def open_interrupt_ids(pending_writes: Sequence[PendingWrite]) -> set[str]:
    """Return the ids of the interrupts without a resume value, each once, although a calling task repeats it."""
    return {interrupt_id for ids in open_interrupts_by_task(pending_writes).values() for interrupt_id in ids}


def known_resume_values(
    pending_writes: Sequence[PendingWrite], task_id: str, ns: str, resume_map: Mapping[str, Any]
) -> list[Any]:
    """Return the resume values that a task has: the saved ones, and the one for the id of its next interrupt.

    Args:
        pending_writes: the pending writes of the run.
        task_id: the id of the task.
        ns: the namespace of the task, which its interrupts' ids are computed from.
        resume_map: resume values by interrupt id.
    """
    resume_values = next(
        (list(value) for writer_id, channel, value in pending_writes if writer_id == task_id and channel == RESUME), []
    )
    if resume_map:
        next_id, first_id = interrupt_id_from_ns(ns, len(resume_values)), interrupt_id_from_ns(ns, 0)
        if next_id in resume_map:
            resume_values.append(resume_map[next_id])
        elif first_id in resume_map and _is_saved_with(pending_writes, task_id, first_id):
            resume_values.append(resume_map[first_id])
    return resume_values


def _is_saved_with(pending_writes: Sequence[PendingWrite], task_id: str, interrupt_id: str) -> bool:
    """Return True if a task's open interrupt has this id: older versions of LangGraph gave all of them the first id."""
    return any(
        writer_id == task_id and channel == INTERRUPT and any(interrupt.id == interrupt_id for interrupt in value)
        for writer_id, channel, value in pending_writes
    )


def null_resume(run: RunState, consume: bool) -> Any:
    """Return the resume value that was passed without an interrupt id, to this run or a run around it.

    Args:
        run: the run.
        consume: True to remove it, so that no other interrupt receives it.

    Returns:
        The resume value, or MISSING if there is none.
    """
    pending_writes = run.checkpoints.pending_writes
    for index, (task_id, channel, value) in enumerate(pending_writes):
        if task_id == NULL_TASK_ID and channel == RESUME:
            if consume:
                del pending_writes[index]
            return value
    return MISSING if run.parent is None else run.parent.null_resume(consume)


def response_json_schema(schema: Any) -> Any:
    """Return an interrupt's ``response_schema`` as a JSON schema; None if it is None."""
    if schema is None or isinstance(schema, dict):
        return schema
    from pydantic import TypeAdapter

    return TypeAdapter(schema).json_schema()


def validate_resume_value(resume_value: Any, schema: Any) -> Any:
    """Return the resume value as an instance of ``schema``; a JSON schema (dict) is not checked.

    Raises:
        pydantic.ValidationError: if the resume value does not match the schema.
    """
    if schema is None or isinstance(schema, dict):
        return resume_value
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(schema).validate_python(resume_value)
    except ValidationError as error:
        error.add_note(f"{INVALID_RESUME_NOTE}: resume again with a value that does.")
        raise
