"""langgraph's stream chunks to events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from lgstream.events import (
    CheckpointSaved,
    Custom,
    Event,
    Interrupted,
    Message,
    Namespace,
    TaskFinished,
    TaskStarted,
    Update,
    Values,
)
from lgstream.types import StreamMode

MODES: frozenset[StreamMode] = frozenset({"values", "updates", "debug"})
"""The stream modes that :class:`Chunks` reads; custom writes come by :meth:`Chunks.write`."""

INTERRUPT = "__interrupt__"
METADATA = "__metadata__"


class Level:
    """What is known of the graph that runs at one namespace."""

    def __init__(self, ns: Namespace) -> None:
        self.ns = ns
        self.step: int | None = None  # of the latest task
        self.metadata: dict[str, Any] = {}  # the user's, the same for every task
        self.running: dict[str, TaskStarted] = {}
        self.values: Any = None
        self.held: Values | None = None  # the first state: the next chunk tells which superstep it came after


class Waiting(NamedTuple):
    """What a task that ends has written, or asks, until its result tells which task it is."""

    payload: dict[str, Any]
    values: Any = None


class Chunks:
    """Turns chunks into events, in the order in which they are made.

    Called with a chunk in the thread that makes it, from several at once. What a finishing task emits, it emits in one
    go in one thread; so an update waits, by thread, for the task's result, which bears the task's id.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self.interrupted = False
        """Whether the graph that was run, not just a subgraph, has been interrupted."""
        self.heard = False
        """Whether there was any chunk."""
        self._emit = emit
        self._levels: dict[Namespace, Level] = {}
        self._waiting: dict[int, Waiting] = {}

    def __call__(self, chunk: tuple[Namespace, str, Any]) -> None:
        ns, mode, payload = chunk
        self.heard = True
        level = self._levels.setdefault(ns, Level(ns))
        if mode == "updates":
            self._updates(level, payload)
        elif mode == "values":
            self._values(level, payload)
        elif payload["type"] == "task":
            self._task(level, payload["step"], payload["payload"])
        elif payload["type"] == "task_result":
            self._result(level, payload["step"], payload["payload"])
        else:
            self._release(level, payload["step"])
            self._emit(CheckpointSaved(time.time(), ns, payload["step"], payload["payload"]))

    def write(self, data: Any) -> None:
        """The stream writer: called in the context of the task that writes."""
        from langgraph.config import get_config

        *above, own = get_config()["configurable"]["checkpoint_ns"].split("|")
        node, _, task_id = own.partition(":")
        self._emit(Custom(time.time(), tuple(above), task_id, node, data))

    def state(self, keys: str | Sequence[str]) -> Any:
        """What these keys of the graph that was run held last; None before its first state."""
        level = self._levels.get(())
        values = level.values if level is not None else None
        if not isinstance(values, dict):
            return values
        return values.get(keys) if isinstance(keys, str) else {key: values[key] for key in keys if key in values}

    def flush(self) -> None:
        """Emit what still waits for a chunk that did not come."""
        for level in tuple(self._levels.values()):
            self._release(level, 0)

    def _updates(self, level: Level, payload: dict[str, Any]) -> None:
        if payload.get(INTERRUPT) == ():  # a static breakpoint: no task asks, so no result follows
            self._ask(level, (level.step or 0) + 1, "", "", (), level.values)
        elif METADATA in payload:  # cached: it does not run, so no result follows
            node = next(name for name in payload if name != METADATA)
            task = next((task for task in level.running.values() if task.node == node), None)
            if task is not None:
                self._update(level, task, payload[node], cached=True)
                del level.running[task.task_id]
        else:
            self._waiting[threading.get_ident()] = Waiting(payload)

    def _values(self, level: Level, payload: Any) -> None:
        thread = threading.get_ident()
        if isinstance(payload, dict) and INTERRUPT in payload:
            beside = {key: value for key, value in payload.items() if key != INTERRUPT}
            self._waiting[thread] = Waiting({INTERRUPT: payload[INTERRUPT]}, beside)
            return
        level.values = payload
        event = Values(time.time(), level.ns, level.step or 0, payload)
        if level.step is None:
            level.held = event
        else:
            self._emit(event)

    def _task(self, level: Level, step: int, payload: dict[str, Any]) -> None:
        self._release(level, step - 1)
        level.step = step
        task_id, node, input = payload["id"], payload["name"], payload["input"]
        event = TaskStarted(
            time.time(), level.ns, step, task_id, node, input, tuple(payload["triggers"]), payload.get("metadata")
        )
        level.running[task_id] = event
        level.metadata = payload.get("metadata", {})
        self._emit(event)

    def _result(self, level: Level, step: int, payload: dict[str, Any]) -> None:
        waiting = self._waiting.pop(threading.get_ident(), Waiting({}))
        task_id, node = payload["id"], payload["name"]
        task = level.running.pop(task_id, None)
        interrupts = waiting.payload.get(INTERRUPT, ())
        if interrupts:
            self._ask(level, step, task_id, node, interrupts, waiting.values)
        elif task is not None and waiting.payload:
            self._update(level, task, next(iter(waiting.payload.values())))
        result, error = payload["result"], payload["error"]
        self._emit(TaskFinished(time.time(), level.ns, step, task_id, node, result, error, tuple(interrupts)))

    def _ask(self, level: Level, step: int, task_id: str, node: str, interrupts: tuple[Any, ...], values: Any) -> None:
        self.interrupted = self.interrupted or not level.ns
        self._emit(Interrupted(time.time(), level.ns, step, task_id, node, interrupts, values))

    def _update(self, level: Level, task: TaskStarted, data: Any, cached: bool = False) -> None:
        for message in messages_in(data):
            metadata = level.metadata | {
                "ls_integration": "langgraph",
                "langgraph_step": task.step,
                "langgraph_node": task.node,
                "langgraph_triggers": task.triggers,
                "langgraph_checkpoint_ns": "|".join((*level.ns, f"{task.node}:{task.task_id}")),
            }
            self._emit(Message(time.time(), level.ns, task.task_id, task.node, "", message, metadata))
        self._emit(Update(time.time(), level.ns, task.step, task.task_id, task.node, data, cached))

    def _release(self, level: Level, step: int) -> None:
        if level.held is not None:
            event, level.held = level.held, None
            self._emit(event._replace(step=step))


def messages_in(data: Any) -> Iterator[Any]:
    """The messages that an update writes: the values of its keys, and the items of those that are lists (rule 27)."""
    from langchain_core.messages import BaseMessage, RemoveMessage

    for update in data if isinstance(data, list) else [data]:
        for value in update.values() if isinstance(update, dict) else ():
            for item in value if isinstance(value, list | tuple) else [value]:
                if isinstance(item, BaseMessage) and not isinstance(item, RemoveMessage):
                    yield item
