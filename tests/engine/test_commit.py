"""What a run records when a task ends, and when a superstep ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lgstream._reserved import ERROR, ERROR_SOURCE, INTERRUPT, NO_WRITES, PUSH, RESUME, branch_channel
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.tasks.interrupts import validate_resume_value
from lgstream.engine.tasks.task import Task
from lgstream.errors import GraphInterrupt, ParentCommand
from lgstream.events import Event, Interrupted, TaskFinished, Update, Values
from lgstream.types import Command, Interrupt
from tests.support.run_states import (
    StubSaver,
    literal_node,
    literal_program,
    literal_state,
    pulled_task,
    write_channels,
)

QUESTION = Interrupt("sure?", "id-1")
OTHER_QUESTION = Interrupt("really?", "id-2")


class Superstep:
    """A superstep in which nodes ``a``, ``b`` and ``c`` run; ``c`` has the error handler ``handle``."""

    def __init__(self, *names: str, wants: tuple[type, ...] = (), **options: Any) -> None:
        nodes = [
            literal_node("a"),
            literal_node("b"),
            literal_node("c", error_handler="handle"),
            literal_node("handle"),
        ]
        self.events: list[Event] = []
        program = literal_program(*nodes)
        self.state = literal_state(program, emit=self.events.append, wants=frozenset(wants), **options)
        write_channels(self.state, **{f"to_{name}": None for name in names})
        self.run = RunLoop(self.state)
        self.run.tasks = [pulled_task(self.state, name) for name in names]
        self.tasks = {task.name: task for task in self.run.tasks}

    def commit(self, name: str, *writes: tuple[str, Any], error: BaseException | None = None) -> Task | None:
        self.tasks[name].writes += writes
        return self.run.commit_task(self.tasks[name], error)

    def pending(self, name: str) -> list[tuple[str, Any]]:
        """Return the pending writes of a task."""
        task_id = self.tasks[name].id
        return [
            (channel, value) for writer, channel, value in self.state.checkpoints.pending_writes if writer == task_id
        ]

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def unfit_error() -> Exception:
    """Return the error of an answer that does not fit."""
    with pytest.raises(ValueError) as caught:
        validate_resume_value("perhaps", bool)
    return caught.value


# A task has ended -----------------------------------------------------------------------------------------------------


def test_a_task_that_ended_well_has_no_error_handler_to_run() -> None:
    superstep = Superstep("c")
    assert superstep.commit("c", ("count", 1)) is None
    assert not superstep.run.has_unfinished_task


def test_the_writes_of_a_task_are_kept_for_a_resumed_run() -> None:
    superstep = Superstep("a", saver=StubSaver())
    superstep.commit("a", ("count", 1))
    assert superstep.pending("a") == [("count", 1)]


@pytest.mark.parametrize("writes", [[], [(RESUME, ["yes"])]], ids=str)
def test_a_task_that_wrote_nothing_is_kept_as_finished(writes: list[tuple[str, Any]]) -> None:
    superstep = Superstep("a", saver=StubSaver())
    superstep.commit("a", *writes)
    assert superstep.pending("a") == [*writes, (NO_WRITES, None)]


def test_the_update_of_a_task_is_emitted_before_its_end() -> None:
    superstep = Superstep("a", wants=(Update, TaskFinished))
    superstep.commit("a", ("count", 1))
    assert superstep.kinds() == ["Update", "TaskFinished"]
    assert superstep.events[0].data == {"count": 1}


def test_only_events_that_are_wanted_are_emitted() -> None:
    superstep = Superstep("a", wants=(TaskFinished,))
    superstep.commit("a", ("count", 1))
    assert superstep.kinds() == ["TaskFinished"]


# A task has failed ----------------------------------------------------------------------------------------------------


def test_an_error_fails_the_superstep() -> None:
    superstep = Superstep("a")
    error = ValueError("broken")
    assert superstep.commit("a", error=error) is None
    assert superstep.tasks["a"].error is error
    assert superstep.run.has_unfinished_task


def test_a_failed_task_emits_its_end_and_no_update() -> None:
    superstep = Superstep("a", wants=(Update, TaskFinished))
    error = ValueError("broken")
    superstep.commit("a", error=error)
    (event,) = superstep.events
    assert isinstance(event, TaskFinished)
    assert event.error is error


def test_the_error_of_a_task_is_kept_for_a_resumed_run() -> None:
    superstep = Superstep("a", saver=StubSaver())
    error = ValueError("broken")
    superstep.commit("a", error=error)
    assert superstep.pending("a") == [(ERROR, error)]


def test_an_error_that_stops_the_process_is_not_kept() -> None:
    superstep = Superstep("a", saver=StubSaver())
    superstep.commit("a", error=KeyboardInterrupt())
    assert superstep.pending("a") == []


def test_an_error_handler_runs_in_place_of_the_failed_task() -> None:
    superstep = Superstep("c")
    handler = superstep.commit("c", error=ValueError("broken"))
    assert handler is not None
    assert handler.name == "handle"
    assert superstep.run.tasks[-1] is handler


def test_a_handled_error_does_not_fail_the_superstep() -> None:
    superstep = Superstep("c")
    superstep.commit("c", error=ValueError("broken"))
    assert not superstep.run.has_unfinished_task
    assert superstep.tasks["c"].error is None


def test_a_handled_error_is_kept_together_with_the_node_it_comes_from() -> None:
    superstep = Superstep("c", saver=StubSaver())
    error = ValueError("broken")
    superstep.commit("c", error=error)
    assert superstep.pending("c") == [(ERROR, error), (ERROR_SOURCE, "c")]


def called_task(superstep: Superstep, name: str) -> Task:
    """Return a task that the function of another task calls."""
    caller = superstep.tasks["a"]
    task = Task(superstep.state, superstep.state.program.nodes[name], {}, (PUSH, caller.path, 0, True), (PUSH,))
    task.caller = caller
    return task


def test_the_error_of_a_called_task_is_for_its_caller() -> None:
    superstep = Superstep("a")
    task = called_task(superstep, "b")
    superstep.run.commit_task(task, ValueError("broken"))
    assert task.error is not None
    assert not superstep.run.has_unfinished_task


# Which errors stop the other tasks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("broken"), asyncio.CancelledError(), KeyboardInterrupt()], ids=repr)
def test_an_error_stops_the_siblings(error: BaseException) -> None:
    superstep = Superstep("a", "b")
    superstep.commit("a", error=error)
    assert superstep.tasks["a"].stops_siblings


@pytest.mark.parametrize("error", [GraphInterrupt((QUESTION,)), ParentCommand(Command(goto="x"))], ids=repr)
def test_control_flow_does_not_stop_the_siblings(error: Exception) -> None:
    superstep = Superstep("a", "b")
    superstep.commit("a", error=error)
    assert superstep.run.has_unfinished_task
    assert not superstep.tasks["a"].stops_siblings


def test_an_answer_that_does_not_fit_does_not_stop_the_siblings() -> None:
    superstep = Superstep("a", "b")
    superstep.commit("a", error=unfit_error())
    assert superstep.run.has_unfinished_task
    assert not superstep.tasks["a"].stops_siblings


def test_a_handled_error_does_not_stop_the_siblings() -> None:
    superstep = Superstep("a", "c")
    superstep.commit("c", error=ValueError("broken"))
    assert not superstep.tasks["c"].stops_siblings


# A task was interrupted -----------------------------------------------------------------------------------------------


def test_an_interrupt_fails_the_superstep_and_drops_the_writes_of_the_task() -> None:
    superstep = Superstep("a")
    superstep.commit("a", ("count", 1), error=GraphInterrupt((QUESTION,)))
    assert superstep.run.has_unfinished_task
    assert superstep.tasks["a"].writes == []


def test_an_interrupt_is_kept_with_the_last_answers_of_the_task() -> None:
    superstep = Superstep("a")
    writes = [(RESUME, ["yes"]), ("count", 1), (RESUME, ["yes", "no"])]
    superstep.commit("a", *writes, error=GraphInterrupt((QUESTION,)))
    assert superstep.pending("a") == [(INTERRUPT, [QUESTION]), (RESUME, ["yes", "no"])]


def test_an_interrupt_is_emitted_before_the_end_of_the_task() -> None:
    superstep = Superstep("a", wants=(Interrupted, TaskFinished))
    superstep.commit("a", error=GraphInterrupt((QUESTION,)))
    assert superstep.kinds() == ["Interrupted", "TaskFinished"]
    assert all(event.interrupts == (QUESTION,) for event in superstep.events)


def test_an_interrupted_run_has_output() -> None:
    superstep = Superstep("a")
    superstep.commit("a", error=GraphInterrupt((QUESTION,)))
    assert superstep.run.has_output


def test_the_interrupt_of_a_called_task_fails_the_superstep() -> None:
    superstep = Superstep("a")
    task = called_task(superstep, "b")
    superstep.run.commit_task(task, GraphInterrupt((QUESTION,)))
    assert superstep.run.has_unfinished_task
    assert superstep.run.tasks[-1] is task


def test_the_interrupt_of_a_called_task_is_emitted_by_its_caller() -> None:
    superstep = Superstep("a", wants=(Interrupted, TaskFinished))
    superstep.run.commit_task(called_task(superstep, "b"), GraphInterrupt((QUESTION,)))
    assert superstep.events == []


def test_a_command_for_the_parent_is_neither_kept_nor_emitted() -> None:
    superstep = Superstep("a", saver=StubSaver(), wants=(Update, TaskFinished))
    superstep.commit("a", error=ParentCommand(Command(goto="x")))
    assert superstep.events == []
    assert superstep.pending("a") == []


# The superstep ends ---------------------------------------------------------------------------------------------------


def test_the_writes_of_all_tasks_are_applied() -> None:
    superstep = Superstep("a", "b")
    superstep.commit("b", ("log", ["b"]))
    superstep.commit("a", ("log", ["a"]), ("count", 1))
    superstep.run.finish_superstep()
    assert superstep.state.read(("log", "count")) == {"log": ["a", "b"], "count": 1}


@pytest.mark.parametrize("saver", [None, StubSaver()])
def test_the_step_is_counted_with_and_without_a_saver(saver: Any) -> None:
    superstep = Superstep("a", saver=saver)
    step = superstep.state.step
    superstep.commit("a", ("count", 1))
    superstep.run.finish_superstep()
    assert superstep.state.step == step + 1


def test_the_pending_writes_are_dropped_after_the_superstep() -> None:
    superstep = Superstep("a", saver=StubSaver())
    superstep.commit("a", ("count", 1))
    superstep.run.finish_superstep()
    assert superstep.state.checkpoints.pending_writes == []


def test_a_checkpoint_is_made_of_every_superstep() -> None:
    superstep = Superstep("a", saver=StubSaver())
    step = superstep.state.step
    superstep.commit("a", ("count", 1))
    superstep.run.finish_superstep()
    assert superstep.state.checkpoints.metadata == {"source": "loop", "step": step, "parents": {}}


def test_the_state_is_emitted_once_after_the_superstep() -> None:
    superstep = Superstep("a", "b", wants=(Values,))
    superstep.commit("a", ("log", ["a"]))
    superstep.commit("b", ("log", ["b"]))
    assert superstep.events == []
    superstep.run.finish_superstep()
    assert [event.data for event in superstep.events] == [{"log": ["a", "b"]}]


def test_the_state_is_not_emitted_if_no_shown_key_was_written() -> None:
    superstep = Superstep("a", wants=(Values,))
    superstep.commit("a", (branch_channel("b"), None))
    superstep.run.finish_superstep()
    assert superstep.events == []
    assert not superstep.run.has_output


def test_the_output_of_a_run_is_none_until_one_of_its_keys_was_written() -> None:
    superstep = Superstep("a")
    assert superstep.run.output() is None
    superstep.commit("a", ("count", 1))
    superstep.run.finish_superstep()
    assert superstep.run.output() == {"log": [], "count": 1}


def test_the_error_of_the_superstep_is_raised_and_nothing_is_applied() -> None:
    superstep = Superstep("a", "b")
    error = ValueError("broken")
    superstep.commit("b", ("count", 1))
    superstep.commit("a", error=error)
    with pytest.raises(ValueError, match="broken") as caught:
        superstep.run.finish_superstep()
    assert caught.value is error
    assert superstep.state.read("count") is None


def test_the_error_that_came_first_is_raised() -> None:
    superstep = Superstep("a", "b")
    superstep.commit("b", error=ValueError("first"))
    superstep.commit("a", error=KeyError("second"))
    with pytest.raises(ValueError, match="first"):
        superstep.run.finish_superstep()


def test_an_error_that_stops_the_siblings_is_raised_rather_than_one_that_does_not() -> None:
    superstep = Superstep("a", "b")
    superstep.commit("a", error=unfit_error())
    superstep.commit("b", error=KeyError("broken"))
    with pytest.raises(KeyError, match="broken"):
        superstep.run.finish_superstep()


def test_errors_that_do_not_stop_the_siblings_are_raised_in_task_order() -> None:
    superstep = Superstep("a", "b")
    error = ParentCommand(Command(goto="x"))
    superstep.commit("b", error=unfit_error())
    superstep.commit("a", error=error)
    with pytest.raises(ParentCommand) as caught:
        superstep.run.finish_superstep()
    assert caught.value is error


def test_an_error_is_raised_rather_than_an_interrupt() -> None:
    superstep = Superstep("a", "b")
    superstep.commit("a", error=GraphInterrupt((QUESTION,)))
    superstep.commit("b", error=ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        superstep.run.finish_superstep()


def test_the_interrupts_of_all_tasks_are_raised_in_task_order() -> None:
    superstep = Superstep("a", "b")
    superstep.commit("b", error=GraphInterrupt((OTHER_QUESTION,)))
    superstep.commit("a", error=GraphInterrupt((QUESTION,)))
    with pytest.raises(GraphInterrupt) as caught:
        superstep.run.finish_superstep()
    assert caught.value.args[0] == (QUESTION, OTHER_QUESTION)
    assert superstep.run.status == "interrupted"


def test_an_interrupt_that_a_caller_passed_on_counts_once() -> None:
    superstep = Superstep("a")
    superstep.run.commit_task(called_task(superstep, "b"), GraphInterrupt((QUESTION,)))
    superstep.commit("a", error=GraphInterrupt((QUESTION,)))
    with pytest.raises(GraphInterrupt) as caught:
        superstep.run.finish_superstep()
    assert caught.value.args[0] == (QUESTION,)


def test_a_breakpoint_after_a_node_interrupts_once_its_writes_are_applied() -> None:
    superstep = Superstep("a", interrupt_after=["a"])
    superstep.commit("a", ("count", 1))
    with pytest.raises(GraphInterrupt) as caught:
        superstep.run.finish_superstep()
    assert caught.value.args[0] == ()
    assert (superstep.run.status, superstep.run.breakpoint) == ("interrupted", "interrupt_after")
    assert superstep.state.read("count") == 1


def test_a_breakpoint_after_another_node_does_not_interrupt() -> None:
    superstep = Superstep("a", interrupt_after=["b"])
    superstep.commit("a", ("count", 1))
    superstep.run.finish_superstep()
    assert superstep.run.status == "running"


def test_the_first_superstep_ends_the_resuming_of_nested_graphs() -> None:
    superstep = Superstep("a")
    superstep.state.is_resuming = superstep.state.is_replaying = True
    superstep.commit("a")
    superstep.run.finish_superstep()
    assert (superstep.state.is_resuming, superstep.state.is_replaying) == (False, False)
