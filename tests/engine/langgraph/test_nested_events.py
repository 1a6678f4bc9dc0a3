"""A sink is told the same of a nested graph of langgraph as of one of lgstream."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from typing_extensions import TypedDict

import lgstream.graph
from lgstream.events import Event, Message, RunStarted, TaskFinished, Values
from lgstream.sinks import Collect
from tests.differential.packages import package
from tests.reference.models import WordModel


class State(TypedDict, total=False):
    log: Annotated[list, operator.add]


def child_of(lg: Any, action: Any) -> Any:
    """Return a graph of package ``lg`` with a node that does something, and a node after it."""
    g = lg.StateGraph(State).add_node("act", action).add_node("last", lambda state: {"log": ["last"]})
    return g.add_edge("__start__", "act").add_edge("act", "last").compile(name="child")


def outer_of(child: Any, how: str = "node", **options: Any) -> Any:
    def call(state: Any) -> Any:
        return {"log": child.invoke({"log": []})["log"]}

    g = lgstream.graph.StateGraph(State).add_node("child", child if how == "node" else call)
    return g.add_edge("__start__", "child").compile(**options)


def described(event: Event) -> Any:
    """Return what must be the same of an event: its class, and its place without ids."""
    ns = tuple(part.split(":")[0] for part in event.ns)
    fields = {name: getattr(event, name, None) for name in ("node", "step", "data", "status", "cached", "result")}
    return type(event).__name__, ns, fields


async def events_of(graph: Any, is_async: bool) -> list[Event]:
    sink = Collect()
    if is_async:
        await graph.ainvoke({"log": ["in"]}, sinks=[sink])
    else:
        graph.invoke({"log": ["in"]}, sinks=[sink])
    return list(sink.events)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("how", ["node", "called"])
async def test_the_events_are_those_of_a_child_of_lgstream(how: str, is_async: bool) -> None:
    def runs(name: Any) -> Any:
        lg = package(name)

        def act(state: Any) -> Any:
            lg.get_stream_writer()("custom")
            return {"log": [WordModel(fixed_id="1").invoke("hi").content]}

        return outer_of(child_of(lg, act), how)

    theirs, ours = [
        [described(event) for event in await events_of(runs(name), is_async)] for name in ("langgraph", "lgstream")
    ]
    assert theirs == ours


def nested(events: list[Event], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind) and event.ns]


async def test_all_events_have_the_id_of_the_run() -> None:
    events = await events_of(outer_of(child_of(package("langgraph"), lambda state: {"log": [1]})), False)
    assert {event.run_id for event in events} == {events[0].run_id}


async def test_the_tasks_of_the_child_know_their_step_and_its_namespace() -> None:
    events = await events_of(outer_of(child_of(package("langgraph"), lambda state: {"log": [1]})), False)
    finished = nested(events, TaskFinished)
    assert [(event.node, event.step) for event in finished] == [("act", 1), ("last", 2)]
    (outer,) = [event for event in events if isinstance(event, TaskFinished) and not event.ns]
    assert {event.ns for event in finished} == {(f"child:{outer.task_id}",)}


async def test_the_values_of_a_child_that_has_nothing_to_do_are_told() -> None:
    lg = package("langgraph")
    child = lg.StateGraph(State).add_node("never", lambda state: {"log": ["never"]})
    child.add_conditional_edges("__start__", lambda state: "__end__", ["never", "__end__"])
    events = await events_of(outer_of(child.compile()), False)
    assert [event.data for event in nested(events, Values)] == [{"log": ["in"]}]


async def test_a_sink_receives_only_the_classes_that_it_wants() -> None:
    sink = Collect()
    sink.wants = frozenset((Values,))  # type: ignore[attr-defined]
    outer_of(child_of(package("langgraph"), lambda state: {"log": [1]})).invoke({"log": []}, sinks=[sink])
    assert [event.data for event in sink.events if event.ns] == [{"log": []}, {"log": [1]}, {"log": [1, "last"]}]


async def test_the_shape_of_the_run_contains_that_of_the_child() -> None:
    events = await events_of(outer_of(child_of(package("langgraph"), lambda state: {"log": [1]})), False)
    assert isinstance(events[0], RunStarted)
    (node,) = events[0].shape.nodes
    assert [inner.name for inner in node.graph.nodes] == ["act", "last"]


async def test_an_observed_agent_of_langchain_is_shown_with_its_nodes_and_tools() -> None:
    from langchain.agents import create_agent
    from langchain_core.messages import HumanMessage
    from langchain_core.tools import tool

    from lgstream.notebook import awatch
    from tests.support.scripted_model import ScriptedModel, call

    @tool
    def look(city: str) -> str:
        """Look the weather up."""
        return f"sunny in {city}"

    agent = create_agent(ScriptedModel(turns=[[call("look", city="Oslo")]]), [look], name="weather")
    outer = lgstream.graph.StateGraph(lgstream.graph.MessagesState).add_node("agent", agent)
    graph = outer.add_edge("__start__", "agent").compile()
    run = await awatch(graph, {"messages": [HumanMessage("weather?")]})
    text = str(run)
    assert all(name in text for name in ("agent", "model", "tools", "look", "sunny in Oslo")), text


@pytest.mark.parametrize("name", ["langgraph", "lgstream"])
@pytest.mark.parametrize("is_async", [False, True])
async def test_messages_of_a_runnable_with_the_name_of_its_node_are_told_once(name: Any, is_async: bool) -> None:
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableLambda

    lg = package(name)
    say: Any = RunnableLambda(lambda state: {"messages": [AIMessage("hi", id="1")]}).with_config(run_name="say")
    child = lg.StateGraph(lg.MessagesState).add_node("say", say).add_edge("__start__", "say").compile()
    outer = lgstream.graph.StateGraph(lgstream.graph.MessagesState).add_node("child", child)
    sink = Collect()
    graph = outer.add_edge("__start__", "child").compile()
    if is_async:
        await graph.ainvoke({"messages": []}, sinks=[sink])
    else:
        graph.invoke({"messages": []}, sinks=[sink])
    assert len(nested(sink.events, Message)) == 1
