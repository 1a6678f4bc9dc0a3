"""Graphs inside graphs of langgraph: what comes out of the outer graph is the same for both packages' inner graphs."""

import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt import ToolNode
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict

from lgstream.adapters.langgraph.runs import ainvoke_with_sinks
from lgstream.sinks import Collect
from tests.differential.packages import package
from tests.reference.models import WordModel
from tests.support.scripted_model import call

langgraph = package("langgraph")
THREAD = {"configurable": {"thread_id": "1"}}
OWN_THREAD = {"configurable": {"thread_id": "child"}}
MODES = ["values", "updates", "custom", "messages", "tasks", "debug", "checkpoints"]


class State(TypedDict):
    log: Annotated[list, operator.add]


class Talk(TypedDict):
    log: Annotated[list, operator.add]
    messages: Annotated[list, langgraph.add_messages]


def chain(lg: Any, schema: Any = State, /, *, options: Any = None, **nodes: Any) -> Any:
    """Return a compiled graph of one package with these nodes, one after the other."""
    g = lg.StateGraph(schema)
    names = list(nodes)
    for name, node in nodes.items():
        g.add_node(name, node)
    g.add_edge(lg.START, names[0])
    for source, target in pairwise(names):
        g.add_edge(source, target)
    return g.compile(**(options or {}))


def talking(lg: Any, **options: Any) -> Any:
    """Return a graph that writes custom data, streams words and returns a message."""

    def talk(state: Any) -> Any:
        lg.get_stream_writer()("custom of the child")
        return {"messages": [WordModel(fixed_id="1").invoke("hi")], "log": ["talk"]}

    def tell(state: Any) -> Any:
        return {"messages": [AIMessage("told", id="2")], "log": ["tell"]}

    return chain(lg, Talk, talk=talk, tell=tell, options=options)


def as_node(inner: Any, is_async: bool) -> Any:
    return inner


def called(inner: Any, is_async: bool) -> Any:
    def caller(state: Any) -> Any:
        return inner.invoke({**state, "log": []})

    async def async_caller(state: Any) -> Any:
        return await inner.ainvoke({**state, "log": []})

    return async_caller if is_async else caller


def called_with_config(inner: Any, is_async: bool) -> Any:
    def caller(state: Any, config: RunnableConfig) -> Any:
        return inner.invoke({**state, "log": []}, config)

    async def async_caller(state: Any, config: RunnableConfig) -> Any:
        return await inner.ainvoke({**state, "log": []}, config)

    return async_caller if is_async else caller


def called_twice(inner: Any, is_async: bool) -> Any:
    def caller(state: Any) -> Any:
        inner.invoke({**state, "log": []})
        return inner.invoke({**state, "log": []})

    async def async_caller(state: Any) -> Any:
        await inner.ainvoke({**state, "log": []})
        return await inner.ainvoke({**state, "log": []})

    return async_caller if is_async else caller


def in_a_tool(inner: Any, is_async: bool) -> Any:
    if is_async:

        @tool
        async def ask(text: str) -> str:
            """Ask."""
            return str((await inner.ainvoke({"log": [], "messages": []}))["log"])
    else:

        @tool
        def ask(text: str) -> str:
            """Ask."""
            return str(inner.invoke({"log": [], "messages": []})["log"])

    node = ToolNode([ask])
    request = AIMessage("", id="calls", tool_calls=[call("ask", "c1", text="a")])

    def caller(state: Any) -> Any:
        return node.invoke({"messages": [request]})

    async def async_caller(state: Any) -> Any:
        return await node.ainvoke({"messages": [request]})

    return async_caller if is_async else caller


PLACES = [as_node, called, called_with_config, called_twice, in_a_tool]


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


def asking(lg: Any, times: int = 1, **options: Any) -> Any:
    """Return a graph with a node that asks, between two that do not."""

    def ask(state: Any) -> Any:
        return {"log": [lg.interrupt(f"question {index}") for index in range(times)]}

    return chain(
        lg, State, before=lambda state: {"log": ["before"]}, ask=ask, after=lambda state: {"log": ["after"]},
        options=options,
    )  # fmt: skip


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("place", [as_node, called, called_with_config, in_a_tool])
def test_an_inner_graph_asks(same: Any, place: Callable, times: int) -> None:
    def program(c: Any, lg: Any) -> None:
        action = place(asking(lg, times), c.is_async)
        graph = chain(langgraph, Talk, outer=action, options={"checkpointer": InMemorySaver()})
        options = {"stream_mode": MODES, "subgraphs": True}
        c.stream(graph, {"log": ["in"]}, THREAD, **options)
        for _ in range(times):
            c.state(graph, THREAD)
            c.state(graph, THREAD, subgraphs=True)
            c.stream(graph, langgraph.Command(resume="yes"), THREAD, **options)
        c.state(graph, THREAD, subgraphs=True)
        c.history(graph, THREAD)
        c.invoke(graph, {"log": ["again"]}, THREAD)
        for _ in range(times):
            c.invoke(graph, langgraph.Command(resume="yes"), THREAD)

    same(program)


@pytest.mark.parametrize("place", [as_node, called])
def test_two_inner_graphs_ask_at_once(same: Any, place: Callable) -> None:
    def program(c: Any, lg: Any) -> None:
        g = langgraph.StateGraph(State)
        for name in ("left", "right"):
            g.add_node(name, place(asking(lg), False))
            g.add_edge(langgraph.START, name)
        graph = g.compile(checkpointer=InMemorySaver())
        graph.invoke({"log": []}, THREAD)  # which of them asks first is a race
        snapshot = c.state(graph, THREAD, subgraphs=True)
        first, second = (interrupt.id for interrupt in snapshot.interrupts)
        c.invoke(graph, langgraph.Command(resume={first: "one"}), THREAD)
        c.invoke(graph, langgraph.Command(resume={second: "two"}), THREAD)
        c.state(graph, THREAD, subgraphs=True)

    same(program)


@pytest.mark.parametrize("checkpointer", [None, True])
@pytest.mark.parametrize("place", [as_node, called])
@pytest.mark.parametrize("step", [0, 1])
def test_a_replay_of_the_outer_thread(same: Any, place: Callable, checkpointer: Any, step: int) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = place(asking(lg, checkpointer=checkpointer), c.is_async)
        nodes = {"before": lambda state: {"log": ["before"]}, "inner": inner, "after": lambda state: {"log": ["after"]}}
        graph = chain(langgraph, Talk, **nodes, options={"checkpointer": InMemorySaver()})
        modes = ["updates", "values"]
        for _ in range(2):
            c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=modes, subgraphs=True)
            c.stream(graph, langgraph.Command(resume="yes"), THREAD, stream_mode=modes, subgraphs=True)
        past = next(past for past in graph.get_state_history(THREAD) if past.metadata["step"] == step)
        config = {"configurable": dict(past.config["configurable"])}
        c.stream(graph, None, config, stream_mode=[*modes, "checkpoints"], subgraphs=True)
        c.state(graph, THREAD)
        c.stream(graph, langgraph.Command(resume="again"), THREAD, stream_mode=modes, subgraphs=True)
        c.state(graph, THREAD)
        c.history(graph, THREAD)

    same(program)


def test_the_state_of_an_inner_graph_that_saves_nothing_is_empty() -> None:
    inner = chain(package("lgstream"), State, one=lambda state: {"log": ["one"]}, options={"checkpointer": False})
    options = {"checkpointer": InMemorySaver(), "interrupt_before": ["inner"]}
    graph = chain(langgraph, State, inner=inner, options=options)
    graph.invoke({"log": []}, THREAD)
    assert graph.get_state(THREAD, subgraphs=True).tasks[0].state.values == {}


def test_an_update_of_the_state_of_an_inner_graph(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(langgraph, State, outer=asking(lg), options={"checkpointer": InMemorySaver()})
        c.invoke(graph, {"log": ["in"]}, THREAD)
        inner_config = graph.get_state(THREAD).tasks[0].state
        c.update_state(graph, inner_config, {"log": ["edited"]}, as_node="before")
        c.state(graph, inner_config)
        c.history(graph, inner_config)
        c.invoke(graph, langgraph.Command(resume="yes"), THREAD)

    same(program)


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_the_durability_of_the_outer_run(same: Any, durability: str) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(langgraph, State, outer=asking(lg), options={"checkpointer": InMemorySaver()})
        c.invoke(graph, {"log": ["in"]}, THREAD, durability=durability)
        c.history(graph, THREAD)
        c.history(graph, graph.get_state(THREAD).tasks[0].state)
        c.invoke(graph, langgraph.Command(resume="yes"), THREAD, durability=durability)
        c.history(graph, THREAD)

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


@pytest.mark.parametrize("mode", ["interrupt_before", "interrupt_after"])
def test_an_inner_graph_with_a_breakpoint(same: Any, mode: str) -> None:
    def program(c: Any, lg: Any) -> None:
        nodes = {name: (lambda state, name=name: {"log": [name]}) for name in ("one", "two")}
        inner = chain(lg, State, **nodes, options={mode: ["two"]})
        graph = chain(langgraph, State, outer=inner, after=lambda state: {"log": ["after"]},
                      options={"checkpointer": InMemorySaver()})  # fmt: skip
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, None, THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)

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


def test_an_inner_graph_of_functions(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @lg.task
        def square(number: int) -> int:
            lg.get_stream_writer()(number)
            return number * number

        @lg.entrypoint()
        def compute(state: dict) -> dict:
            answer = lg.interrupt("?")
            return {"log": [square(number).result() for number in (2, 3)] + [answer]}

        graph = chain(langgraph, State, outer=compute, options={"checkpointer": InMemorySaver()})
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, langgraph.Command(resume="yes"), THREAD, stream_mode=MODES, subgraphs=True)

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
