"""Interrupts and their answers: what a Command means for a stopped thread, and which answer belongs to which task."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, ValidationError

from lgstream._reserved import ERROR, INTERRUPT, NO_WRITES, NULL_TASK_ID, RESUME, TASKS, branch_channel
from lgstream.channels.base import MISSING
from lgstream.engine.tasks.interrupts import (
    command_writes,
    is_resume_map,
    known_resume_values,
    null_resume,
    open_interrupt_ids,
    open_interrupts_by_task,
    response_json_schema,
    validate_resume_value,
)
from lgstream.engine.tasks.task import Task
from lgstream.errors import GraphInterrupt, InvalidUpdateError, is_invalid_resume
from lgstream.graph import START, StateGraph
from lgstream.types import Command, Interrupt, Send, interrupt, interrupt_id_from_ns
from tests.support.run_states import literal_node, literal_program, literal_state, pulled_task

THREAD: Any = {"configurable": {"thread_id": "1"}}


ID = "0123456789abcdef" * 2
QUESTION = Interrupt("sure?", "id-1")
OTHER_QUESTION = Interrupt("really?", "id-2")


class Decision(BaseModel):
    approved: bool


class State(TypedDict):
    answer: Any


def interrupted_graph(schema: Any) -> Any:
    def ask(state: State) -> State:
        return {"answer": interrupt("approve?", response_schema=schema)}

    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(InMemorySaver())
    graph.invoke({"answer": None}, THREAD)
    return graph


def test_an_interrupt_shows_its_schema_as_json_schema() -> None:
    assert interrupted_graph(Decision).get_state(THREAD).interrupts[0].response_schema == Decision.model_json_schema()


def test_the_answer_is_an_instance_of_the_schema() -> None:
    assert interrupted_graph(Decision).invoke(Command(resume={"approved": True}), THREAD) == {
        "answer": Decision(approved=True)
    }


def test_an_invalid_answer_fails_the_run_and_leaves_the_interrupt_open() -> None:
    graph = interrupted_graph(Decision)
    with pytest.raises(ValidationError) as caught:
        graph.invoke(Command(resume={"approved": "perhaps"}), THREAD)
    assert is_invalid_resume(caught.value)
    assert graph.invoke(Command(resume={"approved": False}), THREAD) == {"answer": Decision(approved=False)}


def test_a_json_schema_is_shown_but_not_validated() -> None:
    schema = {"type": "object"}
    graph = interrupted_graph(schema)
    assert graph.get_state(THREAD).interrupts[0].response_schema == schema
    assert graph.invoke(Command(resume="anything"), THREAD) == {"answer": "anything"}


def test_another_validation_error_is_not_an_invalid_answer() -> None:
    with pytest.raises(ValidationError) as caught:
        Decision.model_validate({})
    assert not is_invalid_resume(caught.value)


@pytest.mark.parametrize("by_id", [True, False])
def test_an_invalid_second_answer_keeps_the_first_one(by_id: bool) -> None:
    def ask(state: State) -> State:
        return {"answer": [interrupt("name?"), interrupt("approve?", response_schema=Decision)]}

    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(InMemorySaver())
    graph.invoke({"answer": None}, THREAD)
    (question,) = graph.invoke(Command(resume="ok"), THREAD)["__interrupt__"]
    with pytest.raises(ValidationError):
        bad = {"approved": "nope"}
        graph.invoke(Command(resume={question.id: bad} if by_id else bad), THREAD)
    good = {"approved": True}
    resumed = graph.invoke(Command(resume={question.id: good} if by_id else good), THREAD)
    assert resumed == {"answer": ["ok", Decision(approved=True)]}


# Commands -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resume", "expected"),
    [
        ({ID: "yes"}, True),
        ({ID: "yes", ID[::-1]: "no"}, True),
        ({ID: "yes", "other": "no"}, False),
        ({ID.upper(): "yes"}, False),
        ({ID[1:]: "yes"}, False),
        ({"approved": True}, False),
        ({1: "yes"}, False),
        (ID, False),
        (None, False),
    ],
    ids=str,
)
def test_answers_are_given_by_id_if_all_keys_are_interrupt_ids(resume: Any, expected: bool) -> None:
    assert is_resume_map(resume) is expected


def test_the_gotos_of_a_command_come_before_its_answer_and_its_update() -> None:
    command = Command(goto="a", resume="yes", update={"count": 1})
    assert command_writes(command, False) == [(branch_channel("a"), START), (RESUME, "yes"), ("count", 1)]


def test_a_command_may_go_to_several_nodes_and_sends() -> None:
    sent = Send("b", 1)
    assert command_writes(Command(goto=["a", sent]), False) == [(branch_channel("a"), START), (TASKS, sent)]


def test_answers_by_id_are_not_written() -> None:
    assert command_writes(Command(resume={ID: "yes"}), True) == []


@pytest.mark.parametrize("answer", [False, 0, "", [], {}], ids=repr)
def test_an_empty_answer_is_an_answer(answer: Any) -> None:
    assert command_writes(Command(resume=answer), False) == [(RESUME, answer)]


def test_an_input_cannot_be_a_command_for_the_parent() -> None:
    with pytest.raises(InvalidUpdateError, match="no parent graph"):
        command_writes(Command(graph=Command.PARENT, goto="a"), False)


def test_a_command_can_only_go_to_nodes_and_sends() -> None:
    with pytest.raises(TypeError, match=r"Command\.goto"):
        command_writes(Command(goto=["a", 3]), False)


# Open interrupts ------------------------------------------------------------------------------------------------------


def test_interrupts_without_an_answer_are_open() -> None:
    pending = [("x", INTERRUPT, [QUESTION]), ("y", INTERRUPT, [OTHER_QUESTION]), ("z", "count", 1)]
    assert open_interrupts_by_task(pending) == {"x": ["id-1"], "y": ["id-2"]}


@pytest.mark.parametrize("channel", ["count", NO_WRITES])
def test_the_interrupt_of_a_finished_task_is_not_open(channel: str) -> None:
    pending = [("x", INTERRUPT, [QUESTION]), ("x", channel, None)]
    assert open_interrupts_by_task(pending) == {}


@pytest.mark.parametrize("channel", [RESUME, ERROR])
def test_the_interrupt_of_a_task_that_has_not_finished_is_open(channel: str) -> None:
    pending = [("x", INTERRUPT, [QUESTION]), ("x", channel, ["yes"])]
    assert open_interrupts_by_task(pending) == {"x": ["id-1"]}


def test_an_interrupt_that_a_calling_task_passed_on_is_one_interrupt() -> None:
    pending = [("called", INTERRUPT, [QUESTION]), ("caller", INTERRUPT, [QUESTION])]
    assert open_interrupt_ids(pending) == {"id-1"}


# Answers --------------------------------------------------------------------------------------------------------------


def test_a_task_knows_the_answers_of_its_earlier_attempts() -> None:
    pending = [("x", RESUME, ["yes", "no"]), ("y", RESUME, ["other"])]
    assert known_resume_values(pending, "x", "x:1", {}) == ["yes", "no"]


def test_an_answer_by_id_belongs_to_the_next_interrupt_of_the_task() -> None:
    pending = [("x", RESUME, ["yes"])]
    answers = {interrupt_id_from_ns("x:1", 1): "second", interrupt_id_from_ns("y:1", 1): "of another task"}
    assert known_resume_values(pending, "x", "x:1", answers) == ["yes", "second"]


def test_an_answer_by_id_to_an_earlier_interrupt_is_not_used() -> None:
    pending = [("x", RESUME, ["yes"])]
    assert known_resume_values(pending, "x", "x:1", {interrupt_id_from_ns("x:1", 0): "again"}) == ["yes"]


def test_saved_answers_are_not_changed() -> None:
    saved = ["yes"]
    known_resume_values([("x", RESUME, saved)], "x", "x:1", {interrupt_id_from_ns("x:1", 1): "second"})
    assert saved == ["yes"]


def asking_task(*pending: tuple[str, str, Any], resume_map: Any = None, parent: Any = None) -> Task:
    """Return a task in a run with these pending writes; the task id ``"own"`` stands for its own."""
    run = literal_state(literal_program(literal_node("ask")), parent=parent)
    task = pulled_task(run, "ask")
    run.checkpoints.pending_writes += [(task.id if id_ == "own" else id_, *write) for id_, *write in pending]
    run.resume_map = resume_map or {}
    return task


def test_an_answer_without_an_id_is_taken_once() -> None:
    run = asking_task(("other", RESUME, ["no"]), (NULL_TASK_ID, RESUME, "yes")).run
    assert null_resume(run, consume=True) == "yes"
    assert null_resume(run, consume=True) is MISSING
    assert run.checkpoints.pending_writes == [("other", RESUME, ["no"])]


def test_an_answer_without_an_id_may_be_given_to_the_parent_run() -> None:
    parent = asking_task((NULL_TASK_ID, RESUME, "yes"))
    nested = asking_task(parent=parent).run
    assert null_resume(nested, consume=True) == "yes"
    assert null_resume(parent.run, consume=True) is MISSING


def test_none_is_an_answer() -> None:
    assert null_resume(asking_task((NULL_TASK_ID, RESUME, None)).run, consume=True) is None


def test_an_interrupt_without_an_answer_is_raised() -> None:
    task = asking_task()
    with pytest.raises(GraphInterrupt) as caught:
        task.interrupt("sure?", None)
    assert caught.value.args[0] == (Interrupt("sure?", interrupt_id_from_ns(task.ns, 0)),)


def test_interrupts_receive_the_answers_in_their_order() -> None:
    task = asking_task(("own", RESUME, ["first", "second"]))
    assert [task.interrupt(question, None) for question in "ab"] == ["first", "second"]


def test_the_next_interrupt_takes_the_answer_without_an_id() -> None:
    task = asking_task(("own", RESUME, ["first"]), (NULL_TASK_ID, RESUME, "second"))
    assert [task.interrupt(question, None) for question in "ab"] == ["first", "second"]
    with pytest.raises(GraphInterrupt) as caught:
        task.interrupt("c", None)
    assert caught.value.args[0][0].id == interrupt_id_from_ns(task.ns, 2)


def test_the_answers_used_so_far_are_written() -> None:
    task = asking_task(("own", RESUME, ["first", "second"]))
    task.interrupt("a", None)
    task.interrupt("b", None)
    assert task.writes == [(RESUME, ["first"]), (RESUME, ["first", "second"])]


def test_an_answer_that_does_not_fit_is_not_written() -> None:
    task = asking_task((NULL_TASK_ID, RESUME, {"approved": "perhaps"}))
    with pytest.raises(ValidationError):
        task.interrupt("approve?", Decision)
    assert task.writes == []


# Schemas of answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [None, {"type": "object"}], ids=str)
def test_without_a_type_an_answer_is_taken_as_it_is(schema: Any) -> None:
    assert validate_resume_value({"any": "thing"}, schema) == {"any": "thing"}
    assert response_json_schema(schema) == schema


def test_an_answer_becomes_an_instance_of_its_type() -> None:
    assert validate_resume_value({"approved": True}, Decision) == Decision(approved=True)
    assert validate_resume_value("3", int) == 3


def test_the_error_of_an_answer_that_does_not_fit_is_recognised() -> None:
    with pytest.raises(ValidationError) as caught:
        validate_resume_value("three", int)
    assert is_invalid_resume(caught.value)


def test_a_type_is_shown_as_its_json_schema() -> None:
    assert response_json_schema(int) == {"type": "integer"}
