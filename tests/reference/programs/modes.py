"""Every stream mode, alone and combined; with a checkpointer; with subgraphs; version v2.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

import operator
from typing import Annotated

from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

from lgstream.config import get_stream_writer
from lgstream.graph import START, StateGraph
from tests.reference.models import WordModel
from tests.reference.recorder import case

ALL = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]


class S(TypedDict):
    x: int
    log: Annotated[list, operator.add]


def base(checkpointer=None, **kw):
    """a -> b ; a writes custom data and calls a model."""
    model = WordModel(reply="two words")

    def a(state: S):
        w = get_stream_writer()
        w({"from": "a"})
        r = model.invoke("hi")
        return {"x": state["x"] + 1, "log": [r.content]}

    def b(state: S):
        get_stream_writer()("plain string from b")
        return {"x": state["x"] * 10, "log": ["b"]}

    return (
        StateGraph(S).add_node(a).add_node(b).add_edge(START, "a").add_edge("a", "b").compile(checkpointer, **kw)
    )


def cfg(t="t1", **kw):
    return {"configurable": {"thread_id": t, **kw}}


@case("modes-single", "modes", "each mode alone, as a string and as a list of one; no checkpointer")
def _(c):
    g = base()
    for m in ALL:
        c.stream(g, {"x": 1}, stream_mode=m)
        c.stream(g, {"x": 1}, stream_mode=[m])
    c.stream(g, {"x": 1}, stream_mode=("values", "updates"), label="a tuple of modes")
    c.stream(g, {"x": 1}, stream_mode=[], label="an empty list of modes")


@case("modes-single-checkpointer", "modes", "each mode alone with InMemorySaver")
def _(c):
    for m in ALL:
        g = base(InMemorySaver())
        c.stream(g, {"x": 1}, cfg(), stream_mode=m)


@case("modes-second-run-same-thread", "modes", "second run on the same thread with a checkpointer: steps and values go on")
def _(c):
    for m in ("values", "updates", "debug", "tasks", "checkpoints"):
        g = base(InMemorySaver())
        c.stream(g, {"x": 1}, cfg(), stream_mode="updates", label="first run")
        c.stream(g, {"x": 5}, cfg(), stream_mode=m, label="second run")
    g = base(InMemorySaver())
    c.stream(g, {"x": 1}, cfg(), stream_mode="values")
    c.stream(g, None, cfg(), stream_mode=["values", "updates", "debug"], label="input None on a finished thread")


@case("modes-all-together", "modes", "all seven modes in one list: order of chunks across modes")
def _(c):
    c.stream(base(), {"x": 1}, stream_mode=ALL)
    c.stream(base(), {"x": 1}, stream_mode=list(reversed(ALL)))
    c.stream(base(InMemorySaver()), {"x": 1}, cfg(), stream_mode=ALL)
    c.stream(base(InMemorySaver()), {"x": 1}, cfg(), stream_mode=ALL, subgraphs=True)


@case("modes-debug-vs-tasks-checkpoints", "modes", "debug combined with tasks / checkpoints")
def _(c):
    c.stream(base(InMemorySaver()), {"x": 1}, cfg(), stream_mode=["debug", "tasks"])
    c.stream(base(InMemorySaver()), {"x": 1}, cfg(), stream_mode=["tasks", "checkpoints"])


@case("modes-v2", "modes", "version='v2': StreamPart dicts")
def _(c):
    for m in ALL:
        c.stream(base(InMemorySaver()), {"x": 1}, cfg(), stream_mode=m, version="v2")
    c.stream(base(), {"x": 1}, stream_mode=["values", "updates", "custom"], version="v2")
    c.stream(base(), {"x": 1}, version="v2", label="default mode")
    c.stream(base(), {"x": 1}, version="v2", subgraphs=True, stream_mode=["values", "updates"])
    c.invoke(base(), {"x": 1}, version="v2", label="invoke v2 -> GraphOutput")
    c.invoke(base(), {"x": 1}, version="v2", stream_mode="updates", label="invoke v2 updates")
    c.stream(base(), {"x": 1}, version="v3", label="bad version")
    c.stream(base(), {"x": 1}, version="nope", label="bad version")


@case("modes-v2-model-state", "modes", "version='v2' with a pydantic state: values data type")
def _(c):
    class M(BaseModel):
        x: int

    def n(state: M):
        return {"x": state.x + 1}

    g = StateGraph(M).add_node(n).add_edge(START, "n").compile()
    for v in ("v1", "v2"):
        c.stream(g, {"x": 1}, stream_mode="values", version=v)
        c.stream(g, M(x=1), stream_mode=["values", "updates"], version=v)
        c.invoke(g, {"x": 1}, version=v)
    c.stream(g, {"x": "not a number"}, stream_mode="values", label="invalid input")
    c.stream(g, {}, stream_mode="values", label="missing field")


@case("modes-invoke", "modes", "invoke with stream_mode values/updates/list/None")
def _(c):
    g = base()
    c.invoke(g, {"x": 1})
    for m in ("values", "updates", "custom", "messages", ["values"], ["updates", "custom"], None, "debug"):
        c.invoke(g, {"x": 1}, stream_mode=m)


@case("modes-unknown", "modes", "an unknown stream mode")
def _(c):
    g = base()
    c.stream(g, {"x": 1}, stream_mode="nope")
    c.stream(g, {"x": 1}, stream_mode=["updates", "nope"])
    c.invoke(g, {"x": 1}, stream_mode="nope")
    c.stream(g, {"x": 1}, stream_mode="events")


@case("modes-print", "modes", "print_mode: what is printed, what is yielded")
def _(c):
    g = base()
    c.stream(g, {"x": 1}, print_mode="updates", capture=True)
    c.stream(g, {"x": 1}, stream_mode="values", print_mode="updates", capture=True)
    c.stream(g, {"x": 1}, stream_mode="values", print_mode=["values", "custom"], capture=True)
    c.invoke(g, {"x": 1}, print_mode="updates", capture=True)
    c.stream(g, {"x": 1}, stream_mode="updates", debug=True, capture=True, label="debug=True")
    c.stream(g, {"x": 1}, stream_mode=["values"], print_mode="values", subgraphs=True, capture=True)


@case("modes-output-keys", "modes", "output_keys in values / updates / tasks / debug / checkpoints")
def _(c):
    g = base()
    for ok in ("x", ["x"], ["log"], ["x", "log"], []):
        for m in ("values", "updates", "tasks", "debug"):
            c.stream(g, {"x": 1}, stream_mode=m, output_keys=ok)
        c.invoke(g, {"x": 1}, output_keys=ok)
    c.stream(base(InMemorySaver()), {"x": 1}, cfg(), stream_mode="checkpoints", output_keys=["x"])
    c.stream(g, {"x": 1}, stream_mode="values", output_keys=["nope"], label="unknown key")
    c.stream(g, {"x": 1}, stream_mode="updates", output_keys="nope", label="unknown key")


@case("modes-io-schema", "modes", "input_schema / output_schema / private keys and the modes")
def _(c):
    class In(TypedDict):
        q: str

    class Out(TypedDict):
        a: str

    class All(TypedDict):
        q: str
        a: str
        mid: str

    class Private(TypedDict):
        secret: str

    def first(state: In) -> Private:
        return {"secret": state["q"] + "!", "mid": "m"}

    def second(state: Private):
        c.log.append(dict(state))
        return {"a": state["secret"].upper()}

    def third(state: All):
        c.log.append(dict(state))
        return {"mid": "m2"}

    g = (
        StateGraph(All, input_schema=In, output_schema=Out)
        .add_node(first).add_node(second).add_node(third)
        .add_edge(START, "first").add_edge("first", "second").add_edge("second", "third").compile()
    )
    for m in ("values", "updates", "tasks", "debug"):
        c.stream(g, {"q": "hi", "mid": "ignored?"}, stream_mode=m)
        c.flush_log("state each of second, third saw")
    c.invoke(g, {"q": "hi"})


@case("modes-durability", "modes", "durability sync/async/exit with a checkpointer: chunks and stored history")
def _(c):
    for d in ("sync", "async", "exit"):
        g = base(InMemorySaver())
        c.stream(g, {"x": 1}, cfg(), stream_mode=["values", "checkpoints"], durability=d)
        h = c.history(g, cfg())
        c.fact(f"number of stored checkpoints, durability={d}", len(h))
    g = base()
    c.stream(g, {"x": 1}, stream_mode="updates", durability="exit", label="durability without checkpointer")
    g = base(InMemorySaver())
    c.stream(g, {"x": 1}, cfg(), stream_mode="updates", durability="nope", label="unknown durability")
    c.stream(g, {"x": 1}, cfg(), stream_mode="updates", checkpoint_during=False, label="deprecated kwarg")


@case("modes-no-thread", "modes", "checkpointer but no thread_id")
def _(c):
    g = base(InMemorySaver())
    c.stream(g, {"x": 1}, stream_mode="updates")
    c.stream(g, {"x": 1}, {"configurable": {}}, stream_mode="updates")
    c.invoke(g, {"x": 1})


@case("modes-empty-input", "modes", "input None / {} / unknown keys / wrong type, without a checkpointer")
def _(c):
    g = base()
    c.stream(g, None, stream_mode="values")
    c.stream(g, {}, stream_mode="values")
    c.stream(g, {"nope": 1}, stream_mode="values")
    c.stream(g, "a string", stream_mode="values")
    c.stream(g, 3, stream_mode="values")
    c.stream(g, [("x", 1)], stream_mode="values", label="list of pairs")
    c.stream(g, {"x": 1, "nope": 2, "log": ["in"]}, stream_mode=["values", "updates"], label="unknown key ignored")


@case("modes-tags-metadata-custom", "modes", "values written by a StreamWriter are passed by identity")
def _(c):
    obj = {"k": object()}
    got = []

    class T(TypedDict):
        x: int

    def n(state, writer):
        writer(obj)
        writer(None)
        writer((1, 2))
        writer(AIMessage("m", id="1"))
        return {"x": 1}

    g = StateGraph(T).add_node("n", n).add_edge(START, "n").compile()
    c.stream(g, {"x": 0}, stream_mode="custom", on_chunk=lambda i, ch: got.append(ch), keep=lambda ch: ch is not obj)
    c.fact("first chunk is the very object that was written", got[0] is obj)
    c.stream(g, {"x": 0}, stream_mode=["custom", "messages"], keep=lambda ch: ch[1] is not obj,
             label="writer() of a message does not reach messages mode")
