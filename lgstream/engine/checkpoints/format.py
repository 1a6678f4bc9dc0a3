"""A run's channels as a checkpoint of langgraph-checkpoint, and back. Pure; the drivers do the saving.

The format is LangGraph's (``v`` 4), so that a thread can go on in either package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from lgstream._reserved import NAMESPACE_SEPARATOR, TASKS
from lgstream.channels.base import MISSING, BaseChannel
from lgstream.engine.checkpoints.outcomes import Status, statuses
from lgstream.engine.checkpoints.serde import packed, unpacked
from lgstream.engine.plan import Versions
from lgstream.engine.program import Channels, Program, Write
from lgstream.types import Send

if TYPE_CHECKING:
    from langgraph.checkpoint.base import Checkpoint

    from lgstream.engine.run_loop import Run
    from lgstream.engine.tasks.task import Task

VERSION = 4
PendingWrite = tuple[str, str, Any]


class Save(NamedTuple):
    """A request to the saver: its ``method`` (or the async twin, ``"a" + method``) with these arguments."""

    method: str
    arguments: tuple[Any, ...]
    named: Mapping[str, Any] = MappingProxyType({})


class Restored(Channels):
    """Fresh channels with the values that a checkpoint holds. Each is made when it is asked for first.

    Which channels there are is the program's to say: ``in``, and going through them, know only those that were made.
    """

    def __init__(self, program: Program, values: Mapping[str, Any]) -> None:
        self._fresh = program.channels
        self._values = values

    def __missing__(self, key: str) -> BaseChannel[Any, Any, Any]:
        value = self._values.get(key, MISSING)
        made = self[key] = self._fresh[key].from_checkpoint(unpacked(value, TASKS) if key == TASKS else value)
        return made


def checkpoint_of(run: Run, id: str) -> Checkpoint:
    """The run's channels as they are now. Channels that never changed are left out: they have no version."""
    values = {}
    for key in run.program.channels:
        if key in run.versions:
            value = run.channels[key].checkpoint()
            if value is not MISSING:
                values[key] = value
    if TASKS in values:
        values[TASKS] = [packed(_tracked(run.program, send)) for send in values[TASKS]]
    return {
        "v": VERSION,
        "ts": datetime.now(UTC).isoformat(),
        "id": id,
        "channel_values": values,
        "channel_versions": dict(run.versions),
        "versions_seen": {name: dict(seen) for name, seen in run.seen.items()},
        "updated_channels": sorted(run.updated) if run.updated is not None else None,
    }


def tracked(program: Program, writes: Sequence[Write]) -> list[Write]:
    """The writes of a task as they are saved: without those to channels that are kept out of checkpoints."""
    if not program.untracked:
        return list(writes)
    return [(key, _tracked(program, value)) for key, value in writes if key not in program.untracked]


def _tracked(program: Program, value: Any) -> Any:
    if not program.untracked or not isinstance(value, Send) or not isinstance(value.arg, dict):
        return value
    kept = {key: item for key, item in value.arg.items() if key not in program.untracked}
    return Send(value.node, kept, timeout=value.timeout)


def new_versions(before: Mapping[str, Any], after: Versions) -> Versions:
    """The versions that changed: what the saver has to store anew."""
    return {key: version for key, version in after.items() if before.get(key) != version}


def with_text_id(configurable: Mapping[str, Any]) -> dict[str, Any]:
    """What names a checkpoint, with the thread's id as text: savers compare it with what they hold."""
    id = configurable.get("thread_id")
    return {**configurable, "thread_id": str(id)} if id and type(id) is not str else dict(configurable)


def config_of(run: Run, checkpoint_id: str) -> dict[str, Any]:
    """How a caller names the checkpoint: thread, namespace and id."""
    configurable = {key: value for key, value in run.config["configurable"].items() if not key.startswith("__")}
    configurable["checkpoint_ns"] = run.ns_text
    configurable["checkpoint_id"] = checkpoint_id
    return {"configurable": with_text_id(configurable)}


def with_map(config: Any, metadata: Mapping[str, Any] | None) -> Any:
    """A checkpoint's config with the ids of the checkpoints above it, which its metadata hold."""
    parents = (metadata or {}).get("parents")
    if not config or not parents:
        return config
    configurable = config["configurable"]
    ids = {**parents, configurable["checkpoint_ns"]: configurable["checkpoint_id"]}
    return {**config, "configurable": {**configurable, "checkpoint_map": ids}}


def task_entry(run: Run, task: Task, status: Status) -> dict[str, Any]:
    """A planned task as a ``checkpoints`` chunk shows it, with what is known of it from saved writes."""
    entry: dict[str, Any] = {"id": task.id, "name": task.name}
    if status.error is not None:
        entry["error"] = status.error
    else:
        produced = status.result(run.output_keys)
        if produced:
            entry["result"] = produced
        entry["interrupts"] = tuple(
            {"value": each.value, "id": each.id, "response_schema": each.response_schema} for each in status.interrupts
        )
    entry["state"] = None
    if task.node.subgraph is not None and task.node.subgraph.checkpointer is not False:
        entry["state"] = {
            "configurable": {"thread_id": run.config["configurable"].get("thread_id"), "checkpoint_ns": task.ns}
        }
    return entry


def payload(run: Run, tasks: Sequence[Task]) -> dict[str, Any]:
    """The ``checkpoints`` chunk of the run's current checkpoint, with the tasks planned from it (rule 35)."""
    known = statuses(run.kept.pending)
    return {
        "config": with_map(config_of(run, run.kept.checkpoint_id), run.kept.metadata),
        "parent_config": with_map(run.kept.parent_config, run.kept.metadata),
        "values": run.values(run.program.stream_keys),
        "metadata": run.kept.metadata,
        "next": [task.name for task in tasks],
        "tasks": [task_entry(run, task, known.get(task.id, Status())) for task in tasks],
    }


def without_ids(ns: str) -> str:
    """A checkpoint namespace without task ids: where a subgraph with ``checkpointer=True`` keeps its state."""
    return NAMESPACE_SEPARATOR.join(part.split(":")[0] for part in ns.split(NAMESPACE_SEPARATOR) if not part.isdigit())
