"""How a run starts, what it plans, and how it ends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from langgraph.checkpoint.base import CheckpointTuple

from lgstream._reserved import INTERRUPT, NULL_TASK_ID, RESUME, branch_channel
from lgstream.channels.base import MISSING
from lgstream.constants import START
from lgstream.engine.checkpoints.start_point import StartPoint
from lgstream.engine.run_loop import Execution, RunLoop
from lgstream.engine.tasks.interrupts import take_null_resume
from lgstream.engine.tasks.task import Task
from lgstream.errors import EmptyInputError, GraphDrained, GraphInterrupt, GraphRecursionError, InvalidUpdateError
from lgstream.events import Event, Interrupted, TaskStarted, Update, Values
from lgstream.runtime import RunControl
from lgstream.types import Command, Interrupt, RetryPolicy, Send
from tests.support.run_states import StubSaver, literal_node, literal_program, literal_state, pulled_task

SAVED_ID = "1ef663ba-28fe-6528-8002-5a559208592c"
TO_A = branch_channel("a")
QUESTION = Interrupt("sure?", "0" * 32)
OTHER_QUESTION = Interrupt("really?", "1" * 32)


class Run:
    """A run of nodes ``a`` and ``b``, in which ``a`` is the first."""

    def __init__(self, *, wants: tuple[type, ...] = (), **options: Any) -> None:
        self.events: list[Event] = []
        program = literal_program(literal_node("a", next_nodes=["b"]), literal_node("b"))
        self.state = literal_state(program, emit=self.events.append, wants=frozenset(wants), **options)
        self.loop = RunLoop(self.state)

    def superstep(self, **writes: list[tuple[str, Any]]) -> list[str]:
        """Run a superstep in which the tasks write this; return the names of its tasks."""
        tasks = self.loop.plan()
        assert tasks is not None
        for task in tasks:
            if task.node.is_start:
                assert task.run_inline()
            else:
                task.writes += [*writes.get(task.name, ()), *task.node.static_writes]
            self.loop.commit_task(task, None)
        self.loop.finish_superstep()
        return [task.name for task in tasks]


def saved_thread(*pending_writes: tuple[str, str, Any], source: Any = "loop") -> CheckpointTuple:
    """Return the checkpoint of a thread in which ``count`` is 1 and ``a`` is about to run."""
    return CheckpointTuple(
        config={"configurable": {"thread_id": "1", "checkpoint_id": SAVED_ID}},
        checkpoint={
            "v": 4,
            "ts": "2026-01-01T00:00:00+00:00",
            "id": SAVED_ID,
            "channel_values": {"count": 1, TO_A: None},
            "channel_versions": {"count": 10, TO_A: 10},
            "versions_seen": {},
            "updated_channels": [TO_A],
        },
        metadata={"source": source, "step": 1, "parents": {}},
        parent_config=None,
        pending_writes=list(pending_writes),
    )


def saved_run(*pending_writes: tuple[str, str, Any], source: str = "loop", **options: Any) -> Run:
    return Run(saver=StubSaver(), saved=saved_thread(*pending_writes, source=source), **options)


def planned_names(run: Run) -> list[str]:
    return [task.name for task in run.loop.plan() or ()]


def task_id(name: str) -> str:
    """Return the id of a node's task in the first superstep of a saved run."""
    return pulled_task(saved_run().state, name).id


# The input ------------------------------------------------------------------------------------------------------------


def test_a_new_run_begins_with_the_first_node() -> None:
    run = Run(saver=StubSaver())
    run.loop.begin({"count": 1})
    assert run.superstep() == [START]
    assert run.state.read("count") == 1
    assert planned_names(run) == ["a"]


def test_the_input_is_a_checkpoint_of_its_own() -> None:
    run = Run(saver=StubSaver())
    run.loop.begin({"count": 1})
    assert run.state.checkpoints.metadata == {"source": "input", "step": -1, "parents": {}}


def test_start_runs_inline_without_a_saver_and_breakpoints() -> None:
    run = Run()
    run.loop.begin({"count": 1})
    assert run.state.read("count") == 1
    assert planned_names(run) == ["a"]


@pytest.mark.parametrize("options", [{"saver": StubSaver()}, {"interrupt_before": ["a"]}, {"interrupt_after": "*"}])
def test_start_has_a_superstep_of_its_own_with_a_saver_or_a_breakpoint(options: dict[str, Any]) -> None:
    run = Run(**options)
    run.loop.begin({"count": 1})
    assert planned_names(run) == [START]


def test_both_ways_to_start_count_the_same_steps_and_emit_the_same_state() -> None:
    runs = [Run(wants=(Values,)), Run(wants=(Values,), interrupt_after=["none"])]
    for run in runs:
        run.loop.begin({"count": 1})
    runs[1].superstep()
    assert runs[0].state.step == runs[1].state.step == 1
    assert [event[1:] for event in runs[0].events] == [event[1:] for event in runs[1].events]


def test_a_new_thread_needs_an_input() -> None:
    with pytest.raises(EmptyInputError, match="Received no input"):
        Run().loop.begin(None)


def test_an_invalid_input_is_an_error() -> None:
    run = Run(saver=StubSaver())
    run.loop.begin(3)
    (task,) = run.loop.plan() or []
    assert not task.run_inline()
    assert isinstance(task.inline_error, InvalidUpdateError)


def test_a_new_input_skips_the_tasks_that_the_thread_has_not_run() -> None:
    run = saved_run(("task", "log", ["saved"]))
    run.loop.begin({"count": 5})
    assert planned_names(run) == [START]
    assert run.state.checkpoints.pending_writes == []


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
    assert not Run(saver=StubSaver()).loop.resumes(None)


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
        Run().loop.begin(Command(resume="yes"))


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
    assert take_null_resume(run.state) == "yes"
    assert take_null_resume(run.state) is MISSING


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
    run = Run(saver=StubSaver())
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


# Planning -------------------------------------------------------------------------------------------------------------


def test_a_run_without_tasks_is_done() -> None:
    run = Run()
    run.loop.begin({"count": 1})
    assert run.superstep() == ["a"]
    assert run.superstep() == ["b"]
    assert run.loop.plan() is None
    assert run.loop.status == "done"


def test_a_run_without_steps_left_stops() -> None:
    run = Run(recursion_limit=1)
    run.loop.begin({"count": 1})
    assert run.superstep() == ["a"]
    assert run.loop.plan() is None
    assert run.loop.status == "out_of_steps"


def test_the_limit_counts_the_supersteps_after_start() -> None:
    run = Run(recursion_limit=3)
    run.loop.begin({"count": 1})
    run.superstep()
    run.superstep()
    assert run.loop.plan() is None
    assert run.loop.status == "done"


def test_a_breakpoint_before_a_node_interrupts() -> None:
    run = Run(interrupt_before=["a"])
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
    run = Run(control=control)
    run.loop.begin({"count": 1})
    control.request_drain("rollout")
    with pytest.raises(GraphDrained, match="rollout"):
        run.loop.plan()


def test_a_run_that_is_done_cannot_be_drained() -> None:
    control = RunControl()
    run = Run(control=control)
    run.loop.begin({"count": 1})
    run.superstep()
    run.superstep()
    control.request_drain("rollout")
    assert run.loop.plan() is None


def test_the_tasks_of_a_superstep_are_announced_before_they_run() -> None:
    run = Run(wants=(TaskStarted,), interrupt_after=["none"])
    run.loop.begin({"count": 1})
    run.superstep()
    assert run.events == []  # START's task gives no events
    run.loop.plan()
    assert [event.node for event in run.events] == ["a"]


def test_a_new_superstep_has_not_failed() -> None:
    run = Run()
    run.loop.begin({"count": 1})
    run.loop.has_failed = True
    run.loop.plan()
    assert not run.loop.has_failed


# How the tasks run ----------------------------------------------------------------------------------------------------


def execution(*nodes: Any, **options: Any) -> Execution:
    state = literal_state(literal_program(*nodes), **options)
    return RunLoop(state).execution([pulled_task(state, node.name) for node in nodes])


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


@pytest.mark.parametrize("options", [{"cache": object()}, {"step_timeout": 1.0}], ids=str)
def test_tasks_do_not_run_inline_if_something_takes_part_in_their_calls(options: dict[str, Any]) -> None:
    assert execution(pure("a"), pure("b"), **options) is Execution.CONCURRENT


def test_traced_tasks_do_not_run_inline() -> None:
    state = literal_state(literal_program(pure("a"), pure("b")))
    state.is_traced = True
    tasks = [pulled_task(state, name) for name in "ab"]
    assert RunLoop(state).execution(tasks) is Execution.CONCURRENT


def test_a_lone_task_runs_alone() -> None:
    assert execution(impure("a")) is Execution.ALONE


@pytest.mark.parametrize("options", [{"streams_live": True}, {"step_timeout": 1.0}], ids=str)
def test_a_lone_task_is_watched_if_something_may_happen_while_it_runs(options: dict[str, Any]) -> None:
    assert execution(impure("a"), **options) is Execution.CONCURRENT


# Called tasks ---------------------------------------------------------------------------------------------------------


def call(run: Run, caller: Task) -> Task:
    return run.loop.add_called_task(caller, run.state.program.nodes["b"], {"count": 1})


def test_called_tasks_are_counted_by_their_caller() -> None:
    run = Run()
    caller = pulled_task(run.state, "a")
    first, second = call(run, caller), call(run, caller)
    assert (first.path[2], second.path[2]) == (0, 1)
    assert first.is_called
    assert first.id != second.id


def test_the_namespace_of_a_called_task_is_inside_that_of_its_caller() -> None:
    run = Run()
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
    run = Run()
    run.loop.end(error)
    assert run.loop.status == status


def test_an_error_is_raised_at_the_end() -> None:
    error = ValueError("broken")
    assert Run().loop.end(error) is error


def test_a_run_that_is_done_raises_nothing() -> None:
    run = Run()
    run.loop.begin({"count": 1})
    run.superstep()
    run.superstep()
    run.loop.plan()
    assert run.loop.end(None) is None
    assert run.loop.status == "done"


def test_a_run_without_steps_left_raises() -> None:
    run = Run(recursion_limit=1)
    run.loop.begin({"count": 1})
    run.superstep()
    run.loop.plan()
    assert isinstance(run.loop.end(None), GraphRecursionError)


def test_the_interrupts_of_a_root_run_are_returned_and_not_raised() -> None:
    run = Run()
    assert run.loop.end(GraphInterrupt((QUESTION,))) is None
    assert run.loop.interrupts == (QUESTION,)


def test_the_interrupts_of_a_nested_run_are_raised_to_its_parent() -> None:
    error = GraphInterrupt((QUESTION,))
    nested = Run(parent=pulled_task(Run().state, "a"))
    assert nested.loop.end(error) is error


def test_a_breakpoint_is_emitted_as_an_interrupt_without_questions() -> None:
    run = Run(wants=(Interrupted,))
    run.loop.end(GraphInterrupt(()))
    assert [event.interrupts for event in run.events] == [()]


def test_the_writes_of_the_siblings_of_an_interrupted_task_are_emitted() -> None:
    run = Run(wants=(Values,))
    tasks = [pulled_task(run.state, "a"), pulled_task(run.state, "b", ("count", 5))]
    run.loop.tasks = tasks
    error = GraphInterrupt((QUESTION,))
    run.loop.commit_task(tasks[0], error)
    run.loop.commit_task(tasks[1], None)
    run.loop.end(error)
    assert [event.data for event in run.events] == [{"log": [], "count": 5}]


def test_the_writes_of_a_superstep_before_a_breakpoint_are_applied_once() -> None:
    run = Run(interrupt_after=["a"])
    run.loop.begin({"count": 1})
    run.superstep()
    with pytest.raises(GraphInterrupt) as caught:
        run.superstep(a=[("log", ["a"])])
    run.loop.end(caught.value)
    assert run.state.read("log") == ["a"]


def test_nothing_more_is_emitted_if_all_tasks_were_interrupted() -> None:
    run = Run(wants=(Values,))
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
    assert Run().loop.keeps_final_chunks(error) is expected
