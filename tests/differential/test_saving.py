"""What is saved, and when: durability and untracked values."""

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list, operator.add]


def test_untracked_values_are_not_in_the_saved_writes_of_a_task(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]
            unseen: Annotated[str, lg.UntrackedValue]

        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": ["a"], "unseen": "secret"})
        g.add_node("b", lambda state: {"unseen": "secret"})
        g.add_node("c", lambda state: lg.interrupt("?"))
        g.add_edge(lg.START, "a")
        g.add_edge(lg.START, "b")
        g.add_edge(lg.START, "c")
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, THREAD, durability="sync")
        c.state(graph, THREAD)
        c.history(graph, THREAD)

    same(program)


def test_untracked_keys_are_removed_from_saved_sends(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]
            unseen: Annotated[str, lg.UntrackedValue]

        def b(state: Any) -> dict:
            c.log.append(dict(state))
            return {"log": [lg.interrupt("?")]}

        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": ["a"]})
        g.add_node("b", b)
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", lambda state: lg.Send("b", {"log": ["sent"], "unseen": "secret"}))
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, THREAD, durability="sync")
        c.invoke(graph, lg.Command(resume="yes"), THREAD, durability="sync")
        c.history(graph, THREAD)
        c.flush_log()

    same(program)


def test_with_exit_durability_the_checkpoint_follows_the_one_before_the_run(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": ["a"]})
        g.add_edge(lg.START, "a")
        graph = g.compile(checkpointer=InMemorySaver())
        for durability in ("sync", "exit", "exit", "sync"):
            c.stream(graph, {"log": [durability]}, THREAD, durability=durability, stream_mode="checkpoints")
        c.history(graph, THREAD)

    same(program)


@pytest.mark.parametrize("how", ["fails", "asks", "ends"])
@pytest.mark.parametrize("checkpointer", [None, True])
def test_with_exit_durability_a_subgraph_saves_what_a_resume_needs(same: Any, how: str, checkpointer: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def last(state: Any) -> dict:
            if how == "fails":
                raise KeyError("no")
            return {"log": [lg.interrupt("?")] if how == "asks" else ["last"]}

        inner = lg.StateGraph(State)
        inner.add_node("first", lambda state: {"log": ["first"]})
        inner.add_node("last", last)
        inner.add_edge(lg.START, "first")
        inner.add_edge("first", "last")
        g = lg.StateGraph(State)
        g.add_node("sub", inner.compile(checkpointer=checkpointer))
        g.add_edge(lg.START, "sub")
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, THREAD, durability="exit", stream_mode="checkpoints", subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="yes"), THREAD, durability="exit", stream_mode="checkpoints", subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.history(graph, THREAD)

    same(program)


def test_a_finished_task_whose_routing_failed_is_not_run_again(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def route(state: Any) -> str:
            c.log.append("route")
            if c.log.count("route") == 1:
                raise KeyError("no")
            return "b"

        g = lg.StateGraph(State)
        g.add_node("a", lambda state: c.log.append("a") or {"log": ["a"]})
        g.add_node("b", lambda state: {"log": ["b"]})
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", route)
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, THREAD)
        c.state(graph, THREAD)
        c.stream(graph, None, THREAD)
        c.history(graph, THREAD)
        c.flush_log()

    same(program)


def test_an_answer_is_saved_even_if_the_task_fails_afterwards(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def a(state: Any) -> dict:
            answer = lg.interrupt("?")
            c.log.append(answer)
            if len(c.log) < 3:
                raise KeyError("no")
            return {"log": [answer]}

        g = lg.StateGraph(State)
        g.add_node("a", a)
        g.add_edge(lg.START, "a")
        graph = g.compile(checkpointer=InMemorySaver())
        inputs: list[Any] = [{"log": []}, lg.Command(resume="one"), None, lg.Command(resume="two")]
        for graph_input in inputs:
            c.stream(graph, graph_input, THREAD)
            c.state(graph, THREAD)
        c.history(graph, THREAD)
        c.flush_log()

    same(program)
