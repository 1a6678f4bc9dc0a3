"""The subscribers of a run's events: the projections of streams, the sinks, and the run that it is nested in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lgstream.engine.run_options import FieldConsumerFactory, no_field_consumer
from lgstream.engine.run_state import ParentRun
from lgstream.events import Custom, Event
from lgstream.sinks import FanOut, Sink
from lgstream.stream.projection import StreamProjection

_NO_EVENTS = frozenset[type]()


class Subscribers:
    """The subscribers of one run.

    Args:
        projections: the projections to chunks that belong to this call.
        sinks: the sinks that belong to this call.
        parent: the run that this one is nested in; its subscribers receive the events too.

    Attributes:
        fan_out: passes events to the sinks; None without sinks.
        own_wants: the event classes that the subscribers of this call receive.
        wants: the event classes that any subscriber receives, including those of the parent run.
        subgraph_wants: the event classes that any subscriber receives from runs nested in this run.
    """

    def __init__(
        self, projections: Sequence[StreamProjection], sinks: Sequence[Sink], parent: ParentRun | None
    ) -> None:
        self._projections = projections
        self._parent = parent
        self.fan_out = FanOut(sinks) if sinks else None
        self._custom_streams = [projection for projection in projections if Custom in projection.wants]
        if parent is not None and self._custom_streams and any(outer.streams_subgraphs for outer in self._enclosing()):
            for projection in self._custom_streams:
                projection.shows_nested_custom = True
        self.own_wants = projections[0].wants if projections else _NO_EVENTS
        for projection in projections[1:]:
            self.own_wants |= projection.wants
        if self.fan_out is not None:
            self.own_wants |= self.fan_out.wants
        self.wants = self.own_wants
        if parent is not None:
            parent_wants = parent.options.subgraph_wants
            self.wants = self.own_wants | parent_wants if self.own_wants else parent_wants
        includes_subgraphs = all(projection.subgraphs for projection in projections)
        self.subgraph_wants = self.wants if includes_subgraphs else self._wants_of_subgraphs()

    def _wants_of_subgraphs(self) -> frozenset[type]:
        parent_wants = self._parent.options.subgraph_wants if self._parent is not None else _NO_EVENTS
        sink_wants = self.fan_out.wants if self.fan_out is not None else _NO_EVENTS
        streams = (projection.wants for projection in self._projections if projection.subgraphs)
        nested_custom = (frozenset((Custom,)) for projection in self._projections if projection.shows_nested_custom)
        return parent_wants.union(sink_wants, *streams, *nested_custom)

    @property
    def streams_subgraphs(self) -> bool:
        """True if a stream of this call shows the chunks of nested graphs."""
        return any(projection.subgraphs for projection in self._projections)

    def _enclosing(self) -> Iterator[Subscribers]:
        """Yield the subscribers of the runs that this one is nested in, from the inside out."""
        run = self._parent
        while run is not None:
            if run.options.subscribers is not None:
                yield run.options.subscribers
            run = run.parent.run if run.parent is not None else None

    @property
    def field_consumer(self) -> FieldConsumerFactory:
        """The function that returns faster receivers; only a run with a single stream and no sinks has any."""
        if not self._projections and self.fan_out is None:
            return self._parent.options.field_consumer if self._parent is not None else no_field_consumer
        if len(self._projections) == 1 and self.fan_out is None and self._parent is None:
            return self._projections[0].field_consumer
        return no_field_consumer

    def emitter(self) -> Callable[[Event], None]:
        """Return the function that passes the run's events to all subscribers."""
        if self._parent is None:
            return self.own_emitter()
        emit_to_parent = self._parent.emit
        if not self._projections and self.fan_out is None:
            return emit_to_parent
        emit_own = self.own_emitter()

        def emit(event: Event) -> None:
            emit_to_parent(event)
            emit_own(event)

        return self._custom_emitter(emit, emit_own) if self._custom_streams else emit

    def _custom_emitter(
        self, emit: Callable[[Event], None], emit_own: Callable[[Event], None]
    ) -> Callable[[Event], None]:
        """Return ``emit``, but keep custom data from the streams around this one (reference rule 22)."""
        outer_sinks = [outer.fan_out for outer in self._enclosing() if outer.fan_out is not None]

        def emit_custom(event: Event) -> None:
            if type(event) is not Custom:
                emit(event)
                return
            for fan_out in reversed(outer_sinks):
                fan_out.emit(event)
            emit_own(event)

        return emit_custom

    def own_emitter(self) -> Callable[[Event], None]:
        """Return a function that passes an event to the subscribers of this call."""
        if self.fan_out is None and len(self._projections) == 1:
            return self._projections[0].emitter()
        return self.fan_out.emit if self.fan_out is not None and not self._projections else self._emit_own

    def _emit_own(self, event: Event) -> None:
        for projection in self._projections:
            projection(event)
        if self.fan_out is not None:
            self.fan_out.emit(event)
