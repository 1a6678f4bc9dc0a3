"""Names of older programs work as in langgraph, and warn: MessageGraph, NodeInterrupt, keys of a GraphOutput."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.errors import GraphInterrupt, NodeInterrupt
from lgstream.graph import MessageGraph
from lgstream.types import GraphOutput, Interrupt
from lgstream.warnings import LgstreamDeprecationWarning

CONFIG: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict, total=False):
    n: int


def run_message_graph(package: str) -> list[Any]:
    builder = import_module(f"{package}.graph.message").MessageGraph()
    builder.add_node("search", lambda messages: AIMessage("found", id=f"found{len(messages)}"))
    builder.add_node("answer", lambda messages: [AIMessage("changed", id="1"), ("assistant", str(len(messages)))])
    builder.set_entry_point("search")
    builder.add_edge("search", "answer")
    builder.set_finish_point("answer")
    chunks = builder.compile().stream([HumanMessage("Hi.", id="1")], stream_mode="values")
    return [[(message.type, message.content) for message in messages] for messages in chunks]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_message_graph_adds_messages_to_its_state_as_in_langgraph() -> None:
    assert run_message_graph("lgstream") == run_message_graph("langgraph")


def test_a_message_graph_warns() -> None:
    with pytest.warns(LgstreamDeprecationWarning, match=r"use StateGraph\(MessagesState\)"):
        MessageGraph()


def run_node_interrupt(package: str, id: str | None) -> list[Any]:
    graph, errors = import_module(f"{package}.graph"), import_module(f"{package}.errors")

    def check(state: State) -> State:
        if state["n"] < 5:
            raise errors.NodeInterrupt("too small", id)
        return {"n": state["n"] + 1}

    compiled = graph.StateGraph(State).add_node(check).add_edge("__start__", "check").compile(InMemorySaver())
    outputs: list[Any] = [list(compiled.stream({"n": 1}, CONFIG, stream_mode=["updates", "values", "tasks"]))]
    outputs += [compiled.get_state(CONFIG).next, list(compiled.stream(None, CONFIG, stream_mode="updates"))]
    compiled.update_state(CONFIG, {"n": 7})
    outputs += [compiled.invoke(None, CONFIG), compiled.get_state(CONFIG).next]
    return outputs


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("id", [None, "my-id"])
def test_a_node_interrupt_stops_the_run_as_in_langgraph(id: str | None) -> None:
    ours, theirs = run_node_interrupt("lgstream", id), run_node_interrupt("langgraph", id)
    assert _without_task_ids(ours) == _without_task_ids(theirs)


def _without_task_ids(value: Any) -> str:
    """Return the text of chunks without the ids of tasks, which differ from thread to thread."""
    chunks, *rest = value
    for _, data in chunks:
        if "name" in data:
            data["id"] = "task"
    return repr([chunks, *rest])


def test_a_node_interrupt_is_a_graph_interrupt_and_warns() -> None:
    with pytest.warns(LgstreamDeprecationWarning, match="call interrupt"):
        error = NodeInterrupt("too small")
    assert isinstance(error, GraphInterrupt)
    assert error.args[0][0].value == "too small"


def test_an_interrupt_has_its_older_id_attribute() -> None:
    with pytest.warns(LgstreamDeprecationWarning, match="`interrupt_id` is the old name of `id`"):
        assert Interrupt("?", "1").interrupt_id == "1"


def output_with_interrupt(value: Any) -> GraphOutput[Any]:
    return GraphOutput(value, (Interrupt("?", "1"),))


@pytest.mark.parametrize("value", [{"n": 1}, SimpleNamespace(n=1)])
def test_keys_of_a_graph_output_are_those_of_its_value(value: Any) -> None:
    with pytest.warns(LgstreamDeprecationWarning, match="use its attributes value and interrupts"):
        assert output_with_interrupt(value)["n"] == 1
    with pytest.warns(LgstreamDeprecationWarning), pytest.raises(KeyError, match="other"):
        output_with_interrupt(value)["other"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("value", [{"n": 1}, SimpleNamespace(n=1)])
def test_a_graph_output_contains_the_keys_of_its_value(value: Any) -> None:
    output = output_with_interrupt(value)
    assert ("n" in output, "other" in output, "__interrupt__" in output) == (True, False, True)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_graph_output_has_its_interrupts_under_their_older_key() -> None:
    assert output_with_interrupt({})["__interrupt__"] == (Interrupt("?", "1"),)
    assert "__interrupt__" not in GraphOutput({})
