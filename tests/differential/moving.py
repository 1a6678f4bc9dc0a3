"""Threads that one package begins and the other one resumes.

``python -m tests.differential.moving PATH`` resumes all threads of a database where langgraph cannot be imported.
"""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable
from typing import Annotated, Any

from langgraph.checkpoint.sqlite import SqliteSaver
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list, operator.add]
    total: int


def asking(lg: Any) -> Any:
    g = lg.StateGraph(State)
    g.add_node("ask", lambda state: {"log": [lg.interrupt("first?"), lg.interrupt("second?")]})
    g.add_node("beside", lambda state: {"log": lg.Overwrite(["anew"])})
    g.add_node("after", lambda state: {"log": ["after"]})
    g.add_edge(lg.START, "ask").add_edge(lg.START, "beside").add_edge(["ask", "beside"], "after")
    return g.compile


def asking_twice(lg: Any) -> Any:
    g = lg.StateGraph(State)
    for name in ("one", "two"):
        g.add_node(name, lambda state, name=name: {"log": [name, lg.interrupt(f"{name}?")]})
        g.add_edge(lg.START, name)
    return g.compile


def sending(lg: Any) -> Any:
    g = lg.StateGraph(State)
    g.add_node("plan", lambda state: lg.Command(update={"total": 3}, goto=[lg.Send("work", {"total": 7})]))
    g.add_node("work", lambda state: {"log": [state["total"]]})
    g.add_conditional_edges("plan", lambda state: [lg.Send("work", {"total": n}) for n in range(state["total"])])
    g.add_edge(lg.START, "plan")
    return lambda **options: g.compile(interrupt_before=["work"], **options)


def chatting(lg: Any) -> Any:
    g = lg.StateGraph(lg.MessagesState)
    g.add_node("hello", lambda state: {"messages": [("ai", "hello")]})
    g.add_node("bye", lambda state: {"messages": [("ai", f"bye after {len(state['messages'])}")]})
    g.add_edge(lg.START, "hello").add_edge("hello", "bye")
    return lambda **options: g.compile(interrupt_after=["hello"], **options)


def nesting(lg: Any) -> Any:
    inner = asking(lg)()
    g = lg.StateGraph(State).add_node("inner", inner).add_edge(lg.START, "inner")
    return g.compile


def calling(lg: Any) -> Any:
    @lg.task
    def work(x: int) -> int:
        return x + 1

    def flow(x: int) -> Any:
        return [work(x).result(), lg.interrupt("well?"), work(x + 1).result()]

    return lambda checkpointer: lg.entrypoint(checkpointer=checkpointer)(flow)


def failing(lg: Any) -> Any:
    def bad(state: Any) -> Any:
        if _begins:
            raise ValueError("broken")
        return {"log": ["mended"]}

    g = lg.StateGraph(State).add_node("bad", bad).add_node("good", lambda state: {"log": ["good"]})
    g.add_edge(lg.START, "bad").add_edge(lg.START, "good")
    return g.compile


_begins: list[bool] = []
"""Not empty while a thread is begun: then a node fails."""

#: What to begin with, and what to go on with: answers in turn, or None.
THREADS: dict[str, tuple[Callable[[Any], Any], Any, tuple[Any, ...]]] = {
    "asking": (asking, {"log": ["in"]}, ("yes", "no")),
    "asking twice": (asking_twice, {"log": ["in"]}, ("by id",)),
    "sending": (sending, {"log": ["in"]}, (None,)),
    "chatting": (chatting, {"messages": [("user", "hi")]}, (None,)),
    "nesting": (nesting, {"log": ["in"]}, ("yes", "no")),
    "calling": (calling, 1, ("yes",)),
    "failing": (failing, {"log": ["broken"]}, (None,)),
}


def begin(lg: Any, saver: Any, name: str) -> None:
    """Run a thread up to where it stops."""
    make, given, _ = THREADS[name]
    _begins.append(True)
    try:
        make(lg)(checkpointer=saver).invoke(given, _config(name), durability="sync")
    except ValueError as error:
        assert str(error) == "broken"
    finally:
        _begins.clear()


def go_on(lg: Any, saver: Any, name: str) -> Any:
    """Go on with a thread to its end; what is there before, and what comes of it, as JSON."""
    make, _, answers = THREADS[name]
    graph, config = make(lg)(checkpointer=saver), _config(name)
    before = graph.get_state(config)
    seen = [sorted(before.next), sorted(asked.id for asked in before.interrupts)]
    for answer in answers:
        if answer == "by id":
            answer = {asked.id: asked.value.upper() for asked in before.interrupts}
        result = graph.invoke(None if answer is None else lg.Command(resume=answer), config)
    return json.loads(json.dumps([seen, result], default=lambda message: [message.type, message.content]))


def _config(name: str) -> Any:
    return {"configurable": {"thread_id": name}}


class _NoPeer:
    """Keeps langgraph itself from being imported; the packages of langgraph-checkpoint may be."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        kept = ("langgraph.checkpoint", "langgraph.store", "langgraph.cache")
        if name.startswith("langgraph.") and not name.startswith(kept):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, _NoPeer())
    from tests.differential.packages import package

    with SqliteSaver.from_conn_string(sys.argv[1]) as threads:
        print(json.dumps({name: go_on(package("lgstream"), threads, name) for name in THREADS}))
