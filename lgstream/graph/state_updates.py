"""State updates from outside of a run, for ``update_state`` and ``bulk_update_state``. Saver calls are effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid5

from lgstream._arguments import check_list, wrong_item
from lgstream._conversions import own_value
from lgstream._langgraph import is_langgraph_graph
from lgstream._reserved import INPUT, INTERRUPT
from lgstream.constants import END, START
from lgstream.effects.blocking import run_effects
from lgstream.effects.effects import Effects
from lgstream.engine.apply import InputTask, apply_writes
from lgstream.engine.checkpoints.format import changed_versions, create_checkpoint, with_checkpoint_map
from lgstream.engine.checkpoints.outcomes import TaskOutcome, outcomes_by_task
from lgstream.engine.checkpoints.saver_effects import get_tuple_effect, put_effect, put_writes_effect
from lgstream.engine.checkpoints.serde import to_saved
from lgstream.engine.ids import path_text
from lgstream.engine.plan import prepare_next_tasks
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.attempt import write_output
from lgstream.engine.tasks.task import Task
from lgstream.errors import InvalidUpdateError
from lgstream.graph.compiled_base import BaseCompiledGraph
from lgstream.graph.langgraph_state import bulk_update_effect
from lgstream.graph.snapshots import (
    Config,
    apply_command_writes,
    has_newer_checkpoint,
    own_checkpoint_config,
    restore_run,
)
from lgstream.langchain.running_task import set_running_task
from lgstream.types import StateUpdate

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

COPY = "__copy__"
"""The value of ``as_node`` that copies the named checkpoint: the copy has the same values and the same parent."""


def bulk_update(
    graph: BaseCompiledGraph, saver: Any, config: Config, supersteps: Sequence[Sequence[StateUpdate]]
) -> Effects[Any]:
    """Save one checkpoint for each superstep of updates.

    Args:
        graph: the graph.
        saver: the checkpointer.
        config: the config of the thread.
        supersteps: the updates of each superstep.

    Returns:
        The config of the last checkpoint.

    Raises:
        ValueError: if there are no supersteps, or one of them has no updates.
        TypeError: if ``supersteps`` is not a list of lists of updates.
        InvalidUpdateError: if an update names a node that does not exist, or its node is ambiguous.
    """
    _check_supersteps(supersteps)
    if not supersteps:
        raise ValueError("No supersteps provided: pass at least one list of updates.")
    if not all(supersteps):
        raise ValueError("No updates provided: every superstep needs at least one.")
    if is_langgraph_graph(graph):
        return (yield bulk_update_effect(graph, saver, config, supersteps))
    is_first = True
    for updates in supersteps:
        config = yield from _update(graph, saver, config, updates, is_first)
        is_first = False
    return config


def _check_supersteps(supersteps: Any) -> None:
    rule = "a list of lists of StateUpdate: [[StateUpdate(values, as_node)]]"
    check_list("supersteps", supersteps, rule)
    for updates in supersteps:
        if isinstance(updates, str | Mapping | StateUpdate) or not isinstance(updates, Iterable):
            raise wrong_item("supersteps", updates, rule)
        for update in updates:
            if not isinstance(update, tuple | list):
                raise wrong_item("A superstep", update, rule)


def _update(
    graph: BaseCompiledGraph, saver: Any, config: Config, updates: Sequence[StateUpdate], is_first: bool
) -> Effects[Config]:
    """Apply the updates of one superstep, save a checkpoint, and return its config."""
    config = own_checkpoint_config(graph, config, checkpoint_ns="")
    saved = yield get_tuple_effect(saver, config)
    base_config = saved.config if saved is not None else config
    configurable = {**config["configurable"], **base_config["configurable"]}
    run = restore_run(graph, saver, {**config, "configurable": configurable}, saved)
    values, as_node = updates[0][:2]
    if (values is None and as_node == END) or as_node in (INPUT, COPY):
        if len(updates) > 1:
            raise InvalidUpdateError(f"An update as '{as_node}' must be the only one of its superstep.")
        if as_node == COPY:
            return (yield from _copy_checkpoint(graph, saver, saved, values))
        if as_node == INPUT:
            return (yield from _apply_input(run, saved, values))
        return (yield from _apply_end(run, saved))
    tasks = _update_tasks(run, saved, _resolve_nodes(run, updates))
    if saved is not None and not (is_first and (yield from has_newer_checkpoint(saver, config, saved))):
        for task in tasks:
            if task.writes:
                writes = [(channel, to_saved(value)) for channel, value in task.writes]
                yield put_writes_effect(saver, saved.config, writes, task.id, path_text(task.path))
    apply_writes(run, tasks)
    return (yield from _save(run, saved, "update"))


def _apply_input(run: RunState, saved: CheckpointTuple | None, values: Any) -> Effects[Config]:
    """Save the update as the input of a future run."""
    if values is None:
        raise InvalidUpdateError(f"Received no input writes for {START}: pass the values of the input.")
    apply_writes(run, [InputTask([(run.program.input_key, values)])])
    return (yield from _save(run, saved, "input"))


def _apply_end(run: RunState, saved: CheckpointTuple | None) -> Effects[Config]:
    """End the run: apply the writes of its finished tasks, and skip the others."""
    if saved is not None:
        outcomes = outcomes_by_task(run.checkpoints.pending_writes)
        tasks = prepare_next_tasks(run, None)
        apply_command_writes(run)
        for task in tasks:
            task.writes += outcomes.get(task.id, TaskOutcome()).output
        apply_writes(run, tasks)
    return (yield from _save(run, saved, "update"))


def _copy_checkpoint(
    graph: BaseCompiledGraph, saver: Any, saved: CheckpointTuple | None, changes: Any
) -> Effects[Config]:
    """Save a copy of a checkpoint, and apply other results of its tasks to it: pairs of values and node."""
    from langgraph.checkpoint.base.id import uuid6

    if saved is None:
        raise InvalidUpdateError("Cannot copy a checkpoint that does not exist: the thread has none.")
    step = saved.metadata.get("step", -1) + 1
    checkpoint: Any = {**saved.checkpoint, "id": str(uuid6(clock_seq=step))}
    parent_config = saved.parent_config or _without_checkpoint_id(saved.config)
    metadata = {"source": "fork", "step": step, "parents": saved.metadata.get("parents", {})}
    saved_config = yield put_effect(saver, parent_config, checkpoint, metadata, {})
    config = with_checkpoint_map(saved_config, saved.metadata)
    if not isinstance(changes, list) or not changes:
        return cast("Config", config)
    if not all(isinstance(change, Sequence) for change in changes):
        raise InvalidUpdateError(f"Invalid update item among {changes!r}: pass pairs of values and a node's name.")
    updates_by_node: dict[str, list[StateUpdate]] = {}
    for values, as_node, *_ in changes:
        updates_by_node.setdefault(as_node, []).append(StateUpdate(values, as_node))
    updates = [update for node_updates in updates_by_node.values() for update in node_updates]
    return (yield from _update(graph, saver, config, updates, False))


def _without_checkpoint_id(config: Any) -> Config:
    configurable = {key: value for key, value in config["configurable"].items() if key != "checkpoint_id"}
    return {**config, "configurable": configurable}


def _resolve_nodes(run: RunState, updates: Sequence[StateUpdate]) -> list[StateUpdate]:
    """Return the updates with the name of their node, which may be left out if there is one update."""
    named_updates = []
    for values, as_node, task_id in (StateUpdate(*update) for update in updates):
        if as_node is None and len(updates) > 1:
            raise InvalidUpdateError(
                "as_node is required when applying multiple updates: pass the node of each update."
            )
        name = as_node if as_node is not None else _last_node(run)
        if not isinstance(name, str) or name not in run.program.nodes:
            raise InvalidUpdateError(f"Node {name} does not exist: as_node is one of {sorted(run.program.nodes)}.")
        named_updates.append(StateUpdate(values, name, task_id))
    return named_updates


def _last_node(run: RunState) -> str:
    """Return the node of an update without ``as_node``: the one that ran last, or START if none has run."""
    nodes = run.program.nodes
    if len(nodes) == 1:
        return next(iter(nodes))
    if not any(run.versions_seen.values()) and START in nodes:
        return START
    node_versions = sorted(
        (version, name)
        for name, versions in run.versions_seen.items()
        if name in nodes
        for version in versions.values()
    )
    if not node_versions or (len(node_versions) > 1 and node_versions[-1][0] == node_versions[-2][0]):
        candidates = sorted({name for version, name in node_versions if version == node_versions[-1][0]})
        raise InvalidUpdateError(
            f"Ambiguous update, specify as_node: the last superstep had {candidates or 'no node'}."
        )
    return node_versions[-1][1]


def _update_tasks(run: RunState, saved: CheckpointTuple | None, updates: Sequence[StateUpdate]) -> list[Task]:
    """Return tasks that write the updates as their nodes would, with the ids of the planned tasks of these nodes."""
    planned_ids: dict[str, list[str]] = {}
    if saved is not None:
        for task in prepare_next_tasks(run, None):
            planned_ids.setdefault(task.name, []).append(task.id)
    tasks = []
    for index, (values, name, task_id) in enumerate(updates):
        ids = planned_ids.get(name or "", [])
        task = Task(run, run.program.nodes[name or ""], None, (INTERRUPT, index), (INTERRUPT,))
        task.id = task_id or (ids.pop(0) if ids else _new_task_id(run, index))
        copy_context().run(_write_update, task, values)
        tasks.append(task)
    return tasks


def _new_task_id(run: RunState, index: int) -> str:
    name = f"{INTERRUPT}:{index}" if index else INTERRUPT
    return str(uuid5(UUID(bytes=run.checkpoints.current_id_bytes()), name))


def _write_update(task: Task, values: Any) -> None:
    set_running_task(lambda: task.run.config)
    run_effects(write_output(task, own_value(values)))


def _save(run: RunState, saved: CheckpointTuple | None, source: str) -> Effects[Config]:
    """Save the state as a new checkpoint, and return its config."""
    from langgraph.checkpoint.base.id import uuid6

    first_step = -1 if source == "input" else 0
    step = saved.metadata.get("step", -1) + 1 if saved is not None else first_step
    metadata = {"source": source, "step": step, "parents": saved.metadata.get("parents", {}) if saved else {}}
    run.updated_channels = None
    session = run.checkpoints
    checkpoint = create_checkpoint(run, str(uuid6(clock_seq=step)))
    parent_config = session.saver_config(run, saved.checkpoint["id"] if saved is not None else None)
    versions = changed_versions(session.saved_versions, run.versions)
    config = yield put_effect(run.saver, parent_config, checkpoint, metadata, versions)
    return cast("Config", with_checkpoint_map(config, saved.metadata if saved is not None else None))
