"""Threads of langgraph graphs with graphs of either package inside: interrupts, resumes, states and time travel."""

from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Interrupt, PregelTask, StateSnapshot

from tests.differential.inner_graphs import (
    MODES,
    THREAD,
    State,
    Talk,
    as_node,
    asking,
    called,
    called_with_config,
    chain,
    in_a_tool,
    langgraph,
)
from tests.differential.packages import package


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


def test_the_state_of_an_inner_graph_has_the_classes_of_langgraph(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = chain(lg, State, inner=asking(lg))
        graph = chain(langgraph, State, outer=inner, options={"checkpointer": InMemorySaver()})
        graph.invoke({"log": []}, THREAD)
        task = graph.get_state(THREAD, subgraphs=True).tasks[0]
        for _ in range(2):
            (task,) = task.state.tasks
            c.fact("the state", [isinstance(task.state, StateSnapshot), isinstance(task, PregelTask)])
            c.fact("the interrupts", [isinstance(item, Interrupt) for item in task.interrupts])

    same(program)


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
