"""Literal programs, states and runs for unit tests of the engine's decisions: no builder, driver, thread or saver."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langgraph.checkpoint.base import CheckpointTuple

from lgstream._reserved import PULL, PUSH, TASKS, branch_channel
from lgstream.channels import BinaryOperatorAggregate, EphemeralValue, LastValue, Topic
from lgstream.constants import START
from lgstream.engine.callables import NodeCallable
from lgstream.engine.program import Node, Program, StateReader, Write
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_options import RunOptions
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.events import Event
from lgstream.types import Send

SAVED_ID = "1ef663ba-28fe-6528-8002-5a559208592c"
"""The id of the checkpoint of a saved thread."""

STATE_KEYS = ("log", "count")
"""The keys of the literal state: ``log`` is a list with a reducer, ``count`` holds the last value written."""


def literal_node(
    name: str,
    *,
    action: Callable[[Any], Any] = lambda state: None,
    triggers: Sequence[str] = (),
    next_nodes: Sequence[str] = (),
    **options: Any,
) -> Node:
    """Return a node that reads and writes the whole state; its own branch channel triggers it."""
    return Node(
        name=name,
        action=NodeCallable(action, is_async=False, injected=(), is_runnable=False, name=name),
        reader=StateReader(STATE_KEYS),
        triggers=tuple(triggers) or (branch_channel(name),),
        writable_keys=frozenset(STATE_KEYS),
        static_writes=tuple((branch_channel(node), None) for node in next_nodes),
        **options,
    )


def literal_program(*nodes: Node, channels: Mapping[str, Any] | None = None) -> Program:
    """Return a program of these nodes and START, which triggers the first one."""
    start = Node(
        name=START,
        action=None,
        reader=StateReader((), single_key=START),
        triggers=(START,),
        writable_keys=frozenset(STATE_KEYS),
        static_writes=((branch_channel(nodes[0].name), None),) if nodes else (),
    )
    all_channels: dict[str, Any] = {
        "log": BinaryOperatorAggregate(list, operator.add),
        "count": LastValue(int),
        START: EphemeralValue(dict),
        TASKS: Topic(Send),
        **(channels or {}),
    }
    for node in nodes:
        for trigger in node.triggers:
            all_channels.setdefault(trigger, EphemeralValue(Any, False))
    for key, channel in all_channels.items():
        channel.key = key
    nodes_by_name = {node.name: node for node in (start, *nodes)}
    return Program("literal", nodes_by_name, all_channels, {}, STATE_KEYS, START, STATE_KEYS)


def literal_state(program: Program, *, parent: Any = None, saved: Any = None, **options: Any) -> RunState:
    """Return the data of a run of this program, before its input."""
    settings: dict[str, Any] = {
        "make_config": lambda: {"metadata": {}, "configurable": {"thread_id": "1"}},
        "make_ns": tuple,
        "emit": lambda event: None,
        "wants": frozenset(),
        "stream_keys": program.stream_keys,
        "result_keys": program.output_keys,
    }
    return RunState(program, RunOptions(**{**settings, **options}), saved, parent)


def write_channels(run: RunState, **values: Any) -> None:
    """Give channels a value in one new version, as a superstep does; ``to_a`` stands for the trigger of node ``a``."""
    run.version = (run.version or 0) + 1
    for name, value in values.items():
        key = branch_channel(name.removeprefix("to_")) if name.startswith("to_") else name
        run.channels[key].update([value])
        run.versions[key] = run.version
        if run.channels[key].volatile:
            run.available_volatile.add(key)


def pulled_task(run: RunState, name: str, *writes: Write) -> Task:
    """Return the task of a triggered node, with these writes."""
    node = run.program.nodes[name]
    task = Task(run, node, {}, (PULL, name), node.triggers)
    task.writes += writes
    return task


def sent_task(run: RunState, name: str, index: int, *writes: Write) -> Task:
    """Return the task of the Send at an index, with these writes."""
    task = Task(run, run.program.nodes[name], {}, (PUSH, index, False), (PUSH,))
    task.writes += writes
    return task


class StubSaver:
    """A saver that numbers versions by tens and saves nothing."""

    def get_next_version(self, current: int | None, channel: None) -> int:
        return (current or 0) + 10

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        raise AssertionError("the engine must leave this to a driver")

    def put_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        raise AssertionError("the engine must leave this to a driver")

    aput, aput_writes = put, put_writes


class LiteralRun:
    """A run of nodes ``a`` and ``b``, in which ``a`` is the first."""

    def __init__(self, *, wants: tuple[type, ...] = (), **options: Any) -> None:
        self.events: list[Event] = []
        program = literal_program(literal_node("a", next_nodes=["b"]), literal_node("b"))
        self.state = literal_state(program, emit=self.events.append, wants=frozenset(wants), **options)
        self.loop = RunLoop(self.state)

    def superstep(self, **writes: list[tuple[str, Any]]) -> list[str]:
        """Run a superstep in which the tasks write this; return the names of its tasks."""
        tasks = self.loop.plan()
        assert tasks is not None
        for task in tasks:
            if task.node.is_start:
                assert task.call_node()
            else:
                task.writes += [*writes.get(task.name, ()), *task.node.static_writes]
            self.loop.commit_task(task, None)
        self.loop.finish_superstep()
        return [task.name for task in tasks]


def saved_thread(*pending_writes: tuple[str, str, Any], source: Any = "loop") -> CheckpointTuple:
    """Return the checkpoint of a thread in which ``count`` is 1 and ``a`` is about to run."""
    return CheckpointTuple(
        config={"configurable": {"thread_id": "1", "checkpoint_id": SAVED_ID}},
        checkpoint={
            "v": 4,
            "ts": "2026-01-01T00:00:00+00:00",
            "id": SAVED_ID,
            "channel_values": {"count": 1, branch_channel("a"): None},
            "channel_versions": {"count": 10, branch_channel("a"): 10},
            "versions_seen": {},
            "updated_channels": [branch_channel("a")],
        },
        metadata={"source": source, "step": 1, "parents": {}},
        parent_config=None,
        pending_writes=list(pending_writes),
    )


def saved_run(*pending_writes: tuple[str, str, Any], source: str = "loop", **options: Any) -> LiteralRun:
    """Return a run of :func:`saved_thread`, with a saver."""
    return LiteralRun(saver=StubSaver(), saved=saved_thread(*pending_writes, source=source), **options)


def planned_names(run: LiteralRun) -> list[str]:
    """Plan the next superstep, and return the names of its tasks."""
    return [task.name for task in run.loop.plan() or ()]


def task_id(name: str) -> str:
    """Return the id of a node's task in the first superstep of a saved run."""
    return pulled_task(saved_run().state, name).id
