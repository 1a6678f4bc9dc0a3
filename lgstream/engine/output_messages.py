"""Emits Message events for the messages in the output of nodes (reference rules 27 and 32)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.engine.writes import is_command
from lgstream.events import Message
from lgstream.inspection.classes import are_scalars
from lgstream.inspection.containers import sequence_base
from lgstream.inspection.messages import MAX_FIELDS_SEARCHED, MAX_ITEMS_SEARCHED, base_message, find_messages


def messages_in_output(output: Any) -> Iterator[Any]:
    """Yield the messages in a node's output, including those in the updates of Commands."""
    base = base_message()
    if base is None:
        return
    if type(output) is dict:
        yield from find_messages(output, base)
        return
    sequence = sequence_base(type(output))
    has_commands = sequence is not None and any(map(is_command, islice(sequence.__iter__(output), MAX_ITEMS_SEARCHED)))
    for item in sequence.__iter__(output) if has_commands else (output,):
        yield from find_messages(item.update if is_command(item) else item, base)


def emit_output_messages(run: RunState, task: Task, put_messages: Callable[..., None] | None) -> None:
    """Emit every message in the task's output.

    Args:
        run: the run.
        task: the task.
        put_messages: receives the messages and a function that returns their metadata; None if events are needed.
    """
    if type(task.output) is dict and are_scalars(islice(task.output.values(), MAX_FIELDS_SEARCHED)):
        return
    messages = messages_in_output(task.output)
    if put_messages is not None:
        put_messages(messages, lambda: _message_metadata(task))
        return
    metadata: dict[str, Any] | None = None
    for message in messages:
        metadata = _message_metadata(task) if metadata is None else metadata
        run.emit(Message(time.time(), run.ns, task.id, task.name, "", message, metadata, run.root_run_id))


def _message_metadata(task: Task) -> dict[str, Any]:
    return {**task.config["metadata"], "ls_integration": "langgraph"}
