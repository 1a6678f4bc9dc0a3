"""Turns the messages in the outputs of langgraph's nodes into events (reference rule 27).

A graph of langgraph that runs in a task, or that a tap observes, reports each of its nodes as a chain run of langchain.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage

from lgstream._conversions import own_value
from lgstream.constants import TAG_HIDDEN
from lgstream.events import Event, Message
from lgstream.inspection.classes import derives
from lgstream.inspection.containers import sequence_base
from lgstream.inspection.messages import find_messages
from lgstream.langchain.running_task import is_running_task
from lgstream.langchain.task_metadata import namespace_and_task_id
from lgstream.types import Command

CALL_ID: Final = ""
"""The ``call_id`` of messages that no model call returned."""


class NodeMessageListener(BaseCallbackHandler):
    """Emits a Message for each message in the output of a node whose chain run it observes.

    Attributes:
        run_id: the id of the run, for its events.
        is_for_nested_roots: True if it also listens to graphs that a node calls with a ``thread_id`` of their own.
    """

    run_id: str
    is_for_nested_roots: bool
    _emit: Callable[[Event], None]
    _emits_messages: bool

    def __init__(self) -> None:
        self._node_runs: dict[UUID, dict[str, Any]] = {}
        self._own_node_runs: set[UUID] = set()

    def ignore_node_run(self, run_id: UUID) -> None:
        """Ignore a chain run that has not started yet: the messages of its node are emitted by the engine."""
        if self._emits_messages:
            self._own_node_runs.add(run_id)

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember the chain run of a node."""
        if not self._emits_messages or not metadata or run_id in self._own_node_runs:
            self._own_node_runs.discard(run_id)
        elif kwargs.get("name") == metadata.get("langgraph_node") and TAG_HIDDEN not in (tags or ()):
            checkpoint_ns = metadata["langgraph_checkpoint_ns"]
            # a Runnable in a node may bear the name of the node; its messages are those of the node
            is_in_node = any(node["langgraph_checkpoint_ns"] == checkpoint_ns for node in [*self._node_runs.values()])
            if not (is_in_node or is_running_task(checkpoint_ns, self.run_id)):
                self._node_runs[run_id] = metadata

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit the messages in the output of a node."""
        metadata = self._node_runs.pop(run_id, None)
        if metadata is None:
            return
        ns, task_id = namespace_and_task_id(metadata)
        if not (ns or self.is_for_nested_roots):  # a root run that a node called
            return
        node = metadata["langgraph_node"]
        for message in messages_in_node_output(outputs):
            self._emit(Message(time.time(), ns, task_id, node, CALL_ID, message, metadata, self.run_id))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget the chain run of a node that failed."""
        self._node_runs.pop(run_id, None)


def messages_in_node_output(output: Any) -> list[Any]:
    """Return the messages in a node's output, including those in the updates of Commands of either package."""
    output = own_value(output)
    sequence = sequence_base(type(output))
    has_commands = sequence is not None and any(map(_is_command, sequence.__iter__(output)))
    items = sequence.__iter__(output) if has_commands else (output,)
    updates = (item.update if _is_command(item) else item for item in items)
    return [message for update in updates for message in find_messages(update, BaseMessage)]


def _is_command(value: Any) -> bool:
    return derives(type(value), Command)
