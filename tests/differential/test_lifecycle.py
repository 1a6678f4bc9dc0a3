"""Callback handlers that hear of stops and resumes."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list, operator.add]


def handler_of(lg: Any, told: list[Any], is_async: bool, fails: bool = False) -> Any:
    def hear(event: Any) -> None:
        questions = [asked.value for asked in getattr(event, "interrupts", ())]
        told.append((type(event).__name__, event.status, event.checkpoint_ns, questions))
        if fails:
            raise ValueError("a handler's own")

    class Sync(lg.GraphCallbackHandler):
        raise_error = fails

        def on_interrupt(self, event: Any) -> Any:
            hear(event)

        def on_resume(self, event: Any) -> Any:
            hear(event)

    class Async(lg.GraphCallbackHandler):
        async def on_interrupt(self, event: Any) -> Any:
            hear(event)

        async def on_resume(self, event: Any) -> Any:
            hear(event)

    return Async() if is_async else Sync()


def asking(lg: Any) -> Any:
    g = lg.StateGraph(State).add_node("ask", lambda state: {"log": [lg.interrupt("?")]})
    return g.add_edge(lg.START, "ask")


def test_handlers_hear_of_questions_and_answers(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        told: list[Any] = []
        graph = asking(lg).compile(checkpointer=InMemorySaver())
        config = {**THREAD, "callbacks": [handler_of(lg, told, c.is_async)]}
        c.invoke(graph, {"log": []}, config)
        c.invoke(graph, lg.Command(resume="yes"), config)
        c.fact("told", told)

    same(program)


@pytest.mark.parametrize("when", ["interrupt_before", "interrupt_after"])
def test_handlers_hear_at_which_breakpoint_a_run_stopped(same: Any, when: str) -> None:
    def program(c: Any, lg: Any) -> None:
        told: list[Any] = []
        g = lg.StateGraph(State).add_node("a", lambda state: {"log": ["a"]}).add_node("b", lambda state: {"log": ["b"]})
        graph = g.add_edge(lg.START, "a").add_edge("a", "b").compile(checkpointer=InMemorySaver(), **{when: ["a"]})
        config = {**THREAD, "callbacks": [handler_of(lg, told, False)]}
        c.invoke(graph, {"log": []}, config)
        c.invoke(graph, None, config)
        c.fact("told", told)

    same(program)


def test_a_subgraph_goes_on_as_well_and_its_question_is_its_parents(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        told: list[Any] = []
        outer = lg.StateGraph(State).add_node("inner", asking(lg).compile()).add_edge(lg.START, "inner")
        graph = outer.compile(checkpointer=InMemorySaver())
        config = {**THREAD, "callbacks": [handler_of(lg, told, False)]}
        c.invoke(graph, {"log": []}, config)
        c.invoke(graph, lg.Command(resume="yes"), config)
        c.fact("told", [(name, status, [part.split(":")[0] for part in ns], asked) for name, status, ns, asked in told])

    same(program)


def test_what_a_handler_raises_is_raised_where_it_wants_that(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = asking(lg).compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, {**THREAD, "callbacks": [handler_of(lg, [], False, fails=True)]})

    same(program)
