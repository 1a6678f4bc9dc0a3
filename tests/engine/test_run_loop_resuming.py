"""How a run continues a thread: without an input, with a Command, or from a checkpoint of the past."""

from __future__ import annotations

from typing import Any

import pytest

from lgstream._reserved import INTERRUPT, NULL_TASK_ID, RESUME
from lgstream.channels.base import MISSING
from lgstream.engine.checkpoints.start_point import StartPoint
from lgstream.engine.tasks.interrupts import null_resume
from lgstream.errors import EmptyInputError, InvalidUpdateError
from lgstream.events import TaskStarted, Update, Values
from lgstream.types import Command, Interrupt, Send
from tests.support.run_states import SAVED_ID, LiteralRun, StubSaver, planned_names, pulled_task, saved_run, task_id

QUESTION = Interrupt("sure?", "0" * 32)
OTHER_QUESTION = Interrupt("really?", "1" * 32)


# Continuing a thread --------------------------------------------------------------------------------------------------


def test_none_continues_the_thread() -> None:
    run = saved_run(wants=(Values,))
    run.loop.begin(None)
    assert planned_names(run) == ["a"]
    assert run.loop.has_output
    assert [(event.step, event.data) for event in run.events] == [(1, {"log": [], "count": 1})]


@pytest.mark.parametrize(("value", "expected"), [(None, True), (Command(goto="b"), True), ({"count": 1}, False)])
def test_a_run_resumes_without_an_input_of_its_own(value: Any, expected: bool) -> None:
    assert saved_run().loop.resumes(value) is expected


def test_a_new_thread_cannot_be_resumed() -> None:
    assert not LiteralRun(saver=StubSaver()).loop.resumes(None)


def test_a_nested_run_resumes_if_its_parent_does() -> None:
    parent = saved_run().state
    parent_task = pulled_task(parent, "a")
    nested = saved_run(parent=parent_task).loop
    assert not nested.resumes({"count": 1})
    parent.is_resuming = True
    assert nested.resumes({"count": 1})


def test_a_finished_task_is_not_planned_again() -> None:
    run = saved_run((task_id("a"), "count", 7))
    run.loop.begin(None)
    assert run.loop.plan() == []
    run.loop.finish_superstep()
    assert run.state.read("count") == 7


def test_the_update_of_a_finished_task_is_emitted_as_cached() -> None:
    run = saved_run((task_id("a"), "count", 7), wants=(Update, TaskStarted))
    run.loop.begin(None)
    run.loop.plan()
    (update,) = (event for event in run.events if isinstance(event, Update))
    assert (update.data, update.cached) == ({"count": 7}, True)


def test_an_interrupted_task_is_planned_again() -> None:
    run = saved_run((task_id("a"), INTERRUPT, [QUESTION]))
    run.loop.begin(None)
    assert planned_names(run) == ["a"]


# Commands as the input ------------------------------------------------------------------------------------------------


def test_a_command_needs_something_to_do() -> None:
    with pytest.raises(EmptyInputError, match="empty Command"):
        saved_run().loop.begin(Command())


def test_an_answer_needs_a_saver() -> None:
    with pytest.raises(RuntimeError, match="without checkpointer"):
        LiteralRun().loop.begin(Command(resume="yes"))


def test_a_command_for_the_parent_cannot_be_the_input() -> None:
    with pytest.raises(InvalidUpdateError, match="no parent graph"):
        saved_run().loop.begin(Command(graph=Command.PARENT, update={"count": 1}))


def test_the_update_of_a_command_is_applied_at_once() -> None:
    run = saved_run()
    run.loop.begin(Command(update={"count": 5}))
    assert run.state.read("count") == 5
    assert planned_names(run) == ["a"]


def test_a_goto_runs_its_node_beside_those_that_were_about_to_run() -> None:
    run = saved_run()
    run.loop.begin(Command(goto="b"))
    assert planned_names(run) == ["a", "b"]


def test_a_goto_may_be_a_send() -> None:
    run = saved_run()
    run.loop.begin(Command(goto=Send("b", {"count": 9})))
    assert [(task.name, task.input) for task in run.loop.plan() or ()] == [
        ("b", {"count": 9}),
        ("a", {"log": [], "count": 1}),
    ]


def test_a_goto_without_an_answer_leaves_the_interrupted_task() -> None:
    run = saved_run((task_id("a"), INTERRUPT, [QUESTION]))
    run.loop.begin(Command(goto="b"))
    assert planned_names(run) == ["b"]


def test_a_goto_with_an_answer_runs_both_tasks() -> None:
    run = saved_run((task_id("a"), INTERRUPT, [QUESTION]))
    run.loop.begin(Command(goto="b", resume="yes"))
    assert planned_names(run) == ["a", "b"]


def test_an_answer_without_an_id_is_for_the_next_interrupt() -> None:
    run = saved_run((task_id("a"), INTERRUPT, [QUESTION]))
    run.loop.begin(Command(resume="yes"))
    assert (NULL_TASK_ID, RESUME, "yes") in run.state.checkpoints.pending_writes
    assert null_resume(run.state, consume=True) == "yes"
    assert null_resume(run.state, consume=True) is MISSING


def test_one_answer_does_not_answer_two_interrupts() -> None:
    run = saved_run(("x", INTERRUPT, [QUESTION]), ("y", INTERRUPT, [OTHER_QUESTION]))
    with pytest.raises(RuntimeError, match="Several interrupts are pending"):
        run.loop.begin(Command(resume="yes"))


def test_answers_by_id_may_answer_some_of_several_interrupts() -> None:
    run = saved_run(("x", INTERRUPT, [QUESTION]), ("y", INTERRUPT, [OTHER_QUESTION]))
    run.loop.begin(Command(resume={QUESTION.id: "yes"}))
    assert run.state.resume_map == {QUESTION.id: "yes"}


def test_a_nested_run_has_the_answers_of_its_parent() -> None:
    parent = saved_run()
    parent.loop.begin(Command(resume={QUESTION.id: "yes"}))
    nested = saved_run(parent=pulled_task(parent.state, "a"))
    assert nested.state.resume_map == {QUESTION.id: "yes"}


def test_a_command_may_be_the_first_input_of_a_thread() -> None:
    run = LiteralRun(saver=StubSaver())
    run.loop.begin(Command(update={"count": 5}))
    run.superstep()
    assert run.state.read("count") == 5


# Time travel ----------------------------------------------------------------------------------------------------------


PAST = StartPoint(is_named=True, is_past=True)


def test_a_run_from_a_past_checkpoint_is_a_branch_with_a_checkpoint_of_its_own() -> None:
    run = saved_run(start_point=PAST)
    run.loop.begin(None)
    assert run.state.checkpoints.metadata["source"] == "fork"
    assert run.state.checkpoints.checkpoint_id != SAVED_ID


def test_a_run_from_a_past_checkpoint_drops_interrupts_and_answers() -> None:
    run = saved_run((task_id("a"), INTERRUPT, [QUESTION]), (task_id("a"), RESUME, ["yes"]), start_point=PAST)
    run.loop.begin(None)
    assert run.state.checkpoints.pending_writes == []


def test_a_run_from_a_past_checkpoint_repeats_finished_tasks() -> None:
    run = saved_run((task_id("a"), "count", 7), start_point=PAST)
    run.loop.begin(None)
    assert planned_names(run) == ["a"]


def test_a_run_from_a_checkpoint_that_was_edited_repeats_finished_tasks_without_a_branch() -> None:
    run = saved_run((task_id("a"), "count", 7), source="update", start_point=StartPoint(is_named=True))
    run.loop.begin(None)
    assert planned_names(run) == ["a"]
    assert run.state.checkpoints.checkpoint_id == SAVED_ID


def test_an_answer_to_the_latest_checkpoint_by_its_id_is_not_time_travel() -> None:
    run = saved_run((task_id("a"), INTERRUPT, [QUESTION]), start_point=StartPoint(is_named=True))
    run.loop.begin(Command(resume="yes"))
    assert run.state.checkpoints.checkpoint_id == SAVED_ID
    assert run.state.replay is None


def test_nested_runs_start_before_the_checkpoint_that_was_travelled_to() -> None:
    run = saved_run(start_point=StartPoint(is_named=True))
    run.loop.begin(None)
    assert run.state.replay is not None
    assert run.state.replay.checkpoint_id == SAVED_ID
