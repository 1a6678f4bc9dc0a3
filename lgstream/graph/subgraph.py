"""Graphs that run inside a task of another graph: their namespace, their options, and a fast way to run them."""

from __future__ import annotations

from typing import Any

from lgstream._reserved import NAMESPACE_SEPARATOR
from lgstream.config import child_config
from lgstream.engine.drivers import sync
from lgstream.engine.drivers.chunk_queue import ChunkQueue
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_options import RunOptions
from lgstream.engine.run_state import ParentTask, RunState
from lgstream.engine.tasks.task import Task
from lgstream.graph.compiled_base import BaseCompiledGraph


def subgraph_namespace(graph: BaseCompiledGraph, task: ParentTask, index: int) -> tuple[str, ...]:
    """Return the namespace of a run in a task; the second and later runs of a task are numbered (reference rule 38)."""
    ns = tuple(task.ns.split(NAMESPACE_SEPARATOR))
    if graph.checkpointer is True:  # it keeps its state under a name that is the same in every run
        ns = tuple(part.split(":")[0] for part in ns if not part.isdigit())
    return (*ns, str(index)) if index else ns


def subgraph_options(graph: BaseCompiledGraph, task: ParentTask, index: int) -> RunOptions:
    """Return the options of a run in a task: those of its parent, with the graph's own cache and breakpoints.

    Args:
        graph: the graph to run.
        task: the task that runs it.
        index: the number of graphs that the task has run before.
    """
    parent, keys = task.run.options, graph.program.output_keys
    return RunOptions(
        make_config=lambda: child_config(task.get_config()),
        make_ns=lambda: subgraph_namespace(graph, task, index),
        emit=task.run.emit,
        field_consumer=parent.field_consumer,
        wants=parent.subgraph_wants,
        subgraph_wants=parent.subgraph_wants,
        stream_keys=keys,
        result_keys=keys,
        recursion_limit=parent.recursion_limit,
        max_concurrency=parent.max_concurrency,
        step_timeout=graph.step_timeout,
        store=parent.store,
        cache=graph.cache,
        context=parent.context,
        durability=parent.durability,
        heartbeat=parent.heartbeat if task.heartbeat is None else task.heartbeat.beat,
        interrupt_before=graph.interrupt_before_nodes,
        interrupt_after=graph.interrupt_after_nodes,
    )


def shares_parent_run(graph: BaseCompiledGraph, task: Task) -> bool:
    """Return True if a run of the graph in this task has no config, sink, saver or tracer of its own."""
    run = task.run
    saves = run.saver is not None and graph.checkpointer is not False
    return not (graph.config or graph.sinks or graph.debug or saves or run.is_traced or task.heartbeat is not None)


def invoke_in_task(graph: BaseCompiledGraph, task: Task, value: Any) -> Any:
    """Run a graph that shares its parent's run to its end, and return its output.

    Raises:
        BaseException: the error that ended the run.
    """
    options = subgraph_options(graph, task, task.next_subgraph_index())
    run_loop = RunLoop(RunState(graph.program, options, None, task))
    if run_loop.state.can_run_inline and graph.program.is_pure():
        sync.drive_pure_graph(run_loop, value)
    else:
        for _ in sync.drive(run_loop, value, ChunkQueue()):
            pass  # the queue stays empty: the parent's subscribers receive the events
    return run_loop.output()
