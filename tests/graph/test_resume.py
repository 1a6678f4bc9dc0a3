"""Runs that go on after a question: what has ended is not run again, and what a Command wrote is written once."""

from __future__ import annotations

from collections import Counter
from operator import add
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from lgstream import START, StateGraph
from lgstream.func import entrypoint, task
from lgstream.types import Command, interrupt

CONFIG = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[str], add]


def ids(graph: Any) -> dict[str, str]:
    """The open questions of the thread, with their ids."""
    return {each.value: each.id for each in graph.get_state(CONFIG).interrupts}


def test_each_of_several_resumes_with_an_update_writes_it_once() -> None:
    def ask(state: State) -> Any:
        return {"log": ["".join(interrupt(str(question)) for question in (1, 2, 3))]}

    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(checkpointer=InMemorySaver())
    result = graph.invoke({"log": []}, CONFIG)
    for answer in "123":
        result = graph.invoke(Command(resume=answer, update={"log": [f"update {answer}"]}), CONFIG)
    assert sorted(result["log"]) == ["123", "update 1", "update 2", "update 3"]


@pytest.mark.parametrize("returned", [None, {}, {"log": []}])
def test_an_answered_task_that_wrote_nothing_is_not_run_again(returned: Any) -> None:
    runs: Counter[str] = Counter()

    def quiet(state: State) -> Any:
        runs["quiet"] += 1
        interrupt("quiet?")
        return returned

    def loud(state: State) -> Any:
        runs["loud"] += 1
        return {"log": [interrupt("loud?")]}

    builder = StateGraph(State).add_node("quiet", quiet).add_node("loud", loud)
    graph = builder.add_edge(START, "quiet").add_edge(START, "loud").compile(checkpointer=InMemorySaver())
    graph.invoke({"log": []}, CONFIG)
    graph.invoke(Command(resume={ids(graph)["quiet?"]: "yes"}), CONFIG)
    assert list(ids(graph)) == ["loud?"]
    assert graph.invoke(Command(resume={ids(graph)["loud?"]: "ok"}), CONFIG) == {"log": ["ok"]}
    assert runs == {"quiet": 2, "loud": 3}


def test_a_called_task_runs_although_the_one_before_it_asks() -> None:
    runs: Counter[str] = Counter()

    @task
    def first() -> Any:
        runs["first"] += 1
        return interrupt("first?")

    @task
    def second() -> Any:
        runs["second"] += 1
        return "second"

    @entrypoint(checkpointer=InMemorySaver())
    def both(_: Any) -> Any:
        calls = first(), second()
        return [each.result() for each in calls]

    both.invoke(1, CONFIG)
    assert runs == {"first": 1, "second": 1}
    assert both.invoke(Command(resume="yes"), CONFIG) == ["yes", "second"]
    assert runs == {"first": 2, "second": 1}


def test_the_question_of_a_called_task_is_asked_once() -> None:
    @task
    def asks() -> Any:
        return interrupt("sure?")

    @entrypoint(checkpointer=InMemorySaver())
    def calls(_: Any) -> Any:
        return asks().result()

    chunks = list(calls.stream(1, CONFIG))
    assert [chunk["__interrupt__"][0].value for chunk in chunks if "__interrupt__" in chunk] == ["sure?"]
