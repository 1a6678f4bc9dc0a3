"""Translate langgraph's stream chunks into events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from lgstream._conversions import own_interrupt
from lgstream._reserved import INTERRUPT, NAMESPACE_SEPARATOR, TASK_ID_SEPARATOR
from lgstream.config import current_config
from lgstream.events import (
    CheckpointSaved,
    Custom,
    Event,
    GraphFinished,
    GraphStarted,
    Interrupted,
    Namespace,
    TaskFinished,
    TaskStarted,
    Update,
    Values,
)
from lgstream.inspection.classes import derives
from lgstream.langchain.running_tool import running_tool_call
from lgstream.langchain.task_metadata import namespace_and_task_id
from lgstream.types import Interrupt, StreamMode

__all__ = ["STREAM_MODES", "ChunkTranslator"]

STREAM_MODES: Final[frozenset[StreamMode]] = frozenset({"values", "updates", "debug"})
"""The stream modes that :class:`ChunkTranslator` needs for all events; custom writes come through stream writers."""

METADATA_KEY: Final = "__metadata__"
"""The key of an ``updates`` chunk that says that its update comes from a cache."""


_TASK_KINDS: Final = frozenset((TaskStarted, TaskFinished, CheckpointSaved))


@cache
def modes_of_events(wants: frozenset[type]) -> frozenset[StreamMode]:
    """Return the stream modes from which a :class:`ChunkTranslator` creates the events of these classes."""
    modes: set[StreamMode] = set()
    if not wants.isdisjoint((Values, GraphStarted, GraphFinished)):  # a graph starts with its first chunk
        modes.add("values")
    if Update in wants:
        modes.add("updates")
    if not wants.isdisjoint(_TASK_KINDS):
        modes.add("debug")
    return frozenset(modes)


class NamespaceState:
    """What is known about the graph that runs at one namespace."""

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self.step: int | None = None
        """The superstep of the latest task."""
        self.running_tasks: dict[str, TaskStarted] = {}
        """By task id."""
        self.values: Any = None
        """The latest state."""
        self.first_values: Values | None = None
        """The event for the first state, until the next chunk shows which superstep the state follows."""


class PendingUpdate(NamedTuple):
    """The ``updates`` payload of a task that ends, or its interrupts, until a result chunk identifies the task."""

    payload: dict[str, Any]
    values: Any = None
    """The state before the superstep, if the task was interrupted."""


class ChunkTranslator:
    """Translates chunks into events, in the order in which langgraph creates them.

    It is called with a chunk in the thread that creates it, possibly in several threads at once. A task that ends emits
    all its chunks at once in one thread. Therefore an update is stored by thread until the task's result arrives, which
    contains the id of the task.

    It has the attributes that langgraph expects of the stream that a nested graph finds in its config.

    Args:
        emit: receives the events.
        modes: the stream modes of the chunks that it is called with. Without ``"debug"``, events have the superstep 0
            and no task id.
        run_id: the id of the run, for its events.

    Attributes:
        modes: the stream modes.
        is_interrupted: True if the graph that was run, not only a subgraph, has been interrupted.
        has_chunks: True if any chunk was received.
        run_id: the id of the run, for its events.
        delays_first_values: True if the first values of a graph wait for the next chunk, which shows their superstep.
        notice_namespace: called with the namespace of each chunk, before its events are emitted; None if it is not
            needed.
    """

    def __init__(
        self, emit: Callable[[Event], None], modes: frozenset[StreamMode] = STREAM_MODES, run_id: str = ""
    ) -> None:
        self.is_interrupted = False
        self.has_chunks = False
        self.notice_namespace: Callable[[Namespace], None] | None = None
        self.modes = modes
        self.run_id = run_id
        self._has_tasks = self.delays_first_values = "debug" in modes
        self._emit = emit
        self._states: dict[Namespace, NamespaceState] = {}
        self._pending_updates: dict[int, PendingUpdate] = {}  # by thread

    def __call__(self, chunk: tuple[Namespace, str, Any]) -> None:
        """Emit the events of a chunk: its namespace, its stream mode and its payload."""
        ns, mode, payload = chunk
        self.has_chunks = True
        if self.notice_namespace is not None:
            self.notice_namespace(ns)
        state = self._states.setdefault(ns, NamespaceState(ns))
        if mode == "updates":
            self._on_updates(state, payload)
        elif mode == "values":
            self._on_values(state, payload)
        elif payload["type"] == "task":
            self._on_task(state, payload["step"], payload["payload"])
        elif payload["type"] == "task_result":
            self._on_task_result(state, payload["step"], payload["payload"])
        else:
            self._emit_first_values(state, payload["step"])
            self._emit(CheckpointSaved(time.time(), ns, payload["step"], payload["payload"], self.run_id))

    def write_custom(self, data: Any) -> None:
        """Emit ``Custom``. This is a stream writer: it is called in the context of the task that writes."""
        self._emit(custom_event(data, current_config() or {}, self.run_id))

    def latest_values(self, keys: str | Sequence[str]) -> Any:
        """Return the latest values of ``keys`` in the state of the graph that was run; None before its first state.

        Args:
            keys: one key, whose value is returned, or several keys, for which a dict is returned.
        """
        state = self._states.get(())
        values: Any = state.values if state is not None else None
        if not derives(type(values), dict):
            return values
        return values.get(keys) if isinstance(keys, str) else {key: values[key] for key in keys if key in values}

    def flush(self) -> None:
        """Emit the events that still wait for a chunk, because that chunk did not arrive."""
        for state in tuple(self._states.values()):
            self._emit_first_values(state, 0)

    def _on_updates(self, state: NamespaceState, payload: dict[str, Any]) -> None:
        if payload.get(INTERRUPT) == ():  # a static breakpoint: no task is interrupted, so no result follows
            self._emit_interrupted(state, (state.step or 0) + 1, "", "", (), state.values)
        elif not self._has_tasks:
            self._on_update_without_task(state, payload)
        elif METADATA_KEY in payload:  # from a cache: the task does not run, so no result follows
            node = next(name for name in payload if name != METADATA_KEY)
            task = next((task for task in state.running_tasks.values() if task.node == node), None)
            if task is not None:
                self._emit_update(state, task, payload[node], cached=True)
                del state.running_tasks[task.task_id]
        else:
            self._pending_updates[threading.get_ident()] = PendingUpdate(payload)

    def _on_update_without_task(self, state: NamespaceState, payload: dict[str, Any]) -> None:
        if INTERRUPT in payload:
            if "values" not in self.modes:  # otherwise the chunk of the values follows
                self._emit_interrupted(state, 0, "", "", payload[INTERRUPT], None)
            return
        is_cached = METADATA_KEY in payload
        for node, data in payload.items():
            if node != METADATA_KEY:
                self._emit(Update(time.time(), state.ns, 0, "", node, data, is_cached, self.run_id))

    def _on_values(self, state: NamespaceState, payload: Any) -> None:
        if derives(type(payload), dict) and INTERRUPT in payload:
            values = {key: value for key, value in payload.items() if key != INTERRUPT}
            if not self._has_tasks:
                self._emit_interrupted(state, 0, "", "", payload[INTERRUPT], values)
                return
            update = PendingUpdate({INTERRUPT: payload[INTERRUPT]}, values)
            self._pending_updates[threading.get_ident()] = update
            return
        state.values = payload
        event = Values(time.time(), state.ns, state.step or 0, payload, self.run_id)
        if state.step is None and self.delays_first_values:
            state.first_values = event
        else:
            self._emit(event)

    def _on_task(self, state: NamespaceState, step: int, payload: dict[str, Any]) -> None:
        self._emit_first_values(state, step - 1)
        state.step = step
        task_id, node, value = payload["id"], payload["name"], payload["input"]
        fields = (time.time(), state.ns, step, task_id, node, value, tuple(payload["triggers"]))
        tool_call_id = running_tool_call(self.run_id) if state.ns else ""
        event = TaskStarted(*fields, payload.get("metadata"), tool_call_id, self.run_id)
        state.running_tasks[task_id] = event
        self._emit(event)

    def _on_task_result(self, state: NamespaceState, step: int, payload: dict[str, Any]) -> None:
        update = self._pending_updates.pop(threading.get_ident(), PendingUpdate({}))
        task_id, node = payload["id"], payload["name"]
        task = state.running_tasks.pop(task_id, None)
        interrupts = update.payload.get(INTERRUPT) or _saved_interrupts(payload["interrupts"])
        if interrupts:
            self._emit_interrupted(state, step, task_id, node, interrupts, update.values)
        elif task is not None and update.payload:
            self._emit_update(state, task, next(iter(update.payload.values())))
        result, error = payload["result"], payload["error"]
        interrupts = tuple(map(own_interrupt, interrupts))
        fields = (time.time(), state.ns, step, task_id, node, result, error, interrupts, self.run_id)
        self._emit(TaskFinished(*fields))

    def _emit_interrupted(
        self, state: NamespaceState, step: int, task_id: str, node: str, interrupts: tuple[Any, ...], values: Any
    ) -> None:
        self.is_interrupted = self.is_interrupted or not state.ns
        interrupts = tuple(map(own_interrupt, interrupts))
        self._emit(Interrupted(time.time(), state.ns, step, task_id, node, interrupts, values, self.run_id))

    def _emit_update(self, state: NamespaceState, task: TaskStarted, data: Any, cached: bool = False) -> None:
        self._emit(Update(time.time(), state.ns, task.step, task.task_id, task.node, data, cached, self.run_id))

    def _emit_first_values(self, state: NamespaceState, step: int) -> None:
        if state.first_values is not None:
            event, state.first_values = state.first_values, None
            self._emit(event._replace(step=step))


def _saved_interrupts(payloads: Sequence[Mapping[str, Any]]) -> tuple[Interrupt, ...]:
    """Return the interrupts that a result chunk describes."""
    return tuple(Interrupt(item["value"], item["id"], response_schema=item.get("response_schema")) for item in payloads)


def custom_event(data: Any, config: Mapping[str, Any], run_id: str) -> Custom:
    """Return the event of a custom write in a task of langgraph.

    Args:
        data: what was written.
        config: the config of the task.
        run_id: the id of the run.
    """
    checkpoint_ns = config["configurable"]["checkpoint_ns"]
    metadata = {**config.get("metadata", {}), "langgraph_checkpoint_ns": checkpoint_ns}
    ns, task_id = namespace_and_task_id(metadata)
    *parts, task = checkpoint_ns.split(NAMESPACE_SEPARATOR)
    node = task.rpartition(TASK_ID_SEPARATOR)[0]
    return Custom(time.time(), ns, task_id, node, data, tuple(parts[len(ns) :]), run_id=run_id)
