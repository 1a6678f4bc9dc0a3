"""``RunControl``: ending a run before its next superstep."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from lgstream import sinks
from lgstream.errors import GraphDrained
from lgstream.events import RunFinished
from lgstream.graph import START, StateGraph
from lgstream.runtime import RunControl, Runtime

THREAD: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def first(state: State, runtime: Runtime) -> Any:
    assert runtime.control is not None
    runtime.control.request_drain("rollout")
    return {"log": ["first"]}


def second(state: State) -> Any:
    return {"log": ["second"]}


def graph_of(*nodes: Any, **options: Any) -> Any:
    return StateGraph(State).add_sequence(list(nodes)).add_edge(START, nodes[0].__name__).compile(**options)


@pytest.fixture(params=["sync", "async"])
def chunks_of(request: pytest.FixtureRequest) -> Any:
    async def run(graph: Any, *args: Any, **options: Any) -> tuple[list[Any], BaseException | None]:
        chunks: list[Any] = []
        try:
            if request.param == "sync":
                for chunk in graph.stream(*args, **options):
                    chunks.append(chunk)
            else:
                async for chunk in graph.astream(*args, **options):
                    chunks.append(chunk)
        except GraphDrained as error:
            return chunks, error
        return chunks, None

    return run


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
async def test_a_drained_run_ends_before_its_next_superstep_and_can_be_resumed(chunks_of: Any, durability: str) -> None:
    graph = graph_of(first, second, checkpointer=InMemorySaver())
    chunks, error = await chunks_of(graph, {"log": []}, THREAD, stream_mode="values", durability=durability)
    assert chunks[-1] == {"log": ["first"]}
    assert isinstance(error, GraphDrained)
    assert error.reason == "rollout"
    assert graph.get_state(THREAD).next == ("second",)
    assert graph.invoke(None, THREAD) == {"log": ["first", "second"]}


async def test_a_run_drained_before_it_starts_does_nothing(chunks_of: Any) -> None:
    control = RunControl()
    control.request_drain()
    chunks, error = await chunks_of(graph_of(second), {"log": []}, control=control)
    assert chunks == []
    assert str(error) == "Graph drained: shutdown"


async def test_a_drain_request_in_the_last_superstep_has_no_effect(chunks_of: Any) -> None:
    assert await chunks_of(graph_of(first), {"log": []}) == ([{"first": {"log": ["first"]}}], None)


def test_a_subgraph_drains_with_its_parent_and_both_can_be_resumed() -> None:
    inner = graph_of(first, second, checkpointer=True)
    outer = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile(checkpointer=InMemorySaver())
    with pytest.raises(GraphDrained, match="rollout"):
        outer.invoke({"log": []}, THREAD)
    assert outer.invoke(None, THREAD) == {"log": ["first", "second"]}


def test_a_drained_run_has_the_status_stopped() -> None:
    collect = sinks.Collect()
    with pytest.raises(GraphDrained):
        graph_of(first, second).invoke({"log": []}, sinks=[collect])
    assert [event.status for event in collect.events if isinstance(event, RunFinished)] == ["stopped"]
