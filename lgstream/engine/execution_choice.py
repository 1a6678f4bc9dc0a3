"""The choice of how the tasks of a superstep are executed: inline, alone, or concurrently."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task


class Execution(Enum):
    """How a driver runs the tasks of a superstep."""

    INLINE = "inline"
    """One after the other, in the consumer's thread: they only compute."""
    ALONE = "alone"
    """The only task, in the consumer's thread or asyncio task: its chunks can wait until it has ended."""
    CONCURRENT = "concurrent"
    """All at once, in threads or asyncio tasks, while their chunks are yielded."""


def choose_execution(run: RunState, tasks: Sequence[Task]) -> Execution:
    """Return how a driver has to run the tasks of a superstep.

    Tasks run inline if all of them are pure and neither a tracer nor a cache, a retry policy or a timeout takes part.
    """
    is_single = len(tasks) == 1
    if run.allows_inline and not run.is_traced:  # as in run.can_run_inline, without the call
        if is_single:
            node = tasks[0].node
            is_pure = node.is_pure() if node.pure is None else node.pure
        else:
            is_pure = all(task.node.is_pure() for task in tasks)
        if is_pure:
            return Execution.INLINE
    options = run.options
    if is_single and not options.streams_live and options.step_timeout is None:
        return Execution.ALONE
    return Execution.CONCURRENT
