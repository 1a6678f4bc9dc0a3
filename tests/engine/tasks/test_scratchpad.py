"""The scratchpad of a task, which functions and graphs of langgraph use as one of their own kind."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph._internal._scratchpad import PregelScratchpad

from lgstream._reserved import CONFIG_KEY_SCRATCHPAD, NULL_TASK_ID, RESUME
from lgstream.config import task_of
from lgstream.engine.tasks.scratchpad import TaskScratchpad, scratchpad_of
from lgstream.engine.tasks.task import Task
from lgstream.graph import START, StateGraph
from tests.support.run_states import literal_node, literal_program, literal_state, pulled_task


def task_with(*pending: tuple[str, str, Any], parent: Task | None = None) -> Task:
    run = literal_state(literal_program(literal_node("ask")), parent=parent)
    run.checkpoints.pending_writes += pending
    return pulled_task(run, "ask")


def test_it_is_an_instance_of_the_class_of_langgraph() -> None:
    assert isinstance(scratchpad_of(task_with()), PregelScratchpad)


WITHOUT_LANGGRAPH = """
import sys
from typing import TypedDict
from lgstream.graph import START, StateGraph
class State(TypedDict):
    bases: list[type]
def node(state, config):
    return {"bases": type(config["configurable"]["__pregel_scratchpad"]).__bases__}
graph = StateGraph(State).add_node("node", node).add_edge(START, "node").compile()
assert graph.invoke({"bases": []}) == {"bases": (object,)}
assert "langgraph.pregel" not in sys.modules
"""


def test_it_needs_no_langgraph() -> None:
    result = subprocess.run([sys.executable, "-c", WITHOUT_LANGGRAPH], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_the_counters_count_from_zero() -> None:
    scratchpad = scratchpad_of(task_with())
    assert [scratchpad.interrupt_counter() for _ in range(3)] == [0, 1, 2]
    assert [scratchpad.subgraph_counter(), scratchpad.subgraph_counter()] == [0, 1]
    assert [scratchpad.call_counter(), scratchpad.call_counter()] == [0, 1]


def test_the_counters_are_those_of_the_task() -> None:
    task = task_with()
    scratchpad_of(task).interrupt_counter()
    assert scratchpad_of(task).interrupt_counter() == 1


def test_steps_are_those_of_the_run() -> None:
    task = task_with()
    scratchpad = scratchpad_of(task)
    assert (scratchpad.step, scratchpad.stop) == (task.run.step, task.run.last_step)


def test_a_null_resume_is_only_taken_on_request() -> None:
    scratchpad = scratchpad_of(task_with((NULL_TASK_ID, RESUME, "yes")))
    assert [scratchpad.get_null_resume(), scratchpad.get_null_resume(True), scratchpad.get_null_resume()] == [
        "yes",
        "yes",
        None,
    ]


def test_a_null_resume_of_the_run_around_it_is_found() -> None:
    parent = task_with((NULL_TASK_ID, RESUME, "yes"))
    assert scratchpad_of(task_with(parent=parent)).get_null_resume(True) == "yes"
    assert scratchpad_of(parent).get_null_resume() is None


def test_resume_values_are_those_that_were_saved_for_the_task() -> None:
    task = task_with()
    task.run.checkpoints.pending_writes += [(task.id, RESUME, ["one"])]
    scratchpad = scratchpad_of(task)
    assert scratchpad.resume == ["one"]
    scratchpad.resume.append("two")
    assert scratchpad.resume == ["one", "two"]


class State(TypedDict):
    value: str


def test_the_task_is_found_by_its_config() -> None:
    found: list[Any] = []

    def node(state: State, config: RunnableConfig) -> None:
        found.append((task_of(config["configurable"]), config["configurable"][CONFIG_KEY_SCRATCHPAD]))

    StateGraph(State).add_node("node", node).add_edge(START, "node").compile().invoke({"value": ""})
    ((task, scratchpad),) = found
    assert isinstance(task, Task)
    assert isinstance(scratchpad, TaskScratchpad)


def test_a_config_without_a_scratchpad_has_no_task() -> None:
    assert task_of({}) is None
