"""The checkpoint format of langgraph-checkpoint (``v`` 4): a run's channels as a checkpoint, and back.

The format is LangGraph's, so either package can continue a thread of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from lgstream._reserved import NAMESPACE_SEPARATOR, TASKS
from lgstream.channels.base import MISSING, BaseChannel
from lgstream.engine.checkpoints.serde import from_saved, to_saved
from lgstream.engine.program import Channels, Program, Write
from lgstream.types import Send

if TYPE_CHECKING:
    from langgraph.checkpoint.base import Checkpoint

CHECKPOINT_VERSION = 4

Versions = dict[str, Any]
"""The version of each channel, which grows with every write."""

VersionsSeen = dict[str, Versions]
"""The versions of its triggers that each node has run for."""


class CheckpointSource(Protocol):
    """The attributes of a run from which a checkpoint is created."""

    program: Program
    channels: Channels
    versions: Versions
    versions_seen: VersionsSeen
    updated_channels: set[str] | None
    step: int

    @property
    def config(self) -> dict[str, Any]:
        """The config of the run."""
        ...

    @property
    def checkpoint_ns(self) -> str:
        """The namespace of the run, as text."""
        ...

    @property
    def parent_checkpoint_ids(self) -> Mapping[str, str]:
        """The checkpoint ids of the runs that this run is nested in, by namespace."""
        ...


class LazyChannels(Channels):
    """The channels of a program with the values of a checkpoint; each is built when it is first accessed.

    ``program.channels`` has all channels: ``in`` and iteration cover only those that have been built.
    """

    def __init__(self, program: Program, values: Mapping[str, Any]) -> None:
        self._empty_channels = program.channels
        self._values = values

    def __missing__(self, key: str) -> BaseChannel[Any, Any, Any]:
        value = self._values.get(key, MISSING)
        if key == TASKS:
            value = from_saved(value, TASKS)
        channel = self[key] = self._empty_channels[key].from_checkpoint(value)
        return channel


def create_checkpoint(run: CheckpointSource, checkpoint_id: str) -> Checkpoint:
    """Return the current channels as a checkpoint. Channels that never changed have no version and are left out."""
    values = {}
    for key in run.program.channels:
        if key in run.versions:
            value = run.channels[key].checkpoint()
            if value is not MISSING:
                values[key] = value
    if TASKS in values:
        values[TASKS] = [to_saved(_tracked_value(run.program, send)) for send in values[TASKS]]
    return {
        "v": CHECKPOINT_VERSION,
        "ts": datetime.now(UTC).isoformat(),
        "id": checkpoint_id,
        "channel_values": values,
        "channel_versions": dict(run.versions),
        "versions_seen": {name: dict(versions) for name, versions in run.versions_seen.items()},
        "updated_channels": sorted(run.updated_channels) if run.updated_channels is not None else None,
    }


def tracked_writes(program: Program, writes: Sequence[Write]) -> list[Write]:
    """Return the writes to save: all but those to untracked channels."""
    if not program.untracked_channels:
        return list(writes)
    return [(key, _tracked_value(program, value)) for key, value in writes if key not in program.untracked_channels]


def _tracked_value(program: Program, value: Any) -> Any:
    """Return a Send without the untracked keys of its argument, and everything else as it is."""
    if not program.untracked_channels or not isinstance(value, Send) or not isinstance(value.arg, dict):
        return value
    arg = {key: item for key, item in value.arg.items() if key not in program.untracked_channels}
    return Send(value.node, arg, timeout=value.timeout)


def changed_versions(before: Mapping[str, Any], after: Versions) -> Versions:
    """Return the versions that changed: the channels that the saver has to store again."""
    return {key: version for key, version in after.items() if before.get(key) != version}


def with_text_thread_id(configurable: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``configurable`` with the thread id as text, because savers compare it with stored text."""
    thread_id = configurable.get("thread_id")
    if thread_id and type(thread_id) is not str:
        return {**configurable, "thread_id": str(thread_id)}
    return dict(configurable)


def public_configurable(run: CheckpointSource) -> dict[str, Any]:
    """Return what identifies the checkpoints of a run to callers: their thread and namespace, with None for the id."""
    configurable = {key: value for key, value in run.config["configurable"].items() if not key.startswith("__")}
    configurable["checkpoint_ns"] = run.checkpoint_ns
    configurable["checkpoint_id"] = None
    return with_text_thread_id(configurable)


def with_checkpoint_map(config: Any, metadata: Mapping[str, Any] | None) -> Any:
    """Return a checkpoint's config with the ids of the checkpoints above it, which are in its metadata."""
    parents = (metadata or {}).get("parents")
    if not config or not parents:
        return config
    configurable = config["configurable"]
    ids = {**parents, configurable["checkpoint_ns"]: configurable["checkpoint_id"]}
    return {**config, "configurable": {**configurable, "checkpoint_map": ids}}


def without_task_ids(ns: str) -> str:
    """Return a checkpoint namespace without task ids: where a subgraph with ``checkpointer=True`` keeps its state."""
    return NAMESPACE_SEPARATOR.join(part.split(":")[0] for part in ns.split(NAMESPACE_SEPARATOR) if not part.isdigit())
