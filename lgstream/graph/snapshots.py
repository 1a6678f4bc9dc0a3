"""A thread's past and present: snapshots of its checkpoints.

Sans-IO like the engine: each function is a generator that yields what to ask the saver and is sent the answer, so the
sync and the async methods of a graph share it. See :func:`ask` and :func:`aask`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from lgstream._reserved import NAMESPACE_SEPARATOR, TASK_ID_SEPARATOR
from lgstream.engine.checkpoints.format import Save, with_map, with_text_id, without_ids
from lgstream.engine.checkpoints.outcomes import Status, statuses
from lgstream.engine.plan import next_tasks
from lgstream.engine.run_loop import InputWrites, Run, Setup
from lgstream.engine.tasks.task import Task
from lgstream.types import PregelTask, StateSnapshot

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

    from lgstream.graph.definition import GraphDefinition

T = TypeVar("T")
Asking = Generator[Save, Any, T]
Config = dict[str, Any]


def ask(saver: Any, asking: Asking[T]) -> T:
    """Let a generator ask the saver, with its sync methods."""
    try:
        request = next(asking)
        while True:
            answer = getattr(saver, request.method)(*request.arguments, **request.named)
            request = asking.send(list(answer) if isinstance(answer, Iterator) else answer)
    except StopIteration as stop:
        return cast("T", stop.value)


async def aask(saver: Any, asking: Asking[T]) -> T:
    """Let a generator ask the saver, with its async methods."""
    try:
        request = next(asking)
        while True:
            answer = getattr(saver, f"a{request.method}")(*request.arguments, **request.named)
            given = [item async for item in answer] if hasattr(answer, "__aiter__") else await answer
            request = asking.send(given)
    except StopIteration as stop:
        return cast("T", stop.value)


def loaded(graph: GraphDefinition, saver: Any, config: Config, saved: CheckpointTuple | None) -> Run:
    """The run that would go on from a checkpoint; it plans and applies, and emits nothing."""
    text = config["configurable"].get("checkpoint_ns") or ""
    ns = tuple(text.split(NAMESPACE_SEPARATOR)) if text else ()
    keys = graph.program.stream_keys
    setup = Setup(
        config=lambda: config, ns=lambda: ns, emit=lambda _: None, wants=frozenset(), output_keys=keys,
        result_keys=keys, saver=saver, store=graph.store,
    )  # fmt: skip
    return Run(graph.program, setup, saved)


def own(graph: GraphDefinition, config: Config, **defaults: Any) -> Config:
    """Where a graph's checkpoints are: one that keeps a state of its own has it under its name, without task ids."""
    configurable = with_text_id({**defaults, **config["configurable"]})
    if graph.checkpointer is True:
        ns = configurable.get("checkpoint_ns") or ""
        configurable["checkpoint_ns"] = NAMESPACE_SEPARATOR.join(
            part.split(TASK_ID_SEPARATOR)[0] for part in ns.split(NAMESPACE_SEPARATOR)
        )
    return {**config, "configurable": configurable}


def is_past_of(config: Config, saved: CheckpointTuple) -> Asking[bool]:
    """Whether the thread has gone on from the checkpoint that the config names."""
    if not config["configurable"].get("checkpoint_id"):
        return False
    configurable = {key: value for key, value in config["configurable"].items() if key != "checkpoint_id"}
    latest = yield Save("get_tuple", ({**config, "configurable": configurable},))
    return latest is not None and latest.checkpoint["id"] != saved.checkpoint["id"]


def snapshot(
    graph: GraphDefinition, saver: Any, config: Config, saved: CheckpointTuple | None, subgraphs: bool, live: bool
) -> Asking[StateSnapshot]:
    """The state at a checkpoint: as of now (``live``), or as a record of the superstep that began there.

    Now, what tasks have produced already is in the values, they are not among those to come, and their questions are
    answered. The record has every task of the superstep, and the questions they asked.
    """
    if saved is None:
        return StateSnapshot({}, (), cast("Any", config), None, None, None, (), ())
    run = loaded(graph, saver, {**config, **saved.config}, saved)
    known = statuses(run.kept.pending)
    tasks = next_tasks(run, None)
    described = []
    for task in tasks:
        status = known.get(task.id, Status())
        described.append((yield from _described(graph, saver, run, task, status, subgraphs, live)))
        if live:
            task.writes += status.output
    apply_unowned(run)
    done = [task for task in tasks if task.writes]
    if done:
        run.apply(done)
        for key in graph.program.told:  # what lasts for one superstep is over with it
            run.channels[key].update(())
    return StateSnapshot(
        values=run.values(graph.program.stream_keys),
        next=tuple(task.name for task in tasks if not task.writes),
        config=with_map(saved.config, saved.metadata),
        metadata=saved.metadata,
        created_at=saved.checkpoint["ts"],
        parent_config=with_map(saved.parent_config, saved.metadata),
        tasks=tuple(described),
        interrupts=tuple(each for task in described for each in task.interrupts),
    )


def apply_unowned(run: Run) -> None:
    """Apply the writes of a caller's Command that no task made."""
    writes = run.kept.unowned()
    if writes:
        run.apply([InputWrites(writes)])


def _described(
    graph: GraphDefinition, saver: Any, run: Run, task: Task, status: Status, subgraphs: bool, live: bool
) -> Asking[PregelTask]:
    inner = task.node.subgraph
    state: Any = None
    if inner is not None and inner.checkpointer is not False:
        thread = run.config["configurable"].get("thread_id")
        state = {"configurable": {"thread_id": thread, "checkpoint_ns": task.ns}}
        if subgraphs:
            where = own(inner, state)
            saved = yield Save("get_tuple", (where,))
            state = yield from snapshot(inner, saver, where, saved, True, True)
    return PregelTask(
        id=task.id,
        name=task.name,
        path=task.path,
        error=status.error,
        interrupts=status.open_interrupts if live else status.interrupts,
        state=state,
        result=status.result(graph.program.stream_keys),
    )


def state_of(graph: GraphDefinition, saver: Any, config: Config, subgraphs: bool) -> Asking[StateSnapshot]:
    """What ``get_state`` returns."""
    config = own(graph, config)
    saved = yield Save("get_tuple", (config,))
    live = "checkpoint_id" not in config["configurable"]
    return (yield from snapshot(graph, saver, config, saved, subgraphs, live))


def history_of(
    graph: GraphDefinition, saver: Any, config: Config, options: Mapping[str, Any]
) -> Asking[list[StateSnapshot]]:
    """What ``get_state_history`` yields, newest first."""
    saved = yield Save("list", (own(graph, config, checkpoint_ns=""),), dict(options))
    found = []
    for each in saved:
        found.append((yield from snapshot(graph, saver, each.config, each, False, False)))
    return found


def namespace_of(config: Config) -> str:
    """The subgraph that a config names, without task ids; ``""`` for the graph itself."""
    return without_ids(config["configurable"].get("checkpoint_ns") or "")
