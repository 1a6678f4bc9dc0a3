"""Objects and functions of lgstream in graphs of langgraph do what langgraph's own do."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import langgraph.errors
import langgraph.graph
import langgraph.types as theirs
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from pydantic import ValidationError

import lgstream.config
import lgstream.runtime
import lgstream.types as ours
from tests.differential.three_nodes import State
from tests.differential.three_nodes import built as built_of

CONFIG: Any = {"configurable": {"thread_id": "1"}}


built = partial(built_of, langgraph)
"""Returns the graph of langgraph."""


def outcome(first: Any, *, router: Any = None) -> Any:
    """Return the chunks of a run, the state and what the saver has, without what differs from run to run."""
    graph = built(first, router=router, checkpointer=InMemorySaver())
    chunks = list(graph.stream({"log": ["in"]}, CONFIG))
    history = [(snapshot.values, snapshot.next) for snapshot in graph.get_state_history(CONFIG)]
    return chunks, history


NODES: dict[str, Any] = {
    "a command": lambda types: types.Command(goto="second", update={"note": "n"}),
    "a command with Sends": lambda types: types.Command(goto=[types.Send("second", {"note": "s"}), "third"]),
    "a list of commands": lambda types: [types.Command(goto="second"), {"note": "n"}],
    "an overwrite": lambda types: {"log": types.Overwrite(["new"])},
}


@pytest.mark.parametrize("output", NODES.values(), ids=NODES)
def test_a_node_of_langgraph_returns_objects_of_lgstream(output: Any) -> None:
    assert outcome(lambda state: output(ours)) == outcome(lambda state: output(theirs))


def test_a_routing_function_of_langgraph_returns_Sends_of_lgstream() -> None:
    def router(types: Any) -> Any:
        return lambda state: [types.Send("second", {"note": "a"}), types.Send("third", {"note": "b"})]

    assert outcome(lambda state: {}, router=router(ours)) == outcome(lambda state: {}, router=router(theirs))


def test_a_command_of_lgstream_goes_up_to_the_parent_graph() -> None:
    def hand_over(types: Any) -> Any:
        return built(lambda state: types.Command(graph=types.Command.PARENT, goto="second", update={"note": "up"}))

    assert outcome(hand_over(ours)) == outcome(hand_over(theirs))


def test_a_command_of_lgstream_resumes_a_graph_of_langgraph() -> None:
    graph = built(lambda state: {"note": theirs.interrupt("?")}, checkpointer=InMemorySaver())
    graph.invoke({"log": []}, CONFIG)
    assert graph.invoke(ours.Command(resume="yes"), CONFIG)["note"] == "yes"


def interrupted_twice(types: Any) -> Any:
    def first(state: State) -> Any:
        return {"log": [types.interrupt("one?"), types.interrupt("two?", response_schema=int)]}

    graph = built(first, checkpointer=InMemorySaver())
    asked = [graph.invoke({"log": []}, CONFIG)["__interrupt__"]]
    asked.append(graph.invoke(theirs.Command(resume="1"), CONFIG)["__interrupt__"])
    with pytest.raises(ValidationError):
        graph.invoke(theirs.Command(resume="two"), CONFIG)
    questions = [(item.value, item.response_schema) for items in asked for item in items]
    return questions, graph.invoke(theirs.Command(resume=2), CONFIG)


def test_interrupt_of_lgstream_stops_a_graph_of_langgraph() -> None:
    assert interrupted_twice(ours) == interrupted_twice(theirs)


async def test_interrupt_of_lgstream_stops_an_async_graph_of_langgraph() -> None:
    async def first(state: State) -> Any:
        return {"note": ours.interrupt("?")}

    graph = built(first, checkpointer=InMemorySaver())
    assert [item.value for item in (await graph.ainvoke({"log": []}, CONFIG))["__interrupt__"]] == ["?"]
    assert (await graph.ainvoke(ours.Command(resume="yes"), CONFIG))["note"] == "yes"


def test_the_accessors_of_lgstream_work_in_a_node_of_langgraph() -> None:
    def first(state: State) -> Any:
        lgstream.config.get_stream_writer()("written")
        lgstream.config.get_store().put(("n",), "k", {"x": 1})
        user = lgstream.config.get_config()["configurable"]["user"]
        return {"note": f"{user} {lgstream.runtime.get_runtime().context}"}

    store = InMemoryStore()
    graph = built(first, store=store)
    chunks = list(
        graph.stream(
            {"log": []}, {"configurable": {"user": "ann"}}, context="context", stream_mode=["custom", "updates"]
        )
    )
    assert chunks == [("custom", "written"), ("updates", {"first": {"note": "ann context"}})]
    assert store.get(("n",), "k").value == {"x": 1}


async def test_a_timeout_policy_of_lgstream_applies_to_a_node_of_langgraph() -> None:
    async def first(state: State) -> Any:
        await asyncio.sleep(5)

    builder = langgraph.graph.StateGraph(State)
    timeout: Any = ours.TimeoutPolicy(run_timeout=0.01)
    builder.add_node("first", first, timeout=timeout).add_edge("__start__", "first")
    with pytest.raises(langgraph.errors.NodeTimeoutError):
        await builder.compile().ainvoke({"log": []})
