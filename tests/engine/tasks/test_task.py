"""Tasks that run inline: with one call in the current thread, and nothing else."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableLambda

from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.types import TimeoutPolicy
from tests.support.run_states import StubSaver, literal_node, literal_program, literal_state, pulled_task


def inline_task(action: Any) -> tuple[RunLoop, Task]:
    """Return a superstep with one task, whose node has this action."""
    state: RunState = literal_state(literal_program(literal_node("a", action=action)), saver=StubSaver())
    run = RunLoop(state)
    task = pulled_task(state, "a")
    run.tasks = [task]
    return run, task


def test_a_task_that_runs_inline_is_committed() -> None:
    run, task = inline_task(lambda state: {"count": 1})
    assert run.run_inline(task)
    assert run.state.checkpoints.pending_writes == [(task.id, "count", 1)]


def test_a_task_that_fails_inline_has_yet_to_be_attempted() -> None:
    run, task = inline_task(lambda state: 1 // 0)
    assert not run.run_inline(task)
    assert isinstance(task.call_error, ZeroDivisionError)
    assert task.error is None
    assert not run.has_unfinished_task


def test_a_task_with_a_timeout_does_not_run_inline() -> None:
    run, task = inline_task(lambda state: {"count": 1})
    task.timeout = TimeoutPolicy(run_timeout=1)
    assert not run.run_inline(task)
    assert (task.writes, task.call_error) == ([], None)


def test_a_runnable_that_a_node_returns_inline_has_yet_to_be_called() -> None:
    runnable: Any = RunnableLambda(lambda state: {"count": 1})
    run, task = inline_task(lambda state: runnable)
    assert not run.run_inline(task)
    assert task.call_output is runnable
    assert task.writes == []
