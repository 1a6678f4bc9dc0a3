"""The stream modes: the events that each mode needs, and the payloads of its chunks (reference rules 18, 33 and 34)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from lgstream.events import (
    CheckpointSaved,
    Custom,
    Interrupted,
    Message,
    TaskFinished,
    TaskStarted,
    Token,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    Update,
    Values,
)
from lgstream.inspection.classes import derives

EVENTS_BY_MODE: Final[dict[str, frozenset[type]]] = {
    "values": frozenset((Values, Interrupted)),
    "updates": frozenset((Update, Interrupted)),
    "custom": frozenset((Custom,)),
    "messages": frozenset((Token, Message, TaskStarted)),
    "tasks": frozenset((TaskStarted, TaskFinished)),
    "checkpoints": frozenset((CheckpointSaved,)),
    "debug": frozenset((TaskStarted, TaskFinished, CheckpointSaved)),
    "tools": frozenset((ToolStarted, ToolOutputDelta, ToolFinished)),
}

LIVE_MODES: Final = frozenset(("custom", "messages", "tools"))
"""Modes whose chunks arrive while a task runs; for the others, a lone task can run in the consumer's thread."""

DEBUG_TYPES: Final = {TaskStarted: "task", TaskFinished: "task_result", CheckpointSaved: "checkpoint"}
"""The ``type`` of a ``debug`` chunk."""


@cache
def events_of_modes(modes: frozenset[str]) -> frozenset[type]:
    """Return the event classes that these modes need.

    Raises:
        ValueError: if a mode is unknown.
    """
    try:
        return frozenset[type]().union(*[EVENTS_BY_MODE[mode] for mode in modes])
    except KeyError as error:
        allowed = ", ".join(map(repr, EVENTS_BY_MODE))
        raise ValueError(f"Unknown stream mode {error.args[0]!r}: use one of {allowed}, or a list of them.") from None


def task_payload(event: TaskStarted | TaskFinished) -> dict[str, Any]:
    """Return the data of a ``tasks`` chunk."""
    if isinstance(event, TaskStarted):
        payload = {"id": event.task_id, "name": event.node, "input": event.input, "triggers": event.triggers}
        return {**payload, "metadata": event.metadata} if event.metadata else payload
    return {
        "id": event.task_id,
        "name": event.node,
        "error": event.error,
        "result": event.result,
        "interrupts": [
            {"value": interrupt.value, "id": interrupt.id, "response_schema": interrupt.response_schema}
            for interrupt in event.interrupts
        ],
    }


def update_payload(node: str, update: Any, is_cached: bool) -> dict[str, Any]:
    """Return the data of an ``updates`` chunk."""
    return {node: update, "__metadata__": {"cached": True}} if is_cached else {node: update}


def values_with_interrupts(values: Any, interrupts: tuple[Any, ...]) -> dict[str, Any]:
    """Return the data of a ``values`` chunk of an interrupted run."""
    return {**values, "__interrupt__": interrupts} if derives(type(values), dict) else {"__interrupt__": interrupts}


class IsoFormatter:
    """Formats Unix time in seconds as ISO 8601 text in UTC. Computes the date only once per second."""

    def __init__(self) -> None:
        self._second = -1
        self._prefix = ""

    def __call__(self, time: float) -> str:
        """Return a Unix time as text, with microseconds."""
        second = int(time)
        if second != self._second:
            self._second, self._prefix = second, datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return f"{self._prefix}.{str(int((time - second + 1) * 1e6))[1:]}+00:00"
