"""The data of one run. Tasks, planning, commits and checkpoints read and change it; it makes no decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from lgstream._reserved import INPUT, PREVIOUS
from lgstream.channels.base import MISSING
from lgstream.effects.cancellation import CancelScope
from lgstream.engine.checkpoints.format import LazyChannels, Versions, VersionsSeen
from lgstream.engine.checkpoints.migration import migrate_checkpoint
from lgstream.engine.checkpoints.session import CheckpointSession
from lgstream.engine.checkpoints.start_point import ReplayState
from lgstream.engine.program import Channels, Node, Program, read_available
from lgstream.engine.run_options import RunOptions
from lgstream.engine.run_scope import RunScope, lazy_attribute
from lgstream.events import Event
from lgstream.runtime import RunControl

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple


class ParentRun(Protocol):
    """The run that a nested run is part of: the attributes of :class:`RunState` that the nested run uses."""

    emit: Callable[[Event], None]
    saver: Any
    control: Any
    is_in_langgraph: bool
    is_traced: bool

    @property
    def cancel_scope(self) -> CancelScope | None:
        """What the threads of the run wait for."""
        ...

    @property
    def parent(self) -> ParentTask | None:
        """The task that this run is nested in."""
        ...

    @property
    def options(self) -> RunOptions:
        """The options of the run."""
        ...

    @property
    def is_resuming(self) -> bool | None:
        """True if the run continues from a checkpoint; None if it does not say so."""
        ...

    @property
    def replay(self) -> ReplayState | None:
        """Set if the root run replays an earlier checkpoint of its thread."""
        ...

    @property
    def resume_map(self) -> Mapping[str, Any]:
        """Resume values by interrupt id."""
        ...

    @property
    def root_run_id(self) -> str:
        """The id of the run that the events of nested runs have."""
        ...


class ParentTask(Protocol):
    """The task that a nested run is part of: one of lgstream, or one of langgraph."""

    heartbeat: Any
    name: str

    @property
    def id(self) -> str:
        """The id of the task."""
        ...

    @property
    def run(self) -> ParentRun:
        """The run of the task."""
        ...

    @property
    def ns(self) -> str:
        """The checkpoint namespace of the task."""
        ...

    def get_config(self) -> dict[str, Any]:
        """Return the config of the task."""
        ...

    def next_subgraph_index(self) -> int:
        """Return the number of graphs that the task has run before, and increment it."""
        ...

    def null_resume(self, consume: bool) -> Any:
        """Return the resume value that was passed without an interrupt id, or MISSING."""
        ...


def _raise_run_has_ended(caller: Any, node: Node, value: Any) -> Any:
    raise RuntimeError(f"Task '{node.name}' was called after the run of graph '{caller.run.program.name}' had ended.")


class RunState(RunScope):
    """The data of one run; other objects of the engine hold it as ``run`` or, in the run loop, as ``state``.

    Args:
        program: the graph.
        options: the options of the run.
        saved: the checkpoint to start from; None for a new thread.
        parent: the task that the run is nested in; None for a root run.

    Attributes:
        channels: the channels by name.
        emit: receives every event of the run.
        wants: the event classes that have a subscriber.
        saver: the checkpointer; None if the run saves nothing.
        control: allows other code to stop the run before its next superstep.
        checkpoints: the current checkpoint and the pending writes.
        versions: the version of every channel that was written.
        version: the latest of them; None before the first write.
        versions_seen: the versions of its triggers that each node has run for.
        updated_channels: the channels that the last superstep changed; None if unknown, so that any node may be due.
        available_volatile: the volatile channels that have a value.
        step: the number of the current superstep.
        last_step: the last superstep that the recursion limit allows.
        stream_keys: the state keys in the events.
        stream_key_set: ``stream_keys`` in the form of :meth:`~lgstream.engine.program.Program.key_set`.
        previous: the value that the last run of an entrypoint on this thread saved.
        resume_map: resume values by interrupt id.
        replay: set if the root run replays an earlier checkpoint of its thread.
        is_resuming: True until the first superstep of a run that continues from a checkpoint has ended.
        is_replaying: True until the first superstep of a run from an earlier checkpoint has ended.
        allows_inline: True if no cache, retry policy or step timeout takes part in how tasks run.
        is_traced: True if a handler other than lgstream's own observes the run.
        is_in_langgraph: True if the run is nested in one of langgraph.
        trace_child: returns the callbacks for a child run of the traced run.
        call_task: starts a task that a running task calls; set by the driver.
        tasks_with_config: the tasks of the current superstep whose config was built.
        cancel_scope: what the threads of the run wait for; set by the driver. None if all nodes are pure.
    """

    call_task: Callable[[Any, Node, Any], Any] = staticmethod(_raise_run_has_ended)
    cancel_scope: CancelScope | None = None
    is_resuming = False
    is_replaying = False
    is_traced = False
    is_in_langgraph = False
    trace_child: Callable[[str], Any] = str
    previous: Any = None
    replay: ReplayState | None = None
    resume_map: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self, program: Program, options: RunOptions, saved: CheckpointTuple | None, parent: ParentTask | None = None
    ) -> None:
        super().__init__(options.make_config, options.make_ns)
        self.program = program
        self.options = options
        self.emit = options.emit
        self.wants = options.wants
        self.saver = options.saver
        self.parent = parent
        if parent is None:
            self.control = options.control or RunControl()
        else:
            parent_run = parent.run
            if parent_run.replay is not None or parent_run.resume_map:
                self.replay, self.resume_map = parent_run.replay, parent_run.resume_map
            if parent_run.is_in_langgraph:
                self.is_in_langgraph = True
            self.control = options.control or parent_run.control
        self.allows_inline = options.cache is None and options.step_timeout is None and not program.retry_policies
        self.stream_keys = options.stream_keys
        self.stream_key_set = program.key_set(options.stream_keys)
        self.tasks_with_config: list[Any] = []
        self.checkpoints = CheckpointSession(options.saver, saved, options.durability == "exit")
        self._restore(saved)

    def _restore(self, saved: CheckpointTuple | None) -> None:
        self.versions: Versions = {}
        self.versions_seen: VersionsSeen = {INPUT: {}}
        self.updated_channels: set[str] | None = None
        saved_step = -2
        values: Mapping[str, Any] = {}
        if saved is not None:
            checkpoint = migrate_checkpoint(saved.checkpoint, self.program)
            self.versions = dict(checkpoint["channel_versions"])
            self.versions_seen = {name: dict(versions) for name, versions in checkpoint["versions_seen"].items()}
            saved_step = saved.metadata.get("step", -2)
            values = checkpoint["channel_values"]
            self.updated_channels = set(checkpoint.get("updated_channels") or ()) or None
        self.version: Any = max(self.versions.values(), default=None) if self.versions else None
        program = self.program
        self.channels: Channels = LazyChannels(program, values)
        candidates = program.initially_available
        if values:
            candidates = (*candidates, *(key for key in values if key in program.volatile_channels))
        self.available_volatile = {key for key in candidates if self.channels[key].is_available()}
        self.step = saved_step + 1
        self.last_step = self.step + self.options.recursion_limit + 1
        if PREVIOUS in program.channels:
            previous = self.channels[PREVIOUS].peek()
            self.previous = None if previous is MISSING else previous

    @lazy_attribute
    def root_run_id(self) -> str:
        """The id of the run that this run is part of, which its events have; its own id if no task runs it."""
        return self.run_id if self.parent is None else self.parent.run.root_run_id

    @property
    def can_run_inline(self) -> bool:
        """True if pure tasks may run inline: ``allows_inline``, and no tracer observes the run."""
        return self.allows_inline and not self.is_traced

    def release_tasks(self) -> None:
        """Discard the configs of the tasks that have ended: a task and its config refer to each other."""
        for task in self.tasks_with_config:
            task.reset_config()
        self.tasks_with_config.clear()

    def new_cancel_scope(self) -> CancelScope:
        """Create the :attr:`cancel_scope`, inside that of the run around this one, and return it."""
        scope = self.cancel_scope = CancelScope(self.parent.run.cancel_scope if self.parent is not None else None)
        return scope

    def read(self, keys: str | Sequence[str]) -> Any:
        """Return the current values of these keys as a dict; for a single name, its bare value or None."""
        if isinstance(keys, str):
            value = self.channels[keys].peek()
            return None if value is MISSING else value
        return read_available(self.channels, keys)
