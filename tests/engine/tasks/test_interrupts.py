"""Answers to interrupts that say what an answer looks like."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, ValidationError

from lgstream.errors import is_invalid_resume
from lgstream.graph import START, StateGraph
from lgstream.types import Command, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}


class Decision(BaseModel):
    approved: bool


class State(TypedDict):
    answer: Any


def asking(schema: Any) -> Any:
    def asks(state: State) -> State:
        return {"answer": interrupt("approve?", response_schema=schema)}

    graph = StateGraph(State).add_node("asks", asks).add_edge(START, "asks").compile(InMemorySaver())
    graph.invoke({"answer": None}, THREAD)
    return graph


def test_the_question_shows_the_schema_as_json_schema() -> None:
    assert asking(Decision).get_state(THREAD).interrupts[0].response_schema == Decision.model_json_schema()


def test_the_answer_comes_as_an_instance_of_the_schema() -> None:
    assert asking(Decision).invoke(Command(resume={"approved": True}), THREAD) == {"answer": Decision(approved=True)}


def test_an_answer_that_does_not_fit_fails_the_run_and_leaves_the_question_open() -> None:
    graph = asking(Decision)
    with pytest.raises(ValidationError) as caught:
        graph.invoke(Command(resume={"approved": "perhaps"}), THREAD)
    assert is_invalid_resume(caught.value)
    assert graph.invoke(Command(resume={"approved": False}), THREAD) == {"answer": Decision(approved=False)}


def test_a_json_schema_is_shown_and_not_checked() -> None:
    schema = {"type": "object"}
    graph = asking(schema)
    assert graph.get_state(THREAD).interrupts[0].response_schema == schema
    assert graph.invoke(Command(resume="anything"), THREAD) == {"answer": "anything"}


def test_another_validation_error_is_no_invalid_answer() -> None:
    with pytest.raises(ValidationError) as caught:
        Decision.model_validate({})
    assert not is_invalid_resume(caught.value)


@pytest.mark.parametrize("by_id", [True, False])
def test_a_second_answer_that_does_not_fit_leaves_the_first_one_given(by_id: bool) -> None:
    def asks(state: State) -> State:
        return {"answer": [interrupt("name?"), interrupt("approve?", response_schema=Decision)]}

    graph = StateGraph(State).add_node("asks", asks).add_edge(START, "asks").compile(InMemorySaver())
    graph.invoke({"answer": None}, THREAD)
    (question,) = graph.invoke(Command(resume="ok"), THREAD)["__interrupt__"]
    with pytest.raises(ValidationError):
        bad = {"approved": "nope"}
        graph.invoke(Command(resume={question.id: bad} if by_id else bad), THREAD)
    good = {"approved": True}
    resumed = graph.invoke(Command(resume={question.id: good} if by_id else good), THREAD)
    assert resumed == {"answer": ["ok", Decision(approved=True)]}
