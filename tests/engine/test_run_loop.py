"""How a run takes its input, plans its supersteps, and ends."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lgstream.constants import START
from lgstream.engine.execution_choice import Execution, choose_execution
from lgstream.engine.tasks.task import Task
from lgstream.errors import EmptyInputError, GraphDrained, GraphInterrupt, GraphRecursionError, InvalidUpdateError
from lgstream.events import Interrupted, TaskStarted, Values
from lgstream.runtime import RunControl
from lgstream.types import Interrupt, RetryPolicy
from tests.support.run_states import (
    LiteralRun,
    StubSaver,
    literal_node,
    literal_program,
    literal_state,
    planned_names,
    pulled_task,
    saved_run,
)

QUESTION = Interrupt("sure?", "0" * 32)


# The input ------------------------------------------------------------------------------------------------------------


def test_a_new_run_begins_with_the_first_node() -> None:
    run = LiteralRun(saver=StubSaver())
    run.loop.begin({"count": 1})
    assert run.superstep() == [START]
    assert run.state.read("count") == 1
    assert planned_names(run) == ["a"]


def test_the_input_is_a_checkpoint_of_its_own() -> None:
    run = LiteralRun(saver=StubSaver())
    run.loop.begin({"count": 1})
    assert run.state.checkpoints.metadata == {"source": "input", "step": -1, "parents": {}}


def test_start_runs_inline_without_a_saver_and_breakpoints() -> None:
    run = LiteralRun()
    run.loop.begin({"count": 1})
    assert run.state.read("count") == 1
    assert planned_names(run) == ["a"]


@pytest.mark.parametrize("options", [{"saver": StubSaver()}, {"interrupt_before": ["a"]}, {"interrupt_after": "*"}])
def test_start_has_a_superstep_of_its_own_with_a_saver_or_a_breakpoint(options: dict[str, Any]) -> None:
    run = LiteralRun(**options)
    run.loop.begin({"count": 1})
    assert planned_names(run) == [START]


def test_both_ways_to_start_count_the_same_steps_and_emit_the_same_state() -> None:
    runs = [LiteralRun(wants=(Values,)), LiteralRun(wants=(Values,), interrupt_after=["none"])]
    for run in runs:
        run.loop.begin({"count": 1})
    runs[1].superstep()
    assert runs[0].state.step == runs[1].state.step == 1
    assert [event[1:4] for event in runs[0].events] == [event[1:4] for event in runs[1].events]


def test_a_new_thread_needs_an_input() -> None:
    with pytest.raises(EmptyInputError, match="Received no input"):
        LiteralRun().loop.begin(None)


def test_an_invalid_input_is_an_error() -> None:
    run = LiteralRun(saver=StubSaver())
    run.loop.begin(3)
    (task,) = run.loop.plan() or []
    assert not task.call_node()
    assert isinstance(task.call_error, InvalidUpdateError)


def test_a_new_input_skips_the_tasks_that_the_thread_has_not_run() -> None:
    run = saved_run(("task", "log", ["saved"]))
    run.loop.begin({"count": 5})
    assert planned_names(run) == [START]
    assert run.state.checkpoints.pending_writes == []


# Planning -------------------------------------------------------------------------------------------------------------


def test_a_run_without_tasks_is_done() -> None:
    run = LiteralRun()
    run.loop.begin({"count": 1})
    assert run.superstep() == ["a"]
    assert run.superstep() == ["b"]
    assert run.loop.plan() is None
    assert run.loop.status == "done"


def test_a_run_without_steps_left_stops() -> None:
    run = LiteralRun(recursion_limit=1)
    run.loop.begin({"count": 1})
    assert run.superstep() == ["a"]
    assert run.loop.plan() is None
    assert run.loop.status == "out_of_steps"


def test_the_limit_counts_the_supersteps_after_start() -> None:
    run = LiteralRun(recursion_limit=3)
    run.loop.begin({"count": 1})
    run.superstep()
    run.superstep()
    assert run.loop.plan() is None
    assert run.loop.status == "done"


def test_a_breakpoint_before_a_node_interrupts() -> None:
    run = LiteralRun(interrupt_before=["a"])
    run.loop.begin({"count": 1})
    run.superstep()
    with pytest.raises(GraphInterrupt):
        run.loop.plan()
    assert (run.loop.status, run.loop.breakpoint) == ("interrupted", "interrupt_before")


def test_a_resumed_run_passes_the_breakpoint() -> None:
    run = saved_run(interrupt_before=["a"])
    run.loop.begin(None)
    assert planned_names(run) == ["a"]


def test_a_run_that_was_asked_to_drain_starts_no_superstep() -> None:
    control = RunControl()
    run = LiteralRun(control=control)
    run.loop.begin({"count": 1})
    control.request_drain("rollout")
    with pytest.raises(GraphDrained, match="rollout"):
        run.loop.plan()


def test_a_run_that_is_done_cannot_be_drained() -> None:
    control = RunControl()
    run = LiteralRun(control=control)
    run.loop.begin({"count": 1})
    run.superstep()
    run.superstep()
    control.request_drain("rollout")
    assert run.loop.plan() is None


def test_the_tasks_of_a_superstep_are_announced_before_they_run() -> None:
    run = LiteralRun(wants=(TaskStarted,), interrupt_after=["none"])
    run.loop.begin({"count": 1})
    run.superstep()
    assert run.events == []  # START's task gives no events
    run.loop.plan()
    assert [event.node for event in run.events] == ["a"]


def test_a_new_superstep_has_not_failed() -> None:
    run = LiteralRun()
    run.loop.begin({"count": 1})
    run.loop.has_unfinished_task = True
    run.loop.plan()
    assert not run.loop.has_unfinished_task


# How the tasks run ----------------------------------------------------------------------------------------------------


def execution(*nodes: Any, **options: Any) -> Execution:
    state = literal_state(literal_program(*nodes), **options)
    return choose_execution(state, [pulled_task(state, node.name) for node in nodes])


def pure(name: str, **options: Any) -> Any:
    return literal_node(name, action=lambda state: {"count": 1}, **options)


def impure(name: str) -> Any:
    return literal_node(name, action=lambda state: time.sleep(0))


def test_tasks_that_only_compute_run_inline() -> None:
    assert execution(pure("a"), pure("b")) is Execution.INLINE


@pytest.mark.parametrize(
    "nodes",
    [
        [pure("a"), impure("b")],
        [pure("a"), pure("b", retry_policies=[RetryPolicy()])],
        [pure("a"), pure("b", error_handler="a")],
    ],
    ids=["impure", "retries", "error handler"],
)
def test_tasks_of_which_one_may_take_longer_run_at_once(nodes: list[Any]) -> None:
    assert execution(*nodes) is Execution.CONCURRENT


@pytest.mark.parametrize("options", [{"cache": object()}, {"step_timeout": 1.0}], ids=["cache", "timeout"])
def test_tasks_do_not_run_inline_if_something_takes_part_in_their_calls(options: dict[str, Any]) -> None:
    assert execution(pure("a"), pure("b"), **options) is Execution.CONCURRENT


def test_traced_tasks_do_not_run_inline() -> None:
    state = literal_state(literal_program(pure("a"), pure("b")))
    state.is_traced = True
    tasks = [pulled_task(state, name) for name in "ab"]
    assert choose_execution(state, tasks) is Execution.CONCURRENT


def test_a_lone_task_runs_alone() -> None:
    assert execution(impure("a")) is Execution.ALONE


@pytest.mark.parametrize("options", [{"streams_live": True}, {"step_timeout": 1.0}], ids=str)
def test_a_lone_task_is_watched_if_something_may_happen_while_it_runs(options: dict[str, Any]) -> None:
    assert execution(impure("a"), **options) is Execution.CONCURRENT


# Called tasks ---------------------------------------------------------------------------------------------------------


def call(run: LiteralRun, caller: Task) -> Task:
    return run.loop.add_called_task(caller, run.state.program.nodes["b"], {"count": 1})


def test_called_tasks_are_counted_by_their_caller() -> None:
    run = LiteralRun()
    caller = pulled_task(run.state, "a")
    first, second = call(run, caller), call(run, caller)
    assert (first.path[2], second.path[2]) == (0, 1)
    assert first.is_called
    assert first.id != second.id


def test_the_namespace_of_a_called_task_is_inside_that_of_its_caller() -> None:
    run = LiteralRun()
    caller = pulled_task(run.state, "a")
    assert call(run, caller).ns.startswith(f"{caller.ns}|b:")


def test_a_called_task_that_finished_before_the_run_stopped_has_its_result() -> None:
    task = call(saved_run(), pulled_task(saved_run().state, "a"))
    run = saved_run((task.id, "__return__", 7))
    assert call(run, pulled_task(run.state, "a")).writes == [("__return__", 7)]


# The end --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("broken"), "failed"),
        (GraphDrained("rollout"), "stopped"),
        (KeyboardInterrupt(), "stopped"),
        (GraphInterrupt((QUESTION,)), "interrupted"),
    ],
    ids=repr,
)
def test_the_error_that_ends_a_run_decides_its_status(error: BaseException, status: str) -> None:
    run = LiteralRun()
    run.loop.end(error)
    assert run.loop.status == status


def test_an_error_is_raised_at_the_end() -> None:
    error = ValueError("broken")
    assert LiteralRun().loop.end(error) is error


def test_a_run_that_is_done_raises_nothing() -> None:
    run = LiteralRun()
    run.loop.begin({"count": 1})
    run.superstep()
    run.superstep()
    run.loop.plan()
    assert run.loop.end(None) is None
    assert run.loop.status == "done"


def test_a_run_without_steps_left_raises() -> None:
    run = LiteralRun(recursion_limit=1)
    run.loop.begin({"count": 1})
    run.superstep()
    run.loop.plan()
    assert isinstance(run.loop.end(None), GraphRecursionError)


def test_the_interrupts_of_a_root_run_are_returned_and_not_raised() -> None:
    run = LiteralRun()
    assert run.loop.end(GraphInterrupt((QUESTION,))) is None
    assert run.loop.interrupts == (QUESTION,)


def test_the_interrupts_of_a_nested_run_are_raised_to_its_parent() -> None:
    error = GraphInterrupt((QUESTION,))
    nested = LiteralRun(parent=pulled_task(LiteralRun().state, "a"))
    assert nested.loop.end(error) is error


def test_a_breakpoint_is_emitted_as_an_interrupt_without_questions() -> None:
    run = LiteralRun(wants=(Interrupted,))
    run.loop.end(GraphInterrupt(()))
    assert [event.interrupts for event in run.events] == [()]


def test_the_writes_of_the_siblings_of_an_interrupted_task_are_emitted() -> None:
    run = LiteralRun(wants=(Values,))
    tasks = [pulled_task(run.state, "a"), pulled_task(run.state, "b", ("count", 5))]
    run.loop.tasks = tasks
    error = GraphInterrupt((QUESTION,))
    run.loop.commit_task(tasks[0], error)
    run.loop.commit_task(tasks[1], None)
    run.loop.end(error)
    assert [event.data for event in run.events] == [{"log": [], "count": 5}]


def test_the_writes_of_a_superstep_before_a_breakpoint_are_applied_once() -> None:
    run = LiteralRun(interrupt_after=["a"])
    run.loop.begin({"count": 1})
    run.superstep()
    with pytest.raises(GraphInterrupt) as caught:
        run.superstep(a=[("log", ["a"])])
    run.loop.end(caught.value)
    assert run.state.read("log") == ["a"]


def test_nothing_more_is_emitted_if_all_tasks_were_interrupted() -> None:
    run = LiteralRun(wants=(Values,))
    run.loop.tasks = [pulled_task(run.state, "a")]
    error = GraphInterrupt((QUESTION,))
    run.loop.commit_task(run.loop.tasks[0], error)
    run.loop.end(error)
    assert run.events == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, True),
        (GraphInterrupt((QUESTION,)), True),
        (GraphDrained("rollout"), True),
        (ValueError("broken"), False),
        (KeyboardInterrupt(), False),
    ],
    ids=repr,
)
def test_chunks_that_wait_at_the_end_are_yielded_unless_the_run_failed(
    error: BaseException | None, expected: bool
) -> None:
    assert LiteralRun().loop.keeps_final_chunks(error) is expected
