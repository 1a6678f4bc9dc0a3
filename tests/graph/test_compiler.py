"""The program that a graph spec is compiled into."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.channels import EphemeralValue, LastValueAfterFinish, NamedBarrierValue, NamedBarrierValueAfterFinish
from lgstream.graph import END, START, StateGraph
from lgstream.graph.compiler import compile_program, stream_keys
from lgstream.managed import RemainingSteps
from lgstream.types import CachePolicy, RetryPolicy


class State(TypedDict):
    log: Annotated[list[str], operator.add]
    left: RemainingSteps


class Output(TypedDict):
    log: list[str]


def node(state: State) -> dict[str, Any]:
    return {"log": ["ran"]}


def builder(*names: str, **options: Any) -> StateGraph:
    graph = StateGraph(State)
    for name in names:
        graph.add_node(name, node, **options)
    return graph


def test_every_node_has_a_channel_that_triggers_it() -> None:
    program = compile_program(builder("a", "b"), "graph")
    assert list(program.nodes) == [START, "a", "b"]
    assert program.nodes["a"].triggers == ("branch:to:a",)
    assert isinstance(program.channels["branch:to:a"], EphemeralValue)
    assert program.channels["branch:to:a"].key == "branch:to:a"


def test_a_deferred_node_is_triggered_when_no_other_node_is_left() -> None:
    program = compile_program(builder("a", defer=True), "graph")
    assert isinstance(program.channels["branch:to:a"], LastValueAfterFinish)


@pytest.mark.parametrize("defer", [False, True])
def test_an_edge_with_several_starts_becomes_a_barrier_channel(defer: bool) -> None:
    graph = builder("a", "b").add_node("c", node, defer=defer).add_edge(["a", "b"], "c")
    program = compile_program(graph, "graph")
    assert program.nodes["c"].triggers == ("branch:to:c", "join:a+b:c")
    assert isinstance(program.channels["join:a+b:c"], NamedBarrierValueAfterFinish if defer else NamedBarrierValue)


def test_edges_to_end_trigger_nothing() -> None:
    program = compile_program(builder("a", "b").add_edge("a", END).add_edge(["a", "b"], END), "graph")
    assert not any(END in key for key in program.channels)


def test_streams_show_all_keys_but_managed_values() -> None:
    graph = StateGraph(State, output_schema=Output)
    program = compile_program(graph.add_node("a", node), "graph")
    assert program.stream_keys == ("log",)
    assert program.output_keys == ("log",)
    assert list(program.managed) == ["left"]


def test_a_state_of_one_value_has_the_key_root() -> None:
    graph = StateGraph(Annotated[list[str], operator.add]).add_node("a", lambda state: ["ran"])
    assert compile_program(graph, "graph").stream_keys == "__root__"
    assert stream_keys({"__root__": EphemeralValue(str), "other": EphemeralValue(str)}) == ("__root__", "other")


def test_a_builder_compiles_into_independent_programs() -> None:
    graph = builder("a").add_edge(START, "a")
    first = compile_program(graph, "first")
    graph.add_node("b", node).add_edge("a", "b")
    assert "b" not in first.nodes
    assert "b" in compile_program(graph, "second").nodes


def test_a_node_without_policies_of_its_own_has_the_defaults() -> None:
    default, custom = RetryPolicy(max_attempts=2), RetryPolicy(max_attempts=5)
    graph = builder("a").add_node("b", node, retry_policy=custom)
    graph.set_node_defaults(retry_policy=default, cache_policy=CachePolicy(), error_handler=lambda state: None)
    nodes = graph.nodes_with_defaults()
    assert [nodes[name].retry_policy for name in ("a", "b")] == [(default,), (custom,)]
    assert nodes["a"].error_handler_node == "__default_error_handler__"
    handler = nodes["__default_error_handler__"]
    assert (handler.is_error_handler, handler.cache_policy, handler.error_handler_node) == (True, None, None)
