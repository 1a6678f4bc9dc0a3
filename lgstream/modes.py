"""Events as the chunks that ``stream()`` yields: one projection for every stream mode, in LangGraph's shapes.

The shapes are reference rules 2, 6 and 8; messages are shown once (rule 28).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from .events import (
    CheckpointSaved,
    Custom,
    Event,
    Interrupted,
    Message,
    TaskFinished,
    TaskStarted,
    Token,
    Update,
    Values,
)

Chunk = tuple[str, Any]
"""A mode and its data."""

WANTS: Final[dict[str, frozenset[type]]] = {
    "values": frozenset((Values, Interrupted)),
    "updates": frozenset((Update, Interrupted)),
    "custom": frozenset((Custom,)),
    "messages": frozenset((Token, Message, TaskStarted)),
    "tasks": frozenset((TaskStarted, TaskFinished)),
    "checkpoints": frozenset((CheckpointSaved,)),
    "debug": frozenset((TaskStarted, TaskFinished, CheckpointSaved)),
}
#: Modes whose chunks may come while a task runs: the only ones for which a lone task needs a thread of its own.
LIVE: Final = frozenset(("custom", "messages"))


def wanted(modes: Iterable[str]) -> frozenset[type]:
    """The kinds of event that these modes are made of; an unknown mode is made of none (rule 4)."""
    return frozenset[type]().union(*(WANTS.get(mode, frozenset()) for mode in modes))


def task_payload(event: TaskStarted | TaskFinished) -> dict[str, Any]:
    """A ``tasks`` chunk (rule 33)."""
    if isinstance(event, TaskStarted):
        return {"id": event.task_id, "name": event.node, "input": event.input, "triggers": event.triggers}
    interrupts = [{"value": i.value, "id": i.id, "response_schema": i.response_schema} for i in event.interrupts]
    return {
        "id": event.task_id, "name": event.node, "error": event.error, "result": event.result, "interrupts": interrupts,
    }  # fmt: skip


def debug_chunk(event: TaskStarted | TaskFinished | CheckpointSaved) -> dict[str, Any]:
    """A ``debug`` chunk (rule 34)."""
    if isinstance(event, CheckpointSaved):
        kind, payload = "checkpoint", event.payload
    else:
        kind = "task" if isinstance(event, TaskStarted) else "task_result"
        payload = task_payload(event)
    when = datetime.fromtimestamp(event.time, UTC).isoformat()
    return {"step": event.step, "timestamp": when, "type": kind, "payload": payload}


class Heard:
    """Which messages a stream has shown already, by id (rule 28)."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def given(self, value: Any) -> None:
        """A task was given this input: its messages are old."""
        values = value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
        if isinstance(value, list | tuple):
            values = (value,)
        for each in values:
            for item in each if isinstance(each, list | tuple) else (each,):
                id = getattr(item, "id", None)
                if isinstance(id, str):
                    self.seen.add(id)

    def is_new(self, event: Token | Message) -> bool:
        """Whether to show the message. A token always is, and makes its message an old one."""
        id = event.message.id
        if isinstance(event, Token):
            self.seen.add(id)
            return True
        if id in self.seen:
            return False
        if id is not None:
            self.seen.add(id)
        return True


def with_interrupts(values: Any, interrupts: tuple[Any, ...]) -> dict[str, Any]:
    """A ``values`` chunk that carries a question."""
    return {**values, "__interrupt__": interrupts} if isinstance(values, dict) else {"__interrupt__": interrupts}


class Chunks:
    """A sink that turns events into chunks and gives them to ``put``.

    ``modes`` as the caller gave them: text, or a list. ``ns`` is the namespace of the graph that streams; events from
    its subgraphs pass only with ``subgraphs``. ``instance`` makes ``values`` into the state's class in version v2.
    """

    def __init__(
        self,
        modes: str | Sequence[str],
        put: Callable[[Any], None],
        *,
        subgraphs: bool = False,
        version: str = "v1",
        ns: tuple[str, ...] = (),
        instance: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self.modes = frozenset((modes,) if isinstance(modes, str) else modes)
        self.wants = wanted(self.modes)
        self.put = put
        self.named = isinstance(modes, list)
        self.subgraphs = subgraphs
        self.v2 = version == "v2"
        self.ns = ns
        self.instance = instance
        self.heard = Heard()

    def __call__(self, event: Event) -> None:
        if event.ns != self.ns and not self.subgraphs:
            return
        for mode, data in self._chunks(event):
            self.put(self._shaped(event, mode, data))

    def _chunks(self, event: Event) -> Iterator[Chunk]:
        modes = self.modes
        kind = type(event)
        if isinstance(event, Token | Message):
            if "messages" in modes and self.heard.is_new(event):
                yield "messages", (event.message, event.metadata)
        elif isinstance(event, Custom):
            if "custom" in modes:
                yield "custom", event.data
        elif isinstance(event, Update):
            if "updates" in modes:
                update = {event.node: event.data}
                yield "updates", {**update, "__metadata__": {"cached": True}} if event.cached else update
        elif isinstance(event, Values):
            if "values" in modes:
                yield "values", event.data
        elif isinstance(event, Interrupted):
            yield from self._interrupted(event)
        elif isinstance(event, TaskStarted | TaskFinished):
            if kind is TaskStarted and "messages" in modes:
                self.heard.given(event.input)  # type: ignore[union-attr]
            if "tasks" in modes:
                yield "tasks", task_payload(event)
            if "debug" in modes:
                yield "debug", debug_chunk(event)
        elif isinstance(event, CheckpointSaved):
            if "checkpoints" in modes:
                yield "checkpoints", event.payload
            if "debug" in modes:
                yield "debug", debug_chunk(event)

    def _interrupted(self, event: Interrupted) -> Iterator[Chunk]:
        if "updates" in self.modes:
            yield "updates", {"__interrupt__": event.interrupts}
        if "values" in self.modes and event.interrupts:
            yield "values", event.values if self.v2 else with_interrupts(event.values, event.interrupts)

    def _shaped(self, event: Event, mode: str, data: Any) -> Any:
        if self.v2:
            part: dict[str, Any] = {"type": mode, "ns": event.ns, "data": data}
            if mode == "values":
                if self.instance is not None and event.ns == self.ns:
                    part["data"] = self.instance(data)
                part["interrupts"] = event.interrupts if isinstance(event, Interrupted) else ()
            return part
        if self.subgraphs:
            return (event.ns, mode, data) if self.named else (event.ns, data)
        return (mode, data) if self.named else data


class Printer(Chunks):
    """A sink that prints chunks: ``print_mode`` of ``stream()`` (rule 37)."""

    def __init__(self, modes: str | Sequence[str], **shape: Any) -> None:
        super().__init__([modes] if isinstance(modes, str) else list(modes), self._print, **shape)

    def _print(self, chunk: Any) -> None:
        *where, data = chunk
        labels = [part if isinstance(part, str) else "|".join(part) for part in where]
        print(*(f"\x1b[1m[{label}]\x1b[0m" for label in labels if label), repr(data))


__all__ = ["LIVE", "Chunks", "Heard", "Printer", "wanted"]
