"""Literal programs and run states for unit tests of the engine's decisions: no builder, driver, thread or saver."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lgstream._reserved import PULL, PUSH, TASKS, branch_channel
from lgstream.channels import BinaryOperatorAggregate, EphemeralValue, LastValue, Topic
from lgstream.constants import START
from lgstream.engine.callables import NodeCallable
from lgstream.engine.program import Node, Program, StateReader, Write
from lgstream.engine.run_options import RunOptions
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.types import Send

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
        "output_keys": program.stream_keys,
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
