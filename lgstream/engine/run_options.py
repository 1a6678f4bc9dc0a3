"""The options of one run: the receiver of its events, its saver, its limits and breakpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lgstream.engine.checkpoints.start_point import FROM_LATEST, StartPoint
from lgstream.events import Event, Namespace
from lgstream.runtime import RunControl, no_heartbeat

DEFAULT_RECURSION_LIMIT = 10007
"""The number of supersteps that a run may take if the config does not limit it (reference rule 48)."""

FieldConsumerFactory: TypeAlias = Callable[[type[Event], Namespace, Namespace], Callable[..., None] | None]
"""Returns a function that receives the fields of events of a class, so that the events need not be built.

The arguments are the event class, the namespace and the calling tasks. None means that events are needed. See
:meth:`lgstream.stream.projection.StreamProjection.field_consumer`.
"""


def no_field_consumer(kind: type[Event], ns: Namespace, callers: Namespace = ()) -> None:
    """Return None: every event has to be built, because a sink or more than one consumer receives it."""


@dataclass(slots=True)
class RunOptions:
    """The options of one run.

    Attributes:
        make_config: builds the run's RunnableConfig, on first use.
        make_ns: builds the run's namespace, on first use.
        emit: receives every event of the run.
        wants: the event classes that have a subscriber; no other event is built.
        stream_keys: the state keys in the events; a bare name for a state that is one value.
        result_keys: the state keys that ``invoke`` returns.
        field_consumer: returns a faster receiver for one event class, if a single stream is the only consumer.
        subgraph_wants: the event classes of nested runs that have a subscriber.
        recursion_limit: the number of supersteps that the run may take.
        max_concurrency: the number of tasks that may run at once; None for no limit.
        streams_live: True if chunks may be yielded while the only task of a superstep runs.
        step_timeout: the seconds that a superstep may take; None for no limit.
        saver: the checkpointer, or None.
        store: the store that nodes receive, or None.
        cache: the cache of node results, or None.
        context: the context that nodes receive in their runtime.
        durability: when checkpoints are saved: ``"sync"``, ``"async"`` or ``"exit"``.
        interrupt_before: the nodes before which the run stops, or ``"*"`` for all.
        interrupt_after: the nodes after which the run stops, or ``"*"`` for all.
        control: allows other code to stop the run; None to use that of the parent run, or a new one.
        heartbeat: restarts the idle timeout of the task that the run is nested in.
        start_point: describes how the checkpoint that the run starts from was found.
        subscribers: the streams and sinks of the call itself; None if it has none.
    """

    make_config: Callable[[], dict[str, Any]]
    make_ns: Callable[[], Namespace]
    emit: Callable[[Event], None]
    wants: frozenset[type]
    stream_keys: str | Sequence[str]
    result_keys: str | Sequence[str]
    field_consumer: FieldConsumerFactory = no_field_consumer
    subgraph_wants: frozenset[type] = frozenset()
    recursion_limit: int = DEFAULT_RECURSION_LIMIT
    max_concurrency: int | None = None
    streams_live: bool = False
    step_timeout: float | None = None
    saver: Any = None
    store: Any = None
    cache: Any = None
    context: Any = None
    durability: str = "async"
    interrupt_before: Sequence[str] | str = ()
    interrupt_after: Sequence[str] | str = ()
    control: RunControl | None = None
    heartbeat: Callable[[], None] = no_heartbeat
    start_point: StartPoint = FROM_LATEST
    subscribers: Any = None
