"""Tasks that run inline: with one call in the current thread, and nothing else."""

from __future__ import annotations

from typing import Any

from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from tests.support.run_states import literal_node, literal_program, literal_state, pulled_task


def inline_task(action: Any) -> tuple[RunLoop, Task]:
    state: RunState = literal_state(literal_program(literal_node("a", action=action)))
    run = RunLoop(state)
    task = pulled_task(state, "a")
    run.tasks = [task]
    return run, task


def test_a_task_that_runs_inline_is_committed() -> None:
    run, task = inline_task(lambda state: {"count": 1})
    assert run.run_inline(task)
    run.finish_superstep()
    assert run.state.read("count") == 1


def test_a_task_that_fails_inline_has_yet_to_be_attempted() -> None:
    run, task = inline_task(lambda state: 1 // 0)
    assert not run.run_inline(task)
    assert isinstance(task.inline_error, ZeroDivisionError)
    assert task.error is None
    assert not run.has_failed
