"""Resumed runs: finished tasks do not run again, and the update of a Command is written once."""

from __future__ import annotations

from collections import Counter
from operator import add
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from lgstream import START, StateGraph
from lgstream.func import entrypoint, task
from lgstream.types import Command, interrupt

CONFIG: RunnableConfig = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[str], add]


def interrupt_ids(graph: Any) -> dict[str, str]:
    """Return the ids of the open interrupts of the thread, by value."""
    return {item.value: item.id for item in graph.get_state(CONFIG).interrupts}


def test_the_update_of_each_of_several_resumes_is_written_once() -> None:
    def ask(state: State) -> Any:
        return {"log": ["".join(interrupt(str(question)) for question in (1, 2, 3))]}

    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(checkpointer=InMemorySaver())
    result = graph.invoke({"log": []}, CONFIG)
    for answer in "123":
        result = graph.invoke(Command(resume=answer, update={"log": [f"update {answer}"]}), CONFIG)
    assert sorted(result["log"]) == ["123", "update 1", "update 2", "update 3"]


@pytest.mark.parametrize("output", [None, {}, {"log": []}])
def test_a_resumed_task_that_wrote_nothing_does_not_run_again(output: Any) -> None:
    runs: Counter[str] = Counter()

    def quiet(state: State) -> Any:
        runs["quiet"] += 1
        interrupt("quiet?")
        return output

    def loud(state: State) -> Any:
        runs["loud"] += 1
        return {"log": [interrupt("loud?")]}

    builder = StateGraph(State).add_node("quiet", quiet).add_node("loud", loud)
    graph = builder.add_edge(START, "quiet").add_edge(START, "loud").compile(checkpointer=InMemorySaver())
    graph.invoke({"log": []}, CONFIG)
    graph.invoke(Command(resume={interrupt_ids(graph)["quiet?"]: "yes"}), CONFIG)
    assert list(interrupt_ids(graph)) == ["loud?"]
    assert graph.invoke(Command(resume={interrupt_ids(graph)["loud?"]: "ok"}), CONFIG) == {"log": ["ok"]}
    assert runs == {"quiet": 2, "loud": 3}


def test_a_task_function_runs_although_an_earlier_one_was_interrupted() -> None:
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
        return [future.result() for future in calls]

    both.invoke(1, CONFIG)
    assert runs == {"first": 1, "second": 1}
    assert both.invoke(Command(resume="yes"), CONFIG) == ["yes", "second"]
    assert runs == {"first": 2, "second": 1}


def test_the_interrupt_of_a_task_function_is_streamed_once() -> None:
    @task
    def ask() -> Any:
        return interrupt("sure?")

    @entrypoint(checkpointer=InMemorySaver())
    def calls(_: Any) -> Any:
        return ask().result()

    chunks = list(calls.stream(1, CONFIG))
    assert [chunk["__interrupt__"][0].value for chunk in chunks if "__interrupt__" in chunk] == ["sure?"]
