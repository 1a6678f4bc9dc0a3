"""Threads of graphs with graphs of langgraph in them: interrupts, answers, saved states and time travel."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from tests.differential.nested_graphs import (
    HOWS,
    MODES,
    THREAD,
    Log,
    Plain,
    asking_graph,
    ours,
    outer_of,
    talking_graph,
    theirs,
)
from tests.differential.packages import package
from tests.support.scripted_model import ScriptedModel, call


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("modes", [*MODES, MODES], ids=str)
def test_interrupts_and_answers(same: Any, modes: Any, how: str, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, asking_graph(), how, checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=modes, subgraphs=subgraphs)
        c.stream(graph, lg.Command(resume="a"), THREAD, stream_mode=modes, subgraphs=subgraphs)
        c.stream(graph, lg.Command(resume="b"), THREAD, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("checkpointer", [None, True, False])
def test_the_state_of_the_child(same: Any, how: str, checkpointer: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        child = asking_graph(checkpointer=checkpointer)
        graph = outer_of(lg, child, how, checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.state(graph, THREAD)
        state = c.state(graph, THREAD, subgraphs=True).tasks[0].state
        if state is not None:
            c.state(graph, state.config)
            c.history(graph, state.config)
            c.update_state(graph, state.config, {"log": ["edited"]})
        c.invoke(graph, lg.Command(resume="a"), THREAD)
        c.invoke(graph, lg.Command(resume="b"), THREAD)
        c.history(graph, THREAD)
        c.invoke(graph, {"log": ["again"]}, THREAD)
        c.state(graph, THREAD, subgraphs=True)

    same(program)


@pytest.mark.parametrize("how", HOWS)
def test_answers_by_id(same: Any, how: str) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, asking_graph(), how, checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        for answer in ("a", "b"):
            (interrupt,) = graph.get_state(THREAD).interrupts
            c.invoke(graph, lg.Command(resume={interrupt.id: answer}), THREAD)

    same(program)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("checkpointer", [None, True])
def test_time_travel(same: Any, how: str, checkpointer: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, asking_graph(checkpointer=checkpointer), how, checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.invoke(graph, lg.Command(resume="a"), THREAD)
        c.invoke(graph, lg.Command(resume="b"), THREAD)
        before = next(state for state in graph.get_state_history(THREAD) if state.next == ("child",))
        c.stream(graph, None, before.config, stream_mode=["updates", "values"], subgraphs=True)
        c.invoke(graph, lg.Command(resume="c"), THREAD)
        c.invoke(graph, lg.Command(resume="d"), THREAD)
        c.history(graph, THREAD)

    same(program)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_durability(same: Any, how: str, durability: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, asking_graph(), how, checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, durability=durability, stream_mode="checkpoints", subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.invoke(graph, lg.Command(resume="a"), THREAD, durability=durability)
        c.invoke(graph, lg.Command(resume="b"), THREAD, durability=durability)
        c.history(graph, THREAD)

    same(program)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("breakpoint", ["interrupt_before", "interrupt_after"])
def test_breakpoints_in_the_child(same: Any, how: str, breakpoint: str) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, talking_graph(**{breakpoint: ["talk"]}), how, checkpointer=InMemorySaver())
        for value in ({"log": ["in"]}, None, None):
            c.stream(graph, value, THREAD, stream_mode=["updates", "values", "tasks"], subgraphs=True)
            c.state(graph, THREAD, subgraphs=True)

    same(program)


def test_children_that_are_sent_to_ask_at_once() -> None:
    def ask(state: Any) -> Any:
        return {"log": [f"{state['note']} {theirs.interrupt(state['note'])}"]}

    child = theirs.StateGraph(Plain, output_schema=Log).add_node("ask", ask).add_edge("__start__", "ask").compile()
    runs = []
    for name in ("langgraph", "lgstream"):
        lg = package(name)
        g = lg.StateGraph(Plain).add_node("child", child)
        g.add_conditional_edges("__start__", lambda state, lg=lg: [lg.Send("child", {"note": n}) for n in "ab"])
        graph = g.compile(checkpointer=InMemorySaver())
        graph.invoke({"log": ["in"]}, THREAD)
        interrupts = graph.get_state(THREAD).interrupts
        graph.invoke(lg.Command(resume={interrupt.id: f"to {interrupt.value}" for interrupt in interrupts}), THREAD)
        runs.append(([interrupt.value for interrupt in interrupts], graph.get_state(THREAD).values))
    assert runs[1] == runs[0] == (["a", "b"], {"log": ["in", "a to a", "b to b"]})


@pytest.mark.parametrize("modes", ["updates", "custom", "messages", MODES], ids=str)
def test_a_child_three_graphs_deep(same: Any, modes: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        middle = outer_of(lg, asking_graph(), "node")
        graph = outer_of(lg, middle, "node", checkpointer=InMemorySaver())
        for value in ({"log": ["in"]}, lg.Command(resume="a"), lg.Command(resume="b")):
            c.stream(graph, value, THREAD, stream_mode=modes, subgraphs=True)
            c.state(graph, THREAD, subgraphs=True)

    same(program)


@pytest.mark.parametrize("modes", ["updates", "custom", "messages", MODES], ids=str)
async def test_a_child_awaited_in_a_node(modes: Any) -> None:
    runs = []
    for name in ("langgraph", "lgstream"):
        lg = package(name)
        child = asking_graph()

        async def call(state: Any, child: Any = child) -> Any:
            return {"log": (await child.ainvoke({"log": []}))["log"]}

        g = lg.StateGraph(Plain).add_node("call", call).add_edge("__start__", "call")
        graph = g.compile(checkpointer=InMemorySaver())
        chunks: list[Any] = []
        for value in ({"log": ["in"]}, lg.Command(resume="a"), lg.Command(resume="b")):
            async for ns, *chunk in graph.astream(value, THREAD, stream_mode=modes, subgraphs=True):
                chunks.append((tuple(part.split(":")[0] for part in ns), len(chunk), type(chunk[-1]).__name__))
        state = await graph.aget_state(THREAD)
        runs.append((chunks, state.values, state.next))
    assert runs[1] == runs[0]


def test_the_end_of_the_run_is_requested_in_the_child(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def stop(state: Any, runtime: theirs.Runtime) -> Any:  # type: ignore[name-defined]  # of a module chosen at run time
            runtime.control.request_drain("enough")
            return {"log": ["stopping"]}

        child = theirs.StateGraph(Plain).add_node("stop", stop).add_node("later", lambda state: {"log": ["later"]})
        child = child.add_edge("__start__", "stop").add_edge("stop", "later").compile()
        graph = outer_of(lg, child, "node", checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=["updates", "values"], subgraphs=True)
        c.stream(graph, None, THREAD, stream_mode=["updates", "values"], subgraphs=True)

    same(program)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("checkpointer", [None, True])
@pytest.mark.parametrize(("first", "second"), [("langgraph", "lgstream"), ("lgstream", "langgraph")])
def test_a_thread_that_stopped_in_the_child_continues_in_the_other_package(
    first: Any, second: Any, checkpointer: Any, how: str
) -> None:
    saver = InMemorySaver()
    before, after = [
        outer_of(package(name), asking_graph(checkpointer=checkpointer), how, checkpointer=saver)
        for name in (first, second)
    ]
    before.invoke({"log": ["in"]}, THREAD)
    assert [interrupt.value for interrupt in after.get_state(THREAD).interrupts] == ["one?"]
    after.invoke(package(second).Command(resume="a"), THREAD)
    assert [interrupt.value for interrupt in before.get_state(THREAD).interrupts] == ["two?"]
    result = before.invoke(package(first).Command(resume="b"), THREAD)
    assert result["log"][-3:] == ["a", "b", "end"]


@pytest.mark.parametrize("modes", ["updates", "custom", "messages", "values"], ids=str)
def test_a_child_called_in_a_tool_of_an_agent(modes: Any) -> None:
    from langchain_core.tools import tool

    from lgstream.prebuilt import create_react_agent

    child = asking_graph()

    @tool
    def research(topic: str) -> str:
        """Research a topic."""
        return " ".join(child.invoke({"log": [topic]})["log"])

    model = ScriptedModel(turns=[[call("research", topic="owls")]])
    agent = create_react_agent(model, [research], checkpointer=InMemorySaver())
    chunks = list(agent.stream({"messages": [("user", "go")]}, THREAD, stream_mode=modes, subgraphs=True))
    assert any(part.startswith("tools:") for ns, _ in chunks for part in ns)
    for answer, question in (("a", "one?"), ("b", "two?")):
        assert [interrupt.value for interrupt in agent.get_state(THREAD).interrupts] == [question]
        agent.invoke(ours.Command(resume=answer), THREAD)
    assert "a b" in agent.get_state(THREAD).values["messages"][2].content
