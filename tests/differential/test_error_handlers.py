"""Nodes that take over when another one fails."""

from __future__ import annotations

import asyncio
import operator
from typing import Annotated, Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]


class State(TypedDict):
    log: Annotated[list, operator.add]


def fails(state: Any) -> Any:
    raise KeyError("broken")


def handler_of(lg: Any, *, goto: Any = (), fails_times: int = 0) -> Any:
    left = [fails_times]

    def handler(state: Any, error: Any, writer: Any) -> Any:
        writer({"handled": error.node})
        if left[0] > 0:
            left[0] -= 1
            raise ValueError("the handler, too")
        list(GenericFakeChatModel(messages=iter(["well well"])).stream("x"))
        return lg.Command(update={"log": [f"{error.node} broke with {state['log']}"]}, goto=goto)

    handler.__annotations__ = {"error": lg.NodeError, "writer": lg.StreamWriter}
    return handler


def graph_of(lg: Any, node: Any, handler: Any, **options: Any) -> Any:
    g = lg.StateGraph(State)
    g.add_node("bad", node, error_handler=handler, **options)
    g.add_node("after", lambda state: {"log": ["after"]})
    g.add_node("beside", lambda state: {"log": ["beside"]})
    g.add_edge(lg.START, "bad")
    g.add_edge("bad", "beside")
    return g


@pytest.mark.parametrize("goto", [(), "after"])
@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("has_saver", [False, True])
def test_the_error_handler_runs_in_the_same_superstep(same: Any, goto: Any, subgraphs: bool, has_saver: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        saver = InMemorySaver() if has_saver else None
        graph = graph_of(lg, fails, handler_of(lg, goto=goto)).compile(checkpointer=saver)
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, subgraphs=subgraphs)
        c.invoke(graph, {"log": ["again"]}, THREAD)
        if has_saver:
            c.history(graph, THREAD)

    same(program)


def test_a_failing_handler_fails_the_run_and_runs_again_on_resume(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        calls = []

        def bad(state: Any) -> Any:
            calls.append("bad")
            raise KeyError("broken")

        graph = graph_of(lg, bad, handler_of(lg, fails_times=1)).compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES)
        c.state(graph, THREAD)
        c.stream(graph, None, THREAD, stream_mode=["values", "updates", "tasks", "custom"])
        c.fact("calls", calls)

    same(program)


def test_work_left_by_a_failed_sibling_is_done_once(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = graph_of(lg, fails, handler_of(lg))
        g.add_node("other", fails)
        g.add_edge(lg.START, "other")
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        g = graph_of(lg, fails, handler_of(lg))
        g.add_node("other", lambda state: {"log": ["other"]})
        g.add_edge(lg.START, "other")
        c.invoke(g.compile(checkpointer=graph.checkpointer), None, THREAD)

    same(program)


def test_each_send_has_its_own_handler_task(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(State)
        g.add_node("bad", fails, error_handler=handler_of(lg))
        g.add_conditional_edges(lg.START, lambda state: [lg.Send("bad", {"log": [n]}) for n in (1, 2)])
        c.invoke(g.compile(), {"log": ["in"]})

    same(program)


def test_a_handler_runs_for_a_failed_subgraph(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = lg.StateGraph(State)
        inner.add_node("fine", lambda state: {"log": ["fine"]})
        inner.add_node("bad", fails)
        inner.add_edge(lg.START, "fine")
        inner.add_edge("fine", "bad")
        graph = graph_of(lg, inner.compile(), handler_of(lg)).compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=["values", "updates", "checkpoints"], subgraphs=True)

    same(program)


def test_retries_come_before_the_handler(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        policy = lg.RetryPolicy(max_attempts=2, initial_interval=0.001, jitter=False, retry_on=KeyError)
        graph = graph_of(lg, fails, handler_of(lg), retry_policy=policy).compile()
        c.stream(graph, {"log": ["in"]}, stream_mode=MODES)

    same(program)


def test_interrupts_are_not_handled_as_errors(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = graph_of(lg, lambda state: {"log": [lg.interrupt("?")]}, handler_of(lg)).compile(InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES)
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=MODES)

    same(program)


def test_a_handler_may_interrupt(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = graph_of(lg, fails, lambda state: {"log": [lg.interrupt("what now?")]}).compile(InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=["values", "updates", "tasks"])
        c.stream(graph, lg.Command(resume="go on"), THREAD, stream_mode=["values", "updates", "tasks"])

    same(program)


def test_a_failing_node_without_a_handler_fails_the_run(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(State)
        g.add_node("bad", fails)
        g.add_node("fine", lambda state: {"log": ["fine"]}, error_handler=handler_of(lg))
        g.add_edge(lg.START, "bad")
        g.add_edge(lg.START, "fine")
        c.invoke(g.compile(), {"log": ["in"]})

    same(program)


def test_node_defaults_apply_to_nodes_without_their_own_options(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        policy = lg.RetryPolicy(max_attempts=2, initial_interval=0.001, jitter=False, retry_on=KeyError)
        tries = []

        def bad(state: Any) -> Any:
            tries.append("bad")
            raise KeyError("broken")

        g = graph_of(lg, bad, None, retry_policy=lg.RetryPolicy(max_attempts=1))
        g.add_node("worse", bad, error_handler=lambda state: {"log": ["its own"]})
        g.add_edge(lg.START, "worse")
        g.set_node_defaults(retry_policy=policy, error_handler=handler_of(lg))
        graph = g.compile()
        c.invoke(graph, {"log": ["in"]})
        c.fact("tries", tries)
        c.fact("drawing", graph.get_graph().draw_mermaid())

    same(program)


def test_a_node_that_cancels_itself_fails(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def cancels(state: Any) -> Any:
            raise asyncio.CancelledError("by itself")

        g = lg.StateGraph(State).add_node("bad", cancels).add_edge(lg.START, "bad")
        c.invoke(g.compile(), {"log": ["in"]})
        c.invoke(graph_of(lg, cancels, handler_of(lg)).compile(), {"log": ["in"]})

    same(program)
