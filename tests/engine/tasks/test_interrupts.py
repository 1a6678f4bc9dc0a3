"""Interrupts with a ``response_schema``: how their answers are validated."""

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
