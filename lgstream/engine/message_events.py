"""The messages that a node's output holds, as events (reference rules 27 and 32)."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lgstream.engine.writes import is_command
from lgstream.events import Message

if TYPE_CHECKING:
    from lgstream.engine.run_loop import Run
    from lgstream.engine.tasks.task import Task


def returned(output: Any) -> Iterator[Any]:
    """The messages in what a node returned: its own, or those of the updates of its Commands."""
    module = sys.modules.get("langchain_core.messages")
    if module is None:
        return
    items = output if isinstance(output, list | tuple) and any(map(is_command, output)) else (output,)
    for item in items:
        yield from _found(item.update if is_command(item) else item, module.BaseMessage)


_PLAIN = frozenset((str, int, float, bool, type(None)))


def _found(value: Any, kind: type) -> Iterator[Any]:
    """The message that a value is, those that are its items, or its fields, or items of its fields."""
    if type(value) is dict:
        fields: Iterable[Any] = [field for field in value.values() if type(field) not in _PLAIN]
    else:
        fields = (value,) if isinstance(value, kind | Sequence) else values_of(value)
    for field in fields:
        for item in field if isinstance(field, Sequence) and not isinstance(field, str) else (field,):
            if isinstance(item, kind):
                yield item


def values_of(state: Any) -> Iterator[Any]:
    """The values of a state: a dict, or an instance of a class with fields."""
    if isinstance(state, dict):
        yield from state.values()
        return
    names: Any = getattr(type(state), "model_fields", ())
    if dataclasses.is_dataclass(state) and not isinstance(state, type):
        names = [field.name for field in dataclasses.fields(state)]
    yield from (getattr(state, name) for name in names)


def said(run: Run, task: Task) -> None:
    """Emit every message that the task's function returned."""
    if type(task.output) is dict and _PLAIN.issuperset(map(type, task.output.values())):
        return
    metadata: dict[str, Any] | None = None
    for message in returned(task.output):
        if metadata is None:
            metadata = {**task.config["metadata"], "ls_integration": "langgraph"}
        run.emit(Message(time.time(), run.ns, task.id, task.name, "", message, metadata))
