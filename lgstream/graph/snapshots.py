"""Snapshots of a thread's checkpoints, for ``get_state`` and ``get_state_history``. Calls of the saver are effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from lgstream._langgraph import is_langgraph_graph
from lgstream._reserved import NAMESPACE_SEPARATOR, TASK_ID_SEPARATOR
from lgstream.effects.effects import Effects
from lgstream.engine.apply import InputTask, apply_writes
from lgstream.engine.checkpoints.format import with_checkpoint_map, with_text_thread_id, without_task_ids
from lgstream.engine.checkpoints.outcomes import TaskOutcome, outcomes_by_task
from lgstream.engine.checkpoints.saver_effects import get_tuple_effect, list_effect
from lgstream.engine.plan import prepare_next_tasks
from lgstream.engine.run_options import RunOptions
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.graph.argument_checks import check_thread
from lgstream.graph.compiled_base import BaseCompiledGraph
from lgstream.graph.langgraph_state import get_history_effect, get_state_effect
from lgstream.types import PregelTask, StateSnapshot

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

Config = dict[str, Any]
"""A RunnableConfig as a plain dict."""


def _discard(_: Any) -> None:
    """Discard the events of a run whose state is only read."""


def restore_run(graph: BaseCompiledGraph, saver: Any, config: Config, saved: CheckpointTuple | None) -> RunState:
    """Return the data of the run that would continue from a checkpoint, to plan tasks and apply writes."""
    checkpoint_ns = config["configurable"].get("checkpoint_ns") or ""
    ns = tuple(checkpoint_ns.split(NAMESPACE_SEPARATOR)) if checkpoint_ns else ()
    keys = graph.program.stream_keys
    options = RunOptions(
        make_config=lambda: config,
        make_ns=lambda: ns,
        emit=_discard,
        wants=frozenset(),
        stream_keys=keys,
        result_keys=keys,
        saver=saver,
        store=graph.store,
    )
    return RunState(graph.program, options, saved)


def own_checkpoint_config(graph: BaseCompiledGraph, config: Config, **defaults: Any) -> Config:
    """Return the config of the graph's own checkpoints.

    A graph with ``checkpointer=True`` keeps its state under its name, without task ids.

    Args:
        graph: the graph.
        config: the config that the caller passed.
        **defaults: keys of ``configurable`` to use if the config does not have them.

    Raises:
        ValueError: if the config names no thread.
    """
    check_thread(named := config.get("configurable") or {})
    configurable = with_text_thread_id({**defaults, **named})
    if graph.checkpointer is True:
        ns = configurable.get("checkpoint_ns") or ""
        configurable["checkpoint_ns"] = NAMESPACE_SEPARATOR.join(
            part.split(TASK_ID_SEPARATOR)[0] for part in ns.split(NAMESPACE_SEPARATOR)
        )
    return {**config, "configurable": configurable}


def has_newer_checkpoint(saver: Any, config: Config, saved: CheckpointTuple) -> Effects[bool]:
    """Return True if the thread continued from the checkpoint that the config names."""
    if not config["configurable"].get("checkpoint_id"):
        return False
    configurable = {key: value for key, value in config["configurable"].items() if key != "checkpoint_id"}
    latest = yield get_tuple_effect(saver, {**config, "configurable": configurable})
    return latest is not None and latest.checkpoint["id"] != saved.checkpoint["id"]


def create_snapshot(
    graph: BaseCompiledGraph,
    saver: Any,
    config: Config,
    saved: CheckpointTuple | None,
    *,
    subgraphs: bool,
    is_current: bool,
) -> Effects[StateSnapshot]:
    """Return the snapshot of a checkpoint.

    Args:
        graph: the graph.
        saver: the checkpointer.
        config: the config of the thread.
        saved: the checkpoint; None for a thread without one.
        subgraphs: True to include the snapshots of subgraphs.
        is_current: True for the current state: the values include the writes of finished tasks, and ``next`` and the
            interrupts leave these tasks out. False for a record of the superstep that started at the checkpoint, with
            all of its tasks and interrupts.
    """
    if saved is None:
        return StateSnapshot({}, (), cast("Any", config), None, None, None, (), ())
    run = restore_run(graph, saver, {**config, **saved.config}, saved)
    outcomes = outcomes_by_task(run.checkpoints.pending_writes)
    tasks = prepare_next_tasks(run, None)
    pregel_tasks = []
    for task in tasks:
        outcome = outcomes.get(task.id, TaskOutcome())
        state = yield from _subgraph_state(saver, run, task, subgraphs)
        pregel_tasks.append(_describe_task(graph, task, outcome, state, is_current))
        if is_current:
            task.writes += outcome.output
    apply_command_writes(run)
    finished_tasks = [task for task in tasks if task.writes]
    if finished_tasks:
        apply_writes(run, finished_tasks)
        for key in graph.program.volatile_channels:  # their values last for one superstep only
            run.channels[key].update(())
    return StateSnapshot(
        values=run.read(graph.program.stream_keys),
        next=tuple(task.name for task in tasks if not task.writes),
        config=with_checkpoint_map(saved.config, saved.metadata),
        metadata=saved.metadata,
        created_at=saved.checkpoint["ts"],
        parent_config=with_checkpoint_map(saved.parent_config, saved.metadata),
        tasks=tuple(pregel_tasks),
        interrupts=tuple(interrupt for task in pregel_tasks for interrupt in task.interrupts),
    )


def apply_command_writes(run: RunState) -> None:
    """Apply the writes of a caller's Command, which belong to no task."""
    writes = run.checkpoints.pending_writes.of_command()
    if writes:
        apply_writes(run, [InputTask(writes)])


def _subgraph_state(saver: Any, run: RunState, task: Task, subgraphs: bool) -> Effects[Any]:
    """Return the ``state`` of a task in a snapshot: the config of its subgraph, or with ``subgraphs`` a snapshot."""
    subgraph = task.node.subgraph
    if subgraph is None or subgraph.checkpointer is False:
        return None
    thread_id = run.config["configurable"].get("thread_id")
    config: Config = {"configurable": {"thread_id": thread_id, "checkpoint_ns": task.ns}}
    if not subgraphs:
        return config
    if is_langgraph_graph(subgraph):
        return (yield from get_state_effect(subgraph, saver, config, True))
    subgraph_config = own_checkpoint_config(subgraph, config)
    saved = yield get_tuple_effect(saver, subgraph_config)
    return (yield from create_snapshot(subgraph, saver, subgraph_config, saved, subgraphs=True, is_current=True))


def _describe_task(
    graph: BaseCompiledGraph, task: Task, outcome: TaskOutcome, state: Any, is_current: bool
) -> PregelTask:
    return PregelTask(
        id=task.id,
        name=task.name,
        path=task.path,
        error=outcome.error,
        interrupts=outcome.open_interrupts if is_current else outcome.interrupts,
        state=state,
        result=outcome.result(graph.program.stream_keys),
    )


def load_snapshot(graph: BaseCompiledGraph, saver: Any, config: Config, subgraphs: bool) -> Effects[StateSnapshot]:
    """Load the snapshot that ``get_state`` returns: of the checkpoint that the config names, or of the latest."""
    if is_langgraph_graph(graph):
        return (yield from get_state_effect(graph, saver, config, subgraphs))
    config = own_checkpoint_config(graph, config)
    saved = yield get_tuple_effect(saver, config)
    is_current = "checkpoint_id" not in config["configurable"]
    return (yield from create_snapshot(graph, saver, config, saved, subgraphs=subgraphs, is_current=is_current))


def load_history(
    graph: BaseCompiledGraph, saver: Any, config: Config, options: Mapping[str, Any]
) -> Effects[list[StateSnapshot]]:
    """Load the snapshots that ``get_state_history`` yields, newest first.

    Args:
        graph: the graph.
        saver: the checkpointer.
        config: the config of the thread.
        options: the keyword arguments of the saver's ``list``.
    """
    if is_langgraph_graph(graph):
        return (yield from get_history_effect(graph, saver, config, **options))
    checkpoints = yield list_effect(saver, own_checkpoint_config(graph, config, checkpoint_ns=""), **options)
    snapshots: list[StateSnapshot] = []
    for saved in checkpoints:
        snapshot = yield from create_snapshot(graph, saver, saved.config, saved, subgraphs=False, is_current=False)
        snapshots += [snapshot]
    return snapshots


def subgraph_path(config: Config) -> str:
    """Return the path of the subgraph that a config names, without task ids; ``""`` for the graph itself."""
    return without_task_ids(config["configurable"].get("checkpoint_ns") or "")
