"""What langgraph accepts is not refused, although it looks wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import langgraph.types
import pytest

from lgstream.checkpoint.memory import InMemorySaver
from lgstream.engine.tasks.retry import should_retry
from lgstream.graph import END, START
from lgstream.types import interrupt
from tests.misuse.graphs import CachePolicy, Command, RetryPolicy, StateGraph, builder

THREAD: Any = {"configurable": {"thread_id": "1"}}


def goto(target: Any) -> dict[str, Any]:
    """Run a graph in which the node ``a`` goes to this target, and ``b`` writes a key."""
    graph = StateGraph(dict).add_node("a", lambda state: Command(goto=target)).add_node("b", lambda state: {"b": 1})
    result: dict[str, Any] = graph.add_edge(START, "a").compile().invoke({})
    return result


@pytest.mark.parametrize(
    "target",
    ["b", ["b"], ("b",), {"b"}, ["b", 5, None], langgraph.types.Send("b", {}), [langgraph.types.Send("b", {})]],
    ids=repr,
)
def test_a_command_goes_to_names_and_sends_in_any_collection(target: Any) -> None:
    assert goto(target) == {"b": 1}


def test_an_answer_may_come_with_no_goto() -> None:
    graph = StateGraph(dict).add_node("a", lambda state: {"answer": interrupt("?")}).add_edge(START, "a")
    compiled = graph.compile(InMemorySaver())
    compiled.invoke({}, THREAD)
    assert compiled.invoke(Command(resume=1, goto=None), THREAD)["answer"] == 1


def test_an_empty_path_map_stands_for_none() -> None:
    assert builder().add_conditional_edges("a", lambda state: END, {}).compile().invoke({"x": 1}) == {}


def test_a_thread_id_may_be_none() -> None:
    graph = builder().compile(InMemorySaver())
    config: Any = {"configurable": {"thread_id": None}}
    graph.invoke({"x": 1}, config)
    assert len(list(graph.get_state_history(config))) == 3


def test_the_depth_of_a_drawing_may_be_any_true_value() -> None:
    graph = StateGraph(dict).add_node("inner", builder().compile()).add_edge(START, "inner").compile()
    assert graph.get_graph(xray="all").nodes.keys() == graph.get_graph(xray=True).nodes.keys()


def test_a_policy_may_retry_every_exception() -> None:
    assert should_retry(RetryPolicy(retry_on=BaseException), ValueError())


@pytest.mark.parametrize(
    "add",
    [
        lambda graph: graph.add_node("b", print, retry_policy=langgraph.types.RetryPolicy()),
        lambda graph: graph.add_node("b", print, cache_policy=langgraph.types.CachePolicy()),
        lambda graph: graph.add_node("b", print, cache_policy=CachePolicy(ttl=0.5)),
        lambda graph: graph.add_node("b", print, input_schema=dict[str, int] | None),
    ],
)
def test_policies_of_langgraph_and_types_of_every_form_are_accepted(add: Callable[[Any], Any]) -> None:
    assert "b" in add(builder()).nodes
