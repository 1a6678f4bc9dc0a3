"""The shapes of chunks, where the recorded cases have none like them."""

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["values", "updates", "tasks", "checkpoints", "debug"]


class Plain(TypedDict):
    log: Annotated[list, operator.add]
    n: int


@dataclass
class Data:
    log: Annotated[list, operator.add] = field(default_factory=list)
    n: int = 0


class Model(BaseModel):
    log: Annotated[list, operator.add] = []
    n: int = 0


class Narrow(BaseModel):
    n: int = 0


def counting(lg: Any, schema: Any, **options: Any) -> Any:
    g = lg.StateGraph(schema, **options)
    g.add_node("a", lambda state: {"log": ["a"]})
    g.add_node("b", lambda state: {"n": 1})
    g.add_edge(lg.START, "a")
    g.add_edge("a", "b")
    return g


@pytest.mark.parametrize("schema", [Plain, Data, Model])
def test_version_2_shows_states_of_a_class_as_instances(same: Any, schema: type) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, schema).compile(checkpointer=InMemorySaver(), interrupt_before=["b"])
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, version="v2")
        c.stream(graph, None, THREAD, stream_mode=MODES, version="v2")
        c.invoke(graph, {"log": ["in"]}, THREAD, version="v2")

    same(program)


def test_version_2_shows_values_as_the_output_schema(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, Model, output_schema=Narrow).compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, version="v2")
        c.invoke(graph, {"log": ["in"]}, THREAD, version="v2")

    same(program)


def test_a_task_tells_the_metadata_and_tags_of_the_user(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(Plain)
        g.add_node("a", lambda state: {"log": ["a"]}, metadata={"mine": 1})
        g.add_node("b", lambda state: {"log": ["b"]})
        g.add_edge(lg.START, "a")
        g.add_edge("a", "b")
        graph = g.compile()
        c.stream(graph, {"log": []}, stream_mode=["tasks", "debug"])
        c.stream(graph, {"log": []}, {"metadata": {"by": "me"}, "tags": ["t"]}, stream_mode=["tasks", "debug"])
        c.stream(graph, {"log": []}, {"configurable": {"user": "u", "thread_id": "1"}}, stream_mode="tasks")

    same(program)


def test_an_interrupt_in_version_2_is_beside_the_values(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(Model)
        g.add_node("a", lambda state: {"log": [lg.interrupt("?")]})
        g.add_edge(lg.START, "a")
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, version="v2")
        c.invoke(graph, lg.Command(resume="yes"), THREAD, version="v2")

    same(program)


@pytest.mark.parametrize("keys", ["n", ["n"], [], ["log", "n"]])
def test_output_keys_narrow_what_is_shown_and_returned(same: Any, keys: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, Plain).compile()
        c.stream(graph, {"log": ["in"]}, stream_mode=MODES, output_keys=keys)
        c.invoke(graph, {"log": ["in"]}, output_keys=keys)
        c.invoke(graph, {"log": ["in"]}, output_keys=keys, stream_mode="updates")

    same(program)


def test_a_key_written_twice_by_a_task_is_shown_with_all_its_writes(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def twice(state: Any) -> Any:
            return [lg.Command(update={"log": ["a"]}), {"log": ["b"]}, {"other": None}]

        class State(TypedDict):
            log: Annotated[list, operator.add]
            other: Annotated[Any, lambda old, new: new]

        g = lg.StateGraph(State)
        g.add_node("twice", twice)
        g.add_node("nothing", lambda state: lg.Command(update=[("other", None), ("other", 1), ("other", None)]))
        g.add_edge(lg.START, "twice")
        g.add_edge(lg.START, "nothing")
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, {**THREAD, "max_concurrency": 1}, stream_mode=MODES)
        c.history(graph, THREAD)

    same(program)
