"""Events as the chunks that ``stream()`` yields: one projection for every stream mode, in LangGraph's shapes.

The shapes are reference rules 2, 6 and 8; messages are shown once (rule 28).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import uuid4

from lgstream.events import (
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

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

NOTHING: Final = object()
"""What a mode shows of an event that it does not show after all."""

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
        start = {"id": event.task_id, "name": event.node, "input": event.input, "triggers": event.triggers}
        return {**start, "metadata": event.metadata} if event.metadata else start
    interrupts: list[dict[str, Any]] = []
    for each in event.interrupts:
        interrupts.append({"value": each.value, "id": each.id, "response_schema": each.response_schema})
    return {
        "id": event.task_id, "name": event.node, "error": event.error, "result": event.result, "interrupts": interrupts,
    }  # fmt: skip


class Clock:
    """Unix seconds as ISO 8601 text in UTC. The calendar is asked once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def __call__(self, time: float) -> str:
        second = int(time)
        if second != self._second:
            self._second, self._text = second, datetime.fromtimestamp(second, UTC).isoformat()[:19]
        return f"{self._text}.{str(int((time - second + 1) * 1e6))[1:]}+00:00"


_DEBUG_TYPES: Final = {TaskStarted: "task", TaskFinished: "task_result", CheckpointSaved: "checkpoint"}
_NO_MESSAGES: Final = frozenset((str, int, float, bool, bytes, type(None)))


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
            if type(each) in _NO_MESSAGES:
                continue
            for item in each if isinstance(each, list | tuple) else (each,):
                id = getattr(item, "id", None)
                if isinstance(id, str):
                    self.seen.add(id)

    def is_new(self, event: Token | Message) -> bool:
        """Whether to show the message. A token always is, and makes its message an old one."""
        id = event.message.id
        if id in self.seen:
            return isinstance(event, Token)
        if id is not None:
            self.seen.add(id)
        return True


def update_chunk(node: str, data: Any, cached: bool) -> dict[str, Any]:
    """An ``updates`` chunk; a cached task's says so (rule 18)."""
    return {node: data, "__metadata__": {"cached": True}} if cached else {node: data}


def with_interrupts(values: Any, interrupts: tuple[Any, ...]) -> dict[str, Any]:
    """A ``values`` chunk that carries a question."""
    return {**values, "__interrupt__": interrupts} if isinstance(values, dict) else {"__interrupt__": interrupts}


class Instances(NamedTuple):
    """What makes a dict of values an instance of the output's class, and of the state's; None for plain dicts."""

    output: Callable[[dict[str, Any]], Any] | None = None
    state: Callable[[dict[str, Any]], Any] | None = None

    def checkpoint(self, payload: dict[str, Any]) -> dict[str, Any]:
        """A ``checkpoints`` chunk with its values as an instance; before START has run, they are not complete."""
        if self.state is None or "__start__" in payload["next"] or not isinstance(payload["values"], dict):
            return payload
        return {**payload, "values": self.state(payload["values"])}


class Chunks:
    """A sink that turns events into chunks and gives them to ``put``.

    ``modes`` as the caller gave them: text, or a list. ``ns`` is the namespace of the graph that streams; events from
    its subgraphs pass only with ``subgraphs``. ``instances`` make states into their classes in version v2.
    """

    def __init__(
        self,
        modes: str | Sequence[str],
        put: Callable[[Any], None],
        *,
        subgraphs: bool = False,
        version: str = "v1",
        ns: tuple[str, ...] = (),
        instances: Instances = Instances(),  # noqa: B008 - it cannot change
    ) -> None:
        self.modes = frozenset((modes,) if isinstance(modes, str) else modes)
        self.wants = wanted(self.modes)
        self.put = put
        self.named = isinstance(modes, list)
        self.subgraphs = subgraphs
        self.v2 = version == "v2"
        self.ns = ns
        self.instances = instances
        self.heard = Heard()
        self._bare = not (self.v2 or self.subgraphs or self.named)
        self._paired = self.named and not (self.v2 or self.subgraphs)
        self._clock = Clock()
        self._payload: tuple[Event | None, dict[str, Any]] = (None, {})
        self._projections = self._by_kind()

    def __call__(self, event: Event) -> None:
        projections = self._projections.get(type(event))
        if projections is None or (event.ns != self.ns and not self.subgraphs):
            return
        put, bare, paired = self.put, self._bare, self._paired
        for mode, project in projections:
            data = project(event)
            if data is not NOTHING:
                put(data if bare else (mode, data) if paired else self._shaped(event, mode, data))

    def emitter(self) -> Callable[[Event], None]:
        """:meth:`__call__` or what does the same, at half the cost where the data of one mode is shown as it is."""
        if not self._plain:
            return self
        projections = {kind: project for kind, ((_, project),) in self._projections.items()}
        put, own = self.put, self.ns

        def show(event: Event) -> None:
            project = projections.get(type(event))
            if project is not None and event.ns == own:
                data = project(event)
                if data is not NOTHING:
                    put(data)

        return show

    @property
    def _plain(self) -> bool:
        """Whether the data of one mode is shown as it is."""
        return self._bare and len(self.modes) == 1 and type(self) is Chunks

    def values(self) -> Callable[[Any], None] | None:
        """What takes states straight to the chunks: as events would, at half the cost. None where events are needed."""
        return self.put if self._plain and Values in self.wants else None

    def tokens(self, ns: tuple[str, ...]) -> Callable[[BaseMessage, dict[str, Any]], None] | None:
        """What takes tokens of a namespace straight to the chunks, as :meth:`values` does."""
        if not self._plain or Token not in self.wants:
            return None
        put, add = self.put, self.heard.seen.add

        def show(message: BaseMessage, metadata: dict[str, Any]) -> None:
            add(message.id or "")
            put((message, metadata))

        return show if ns == self.ns else lambda message, metadata: None

    def updates(self) -> Callable[[str, Any, bool], None] | None:
        """What takes updates straight to the chunks, as :meth:`values` does."""
        put = self.put
        return (lambda *update: put(update_chunk(*update))) if self._plain and Update in self.wants else None

    def writer(self, ns: tuple[str, ...], callers: tuple[str, ...]) -> Callable[[Any], None]:
        """What takes custom data of a namespace straight to the chunks: as events would, at a third of the cost."""
        put = self.put
        if "custom" not in self.modes or (ns != self.ns and not self.subgraphs):
            return lambda _: None
        if self._bare:
            return lambda data: put(data)
        if self._paired:
            return lambda data: put(("custom", data))
        place = Custom(0.0, ns, "", "", None, callers)
        return lambda data: put(self._shaped(place, "custom", data))

    def _by_kind(self) -> dict[type, list[tuple[str, Callable[[Any], Any]]]]:
        """For each kind of event the modes that show it, in the order of rule 8, with what they show."""
        message, started = self._message, self._started
        table: tuple[tuple[str, type, Callable[[Any], Any]], ...] = (
            ("messages", Token, message),
            ("messages", Message, message),
            ("messages", TaskStarted, started),
            ("custom", Custom, lambda event: event.data),
            ("updates", Update, lambda event: update_chunk(event.node, event.data, event.cached)),
            ("updates", Interrupted, lambda event: {"__interrupt__": event.interrupts}),
            ("values", Values, lambda event: event.data),
            ("values", Interrupted, self._asked),
            ("tasks", TaskStarted, self._task),
            ("tasks", TaskFinished, self._task),
            ("checkpoints", CheckpointSaved, lambda event: event.payload),
            ("debug", TaskStarted, self._debug),
            ("debug", TaskFinished, self._debug),
            ("debug", CheckpointSaved, self._debug),
        )
        kinds: dict[type, list[tuple[str, Callable[[Any], Any]]]] = {}
        for mode, kind, project in table:
            if mode in self.modes:
                kinds.setdefault(kind, []).append((mode, project))
        return kinds

    def _message(self, event: Token | Message) -> Any:
        if not self.heard.is_new(event):
            return NOTHING
        if event.message.id is None:  # one that is shown can be told from others (rule 27)
            event.message.id = str(uuid4())
            self.heard.seen.add(event.message.id)
        return (event.message, event.metadata)

    def _started(self, event: TaskStarted) -> Any:
        self.heard.given(event.input)
        return NOTHING

    def _task(self, event: TaskStarted | TaskFinished) -> dict[str, Any]:
        """A ``tasks`` chunk, which is also what ``debug`` holds: made once."""
        known, payload = self._payload
        if known is not event:
            payload = task_payload(event)
            self._payload = (event, payload)
        return payload

    def _debug(self, event: TaskStarted | TaskFinished | CheckpointSaved) -> dict[str, Any]:
        """A ``debug`` chunk (rule 34)."""
        kind = _DEBUG_TYPES[type(event)]
        payload = event.payload if isinstance(event, CheckpointSaved) else self._task(event)
        return {"step": event.step, "timestamp": self._clock(event.time), "type": kind, "payload": payload}

    def _asked(self, event: Interrupted) -> Any:
        if not event.interrupts:
            return NOTHING
        if self.v2:
            return event.values if isinstance(event.values, dict) else {}
        return with_interrupts(event.values, event.interrupts)

    def _shaped(self, event: Event, mode: str, data: Any) -> Any:
        ns = event.ns
        if type(event) is Custom:
            ns += event.callers
        if self.v2:
            part: dict[str, Any] = {"type": mode, "ns": ns, "data": data}
            if event.ns == self.ns:
                part["data"] = self._instance(event, mode, data)
            if mode == "values":
                part["interrupts"] = event.interrupts if isinstance(event, Interrupted) else ()
            return part
        return (ns, mode, data) if self.named else (ns, data)

    def _instance(self, event: Event, mode: str, data: Any) -> Any:
        """Data of version v2, in which states that have a class are instances of it."""
        if mode == "values":
            make = self.instances.output
            return make(data) if make is not None and isinstance(data, dict) else data
        if isinstance(event, CheckpointSaved):
            payload = self.instances.checkpoint(event.payload)
            return {**data, "payload": payload} if mode == "debug" else payload
        return data


class Printer(Chunks):
    """A sink that prints chunks: ``print_mode`` of ``stream()`` (rule 37)."""

    def __init__(self, modes: str | Sequence[str], **shape: Any) -> None:
        super().__init__([modes] if isinstance(modes, str) else list(modes), self._print, **shape)

    def _print(self, chunk: Any) -> None:
        *where, data = chunk
        labels = [part if isinstance(part, str) else "|".join(part) for part in where]
        print(*(f"\x1b[1m[{label}]\x1b[0m" for label in labels if label), repr(data))


__all__ = ["LIVE", "Chunks", "Heard", "Instances", "Printer", "wanted"]
