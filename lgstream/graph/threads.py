"""A thread's past and present: snapshots of its checkpoints, and updates made from outside of a run.

Sans-IO like the engine: each function is a generator that yields what to ask the saver and is sent the answer, so the
sync and the async methods of a graph share it. See :func:`ask` and :func:`aask`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import uuid4

from ..constants import END, START
from ..engine.checkpoints import Save, checkpoint_of, new_versions, without_ids
from ..engine.keys import ERROR, INPUT, INTERRUPT, NULL_TASK, RESERVED, RESUME, SEPARATOR
from ..engine.plan import next_tasks
from ..engine.run import InputWrites, Run, Setup
from ..engine.sync import carry_out
from ..engine.task import Task
from ..engine.writes import result
from ..errors import InvalidUpdateError
from ..types import Interrupt, PregelTask, StateSnapshot, StateUpdate

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

    from .compiled import CompiledGraph

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


# reading -------------------------------------------------------------------------------------------------------------


def loaded(graph: CompiledGraph, saver: Any, config: Config, saved: CheckpointTuple | None) -> Run:
    """The run that would go on from a checkpoint; it plans and applies, and emits nothing."""
    ns = config["configurable"].get("checkpoint_ns") or ""
    keys = graph.program.stream_keys
    setup = Setup(
        config=config, emit=lambda _: None, wants=frozenset(), output_keys=keys, result_keys=keys, saver=saver,
        ns=tuple(ns.split(SEPARATOR)) if ns else (), store=graph.store,
    )  # fmt: skip
    return Run(graph.program, setup, saved)


def _bare(config: Config) -> Config:
    """A config as its caller gave it: without what :func:`lgstream.config.ensure` fills in."""
    return {"configurable": config["configurable"]}


def _own_writes(pending: Sequence[tuple[str, str, Any]], task: Task) -> list[tuple[str, Any]]:
    return [(channel, value) for id, channel, value in pending if id == task.id and channel not in RESERVED]


def _with_map(config: Any, metadata: Mapping[str, Any] | None) -> Any:
    """A checkpoint's config with the ids of the checkpoints above it, which its metadata hold."""
    parents = (metadata or {}).get("parents")
    if not config or not parents:
        return config
    configurable = config["configurable"]
    ids = {**parents, configurable["checkpoint_ns"]: configurable["checkpoint_id"]}
    return {**config, "configurable": {**configurable, "checkpoint_map": ids}}


def snapshot(
    graph: CompiledGraph, saver: Any, config: Config, saved: CheckpointTuple | None, subgraphs: bool, finish: bool
) -> Asking[StateSnapshot]:
    """The state at a checkpoint. ``finish``: with the writes of tasks of the next superstep that are done already."""
    if saved is None:
        return StateSnapshot({}, (), cast("Any", _bare(config)), None, None, None, (), ())
    run = loaded(graph, saver, {**config, **saved.config}, saved)
    _apply_unowned(run)
    tasks = next_tasks(run, None)
    described = []
    for task in tasks:
        described.append((yield from _described(graph, saver, run, task, subgraphs)))
    if finish:
        done = []
        for task in tasks:
            task.writes += _own_writes(run.kept.pending, task)
            if task.writes:
                done.append(task)
        if done:
            run.apply(done)
    waiting = tuple(task.name for task in tasks if not task.writes)
    return StateSnapshot(
        values=run.values(graph.program.stream_keys),
        next=waiting,
        config=_with_map(saved.config, saved.metadata),
        metadata=saved.metadata,
        created_at=saved.checkpoint["ts"],
        parent_config=_with_map(saved.parent_config, saved.metadata),
        tasks=tuple(described),
        interrupts=tuple(each for task in described for each in task.interrupts),
    )


def _apply_unowned(run: Run) -> None:
    writes = [(channel, value) for id, channel, value in run.kept.pending if id == NULL_TASK and channel != RESUME]
    if writes:
        run.apply([InputWrites(writes)])


def _described(graph: CompiledGraph, saver: Any, run: Run, task: Task, subgraphs: bool) -> Asking[PregelTask]:
    mine = [(channel, value) for id, channel, value in run.kept.pending if id == task.id]
    interrupts = tuple(
        cast("Interrupt", each) for channel, value in mine if channel == INTERRUPT for each in value
    )
    written = _own_writes(run.kept.pending, task)
    state: Any = None
    if task.node.subgraph is not None and task.node.subgraph.checkpointer is not False:
        thread = run.config["configurable"].get("thread_id")
        where: Config = {"configurable": {"thread_id": thread, "checkpoint_ns": task.ns}}
        state = where
        if subgraphs:
            inner = yield Save("get_tuple", (where,))
            state = yield from snapshot(task.node.subgraph, saver, where, inner, True, True)
    return PregelTask(
        id=task.id,
        name=task.name,
        path=task.path,
        error=next((value for channel, value in mine if channel == ERROR), None),
        interrupts=interrupts,
        state=state,
        result=result(written, graph.program.stream_keys) if written else None,
    )


def state_of(graph: CompiledGraph, saver: Any, config: Config, subgraphs: bool) -> Asking[StateSnapshot]:
    """What ``get_state`` returns."""
    saved = yield Save("get_tuple", (config,))
    finish = "checkpoint_id" not in config["configurable"]
    return (yield from snapshot(graph, saver, config, saved, subgraphs, finish))


def history_of(
    graph: CompiledGraph, saver: Any, config: Config, options: Mapping[str, Any]
) -> Asking[list[StateSnapshot]]:
    """What ``get_state_history`` yields, newest first."""
    saved = yield Save("list", (config,), dict(options))
    found = []
    for each in saved:
        found.append((yield from snapshot(graph, saver, config, each, False, False)))
    return found


# writing -------------------------------------------------------------------------------------------------------------


def updated(
    graph: CompiledGraph, saver: Any, config: Config, supersteps: Sequence[Sequence[StateUpdate]]
) -> Asking[Any]:
    """What ``bulk_update_state`` does: one checkpoint a superstep; the config of the last one."""
    if not supersteps or not all(supersteps):
        raise ValueError("No supersteps provided: give at least one superstep, and at least one update in each.")
    for updates in supersteps:
        config = yield from _update(graph, saver, config, updates)
    return config


def _update(graph: CompiledGraph, saver: Any, config: Config, updates: Sequence[StateUpdate]) -> Asking[Config]:
    saved = yield Save("get_tuple", (config,))
    base = saved.config if saved is not None else config
    run = loaded(graph, saver, {**config, "configurable": {**config["configurable"], **base["configurable"]}}, saved)
    first = updates[0]
    if len(updates) == 1 and first.as_node in (None, END, INPUT) and (
        first.values is None or first.as_node in (END, INPUT)
    ):
        return (yield from _special(run, saved, first))
    if "checkpoint_id" not in config["configurable"]:
        _finish_tasks(run)
    tasks = [_writer(graph, run, update) for update in updates]
    return (yield from _store(run, saved, tasks, "update"))


def _special(run: Run, saved: CheckpointTuple | None, update: StateUpdate) -> Asking[Config]:
    """Updates that no node makes: nothing at all, the end of the run, or an input."""
    if update.as_node == INPUT:
        unfinished = next_tasks(run, None)
        given = InputWrites([(START, update.values)])
        return (yield from _store(run, saved, [*unfinished, given], "input", keep=True))
    if update.as_node == END:
        _finish_tasks(run)
        return (yield from _store(run, saved, next_tasks(run, None), "update", keep=True))
    return (yield from _store(run, saved, [], "update", keep=True))


def _finish_tasks(run: Run) -> None:
    """Apply what tasks of the superstep have saved already: they are done, and an update comes after them."""
    _apply_unowned(run)
    done = []
    for task in next_tasks(run, None):
        task.writes += _own_writes(run.kept.pending, task)
        if task.writes:
            done.append(task)
    if done:
        run.apply(done)


def _writer(graph: CompiledGraph, run: Run, update: StateUpdate) -> Task:
    """A task that writes the update as the node would have."""
    name = update.as_node or _last_node(graph, run)
    node = graph.program.nodes.get(name)
    if node is None:
        raise InvalidUpdateError(f"Node {name} does not exist: as_node is one of {sorted(graph.program.nodes)}.")
    task = Task(run, node, update.task_id or str(uuid4()), None, ("__pregel_pull", name), (INTERRUPT,))
    carry_out(task.write(update.values))
    return task


def _last_node(graph: CompiledGraph, run: Run) -> str:
    """The node that an update without ``as_node`` is taken for: the one that wrote last."""
    names = [name for name in graph.program.nodes if name != START]
    if len(names) == 1:
        return names[0]
    latest = sorted(
        (max(seen.values()), name) for name, seen in run.seen.items() if name in graph.program.nodes and seen
    )
    latest = [(version, name) for version, name in latest if name != START] or latest
    if not latest:
        raise InvalidUpdateError("Ambiguous update, specify as_node: no node has run on this thread yet.")
    if len(latest) > 1 and latest[-1][0] == latest[-2][0]:
        raise InvalidUpdateError(
            f"Ambiguous update, specify as_node: {latest[-1][1]} and {latest[-2][1]} ran in the same superstep."
        )
    return latest[-1][1]


def _store(
    run: Run, saved: CheckpointTuple | None, tasks: Sequence[Any], source: str, keep: bool = False
) -> Asking[Config]:
    from langgraph.checkpoint.base.id import uuid6

    if tasks:
        run.updated = run.apply(tasks)
    if not keep and saved is not None:
        for task in tasks:
            yield Save("put_writes", (saved.config, list(task.writes), task.id))
    step = (saved.metadata.get("step", -2) if saved is not None else -2) + 1
    parents = saved.metadata.get("parents", {}) if saved is not None else {}
    metadata = {"source": source, "step": step, "parents": parents}
    id = str(uuid6(clock_seq=step))
    checkpoint = checkpoint_of(run, id)
    where = run.kept.saver_config(saved.checkpoint["id"] if saved is not None else None)
    config = yield Save("put", (where, checkpoint, metadata, new_versions(run.kept.saved_versions, run.versions)))
    return cast("Config", config)


def namespace_of(config: Config) -> str:
    """The subgraph that a config names, without task ids; ``""`` for the graph itself."""
    return without_ids(config["configurable"].get("checkpoint_ns") or "")
