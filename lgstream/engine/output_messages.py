"""Emits Message events for the messages in the output of nodes (reference rules 27 and 32)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.engine.writes import is_command
from lgstream.events import Message
from lgstream.langchain.messages import find_messages

_SCALARS = frozenset((str, int, float, bool, type(None)))


def messages_in_output(output: Any) -> Iterator[Any]:
    """Yield the messages in a node's output, including those in the updates of Commands."""
    module = sys.modules.get("langchain_core.messages")
    if module is None:  # langchain-core has not been imported, so there are no messages
        return
    items = output if isinstance(output, list | tuple) and any(map(is_command, output)) else (output,)
    for item in items:
        yield from find_messages(item.update if is_command(item) else item, module.BaseMessage)


def emit_output_messages(run: RunState, task: Task) -> None:
    """Emit every message in the task's output."""
    if type(task.output) is dict and _SCALARS.issuperset(map(type, task.output.values())):
        return
    metadata: dict[str, Any] | None = None
    for message in messages_in_output(task.output):
        if metadata is None:
            metadata = {**task.config["metadata"], "ls_integration": "langgraph"}
        run.emit(Message(time.time(), run.ns, task.id, task.name, "", message, metadata, run.root_run_id))
