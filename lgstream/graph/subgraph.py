"""A graph that is a node of another, called by it: the run is its parent's in all but its state.

Who listens, the store, the limits are the parent's; the config and the namespace are made when somebody asks. A graph
that brings some of that itself is called as any is, by :class:`~lgstream.graph.invocation.Call`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream import config as configs
from lgstream._reserved import NAMESPACE_SEPARATOR
from lgstream.engine.drivers import sync
from lgstream.engine.run_loop import Run, Setup
from lgstream.engine.tasks.task import Task

if TYPE_CHECKING:
    from lgstream.graph.definition import GraphDefinition


def is_plain(graph: GraphDefinition, task: Task) -> bool:
    """Whether the graph's run in this task has nothing of its own: no config, sink, saver, and nobody who traces it."""
    run = task.run
    brings = graph.config or graph.sinks or graph.debug or (run.saver is not None and graph.checkpointer is not False)
    return not brings and not run.traced and task.life is None


def count(task: Task) -> int:
    """How many graphs the task has called before this one."""
    task.subgraphs += 1
    return task.subgraphs - 1


def namespace(graph: GraphDefinition, task: Task, nth: int) -> tuple[str, ...]:
    """Where a run in a task is: in its namespace, numbered from the task's second call on (rule 38)."""
    ns = tuple(task.ns.split(NAMESPACE_SEPARATOR))
    if graph.checkpointer is True:  # it keeps its state under a name that is the same in every run
        ns = tuple(part.split(":")[0] for part in ns if not part.isdigit())
    return (*ns, str(nth)) if nth else ns


def invoke(graph: GraphDefinition, task: Task, input: Any) -> Any:
    """Run a plain graph to its end, for its node's task; returns its output. Raises what the run raises."""
    run = Run(graph.program, _setup(graph, task), None)
    if graph.step_timeout is None and run.may_compute and graph.program.only_computes():
        sync.compute(run, input)
    else:
        for _ in sync.drive(run, input, sync.Chunked(), False, graph.step_timeout):
            pass  # its events are its parent's
    return run.output()


def _setup(graph: GraphDefinition, task: Task) -> Setup:
    run, keys, nth = task.run, graph.program.output_keys, count(task)
    above = run.setup
    return Setup(
        config=lambda: configs.child_config(task.own_config()),
        ns=lambda: namespace(graph, task, nth),
        emit=run.emit,
        wants=above.below,
        below=above.below,
        output_keys=keys,
        result_keys=keys,
        parent=task,
        limit=above.limit,
        concurrency=above.concurrency,
        store=above.store if graph.store is None else graph.store,
        cache=above.cache if graph.cache is None else graph.cache,
        context=above.context,
        durability=above.durability,
        interrupt_before=graph.interrupt_before_nodes,
        interrupt_after=graph.interrupt_after_nodes,
        names_tasks=above.names_tasks,
        straight=above.straight,
    )
