"""Graphs of langgraph in graphs of lgstream: the outer stream is that of an outer graph of langgraph."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from tests.differential.nested_graphs import (
    HOWS,
    MODES,
    THREAD,
    Plain,
    outer_of,
    talking_graph,
    theirs,
)
from tests.differential.packages import package
from tests.reference.models import WordModel


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("modes", [*MODES, MODES], ids=str)
def test_every_mode(same: Any, modes: Any, how: str, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, talking_graph(), how)
        c.stream(graph, {"log": ["in"]}, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("how", HOWS)
def test_version_2(same: Any, how: str, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, talking_graph(), how)
        c.stream(graph, {"log": ["in"]}, stream_mode=MODES, subgraphs=subgraphs, version="v2")

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("modes", ["messages", "updates", MODES], ids=str)
def test_messages_in_the_state(same: Any, modes: Any, how: str, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        def say(state: Any) -> Any:
            return {"messages": [WordModel(fixed_id="1").invoke("hi"), AIMessage("written", id="2")]}

        def command(state: Any) -> Any:
            return theirs.Command(update={"messages": [AIMessage("of a command", id="3")]})

        g = theirs.StateGraph(theirs.MessagesState).add_node("say", say).add_node("command", command)
        child = g.add_edge("__start__", "say").add_edge("say", "command").compile()
        outer = lg.StateGraph(lg.MessagesState)
        outer.add_node("child", child if how == "node" else lambda state: child.invoke(state))
        outer.add_edge("__start__", "child")
        value = {"messages": [HumanMessage("hello", id="0")]}
        c.stream(
            outer.compile(), value, {"metadata": {"user": "u"}, "tags": ["t"]}, stream_mode=modes, subgraphs=subgraphs
        )

    same(program)


@pytest.mark.parametrize("how", HOWS)
def test_handing_over_to_the_graph_around_it(same: Any, how: str) -> None:
    def program(c: Any, lg: Any) -> None:
        def hand_over(state: Any) -> Any:
            return theirs.Command(graph="__parent__", goto="other", update={"log": ["handed over"]})

        inner = theirs.StateGraph(Plain).add_node("hand_over", hand_over).add_edge("__start__", "hand_over").compile()
        middle = theirs.StateGraph(Plain).add_node("inner", inner).add_edge("__start__", "inner")
        child = inner if how == "node" else middle.add_node("other", lambda state: {"log": ["middle"]}).compile()
        g = lg.StateGraph(Plain).add_node("child", child).add_node("other", lambda state: {"log": ["other"]})
        g.add_edge("__start__", "child")
        c.stream(g.compile(), {"log": ["in"]}, stream_mode=["updates", "values", "tasks"], subgraphs=True)

    same(program)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("retries", [False, True])
def test_errors_of_the_child(same: Any, how: str, retries: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        calls = []

        def fail(state: Any) -> Any:
            calls.append(1)
            if len(calls) < 2 or not retries:
                raise ConnectionError("no")
            return {"log": ["worked"]}

        g = theirs.StateGraph(Plain).add_node("first", lambda state: {"log": ["first"]}).add_node("fail", fail)
        child = g.add_edge("__start__", "first").add_edge("first", "fail").compile()
        outer = lg.StateGraph(Plain)
        policy = lg.RetryPolicy(initial_interval=0.01) if retries else None
        outer.add_node("child", child if how == "node" else lambda s: child.invoke(s), retry_policy=policy)
        outer.add_edge("__start__", "child")
        for saver in (None, InMemorySaver()):
            calls.clear()
            graph = outer.compile(checkpointer=saver)
            c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=["updates", "tasks"], subgraphs=True)

    same(program)


@pytest.mark.parametrize("how", HOWS)
def test_context_store_and_remaining_steps(same: Any, how: str) -> None:
    def program(c: Any, lg: Any) -> None:
        class Steps(Plain):
            remaining: theirs.RemainingSteps  # type: ignore[name-defined]  # of a module chosen at run time

        def look(state: Any, runtime: theirs.Runtime) -> Any:  # type: ignore[name-defined]  # of a module chosen at run time
            runtime.store.put(("n",), "k", {"x": 1})
            same_runtime = theirs.get_runtime()
            return {"log": [runtime.context, same_runtime.context, state["remaining"], str(runtime.previous)]}

        child = theirs.StateGraph(Steps).add_node("look", look).add_edge("__start__", "look").compile()
        g = lg.StateGraph(Plain, context_schema=dict)
        g.add_node("child", child if how == "node" else lambda s: {"log": child.invoke({"log": []})["log"]})
        g.add_edge("__start__", "child")
        store = InMemoryStore()
        c.stream(g.compile(store=store), {"log": []}, {"recursion_limit": 7}, context={"user": "u"})
        assert store.get(("n",), "k").value == {"x": 1}

    same(program)


@pytest.mark.parametrize("modes", ["updates", "custom", "tasks", MODES], ids=str)
def test_entrypoints_and_tasks(same: Any, modes: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @theirs.task
        def add(value: int) -> int:
            theirs.get_stream_writer()(f"adding {value}")
            return value + 1

        @theirs.entrypoint()
        def flow(value: int) -> int:
            theirs.get_stream_writer()("flowing")
            return add(value).result() + add(value).result()

        g = lg.StateGraph(Plain).add_node("child", lambda state: {"log": [flow.invoke(1)]})
        graph = g.add_edge("__start__", "child").compile()
        c.stream(graph, {"log": []}, stream_mode=modes, subgraphs=True)

    same(program)


@pytest.mark.parametrize("modes", ["updates", "custom", "tasks"], ids=str)
def test_tasks_called_in_a_node(same: Any, modes: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @theirs.task
        def add(value: int) -> int:
            theirs.get_stream_writer()(f"adding {value}")
            return value + 1

        g = lg.StateGraph(Plain).add_node("node", lambda state: {"log": [add(1).result()]})
        graph = g.add_edge("__start__", "node").compile()
        c.stream(graph, {"log": []}, stream_mode=modes, subgraphs=True)

    same(program)


@pytest.mark.parametrize("modes", ["updates", "custom", "values", MODES], ids=str)
def test_children_in_parallel_and_twice_in_a_node(same: Any, modes: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        child = talking_graph()

        def twice(state: Any) -> Any:
            return {"log": [*child.invoke({"log": []})["log"], *child.invoke({"log": []})["log"]]}

        g = lg.StateGraph(Plain).add_node("twice", twice)
        c.stream(g.add_edge("__start__", "twice").compile(), {"log": []}, stream_mode=modes, subgraphs=True)

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("modes", ["messages", "custom", ["updates", "values", "custom", "messages"]], ids=str)
@pytest.mark.parametrize("config", [None, {"configurable": {"thread_id": "child"}}, {"tags": ["t"]}], ids=str)
def test_a_child_streamed_in_a_node(same: Any, config: Any, modes: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        child = talking_graph()
        calls = [lambda *args: child.invoke(*args)]
        calls += [lambda *args: list(child.stream(*args, stream_mode="custom"))]
        calls += [lambda *args: list(child.stream(*args, stream_mode=["custom", "messages"], subgraphs=True))]
        for run in calls:

            def caller(state: Any, run: Any = run) -> Any:
                run({"log": []}, config)
                return {"log": ["called"]}

            graph = lg.StateGraph(Plain).add_node("caller", caller).add_edge("__start__", "caller").compile()
            c.stream(graph, {"log": []}, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("how", HOWS)
def test_the_drawing(how: str) -> None:
    drawings = [
        outer_of(package(name), talking_graph(), how).get_graph(xray=True) for name in ("langgraph", "lgstream")
    ]
    theirs, ours = [(sorted(drawing.nodes), sorted(drawing.edges)) for drawing in drawings]
    assert ours == theirs


@pytest.mark.parametrize("how", HOWS)
def test_the_subgraphs(how: str) -> None:
    graphs = [outer_of(package(name), talking_graph(), how) for name in ("langgraph", "lgstream")]
    theirs, ours = [[path for path, _ in graph.get_subgraphs(recurse=True)] for graph in graphs]
    assert ours == theirs


@pytest.mark.parametrize("how", HOWS)
def test_the_cache_of_the_child(same: Any, how: str) -> None:
    def program(c: Any, lg: Any) -> None:
        child = theirs.StateGraph(Plain)
        child.add_node("work", lambda state: {"log": ["worked"]}, cache_policy=theirs.CachePolicy())
        graph = outer_of(lg, child.add_edge("__start__", "work").compile(cache=InMemoryCache()), how)
        for _ in range(2):
            c.stream(graph, {"log": []}, stream_mode=["updates", "tasks"], subgraphs=True)
            c.stream(graph, {"log": []}, stream_mode="updates", subgraphs=True)

    same(program)
