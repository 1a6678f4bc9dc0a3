"""Error handlers: nodes that take over when another one has failed for good. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lgstream._reserved import ERROR, ERROR_SOURCE, NAMESPACE_SEPARATOR, PUSH
from lgstream.engine.ids import task_id
from lgstream.engine.tasks.task import Task
from lgstream.errors import GraphBubbleUp, NodeError

if TYPE_CHECKING:
    from lgstream.engine.run_loop import Run

MARK = "node_error_handler"


def handles(task: Task, error: BaseException) -> bool:
    """Whether the task's node has an error handler, and the error is one: no question, no way up."""
    return task.node.handler is not None and isinstance(error, Exception) and not isinstance(error, GraphBubbleUp)


def taking_over(run: Run, failed: Task, error: BaseException) -> Task:
    """The task of the failed one's error handler: in the same superstep, with the same input."""
    node = run.program.nodes[failed.node.handler or ""]
    task = Task(run, node, failed.input, (*failed.path[:3], MARK, False), (PUSH,))
    task.prefix = f"{failed.ns}{NAMESPACE_SEPARATOR}"
    task.id = task_id(run.kept.made_id(), f"{task.prefix}{node.name}", run.step, node.name, PUSH, f"{MARK}{failed.id}")
    task.failure = NodeError(failed.name, error)
    return task


def taken_over(run: Run, tasks: Sequence[Task]) -> Iterator[Task]:
    """The error handlers of tasks that failed in an earlier try of the superstep: they take over once more."""
    pending = run.kept.pending
    failed = {id for id, channel, _ in pending if channel == ERROR_SOURCE}
    errors = {id: value for id, channel, value in pending if channel == ERROR and id in failed}
    for task in tasks:
        if task.id in errors and task.node.handler is not None:
            error = errors[task.id]  # savers keep errors as text
            task.writes.append((ERROR, error))
            yield taking_over(run, task, error if isinstance(error, BaseException) else Exception(error))
