"""A task of a langgraph graph, as the task that a graph of lgstream runs in.

A graph of lgstream can be a node of a langgraph graph, or be called in a node or a tool of one. langgraph passes what
its own nested graphs need in ``configurable``, under private keys: the saver, the namespace, resume values, the
runtime, and the stream that the chunks go to. :class:`LangGraphTask` gives the run of lgstream the same things in the
form in which a task of lgstream gives them, so that a nested run does not have to know the package of its parent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from lgstream._conversions import langgraph_interrupt
from lgstream._langgraph import loaded_object
from lgstream._reserved import (
    CONFIG_KEY_CACHE,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_DURABILITY,
    CONFIG_KEY_REPLAY_STATE,
    CONFIG_KEY_RESUME_MAP,
    CONFIG_KEY_RESUMING,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
    CONFIG_KEY_STREAM,
    CONFIG_KEY_TAP,
    CONFIG_KEY_TASK_ID,
)
from lgstream.channels.base import MISSING
from lgstream.engine.checkpoints.start_point import ReplayState
from lgstream.engine.ids import random_id
from lgstream.engine.run_options import DEFAULT_RECURSION_LIMIT, RunOptions
from lgstream.events import Custom, Event, Interrupted
from lgstream.runtime import RunControl, no_heartbeat
from lgstream.stream.projection import StreamProjection

_CHUNK_MODES: Final = ("updates", "values", "tasks", "checkpoints", "debug")
"""The modes of chunks that a nested graph puts into the stream. Messages and tools come from langgraph's callbacks,
custom data from the stream writer of the runtime."""


class _OuterReplay(ReplayState):
    """The replay state of a langgraph run, which all of its nested graphs share."""

    def __init__(self, replay: Any) -> None:
        super().__init__(replay.checkpoint_id)
        self._replay = replay

    def is_first_visit(self, ns: str) -> bool:
        """Return True if the subgraph at this namespace has not started yet, and mark it as started."""
        return bool(self._replay._is_first_visit(ns))  # noqa: SLF001


class _EnclosingStream(NamedTuple):
    """The streams of the langgraph run, as far as a stream in a nested run has to know of them."""

    streams_subgraphs: bool
    fan_out: None = None


class LangGraphRun:
    """The run that a :class:`LangGraphTask` is part of, as a nested run sees it.

    The other attributes are those of :class:`~lgstream.engine.run_state.RunState`.

    Args:
        config: the config of the task.

    Attributes:
        is_tapped: True if the chunks of the run become events, which the attached sinks receive.
    """

    parent = None
    cancel_scope = None
    is_traced = True
    is_in_langgraph = True

    def __init__(self, config: Mapping[str, Any]) -> None:
        configurable = config["configurable"]
        runtime = configurable.get(CONFIG_KEY_RUNTIME)
        replay = configurable.get(CONFIG_KEY_REPLAY_STATE)
        stream = configurable.get(CONFIG_KEY_STREAM)
        self.emit, wants = _emitter(stream, runtime)
        self.saver = configurable.get(CONFIG_KEY_CHECKPOINTER)
        self.replay = _OuterReplay(replay) if replay is not None else None
        self.resume_map: Mapping[str, Any] = configurable.get(CONFIG_KEY_RESUME_MAP) or MappingProxyType({})
        self.is_resuming: bool | None = configurable.get(CONFIG_KEY_RESUMING)
        self.control: Any = getattr(runtime, "control", None) or RunControl()
        self.root_run_id = random_id()
        self.is_tapped = CONFIG_KEY_TAP in configurable
        self.options = RunOptions(
            make_config=lambda: dict(config),
            make_ns=tuple,
            emit=self.emit,
            wants=wants,
            stream_keys=(),
            result_keys=(),
            subgraph_wants=wants,
            recursion_limit=config.get("recursion_limit") or DEFAULT_RECURSION_LIMIT,
            max_concurrency=config.get("max_concurrency"),
            store=getattr(runtime, "store", None),
            cache=configurable.get(CONFIG_KEY_CACHE),
            context=getattr(runtime, "context", None),
            heartbeat=getattr(runtime, "heartbeat", no_heartbeat),
            durability=configurable.get(CONFIG_KEY_DURABILITY) or "async",
            subscribers=_EnclosingStream(streams_subgraphs=stream is not None),
        )


class LangGraphTask:
    """The task of a langgraph graph that a graph of lgstream runs in.

    Args:
        config: the complete config of the call.
        scratchpad: langgraph's scratchpad of the task.

    Attributes:
        run: what the nested run needs of the langgraph run.
        id: the id of the task.
        name: the name of the node that the task runs.
        ns: the checkpoint namespace of the task.
        heartbeat: None, because the run has it.
    """

    heartbeat = None

    def __init__(self, config: dict[str, Any], scratchpad: Any) -> None:
        self.run = LangGraphRun(config)
        self.ns: str = config["configurable"]["checkpoint_ns"]
        self.id: str = config["configurable"][CONFIG_KEY_TASK_ID]
        self.name: str = config["metadata"].get("langgraph_node", "")
        self._config = config
        self._scratchpad = scratchpad

    def get_config(self) -> dict[str, Any]:
        """Return the config of the task."""
        return self._config

    def next_subgraph_index(self) -> int:
        """Return the number of graphs that the task has run before, and increment it."""
        return int(self._scratchpad.subgraph_counter())

    def null_resume(self, consume: bool) -> Any:
        """Return the resume value that was passed without an interrupt id, or MISSING if there is none."""
        value = self._scratchpad.get_null_resume(consume)
        return MISSING if value is None else value


def langgraph_task(config: dict[str, Any]) -> LangGraphTask | None:
    """Return the task of langgraph that a call with this complete config runs in; None if there is none."""
    scratchpad = config["configurable"].get(CONFIG_KEY_SCRATCHPAD)
    if scratchpad is None:
        return None
    scratchpad_class = loaded_object("PregelScratchpad", "langgraph._internal._scratchpad")
    is_task = scratchpad_class is not None and isinstance(scratchpad, scratchpad_class)
    return LangGraphTask(config, scratchpad) if is_task else None


def with_own_lists(output: Any) -> Any:
    """Return the output of a run with copies of its lists.

    Programs append to the messages that a graph has returned. A stream that shows nested graphs may not have read their
    last chunk yet, which has the same lists.
    """
    if not isinstance(output, dict):
        return output
    return {key: [*value] if type(value) is list else value for key, value in output.items()}


def _emitter(stream: Any, runtime: Any) -> tuple[Callable[[Event], None], frozenset[type]]:
    """Return a function that passes events on to the stream of the langgraph run, and the classes that it needs."""
    if stream is None:  # only a run that shows subgraphs, or that is observed, passes it to them
        return _ignore, frozenset()
    projection = StreamProjection([mode for mode in _CHUNK_MODES if mode in stream.modes], stream, subgraphs=True)

    def emit(event: Event) -> None:
        if type(event) is Custom:
            runtime.stream_writer(event.data)  # it finds the namespace in the context, which is that of the task
        elif type(event) is Interrupted:
            projection(event._replace(interrupts=tuple(map(langgraph_interrupt, event.interrupts))))
        else:
            projection(event)

    return emit, projection.wants | {Custom}


def _ignore(_: Event) -> None:
    """Discard an event that no stream shows."""
