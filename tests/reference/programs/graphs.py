"""Graph shapes: parallel branches, conditional edges, Send, Command, subgraphs, writers.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

import operator
import time
from typing import Annotated, Literal

from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from lgstream.config import get_config, get_stream_writer
from lgstream.graph import END, START, StateGraph
from lgstream.types import Command, Send, StreamWriter
from tests.reference.recorder import case

ALL = ["values", "updates", "custom", "tasks", "debug"]


class L(TypedDict):
    log: Annotated[list, operator.add]


def node(name, delay=0.0, extra=None):
    def fn(state):
        time.sleep(delay)
        return {"log": [name], **(extra or {})}

    return fn


def cfg(t="t1", **kw):
    return {"configurable": {"thread_id": t, **kw}}


@case("graph-parallel", "graphs", "START fans out to slow, fast; both feed join (add_edge list). Finishing order is fast, "
      "slow: updates/tasks/custom come in finishing order; values only after the step; reducer applies in path order")
def _(c):
    def slow(state, writer: StreamWriter):
        writer("slow starts")
        time.sleep(0.3)
        writer("slow ends")
        return {"log": ["slow"]}

    def fast(state, writer: StreamWriter):
        time.sleep(0.1)
        writer("fast ends")
        return {"log": ["fast"]}

    g = (
        StateGraph(L).add_node("slow", slow).add_node("fast", fast).add_node("join", node("join"))
        .add_edge(START, "slow").add_edge(START, "fast").add_edge(["slow", "fast"], "join").add_edge("join", END)
        .compile()
    )
    for m in ALL:
        c.stream(g, {"log": ["in"]}, stream_mode=m)
    c.stream(g, {"log": ["in"]}, stream_mode=["updates", "values", "custom", "tasks"])


@case("graph-parallel-async-nodes", "graphs", "the same with async nodes", variants=("async",))
def _(c):
    import asyncio

    async def slow(state, writer: StreamWriter):
        writer("slow starts")
        await asyncio.sleep(0.3)
        writer("slow ends")
        return {"log": ["slow"]}

    async def fast(state, writer: StreamWriter):
        await asyncio.sleep(0.1)
        writer("fast ends")
        return {"log": ["fast"]}

    g = (
        StateGraph(L).add_node("slow", slow).add_node("fast", fast).add_node("join", node("join"))
        .add_edge(START, "slow").add_edge(START, "fast").add_edge(["slow", "fast"], "join").compile()
    )
    c.stream(g, {"log": ["in"]}, stream_mode=["updates", "values", "custom", "tasks"])


@case("graph-reducer-order", "graphs", "order in which a reducer sees parallel writes: by task path (node name), whatever "
      "the order of add_node, add_edge or finishing")
def _(c):
    g = StateGraph(L)
    for n, d in (("zz", 0.0), ("aa", 0.2), ("mm", 0.1)):
        g.add_node(n, node(n, d))
        g.add_edge(START, n)
    g = g.compile()
    c.stream(g, {"log": []}, stream_mode=["updates", "values"])
    c.invoke(g, {"log": []})


@case("graph-uneven-branches", "graphs", "a -> b -> d and a -> c -> c2 -> d: d runs twice without a joined edge, once with "
      "a joined edge, and with defer=True")
def _(c):
    def build(kind):
        g = StateGraph(L)
        for n in ("a", "b", "c", "c2"):
            g.add_node(n, node(n, {"b": 0.0, "c": 0.15, "c2": 0.15}.get(n, 0)))
        g.add_node("d", node("d"), defer=(kind == "defer"))
        g.add_edge(START, "a").add_edge("a", "b").add_edge("a", "c").add_edge("c", "c2")
        if kind == "join":
            g.add_edge(["b", "c2"], "d")
        else:
            g.add_edge("b", "d").add_edge("c2", "d")
        g.add_edge("d", END)
        return g.compile()

    for kind in ("plain", "join", "defer"):
        c.stream(build(kind), {"log": []}, stream_mode=["updates", "values"], label=kind)
    c.stream(build("plain"), {"log": []}, stream_mode="debug", label="plain: triggers in debug")
    c.stream(build("join"), {"log": []}, stream_mode="debug", label="join: triggers in debug")
    c.stream(build("defer"), {"log": []}, stream_mode="debug", label="defer: triggers in debug")


@case("graph-conditional", "graphs", "add_conditional_edges: str, list, path_map dict, path_map list, bool keys, END, "
      "Literal return annotation, conditional entry point")
def _(c):
    def mk(path, path_map=None):
        g = StateGraph(L).add_node("a", node("a")).add_node("b", node("b")).add_node("c", node("c", 0.1))
        g.add_edge(START, "a")
        g.add_conditional_edges("a", path, path_map)
        return g.compile()

    c.stream(mk(lambda s: "b"), {"log": []}, stream_mode=["updates", "values"])
    c.stream(mk(lambda s: ["b", "c"]), {"log": []}, stream_mode=["updates", "values"])
    c.stream(mk(lambda s: END), {"log": []}, stream_mode=["updates", "values"])
    c.stream(mk(lambda s: []), {"log": []}, stream_mode=["updates", "values"], label="empty list")
    c.stream(mk(lambda s: len(s["log"]) > 0, {True: "b", False: END}), {"log": []}, stream_mode="debug")
    c.stream(mk(lambda s: "b", ["b", "c"]), {"log": []}, stream_mode="updates")
    c.stream(mk(lambda s: "unknown"), {"log": []}, stream_mode=["updates", "values"], label="unknown target")
    c.stream(mk(lambda s: "unknown", {"x": "b"}), {"log": []}, stream_mode="updates", label="key not in path_map")
    c.stream(mk(lambda s: None), {"log": []}, stream_mode="updates", label="None returned")
    c.stream(mk(lambda s: [END, "b"]), {"log": []}, stream_mode="updates", label="END and b")
    g = StateGraph(L).add_node("a", node("a")).add_node("b", node("b"))
    g.set_conditional_entry_point(lambda s: "b" if s["log"] else "a")
    g = g.compile()
    c.stream(g, {"log": []}, stream_mode="debug")
    c.stream(g, {"log": ["x"]}, stream_mode="updates")

    def route(s) -> Literal["b", "__end__"]:
        return "b"

    g = StateGraph(L).add_node("a", node("a")).add_node("b", node("b")).add_edge(START, "a")
    g.add_conditional_edges("a", route)
    c.stream(g.compile(), {"log": []}, stream_mode="updates")


@case("graph-loop", "graphs", "a loop through a conditional edge")
def _(c):
    def route(s):
        return END if len(s["log"]) >= 3 else "a"

    g = StateGraph(L).add_node("a", node("a")).add_edge(START, "a").add_conditional_edges("a", route).compile()
    for m in ALL:
        c.stream(g, {"log": []}, stream_mode=m)


@case("graph-send", "graphs", "Send fan-out from a conditional edge; the tasks finish in reverse order; then join")
def _(c):
    def work(state):
        time.sleep(0.6 - 0.25 * state["i"])
        return {"log": [f"work{state['i']}"]}

    def fan(state):
        return [Send("work", {"i": i}) for i in range(3)]

    g = (
        StateGraph(L).add_node("a", node("a")).add_node("work", work).add_node("join", node("join"))
        .add_edge(START, "a").add_conditional_edges("a", fan, ["work"]).add_edge("work", "join").compile()
    )
    for m in ALL:
        c.stream(g, {"log": []}, stream_mode=m)
    c.stream(g, {"log": []}, stream_mode=["updates", "values"])
    g2 = (
        StateGraph(L).add_node("work", work).add_conditional_edges(START, fan).compile(InMemorySaver())
    )
    c.stream(g2, {"log": []}, cfg(), stream_mode="debug", label="Send from START, checkpointer")
    g3 = (
        StateGraph(L).add_node("a", node("a")).add_node("work", work).add_node("b", node("b"))
        .add_edge(START, "a").add_conditional_edges("a", lambda s: [Send("work", {"i": 0}), "b", Send("work", {"i": 1})])
        .compile()
    )
    c.stream(g3, {"log": []}, stream_mode=["updates", "values", "tasks"], label="Sends mixed with a plain edge")
    g4 = StateGraph(L).add_node("a", node("a")).add_edge(START, "a").add_conditional_edges(
        "a", lambda s: [Send("nowhere", {})]).compile()
    c.stream(g4, {"log": []}, stream_mode="updates", label="Send to an unknown node")
    g5 = StateGraph(L).add_node("a", node("a")).add_edge(START, "a").add_conditional_edges(
        "a", lambda s: [Send(END, {})]).compile()
    c.stream(g5, {"log": []}, stream_mode="updates", label="Send to END")


@case("graph-command", "graphs", "Command(goto), Command(update), both, goto list, goto Send, list of Commands, mixed list")
def _(c):
    def mk(ret):
        def a(state) -> Command[Literal["b", "c"]]:
            return ret

        g = StateGraph(L).add_node("a", a).add_node("b", node("b")).add_node("c", node("c", 0.1)).add_edge(START, "a")
        return g.compile()

    M = ["updates", "values", "tasks"]
    c.stream(mk(Command(goto="b")), {"log": []}, stream_mode=M, label="goto only")
    c.stream(mk(Command(update={"log": ["a"]})), {"log": []}, stream_mode=M, label="update only")
    c.stream(mk(Command(update={"log": ["a"]}, goto="c")), {"log": []}, stream_mode=M, label="both")
    c.stream(mk(Command(update={"log": ["a"]}, goto=["b", "c"])), {"log": []}, stream_mode=M, label="goto two")
    c.stream(mk(Command(goto=[Send("b", {"log": ["private"]}), "c"])), {"log": []}, stream_mode=M, label="goto Send + str")
    c.stream(mk(Command(goto=END)), {"log": []}, stream_mode=M, label="goto END")
    c.stream(mk([Command(update={"log": ["1"]}), Command(update={"log": ["2"]}, goto="b")]), {"log": []}, stream_mode=M,
             label="list of Commands")
    c.stream(mk([{"log": ["0"]}, Command(update={"log": ["2"]}, goto="b")]), {"log": []}, stream_mode=M,
             label="list of dict and Command")
    c.stream(mk(Command(update=[("log", ["t1"]), ("log", ["t2"])])), {"log": []}, stream_mode=M, label="update as pairs")
    c.stream(mk(Command(goto="nowhere")), {"log": []}, stream_mode=M, label="goto unknown node")
    c.stream(mk(Command(update={"nope": 1})), {"log": []}, stream_mode=M, label="update of an unknown key")
    c.stream(mk(Command()), {"log": []}, stream_mode=M, label="empty Command")

    def a2(state):
        return Command(update={"log": ["a"]}, goto="c")

    g = StateGraph(L).add_node("a", a2).add_node("b", node("b")).add_node("c", node("c", 0.1))
    g.add_edge(START, "a").add_edge("a", "b")
    c.stream(g.compile(), {"log": []}, stream_mode=M, label="goto c and a static edge a->b: both run")


@case("graph-command-parent", "graphs", "Command(graph=Command.PARENT) from a subgraph node")
def _(c):
    def inner(state):
        return Command(graph=Command.PARENT, update={"log": ["from inner"]}, goto="other")

    sub = StateGraph(L).add_node("before", node("before")).add_node("inner", inner).add_edge(START, "before").add_edge("before", "inner").compile()
    g = (
        StateGraph(L).add_node("sub", sub).add_node("other", node("other")).add_edge(START, "sub").compile()
    )
    M = ["updates", "values", "tasks"]
    c.stream(g, {"log": []}, stream_mode=M)
    c.stream(g, {"log": []}, stream_mode=M, subgraphs=True)
    top = StateGraph(L).add_node("inner", inner).add_edge(START, "inner").compile()
    c.stream(top, {"log": []}, stream_mode=M, label="PARENT at the top level")


@case("graph-none-and-odd-returns", "graphs", "what updates/values/tasks show when a node returns None, {}, the whole state, "
      "a list of dicts, [], a Command")
def _(c):
    class T(TypedDict):
        x: int
        y: int

    def mk(ret):
        g = StateGraph(T).add_node("a", lambda s: ret).add_node("b", lambda s: {"y": 2}).add_edge(START, "a").add_edge("a", "b")
        return g.compile()

    M = ["updates", "values", "tasks"]
    for r in (None, {}, {"x": 5}, {"x": 5, "y": 6}, [{"x": 1}, {"y": 7}], []):
        c.stream(mk(r), {"x": 0}, stream_mode=M, label=f"returns {r!r}")
    c.stream(mk({"x": None}), {"x": 0}, stream_mode=M, label="returns {'x': None}")
    c.stream(mk({"x": 0}), {"x": 0}, stream_mode=M, label="returns an unchanged value")


@case("graph-no-output-change-values", "graphs", "values mode after a step in which no node wrote anything")
def _(c):
    class T(TypedDict):
        x: int

    g = StateGraph(T)
    for n in ("a", "b", "d"):
        g.add_node(n, (lambda s: None) if n != "d" else (lambda s: {"x": 9}))
    g.add_edge(START, "a").add_edge("a", "b").add_edge("b", "d")
    c.stream(g.compile(), {"x": 0}, stream_mode="values")
    c.stream(g.compile(), {"x": 0}, stream_mode="updates")
    c.stream(g.compile(), {}, stream_mode="values", label="empty dict as input")


def nested(checkpointers=(None, None, None)):
    """outer: o1 -> mid(sub) ; mid: m1 -> inner(sub) ; inner: i1 (writes custom)"""

    def i1(state):
        get_stream_writer()({"ns": get_config()["configurable"].get("checkpoint_ns", "").count("|")})
        return {"log": ["i1"]}

    inner = StateGraph(L).add_node("i1", i1).add_edge(START, "i1").compile(checkpointers[2])
    mid = (
        StateGraph(L).add_node("m1", node("m1")).add_node("inner", inner).add_edge(START, "m1").add_edge("m1", "inner")
        .compile(checkpointers[1])
    )
    return (
        StateGraph(L).add_node("o1", node("o1")).add_node("mid", mid).add_edge(START, "o1").add_edge("o1", "mid")
        .compile(checkpointers[0])
    )


@case("sub-nested-3", "subgraphs", "three levels; every mode; with and without subgraphs=True; v2")
def _(c):
    for m in ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]:
        c.stream(nested(), {"log": []}, stream_mode=m)
        c.stream(nested(), {"log": []}, stream_mode=m, subgraphs=True)
    c.stream(nested(), {"log": []}, stream_mode=["values", "updates", "custom", "tasks"], subgraphs=True)
    c.stream(nested(), {"log": []}, stream_mode=["values", "updates"], subgraphs=True, version="v2")


@case("sub-nested-3-checkpointer", "subgraphs", "three levels under a parent checkpointer")
def _(c):
    for m in ["values", "tasks", "checkpoints", "debug"]:
        c.stream(nested((InMemorySaver(), None, None)), {"log": []}, cfg(), stream_mode=m, subgraphs=True)
    g = nested((InMemorySaver(), None, None))
    c.stream(g, {"log": []}, cfg(), stream_mode="updates")
    c.state(g, cfg())
    c.state(g, cfg(), subgraphs=True)


@case("sub-in-function", "subgraphs", "a subgraph invoked inside a node function: once, twice with different states, and "
      "streamed by hand")
def _(c):
    class Sub(TypedDict):
        v: str

    def s1(state: Sub):
        get_stream_writer()("custom from s1 " + state["v"])
        return {"v": state["v"] + "!"}

    sub = StateGraph(Sub).add_node("s1", s1).add_edge(START, "s1").compile()
    sub_named = StateGraph(Sub).add_node("s1", s1).add_edge(START, "s1").compile(name="mysub")

    def once(state):
        return {"log": [sub.invoke({"v": "once"})["v"]]}

    def twice(state):
        return {"log": [sub.invoke({"v": "t1"})["v"], sub_named.invoke({"v": "t2"})["v"]]}

    def with_config(state, config):
        return {"log": [sub.invoke({"v": "cfg"}, config)["v"]]}

    def by_hand(state):
        return {"log": [str(ch) for ch in sub.stream({"v": "hand"}, stream_mode="updates")]}

    async def aonce(state):
        return {"log": [(await sub.ainvoke({"v": "aonce"}))["v"]]}

    fns = {"once": once, "twice": twice, "with_config": with_config, "by_hand": by_hand}
    if c.is_async:
        fns["aonce"] = aonce
    for name, fn in fns.items():
        g = StateGraph(L).add_node(name, fn).add_edge(START, name).compile()
        c.stream(g, {"log": []}, stream_mode=["updates", "custom", "values"], label=name)
        c.stream(g, {"log": []}, stream_mode=["updates", "custom", "values"], subgraphs=True, label=name)
        c.stream(g, {"log": []}, stream_mode=["updates", "tasks", "debug"], subgraphs=True, label=name)
    g = StateGraph(L).add_node("twice", twice).add_edge(START, "twice").compile(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode=["updates"], subgraphs=True, label="twice, parent has a checkpointer")
    c.state(g, cfg(), subgraphs=True)


@case("sub-parallel", "subgraphs", "the same compiled subgraph as two nodes, finishing in a known order")
def _(c):
    def mk(delay):
        return StateGraph(L).add_node("s", node("s", delay)).add_node("t", node("t")).add_edge(START, "s").add_edge("s", "t").compile()

    g = StateGraph(L).add_node("p", mk(0.3)).add_node("q", mk(0.1)).add_edge(START, "p").add_edge(START, "q").compile()
    c.stream(g, {"log": []}, stream_mode="updates", subgraphs=True)
    c.stream(g, {"log": []}, stream_mode="updates")


@case("sub-send", "subgraphs", "Send to a node that is a subgraph")
def _(c):
    class T(TypedDict):
        i: int
        log: Annotated[list, operator.add]

    def s(state: T):
        time.sleep(0.6 - 0.25 * state["i"])
        return {"log": [state["i"]]}

    sub = StateGraph(T).add_node("s", s).add_edge(START, "s").compile()
    g = StateGraph(L).add_node("sub", sub).add_conditional_edges(
        START, lambda st: [Send("sub", {"i": i}) for i in range(3)], ["sub"]).compile()
    c.stream(g, {"log": []}, stream_mode="updates", subgraphs=True)
    c.stream(g, {"log": []}, stream_mode=["updates"], subgraphs=True)


@case("sub-different-schema", "subgraphs", "a subgraph with an own input/output schema and a private key")
def _(c):
    class P(TypedDict):
        a: int
        b: int

    class Sub(TypedDict):
        a: int
        hidden: int

    sub = StateGraph(Sub).add_node("n", lambda s: {"a": s["a"] + 1, "hidden": 3}).add_edge(START, "n").compile()
    g = StateGraph(P).add_node("sub", sub).add_edge(START, "sub").compile()
    c.stream(g, {"a": 1, "b": 2}, stream_mode=["updates", "values"], subgraphs=True)


@case("sub-state-checkpointers", "subgraphs", "compile(checkpointer=True/False/None) of a subgraph under a parent with a "
      "checkpointer: namespaces of the chunks")
def _(c):
    def n(state):
        return {"log": [get_config()["configurable"].get("checkpoint_ns", "<none>").split(":")[0]]}

    for cp in (None, True, False):
        sub = StateGraph(L).add_node("n", n).add_edge(START, "n").compile(cp)
        g = StateGraph(L).add_node("sub", sub).add_edge(START, "sub").compile(InMemorySaver())
        c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "checkpoints"], subgraphs=True, label=f"checkpointer={cp}")
        c.stream(g, {"log": []}, cfg(), stream_mode=["updates"], subgraphs=True, label=f"checkpointer={cp}, second run")


@case("writer-ways", "writers", "writer parameter (annotated or not), get_stream_writer(), in nodes, helpers, threads of the "
      "node; ordering against updates")
def _(c):
    class T(TypedDict):
        x: int

    def by_name(state, writer):
        writer(1)
        return {"x": 1}

    def by_type(state, w: StreamWriter):
        w(2)
        return {"x": 2}

    def kw_only(state, *, writer: StreamWriter):
        writer(3)
        return {"x": 3}

    def getter(state):
        get_stream_writer()(4)
        return {"x": 4}

    def conf(state, config, *, writer):
        writer(sorted(k for k in config["metadata"]))
        return {"x": 5}

    async def aget(state):
        get_stream_writer()(6)
        return {"x": 6}

    fns = [by_name, kw_only, getter, conf] + ([aget] if c.is_async else [])
    g = StateGraph(T)
    prev = START
    for f in fns:
        g.add_node(f.__name__, f)
        g.add_edge(prev, f.__name__)
        prev = f.__name__
    g = g.compile()
    c.stream(g, {"x": 0}, stream_mode=["custom", "updates"])
    c.stream(g, {"x": 0}, stream_mode=["custom", "updates"], subgraphs=True)
    g = StateGraph(T).add_node("by_type", by_type).add_edge(START, "by_type").compile()
    c.stream(g, {"x": 0}, stream_mode="custom", label="parameter named w annotated StreamWriter")
    c.call("get_stream_writer() outside a graph", get_stream_writer)
    c.call("get_config() outside a graph", get_config)


@case("writer-in-conditional-edge", "writers", "get_stream_writer() in a routing function")
def _(c):
    def route(state):
        get_stream_writer()("routing")
        return END

    g = StateGraph(L).add_node("a", node("a")).add_edge(START, "a").add_conditional_edges("a", route).compile()
    c.stream(g, {"log": []}, stream_mode=["custom", "updates"])


@case("sub-in-function-four-times", "subgraphs", "one subgraph called four times in one node")
def _(c):
    sub = StateGraph(L).add_node("s", node("s")).add_edge(START, "s").compile()

    def f(state):
        for _i in range(4):
            sub.invoke({"log": []})

    g = StateGraph(L).add_node("f", f).add_edge(START, "f").compile()
    c.stream(g, {"log": []}, subgraphs=True)
    c.stream(g, {"log": []}, stream_mode=["values", "tasks"], subgraphs=True)
