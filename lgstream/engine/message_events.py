"""The messages in a node's output, as Message events (reference rules 27 and 32)."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.engine.writes import is_command
from lgstream.events import Message

_SCALARS = frozenset((str, int, float, bool, type(None)))


def messages_in_output(output: Any) -> Iterator[Any]:
    """Yield the messages in what a node returned, including those in the updates of Commands."""
    module = sys.modules.get("langchain_core.messages")
    if module is None:  # without it there are no messages
        return
    items = output if isinstance(output, list | tuple) and any(map(is_command, output)) else (output,)
    for item in items:
        yield from _messages_in(item.update if is_command(item) else item, module.BaseMessage)


def _messages_in(value: Any, message_class: type) -> Iterator[Any]:
    """Yield the message that ``value`` is, or those among its items, its fields and the items of its fields."""
    if type(value) is dict:
        fields: Iterable[Any] = [field for field in value.values() if type(field) not in _SCALARS]
    else:
        fields = (value,) if isinstance(value, message_class | Sequence) else field_values(value)
    for field in fields:
        for item in field if isinstance(field, Sequence) and not isinstance(field, str) else (field,):
            if isinstance(item, message_class):
                yield item


def field_values(state: Any) -> Iterator[Any]:
    """Yield the values of a state: a dict, or an instance of a dataclass or pydantic model."""
    if isinstance(state, dict):
        yield from state.values()
        return
    names: Any = getattr(type(state), "model_fields", ())
    if dataclasses.is_dataclass(state) and not isinstance(state, type):
        names = [field.name for field in dataclasses.fields(state)]
    yield from (getattr(state, name) for name in names)


def emit_output_messages(run: RunState, task: Task) -> None:
    """Emit every message in the task's output."""
    if type(task.output) is dict and _SCALARS.issuperset(map(type, task.output.values())):
        return
    metadata: dict[str, Any] | None = None
    for message in messages_in_output(task.output):
        if metadata is None:
            metadata = {**task.config["metadata"], "ls_integration": "langgraph"}
        run.emit(Message(time.time(), run.ns, task.id, task.name, "", message, metadata))
