"""Exceptions of the two packages: `except` clauses with langgraph's classes, and langgraph's exceptions in tasks."""

from __future__ import annotations

import copy
import operator
import pickle
import subprocess
import sys
from typing import Annotated, Any, TypedDict

import langgraph.errors as theirs
import langgraph.graph
import langgraph.types
import pytest
from langgraph.checkpoint.memory import InMemorySaver

import lgstream.errors as ours
import lgstream.graph
from lgstream.types import Command, RetryPolicy


class State(TypedDict, total=False):
    log: Annotated[list[Any], operator.add]
    note: str


ERRORS = [
    ours.EmptyChannelError("key"),
    ours.EmptyInputError("no input"),
    ours.GraphBubbleUp(),
    ours.GraphDrained("reason"),
    ours.GraphInterrupt(()),
    ours.GraphRecursionError("too many"),
    ours.InvalidUpdateError("bad"),
    ours.NodeCancelledError("node"),
    ours.NodeTimeoutError("node", 1.0, kind="run", run_timeout=1),
    ours.ParentCommand(Command(goto="node")),
    ours.TaskNotFound("id"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_except_clause_with_the_class_of_langgraph_catches_the_exception_of_lgstream(error: Exception) -> None:
    with pytest.raises(getattr(theirs, type(error).__name__)):
        raise error


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_exception_shows_and_pickles_as_one_of_lgstream(error: Exception) -> None:
    cls = getattr(ours, type(error).__name__)
    assert (type(error).__module__, type(error).__qualname__) == ("lgstream.errors", cls.__name__)
    for restored in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert isinstance(restored, cls)
        assert (repr(restored), vars(restored)) == (repr(error), vars(error))


def test_a_subclass_of_an_exception_is_caught_as_well() -> None:
    class NoRefunds(ours.InvalidUpdateError):
        def __init__(self, amount: int) -> None:
            super().__init__(f"{amount} is not refunded")
            self.amount = amount

    with pytest.raises(theirs.InvalidUpdateError, match="3 is not refunded") as caught:
        raise NoRefunds(3)
    assert isinstance(caught.value, NoRefunds)
    assert caught.value.amount == 3


def test_exceptions_need_no_langgraph() -> None:
    program = """
import sys
sys.modules["langgraph.errors"] = sys.modules["langgraph.types"] = None
import pickle
import lgstream.errors
from lgstream.graph import StateGraph
from lgstream.types import Send

error = lgstream.errors.GraphRecursionError("too many")
assert type(error) is lgstream.errors.GraphRecursionError
assert repr(pickle.loads(pickle.dumps(error))) == repr(error)
assert Send("a", 1).__class__ is Send
graph = StateGraph(dict).add_node("a", lambda state: [1]).add_edge("__start__", "a").compile()
assert graph.invoke({"n": 1}) == [1]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def graph_of(package: Any, node: Any, **compile_options: Any) -> Any:
    builder = package.graph.StateGraph(State)
    builder.add_node("node", node, retry_policy=None)
    builder.add_node("next", lambda state: {"log": ["next"]})
    return builder.add_edge("__start__", "node").compile(**compile_options)


def test_a_run_without_end_is_caught_by_the_class_of_langgraph() -> None:
    graph = graph_of(lgstream, lambda state: Command(goto="node"))
    with pytest.raises(theirs.GraphRecursionError):
        graph.invoke({"log": []}, {"recursion_limit": 3})


def test_GraphInterrupt_of_langgraph_interrupts_the_run() -> None:
    def node(state: State) -> Any:
        raise theirs.GraphInterrupt([langgraph.types.Interrupt("why?", "id")])

    graph = graph_of(lgstream, node, checkpointer=InMemorySaver())
    (asked,) = graph.invoke({"log": []}, {"configurable": {"thread_id": "1"}})["__interrupt__"]
    assert (asked.value, asked.id) == ("why?", "id")


@pytest.mark.parametrize("is_async", [False, True])
async def test_ParentCommand_of_langgraph_reaches_the_parent_graph(is_async: bool) -> None:
    def node(state: State) -> Any:
        raise theirs.ParentCommand(langgraph.types.Command(graph="__parent__", goto="next", update={"note": "up"}))

    results = []
    for package in (langgraph, lgstream):
        graph = graph_of(package, graph_of(package, node))
        results.append(await graph.ainvoke({"log": []}) if is_async else graph.invoke({"log": []}))
    assert results[1] == results[0] == {"log": ["next"], "note": "up"}


class Stop(theirs.GraphBubbleUp):
    pass


def test_other_control_flow_of_langgraph_is_neither_retried_nor_changed() -> None:
    attempts = []

    def node(state: State) -> Any:
        attempts.append(1)
        raise Stop

    builder: Any = lgstream.graph.StateGraph(State)
    builder.add_node("node", node, retry_policy=RetryPolicy(retry_on=Exception, initial_interval=0))
    with pytest.raises(Stop):
        builder.add_edge("__start__", "node").compile().invoke({"log": []})
    assert attempts == [1]
