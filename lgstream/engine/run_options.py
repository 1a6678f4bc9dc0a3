"""What the caller of a run has settled: who receives its events, where to save, when to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lgstream.engine.checkpoints.start_point import FROM_LATEST, StartPoint
from lgstream.events import Event, Namespace
from lgstream.runtime import RunControl

DEFAULT_RECURSION_LIMIT = 10007
"""Supersteps that a run may take if the config does not limit them (reference rule 48)."""

Direct: TypeAlias = Callable[[type[Event], Namespace, Namespace], Callable[..., None] | None]
"""Returns, for an event class, a namespace and calling tasks, a function that receives the event's fields without the
event being built; None if events are needed. See ``StreamProjection.direct``."""


def no_direct(kind: type[Event], ns: Namespace, callers: Namespace = ()) -> None:
    """Return None: every event has to be built, as more than one consumer, or a sink, receives it."""


@dataclass(slots=True)
class RunOptions:
    """The options of one run.

    Attributes:
        make_config: builds the run's RunnableConfig, on first use.
        make_ns: builds the run's namespace, on first use.
        emit: receives every event of the run: the one way out.
        wants: the event classes that somebody receives; no other event is built.
        output_keys: the state keys in the events; a bare name for a state that is one value.
        result_keys: the state keys that ``invoke`` returns.
        direct: returns a faster way out for one event class, if a single stream is the only consumer.
        subgraph_wants: the event classes that somebody receives from nested runs.
        recursion_limit: the supersteps that the run may take.
        max_concurrency: the tasks that may run at once; None: no limit.
        streams_live: True if chunks may be yielded while a lone task runs.
        step_timeout: the seconds that a superstep may take; None: no limit.
        start_point: how the checkpoint was found that the run starts from.
    """

    make_config: Callable[[], dict[str, Any]]
    make_ns: Callable[[], Namespace]
    emit: Callable[[Event], None]
    wants: frozenset[type]
    output_keys: str | Sequence[str]
    result_keys: str | Sequence[str]
    direct: Direct = no_direct
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
    start_point: StartPoint = FROM_LATEST
