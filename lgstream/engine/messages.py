"""The messages that a node's output holds, as events (reference rules 27 and 32)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..events import Message
from .keys import RESERVED

if TYPE_CHECKING:
    from .run import Run
    from .task import Task


def messages_in(value: Any) -> Iterator[Any]:
    """The message that a value is, or the messages that are items of it; RemoveMessages are none."""
    module = sys.modules.get("langchain_core.messages")
    if module is None:
        return
    for item in value if isinstance(value, list | tuple) else (value,):
        if isinstance(item, module.BaseMessage) and not isinstance(item, module.RemoveMessage):
            yield item


def said(run: Run, task: Task) -> None:
    """Emit every message that the task wrote to the state; those without an id are given one."""
    if Message not in run.wants:
        return
    metadata: dict[str, Any] | None = None
    for channel, value in task.writes:
        if channel in RESERVED:
            continue
        for message in messages_in(value):
            if metadata is None:
                metadata = {**task.config["metadata"], "ls_integration": "langgraph"}
            if message.id is None:
                message.id = str(uuid4())
            run.emit(Message(time.time(), run.ns, task.id, task.name, "", message, metadata))
