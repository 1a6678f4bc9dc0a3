"""Graphs inside graphs of langgraph: what comes out of the outer graph is the same for both packages' inner graphs."""

import operator
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.runtime import RunControl
from langgraph.store.memory import InMemoryStore
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict

from lgstream.adapters.langgraph.runs import ainvoke_with_sinks
from lgstream.sinks import Collect
from tests.differential.inner_graphs import (
    MODES,
    PLACES,
    THREAD,
    State,
    Talk,
    as_node,
    asking,
    called,
    chain,
    langgraph,
    talking,
)
from tests.differential.packages import package

OWN_THREAD = {"configurable": {"thread_id": "child"}}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_the_outer_stream_shows_an_inner_graph(same: Any, place: Callable, subgraphs: bool, version: str) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = talking(lg)
        for saver in (None, InMemorySaver()):
            graph = chain(langgraph, Talk, outer=place(inner, c.is_async), options={"checkpointer": saver})
            value = {"messages": [HumanMessage("hi", id="0")], "log": ["in"]}
            for modes in (*MODES, "tools", MODES) if saver is None else (MODES,):
                c.stream(graph, value, THREAD, stream_mode=modes, subgraphs=subgraphs, version=version)

    same(program)


@pytest.mark.parametrize("place", PLACES)
def test_invoke_of_the_outer_graph(same: Any, place: Callable) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(langgraph, Talk, outer=place(talking(lg), c.is_async))
        c.invoke(graph, {"messages": [HumanMessage("hi", id="0")], "log": ["in"]})

    same(program)


@pytest.mark.parametrize("place", [as_node, called])
@pytest.mark.parametrize("depth", [1, 2])
def test_an_inner_graph_hands_over_to_the_outer_graph(same: Any, place: Callable, depth: int) -> None:
    def program(c: Any, lg: Any) -> None:
        sends = [lg.Send("second", {"log": ["sent"]})]
        for goto in ("second", sends):

            def leave(state: Any, goto: Any = goto) -> Any:
                return lg.Command(graph=lg.Command.PARENT, goto=goto, update={"log": ["left"]})

            inner = chain(lg, State, leave=leave)
            if depth == 2:

                def middle(state: Any, inner: Any = inner) -> Any:
                    inner.invoke({"log": []})

                def leave_again(state: Any, goto: Any = goto) -> Any:
                    return lg.Command(graph=lg.Command.PARENT, goto=goto, update={"log": ["left again"]})

                g = lg.StateGraph(State)
                g.add_node("middle", inner)
                g.add_node("second", leave_again)
                g.add_edge(lg.START, "middle")
                inner = g.compile()
            g = langgraph.StateGraph(State)
            g.add_node("outer", place(inner, c.is_async))
            g.add_node("second", lambda state: {"log": ["second", *state["log"]]})
            g.add_edge(langgraph.START, "outer")
            c.stream(g.compile(), {"log": []}, stream_mode=MODES, subgraphs=True)

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("inner_subgraphs", [False, True])
@pytest.mark.parametrize("inner_modes", ["custom", "messages", "updates", ["values", "custom", "messages"]])
@pytest.mark.parametrize("config", [None, OWN_THREAD])
def test_an_inner_graph_streamed_in_a_node(
    same: Any, config: Any, inner_modes: Any, inner_subgraphs: bool, subgraphs: bool
) -> None:
    def program(c: Any, lg: Any) -> None:
        if c.is_async and inner_subgraphs and subgraphs and config is None:
            c.fact("the outer stream lacks the innermost graph's chunks in langgraph, if async", None)
            return
        inner = chain(lg, Talk, middle=talking(lg), talk=lambda state: {"messages": [AIMessage("inner", id="3")]})
        options: Any = {"stream_mode": inner_modes, "subgraphs": inner_subgraphs}
        value: Any = {"log": [], "messages": []}

        def caller(state: Any) -> Any:
            c.log.append(list(inner.stream(value, config, **options)))
            return {"log": ["called"]}

        async def async_caller(state: Any) -> Any:
            c.log.append([chunk async for chunk in inner.astream(value, config, **options)])
            return {"log": ["called"]}

        graph = chain(langgraph, Talk, outer=async_caller if c.is_async else caller)
        for modes in ("messages", "custom", MODES):
            c.stream(graph, {"log": []}, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("place", [as_node, called])
def test_what_an_inner_graph_receives_of_the_outer_run(same: Any, place: Callable) -> None:
    class Limited(TypedDict):
        log: Annotated[list, operator.add]

    def program(c: Any, lg: Any) -> None:
        store = InMemoryStore()

        def look(state: Any, config: RunnableConfig, *, runtime: lg.Runtime) -> Any:
            same_store = lg.get_store() is store and runtime.store is store
            info = runtime.execution_info
            return {"log": [
                same_store, runtime.context, config["recursion_limit"], config["tags"], config["configurable"]["user"],
                config["configurable"]["thread_id"], info.thread_id, info.node_attempt, runtime.previous,
                runtime.control.drain_requested, state["left"], config["metadata"].get("color"),
            ]}  # fmt: skip

        class Left(State):
            left: lg.RemainingSteps

        inner = chain(lg, Left, look=look)
        graph = chain(langgraph, State, outer=place(inner, c.is_async), options={"store": store})
        config = {
            "recursion_limit": 12, "tags": ["t"], "metadata": {"color": "red"},
            "configurable": {"user": "ann", "thread_id": "7"},
        }  # fmt: skip
        c.invoke(graph, {"log": []}, config, context={"name": "ctx"})

    same(program)


def test_an_inner_graph_has_the_recursion_limit_of_the_outer_run(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(State)
        g.add_node("again", lambda state: {"log": ["again"]})
        g.add_edge(lg.START, "again")
        g.add_edge("again", "again")
        graph = chain(langgraph, State, outer=g.compile())
        c.stream(graph, {"log": []}, {"recursion_limit": 4}, stream_mode="values", subgraphs=True)

    same(program)


@pytest.mark.parametrize("place", [as_node, called])
def test_an_error_of_an_inner_graph(same: Any, place: Callable) -> None:
    def program(c: Any, lg: Any) -> None:
        def fail(state: Any) -> Any:
            raise ValueError("broken")

        inner = chain(lg, State, one=lambda state: {"log": ["one"]}, fail=fail)
        graph = chain(langgraph, State, outer=place(inner, c.is_async), options={"checkpointer": InMemorySaver()})
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)

    same(program)


async def test_a_node_may_append_to_the_lists_that_an_inner_graph_returns() -> None:
    inner = chain(package("lgstream"), State, one=lambda state: {"log": ["one"]})

    async def caller(state: State) -> Any:
        result = await inner.ainvoke({"log": []})
        result["log"].append("two")
        return result

    graph = chain(langgraph, State, outer=caller)
    chunks = [chunk async for chunk in graph.astream({"log": []}, stream_mode="values", subgraphs=True)]
    assert [values["log"] for ns, values in chunks if ns] == [[], ["one"]]
    assert chunks[-1] == ((), {"log": ["one", "two"]})


def test_a_stream_without_a_mode_that_is_called_with_the_config_of_a_node(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        for outer in (langgraph, lg):
            inner = chain(lg, State, one=lambda state: {"log": ["one"]})

            def caller(state: State, config: RunnableConfig, inner: Any = inner) -> Any:
                c.log.append([list(inner.stream({"log": []}, config)), list(inner.stream({"log": []}))])

            c.invoke(chain(outer, State, outer=caller), {"log": []})

    same(program)


async def test_an_observed_async_run_shows_the_output_of_an_inner_graph() -> None:
    sink = Collect()
    graph = chain(langgraph, State, outer=chain(package("lgstream"), State, one=lambda state: {"log": ["one"]}))
    assert await ainvoke_with_sinks(graph, {"log": []}, sinks=[sink]) == {"log": ["one"]}


@pytest.mark.parametrize("has_saver", [False, True])
def test_a_second_attempt_of_an_inner_graph(same: Any, has_saver: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        attempts: list = []

        def fail_once(state: Any) -> Any:
            attempts.append("attempt")
            if len(attempts) == 1:
                raise ConnectionError
            return {"log": ["two"]}

        g = langgraph.StateGraph(State)
        inner = chain(lg, State, one=lambda state: {"log": ["one"]}, two=fail_once)
        g.add_node("outer", inner, retry_policy=RetryPolicy(initial_interval=0.001, jitter=False))
        g.add_edge(langgraph.START, "outer")
        graph = g.compile(checkpointer=InMemorySaver() if has_saver else None)
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, subgraphs=True)

    same(program)


def test_a_drain_of_the_outer_run_stops_an_inner_graph(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        control = RunControl()

        def one(state: Any) -> Any:
            control.request_drain("enough")
            return {"log": ["one"]}

        inner = chain(lg, State, one=one, two=lambda state: {"log": ["two"]})
        graph = chain(langgraph, State, outer=inner, options={"checkpointer": InMemorySaver()})
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, subgraphs=True, control=control)
        c.stream(graph, None, THREAD, stream_mode=MODES, subgraphs=True)

    same(program)


def test_drawings_show_an_inner_graph(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(langgraph, State, node=asking(lg), caller=called(asking(lg), False))
        c.fact("drawing", graph.get_graph(xray=True).draw_mermaid())
        c.fact("subgraphs", [(path, inner.name) for path, inner in graph.get_subgraphs()])

    same(program)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("packages", [("langgraph", "langgraph"), ("langgraph", "lgstream"), ("lgstream", "lgstream")])
async def test_a_heartbeat_in_an_inner_graph_is_that_of_the_outer_task(packages: Any, depth: int) -> None:
    outer, inner = map(package, packages)
    heartbeats: list = []

    async def look(state: Any, *, runtime: Any) -> None:
        heartbeats.append(runtime.heartbeat)

    graph = chain(inner, State, look=look)
    if depth == 2:
        graph = chain(inner, State, middle=graph)

    async def caller(state: Any, *, runtime: Any) -> Any:
        heartbeats.append(runtime.heartbeat)
        return await graph.ainvoke({"log": []})

    g = outer.StateGraph(State)
    g.add_node("caller", caller, timeout=outer.TimeoutPolicy(idle_timeout=60))
    g.add_edge(outer.START, "caller")
    await g.compile().ainvoke({"log": []})
    assert heartbeats[0] == heartbeats[1]
