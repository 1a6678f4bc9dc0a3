"""Writes to a thread from outside of a run: ``update_state``. Sans-IO, see :mod:`lgstream.graph.snapshots`."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid5

from lgstream._reserved import INPUT, INTERRUPT
from lgstream.constants import END, START
from lgstream.engine.checkpoints.format import Save, checkpoint_of, new_versions, with_map
from lgstream.engine.checkpoints.outcomes import Status, statuses
from lgstream.engine.checkpoints.serde import packed
from lgstream.engine.drivers.sync import carry_out
from lgstream.engine.ids import path_text
from lgstream.engine.plan import next_tasks
from lgstream.engine.run_loop import InputWrites, Run
from lgstream.engine.tasks.task import Task
from lgstream.errors import InvalidUpdateError
from lgstream.graph.snapshots import Asking, Config, apply_unowned, is_past_of, loaded, own
from lgstream.langchain.running import enter
from lgstream.types import StateUpdate

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

    from lgstream.graph.definition import GraphDefinition

COPY = "__copy__"
"""As ``as_node``: a checkpoint beside the one that is named, with the same values."""


def updated(
    graph: GraphDefinition, saver: Any, config: Config, supersteps: Sequence[Sequence[StateUpdate]]
) -> Asking[Any]:
    """What ``bulk_update_state`` does: one checkpoint a superstep; the config of the last one."""
    if not supersteps:
        raise ValueError("No supersteps provided: give at least one, a list of updates.")
    if not all(supersteps):
        raise ValueError("No updates provided: every superstep needs at least one.")
    is_first = True
    for updates in supersteps:
        config = yield from _update(graph, saver, config, updates, is_first)
        is_first = False
    return config


def _update(
    graph: GraphDefinition, saver: Any, config: Config, updates: Sequence[StateUpdate], is_first: bool
) -> Asking[Config]:
    config = own(graph, config, checkpoint_ns="")
    saved = yield Save("get_tuple", (config,))
    base = saved.config if saved is not None else config
    run = loaded(graph, saver, {**config, "configurable": {**config["configurable"], **base["configurable"]}}, saved)
    values, as_node = updates[0][:2]
    if (values is None and as_node == END) or as_node in (INPUT, COPY):
        if len(updates) > 1:
            raise InvalidUpdateError(f"An update as '{as_node}' must be the only one of its superstep.")
        if as_node == COPY:
            return (yield from _copied(graph, saver, run, saved, values))
        if as_node == INPUT:
            return (yield from _given(run, saved, values))
        return (yield from _ended(run, saved))
    tasks = _tasks(run, saved, _named(run, updates))
    if saved is not None and not (is_first and (yield from is_past_of(config, saved))):
        for task in tasks:
            if task.writes:
                kept = [(channel, packed(value)) for channel, value in task.writes]
                yield Save("put_writes", (saved.config, kept, task.id, path_text(task.path)))
    run.apply(tasks)
    return (yield from _saved(run, saved, "update"))


def _given(run: Run, saved: CheckpointTuple | None, values: Any) -> Asking[Config]:
    """The update is the input of a run to come."""
    if values is None:
        raise InvalidUpdateError(f"Received no input writes for {START}: give the values of the input.")
    run.apply([InputWrites([(run.program.input_key, values)])])
    return (yield from _saved(run, saved, "input"))


def _ended(run: Run, saved: CheckpointTuple | None) -> Asking[Config]:
    """The run is over: what its tasks have produced counts, and those that are not done are given up."""
    if saved is not None:
        known = statuses(run.kept.pending)
        tasks = next_tasks(run, None)
        apply_unowned(run)
        for task in tasks:
            task.writes += known.get(task.id, Status()).output
        run.apply(tasks)
    return (yield from _saved(run, saved, "update"))


def _copied(
    graph: GraphDefinition, saver: Any, run: Run, saved: CheckpointTuple | None, changes: Any
) -> Asking[Config]:
    """A checkpoint beside a saved one, perhaps with other results of its tasks (pairs of values and node)."""
    from langgraph.checkpoint.base.id import uuid6

    if saved is None:
        raise InvalidUpdateError("Cannot copy a checkpoint that does not exist: the thread has none.")
    step = saved.metadata.get("step", -1) + 1
    checkpoint: Any = {**saved.checkpoint, "id": str(uuid6(clock_seq=step))}
    where = saved.parent_config or _without_id(saved.config)
    metadata = {"source": "fork", "step": step, "parents": saved.metadata.get("parents", {})}
    config = with_map((yield Save("put", (where, checkpoint, metadata, {}))), saved.metadata)
    if not isinstance(changes, list) or not changes:
        return cast("Config", config)
    if not all(isinstance(change, Sequence) for change in changes):
        raise InvalidUpdateError(f"Invalid update item among {changes!r}: give pairs of values and a node's name.")
    grouped: dict[str, list[StateUpdate]] = {}
    for values, as_node, *_ in changes:
        grouped.setdefault(as_node, []).append(StateUpdate(values, as_node))
    return (yield from _update(graph, saver, config, [each for group in grouped.values() for each in group], False))


def _without_id(config: Any) -> Config:
    configurable = {key: value for key, value in config["configurable"].items() if key != "checkpoint_id"}
    return {**config, "configurable": configurable}


def _named(run: Run, updates: Sequence[StateUpdate]) -> list[StateUpdate]:
    """The updates with the names of the nodes that they are taken for."""
    found = []
    for values, as_node, task_id in (StateUpdate(*update) for update in updates):
        if as_node is None and len(updates) > 1:
            raise InvalidUpdateError("as_node is required when applying multiple updates: name each one's node.")
        name = as_node if as_node is not None else _last_node(run)
        if name not in run.program.nodes:
            raise InvalidUpdateError(f"Node {name} does not exist: as_node is one of {sorted(run.program.nodes)}.")
        found.append(StateUpdate(values, name, task_id))
    return found


def _last_node(run: Run) -> str:
    """The node that an update without ``as_node`` is taken for: the one that ran last, or the start."""
    nodes = run.program.nodes
    if len(nodes) == 1:
        return next(iter(nodes))
    if not any(run.seen.values()) and START in nodes:
        return START
    latest = sorted((version, name) for name, seen in run.seen.items() if name in nodes for version in seen.values())
    if not latest or (len(latest) > 1 and latest[-1][0] == latest[-2][0]):
        ran = sorted({name for version, name in latest if version == latest[-1][0]})
        raise InvalidUpdateError(f"Ambiguous update, specify as_node: the last superstep had {ran or 'no node'}.")
    return latest[-1][1]


def _tasks(run: Run, saved: CheckpointTuple | None, updates: Sequence[StateUpdate]) -> list[Task]:
    """Tasks that write the updates as their nodes would have, with the ids of the next tasks where there are any."""
    prepared: dict[str, list[str]] = {}
    if saved is not None:
        for task in next_tasks(run, None):
            prepared.setdefault(task.name, []).append(task.id)
    tasks = []
    for index, (values, name, given) in enumerate(updates):
        ids = prepared.get(name or "", [])
        id = given or (ids.pop(0) if ids else str(uuid5(UUID(bytes=run.kept.made_id()), _own_name(index))))
        task = Task(run, run.program.nodes[name or ""], None, (INTERRUPT, index), (INTERRUPT,))
        task.id = id
        copy_context().run(_write, task, values)
        tasks.append(task)
    return tasks


def _own_name(index: int) -> str:
    return f"{INTERRUPT}:{index}" if index else INTERRUPT


def _write(task: Task, values: Any) -> None:
    enter(lambda: task.run.config)
    carry_out(task.write(values))


def _saved(run: Run, saved: CheckpointTuple | None, source: str) -> Asking[Config]:
    """Have the state saved as a new checkpoint; its config."""
    from langgraph.checkpoint.base.id import uuid6

    fresh = -1 if source == "input" else 0
    step = saved.metadata.get("step", -1) + 1 if saved is not None else fresh
    metadata = {"source": source, "step": step, "parents": saved.metadata.get("parents", {}) if saved else {}}
    run.updated = None
    checkpoint = checkpoint_of(run, str(uuid6(clock_seq=step)))
    where = run.kept.saver_config(run, saved.checkpoint["id"] if saved is not None else None)
    versions = new_versions(run.kept.saved_versions, run.versions)
    config = yield Save("put", (where, checkpoint, metadata, versions))
    return cast("Config", with_map(config, saved.metadata if saved is not None else None))
