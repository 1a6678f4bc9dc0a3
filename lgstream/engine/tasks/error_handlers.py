"""Error handlers: nodes that run in place of a node that has failed after its retries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lgstream._reserved import ERROR, ERROR_SOURCE, NAMESPACE_SEPARATOR, PUSH
from lgstream.engine.ids import task_id
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.errors import NodeError, bubbles_up

ERROR_HANDLER_MARK = "node_error_handler"
"""The part of a task's path that marks the task as an error handler."""


def has_error_handler(task: Task, error: BaseException) -> bool:
    """Return True if the task's node has an error handler for this error; interrupts and Commands are not handled."""
    is_handled = isinstance(error, Exception) and not bubbles_up(error)
    return is_handled and task.node.error_handler is not None


def error_handler_task(run: RunState, failed_task: Task, error: BaseException) -> Task:
    """Return the task of the failed task's error handler: in the same superstep, with the same input."""
    node = run.program.nodes[failed_task.node.error_handler or ""]
    handler_task = Task(run, node, failed_task.input, (*failed_task.path[:3], ERROR_HANDLER_MARK, False), (PUSH,))
    handler_task.ns_prefix = f"{failed_task.ns}{NAMESPACE_SEPARATOR}"
    ns = f"{handler_task.ns_prefix}{node.name}"
    parts = f"{ERROR_HANDLER_MARK}{failed_task.id}"
    handler_task.id = task_id(run.checkpoints.current_id_bytes(), ns, run.step, node.name, PUSH, parts)
    handler_task.handled_error = NodeError(failed_task.name, error)
    return handler_task


def resumed_error_handlers(run: RunState, tasks: Sequence[Task]) -> Iterator[Task]:
    """Yield the error handlers of tasks that failed before the run stopped in this superstep: they run again."""
    pending_writes = run.checkpoints.pending_writes
    handled_ids = {task_id for task_id, channel, _ in pending_writes if channel == ERROR_SOURCE}
    errors = {
        task_id: value for task_id, channel, value in pending_writes if channel == ERROR and task_id in handled_ids
    }
    for task in tasks:
        if task.id in errors and task.node.error_handler is not None:
            error = errors[task.id]  # savers may store errors as text
            task.writes.append((ERROR, error))
            yield error_handler_task(run, task, error if isinstance(error, BaseException) else Exception(error))
