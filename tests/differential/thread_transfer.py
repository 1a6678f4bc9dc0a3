"""Threads that one package begins and the other one resumes.

``python -m tests.differential.thread_transfer PATH`` resumes all threads of a database with langgraph not importable.
"""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable
from typing import Annotated, Any

from langgraph.checkpoint.sqlite import SqliteSaver
from typing_extensions import TypedDict

from tests.support.langgraph_blocker import block_langgraph


class State(TypedDict, total=False):
    log: Annotated[list, operator.add]
    total: int


def one_asking_node(lg: Any) -> Any:
    g = lg.StateGraph(State)
    g.add_node("ask", lambda state: {"log": [lg.interrupt("first?"), lg.interrupt("second?")]})
    g.add_node("beside", lambda state: {"log": lg.Overwrite(["anew"])})
    g.add_node("after", lambda state: {"log": ["after"]})
    g.add_edge(lg.START, "ask").add_edge(lg.START, "beside").add_edge(["ask", "beside"], "after")
    return g.compile


def two_asking_nodes(lg: Any) -> Any:
    g = lg.StateGraph(State)
    for name in ("one", "two"):
        g.add_node(name, lambda state, name=name: {"log": [name, lg.interrupt(f"{name}?")]})
        g.add_edge(lg.START, name)
    return g.compile


def sends(lg: Any) -> Any:
    g = lg.StateGraph(State)
    g.add_node("plan", lambda state: lg.Command(update={"total": 3}, goto=[lg.Send("work", {"total": 7})]))
    g.add_node("work", lambda state: {"log": [state["total"]]})
    g.add_conditional_edges("plan", lambda state: [lg.Send("work", {"total": n}) for n in range(state["total"])])
    g.add_edge(lg.START, "plan")
    return lambda **options: g.compile(interrupt_before=["work"], **options)


def messages(lg: Any) -> Any:
    g = lg.StateGraph(lg.MessagesState)
    g.add_node("hello", lambda state: {"messages": [("ai", "hello")]})
    g.add_node("bye", lambda state: {"messages": [("ai", f"bye after {len(state['messages'])}")]})
    g.add_edge(lg.START, "hello").add_edge("hello", "bye")
    return lambda **options: g.compile(interrupt_after=["hello"], **options)


def subgraph(lg: Any) -> Any:
    inner = one_asking_node(lg)()
    g = lg.StateGraph(State).add_node("inner", inner).add_edge(lg.START, "inner")
    return g.compile


def functional(lg: Any) -> Any:
    @lg.task
    def work(x: int) -> int:
        return x + 1

    def flow(x: int) -> Any:
        return [work(x).result(), lg.interrupt("well?"), work(x + 1).result()]

    return lambda checkpointer: lg.entrypoint(checkpointer=checkpointer)(flow)


def failing_node(lg: Any) -> Any:
    def bad(state: Any) -> Any:
        if _is_first_run:
            raise ValueError("broken")
        return {"log": ["mended"]}

    g = lg.StateGraph(State).add_node("bad", bad).add_node("good", lambda state: {"log": ["good"]})
    g.add_edge(lg.START, "bad").add_edge(lg.START, "good")
    return g.compile


_is_first_run: list[bool] = []
"""Not empty during the first run of a thread, in which a node fails."""

THREADS: dict[str, tuple[Callable[[Any], Any], Any, tuple[Any, ...]]] = {
    "asking": (one_asking_node, {"log": ["in"]}, ("yes", "no")),
    "asking twice": (two_asking_nodes, {"log": ["in"]}, ("by id",)),
    "sending": (sends, {"log": ["in"]}, (None,)),
    "chatting": (messages, {"messages": [("user", "hi")]}, (None,)),
    "nesting": (subgraph, {"log": ["in"]}, ("yes", "no")),
    "calling": (functional, 1, ("yes",)),
    "failing": (failing_node, {"log": ["broken"]}, (None,)),
}
"""By name: the function that makes the graph, the input of the first run, and the answers of the later ones or None."""


def begin(lg: Any, saver: Any, name: str) -> None:
    """Run a thread until it is interrupted or fails."""
    make, graph_input, _ = THREADS[name]
    _is_first_run.append(True)
    try:
        make(lg)(checkpointer=saver).invoke(graph_input, _config(name), durability="sync")
    except ValueError as error:
        assert str(error) == "broken"
    finally:
        _is_first_run.clear()


def resume(lg: Any, saver: Any, name: str) -> Any:
    """Resume a thread to its end; return its state before and its result as JSON."""
    make, _, answers = THREADS[name]
    graph, config = make(lg)(checkpointer=saver), _config(name)
    before = graph.get_state(config)
    state = [sorted(before.next), sorted(interrupt.id for interrupt in before.interrupts)]
    by_id = {interrupt.id: interrupt.value.upper() for interrupt in before.interrupts}
    for answer in answers:
        command = None if answer is None else lg.Command(resume=by_id if answer == "by id" else answer)
        result = graph.invoke(command, config)
    return json.loads(json.dumps([state, result], default=lambda message: [message.type, message.content]))


def _config(name: str) -> Any:
    return {"configurable": {"thread_id": name}}


if __name__ == "__main__":
    block_langgraph()
    from tests.differential.packages import package

    with SqliteSaver.from_conn_string(sys.argv[1]) as threads:
        print(json.dumps({name: resume(package("lgstream"), threads, name) for name in THREADS}))
