"""Projects the events of a run to the chunks of one stream (reference rules 2, 6, 8 and 28)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any, Final, NamedTuple

from lgstream.events import (
    CheckpointSaved,
    Custom,
    Event,
    Interrupted,
    Message,
    Namespace,
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
from lgstream.stream.modes import (
    DEBUG_TYPES,
    IsoFormatter,
    events_of_modes,
    task_payload,
    update_payload,
    values_with_interrupts,
)
from lgstream.stream.seen_messages import SeenMessages
from lgstream.stream.tool_payloads import ToolPayloads

Projector = Callable[[Any, Any], Any]
"""Returns the data of a mode's chunk for a projection and an event, or NO_CHUNK."""

NO_CHUNK: Final = object()
"""Returned by a projector for an event without a chunk."""


class OutputTypes(NamedTuple):
    """Functions that turn a dict of values into an instance of a schema, for version v2; None leaves the dict.

    ``output`` is for the output schema, ``state`` for the state schema.
    """

    output: Callable[[dict[str, Any]], Any] | None = None
    state: Callable[[dict[str, Any]], Any] | None = None

    def checkpoint(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return a ``checkpoints`` payload with its values as an instance; before START has run it is unchanged.

        The values are incomplete at that time, so that an instance cannot be created.
        """
        if self.state is None or "__start__" in payload["next"] or not derives(type(payload["values"]), dict):
            return payload
        return {**payload, "values": self.state(payload["values"])}


_FIELD_KINDS: Final = frozenset((Values, Update, Custom, Token, Message, TaskStarted))
"""The event classes for which :meth:`StreamProjection.field_consumer` returns a function."""

_STARTS_MODES: Final = frozenset(("tasks", "debug"))
"""The modes that show the start of a task; ``messages`` needs only its input."""


def _ignore(*_: Any) -> None:
    """Discard the fields of an event that this stream does not show."""


class StreamProjection:
    """A sink that turns events into chunks.

    Args:
        modes: the ``stream_mode`` as the caller passed it: a list makes chunks name their mode.
        put: receives each chunk.
        subgraphs: True to make chunks of the events of nested graphs too; chunks then start with their namespace.
        version: ``"v1"`` (tuples) or ``"v2"`` (dicts, see :class:`~lgstream.types.StreamPart`).
        ns: the namespace of the graph that is streamed.
        output_types: turns states into instances of their classes, in version v2.

    Attributes:
        shows_nested_custom: True if custom data of nested graphs give chunks although ``subgraphs`` is False. In a
            stream inside a node they do if a stream around it shows subgraphs (reference rule 22).
    """

    def __init__(
        self,
        modes: str | Sequence[str],
        put: Callable[[Any], None],
        *,
        subgraphs: bool = False,
        version: str = "v1",
        ns: Namespace = (),
        output_types: OutputTypes = OutputTypes(),  # noqa: B008 - a named tuple cannot change
    ) -> None:
        self.modes = frozenset((modes,) if isinstance(modes, str) else modes)
        self.wants = events_of_modes(self.modes)
        self.put = put
        self.names_mode = isinstance(modes, list)
        self.subgraphs = subgraphs
        self.shows_nested_custom = False
        self.is_v2 = version == "v2"
        self.ns = ns
        self.output_types = output_types
        self.seen_messages = SeenMessages()
        self._is_bare = not (self.is_v2 or self.subgraphs or self.names_mode)
        self._last_payload: tuple[Event | None, dict[str, Any]] = (None, {})
        self._projectors = self._projectors_by_event(self.modes)

    @cached_property
    def _tools(self) -> ToolPayloads:
        return ToolPayloads()

    @cached_property
    def _clock(self) -> IsoFormatter:
        return IsoFormatter()

    def __call__(self, event: Event) -> None:
        """Put the chunks of an event."""
        projectors = self._projectors.get(type(event))
        if projectors is None or not (
            event.ns == self.ns or self.subgraphs or (self.shows_nested_custom and type(event) is Custom)
        ):
            return
        put, is_bare = self.put, self._is_bare
        for mode, project in projectors:
            data = project(self, event)
            if data is not NO_CHUNK:
                put(data if is_bare else self._shape(event, mode, data))

    def emitter(self) -> Callable[[Event], None]:
        """Return a function equivalent to calling the projection; for a single bare mode it takes half the time."""
        if not (self._is_bare and len(self.modes) == 1) or self.shows_nested_custom:
            return self
        projectors = {kind: project for kind, ((_, project),) in self._projectors.items()}
        put, stream_ns = self.put, self.ns

        def emit(event: Event) -> None:
            project = projectors.get(type(event))
            if project is not None and event.ns == stream_ns:
                data = project(self, event)
                if data is not NO_CHUNK:
                    put(data)

        return emit

    def field_consumer(self, kind: type[Event], ns: Namespace, callers: Namespace = ()) -> Callable[..., None] | None:
        """Return a function that makes a chunk of the fields of an event, without building the event.

        This is only for a stream that is the single consumer of its run. It exists because building an event takes more
        time than making the chunk.

        Args:
            kind: the event class.
            ns: the namespace of the event.
            callers: the names and ids of the tasks that called the task, as in :class:`~lgstream.events.Custom`.

        Returns:
            A function whose arguments depend on the event class: Values: the state; Update: the node, the update and
            whether it is cached; Custom: the data; Token: the message chunk and its metadata; Message: the messages in
            the output of a task, and a function that returns their metadata; TaskStarted: the input, if no mode shows
            the event itself. None for every other event class.
        """
        if kind not in _FIELD_KINDS:
            return None
        if kind not in self.wants or (ns != self.ns and not self.subgraphs):
            return _ignore
        if kind is TaskStarted:
            return self.seen_messages.add_input if _STARTS_MODES.isdisjoint(self.modes) else None
        if kind is Values:
            return self._put_as("values", Values(0.0, ns, 0, None))
        if kind is Update:
            put_update = self._put_as("updates", Update(0.0, ns, 0, "", "", None, False))
            return lambda node, update, is_cached: put_update(update_payload(node, update, is_cached))
        if kind is Custom:
            return self._put_as("custom", Custom(0.0, ns, "", "", None, callers))
        return self._put_token(ns) if kind is Token else self._put_messages(ns)

    def _put_as(self, mode: str, template: Event) -> Callable[[Any], None]:
        """Return a function that puts data as a chunk of ``mode``, shaped as for the event ``template``."""
        put = self.put
        if self._is_bare:
            return put
        if self.is_v2:
            return lambda data: put(self._shape(template, mode, data))
        prefix = self._prefix(template, mode)
        return lambda data: put((*prefix, data))

    def _put_token(self, ns: Namespace) -> Callable[[Any, dict[str, Any]], None]:
        template = Token(0.0, ns, "", "", "", None, {})
        mark_seen = self.seen_messages.ids.add
        prefix = () if self.is_v2 else self._prefix(template, "messages")
        put = self.put if prefix else self._put_as("messages", template)

        def put_token(message: Any, metadata: dict[str, Any]) -> None:
            mark_seen(message.id or "")
            put((*prefix, (message, metadata)) if prefix else (message, metadata))

        return put_token

    def _put_messages(self, ns: Namespace) -> Callable[[Iterable[Any], Callable[[], dict[str, Any]]], None]:
        put = self._put_as("messages", Message(0.0, ns, "", "", "", None, {}))
        is_new = self.seen_messages.add

        def put_messages(messages: Iterable[Any], make_metadata: Callable[[], dict[str, Any]]) -> None:
            metadata: dict[str, Any] | None = None
            for message in messages:
                if is_new(message):
                    metadata = make_metadata() if metadata is None else metadata
                    put((message, metadata))

        return put_messages

    @classmethod
    @cache
    def _projectors_by_event(cls, modes: frozenset[str]) -> dict[type, list[tuple[str, Projector]]]:
        """Return the modes of each event class with their projectors, in the order of reference rule 8."""
        table: tuple[tuple[str, type, Projector], ...] = (
            ("messages", Token, cls._token),
            ("messages", Message, cls._message),
            ("messages", TaskStarted, cls._mark_input_seen),
            ("custom", Custom, lambda _, event: event.data),
            ("updates", Update, lambda _, event: update_payload(event.node, event.data, event.cached)),
            ("updates", Interrupted, lambda _, event: {"__interrupt__": event.interrupts}),
            ("values", Values, lambda _, event: event.data),
            ("values", Interrupted, cls._interrupted_values),
            ("tasks", TaskStarted, cls._task),
            ("tasks", TaskFinished, cls._task),
            ("checkpoints", CheckpointSaved, lambda _, event: event.payload),
            ("debug", TaskStarted, cls._debug),
            ("debug", TaskFinished, cls._debug),
            ("debug", CheckpointSaved, cls._debug),
            ("tools", ToolStarted, cls._tool),
            ("tools", ToolOutputDelta, cls._tool),
            ("tools", ToolFinished, cls._tool),
        )
        projectors: dict[type, list[tuple[str, Projector]]] = {}
        for mode, kind, project in table:
            if mode in modes:
                projectors.setdefault(kind, []).append((mode, project))
        return projectors

    def _token(self, event: Token) -> Any:
        self.seen_messages.add(event.message)
        return (event.message, event.metadata)

    def _message(self, event: Message) -> Any:
        return (event.message, event.metadata) if self.seen_messages.add(event.message) else NO_CHUNK

    def _mark_input_seen(self, event: TaskStarted) -> Any:
        self.seen_messages.add_input(event.input)
        return NO_CHUNK

    def _task(self, event: TaskStarted | TaskFinished) -> dict[str, Any]:
        """Return the payload of an event for ``tasks`` and ``debug``, built once per event."""
        last_event, payload = self._last_payload
        if last_event is not event:
            payload = task_payload(event)
            self._last_payload = (event, payload)
        return payload

    def _debug(self, event: TaskStarted | TaskFinished | CheckpointSaved) -> dict[str, Any]:
        payload = event.payload if isinstance(event, CheckpointSaved) else self._task(event)
        timestamp = self._clock(event.time)
        return {"step": event.step, "timestamp": timestamp, "type": DEBUG_TYPES[type(event)], "payload": payload}

    def _tool(self, event: ToolStarted | ToolOutputDelta | ToolFinished) -> Any:
        payload = self._tools.payload(event)
        return NO_CHUNK if payload is None else payload

    def _interrupted_values(self, event: Interrupted) -> Any:
        if not event.interrupts:
            return NO_CHUNK
        if self.is_v2:
            return event.values if derives(type(event.values), dict) else {}
        return values_with_interrupts(event.values, event.interrupts)

    def _shape(self, event: Event, mode: str, data: Any) -> Any:
        """Return the chunk of a stream of version v2, or of one that names modes, namespaces, or both."""
        if not self.is_v2:
            return (*self._prefix(event, mode), data)
        ns = _chunk_namespace(event)
        part: dict[str, Any] = {"type": mode, "ns": ns, "data": data}
        part["data"] = self._as_instance(event, mode, data) if ns == self.ns else self._nested(event, mode, data)
        if mode == "values":
            part["interrupts"] = event.interrupts if isinstance(event, Interrupted) else ()
        return part

    def _prefix(self, event: Event, mode: str) -> tuple[Any, ...]:
        """Return what comes before the data in a tuple: the namespace, the mode, or both."""
        names = (mode,) if self.names_mode else ()
        return (_chunk_namespace(event), *names) if self.subgraphs else names

    def _nested(self, event: Event, mode: str, data: Any) -> Any:
        """Return data of a nested graph, as instances of the streamed graph's classes if its values fit them."""
        try:
            return self._as_instance(event, mode, data)
        except (TypeError, ValueError):
            return data

    def _as_instance(self, event: Event, mode: str, data: Any) -> Any:
        """Return the data of a v2 chunk, with states as instances of their classes."""
        if mode == "values":
            make_instance = self.output_types.output
            return make_instance(data) if make_instance is not None and derives(type(data), dict) else data
        if isinstance(event, CheckpointSaved):
            payload = self.output_types.checkpoint(event.payload)
            return {**data, "payload": payload} if mode == "debug" else payload
        return data


def _chunk_namespace(event: Event) -> Namespace:
    """Return the namespace in a chunk of the event: custom data of a called task bear that of the calling tasks."""
    return event.ns + event.callers if type(event) is Custom else event.ns


class ChunkPrinter(StreamProjection):
    """A sink that prints chunks, for the ``print_mode`` of ``stream()`` (reference rule 37)."""

    def __init__(self, modes: str | Sequence[str], **shape: Any) -> None:
        super().__init__([modes] if isinstance(modes, str) else list(modes), self._print, **shape)

    def _print(self, chunk: Any) -> None:
        *prefixes, data = chunk
        labels = [prefix if isinstance(prefix, str) else "|".join(prefix) for prefix in prefixes]
        print(*(f"\x1b[1m[{label}]\x1b[0m" for label in labels if label), repr(data))
