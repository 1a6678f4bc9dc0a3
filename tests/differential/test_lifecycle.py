"""Callback handlers that are called when a run is interrupted or resumed."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list, operator.add]


def handler_of(lg: Any, calls: list[Any], is_async: bool, fails: bool = False) -> Any:
    def record(event: Any) -> None:
        questions = [interrupt.value for interrupt in getattr(event, "interrupts", ())]
        calls.append((type(event).__name__, event.status, event.checkpoint_ns, questions))
        if fails:
            raise ValueError("the handler fails")

    class Sync(lg.GraphCallbackHandler):
        raise_error = fails

        def on_interrupt(self, event: Any) -> Any:
            record(event)

        def on_resume(self, event: Any) -> Any:
            record(event)

    class Async(lg.GraphCallbackHandler):
        async def on_interrupt(self, event: Any) -> Any:
            record(event)

        async def on_resume(self, event: Any) -> Any:
            record(event)

    return Async() if is_async else Sync()


def asking_graph(lg: Any) -> Any:
    g = lg.StateGraph(State).add_node("ask", lambda state: {"log": [lg.interrupt("?")]})
    return g.add_edge(lg.START, "ask")


def test_handlers_are_called_for_interrupts_and_resumes(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        calls: list[Any] = []
        graph = asking_graph(lg).compile(checkpointer=InMemorySaver())
        config = {**THREAD, "callbacks": [handler_of(lg, calls, c.is_async)]}
        c.invoke(graph, {"log": []}, config)
        c.invoke(graph, lg.Command(resume="yes"), config)
        c.fact("calls", calls)

    same(program)


@pytest.mark.parametrize("when", ["interrupt_before", "interrupt_after"])
def test_handlers_are_called_with_the_breakpoint_of_a_stop(same: Any, when: str) -> None:
    def program(c: Any, lg: Any) -> None:
        calls: list[Any] = []
        g = lg.StateGraph(State).add_node("a", lambda state: {"log": ["a"]}).add_node("b", lambda state: {"log": ["b"]})
        graph = g.add_edge(lg.START, "a").add_edge("a", "b").compile(checkpointer=InMemorySaver(), **{when: ["a"]})
        config = {**THREAD, "callbacks": [handler_of(lg, calls, False)]}
        c.invoke(graph, {"log": []}, config)
        c.invoke(graph, None, config)
        c.fact("calls", calls)

    same(program)


def test_a_subgraph_is_resumed_too_and_its_interrupt_is_reported_for_the_parent(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        calls: list[Any] = []
        outer = lg.StateGraph(State).add_node("inner", asking_graph(lg).compile()).add_edge(lg.START, "inner")
        graph = outer.compile(checkpointer=InMemorySaver())
        config = {**THREAD, "callbacks": [handler_of(lg, calls, False)]}
        c.invoke(graph, {"log": []}, config)
        c.invoke(graph, lg.Command(resume="yes"), config)
        c.fact("calls", [(name, status, [part.split(":")[0] for part in ns], asks) for name, status, ns, asks in calls])

    same(program)


def test_an_error_of_a_handler_is_raised_if_it_sets_raise_error(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = asking_graph(lg).compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, {**THREAD, "callbacks": [handler_of(lg, [], False, fails=True)]})

    same(program)
