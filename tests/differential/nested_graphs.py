"""Graphs of langgraph, and graphs of either package that have them as a node or call them in a node."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from typing_extensions import TypedDict

from tests.differential.packages import package
from tests.reference.models import WordModel

theirs = package("langgraph")
ours = package("lgstream")

MODES = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]
THREAD: Any = {"configurable": {"thread_id": "1"}}
HOWS = ["node", "called"]


class Log(TypedDict, total=False):
    log: Annotated[list, operator.add]


class Plain(Log, total=False):
    note: str


def asking_graph(**options: Any) -> Any:
    """Return a langgraph graph of two nodes: one talks and writes custom data, the next asks."""

    def talk(state: Any) -> Any:
        theirs.get_stream_writer()("custom of the child")
        return {"log": [WordModel(fixed_id="1").invoke("hi").content]}

    def ask(state: Any) -> Any:
        return {"log": [theirs.interrupt("one?"), theirs.interrupt("two?")]}

    g = theirs.StateGraph(Plain)
    g.add_node("talk", talk).add_node("ask", ask).add_edge("__start__", "talk").add_edge("talk", "ask")
    return g.compile(**options)


def talking_graph(**options: Any) -> Any:
    """Return a langgraph graph that talks, writes custom data, and runs a graph inside it that does so, too."""

    def talk(state: Any) -> Any:
        theirs.get_stream_writer()("custom of the child")
        return {"log": [WordModel(fixed_id="1").invoke("hi").content]}

    inner = theirs.StateGraph(Plain).add_node("talk", talk).add_edge("__start__", "talk").compile()
    g = theirs.StateGraph(Plain)
    g.add_node("talk", talk).add_node("inner", inner).add_edge("__start__", "talk").add_edge("talk", "inner")
    return g.compile(**options)


def outer_of(lg: Any, child: Any, how: str, **options: Any) -> Any:
    """Return a graph of package ``lg`` with ``child`` as a node, or called in a node, and a node after it."""

    def call(state: Any) -> Any:
        return {"log": child.invoke({"log": []})["log"]}

    g = lg.StateGraph(Plain)
    g.add_node("child", child if how == "node" else call)
    g.add_node("end", lambda state: {"log": ["end"]})
    g.add_edge("__start__", "child")
    g.add_edge("child", "end")
    return g.compile(**options)
