"""Errors: in nodes, limits, invalid graphs, invalid updates.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

import operator
import time
from typing import Annotated

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from lgstream.graph import END, START, MessagesState, StateGraph
from lgstream.types import Command, RetryPolicy, Send, StreamWriter
from tests.reference.models import WordModel
from tests.reference.recorder import case


class T(TypedDict):
    x: int


class L(TypedDict):
    log: Annotated[list, operator.add]


def cfg(t="t1", **kw):
    return {"configurable": {"thread_id": t, **kw}}


@case("err-in-node", "errors", "a node raises after writing custom data: what is emitted before, what is raised, what a "
      "checkpointer keeps")
def _(c):
    def a(state):
        return {"log": ["a"]}

    def boom(state, writer: StreamWriter):
        writer("before the error")
        raise ValueError("boom", 42)

    def build(cp=None):
        return (StateGraph(L).add_node(a).add_node(boom).add_edge(START, "a").add_edge("a", "boom").compile(cp))

    for m in ("values", "updates", "custom", "tasks", "debug", ["values", "updates", "custom", "tasks"]):
        c.stream(build(), {"log": []}, stream_mode=m)
    g = build(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "tasks", "checkpoints"])
    c.state(g, cfg())
    c.stream(g, None, cfg(), stream_mode=["updates", "values"], label="resume with None runs the failed node again")
    c.invoke(build(), {"log": []})


@case("err-in-parallel-node", "errors", "one of three parallel nodes raises: siblings that finish before/after; saved writes")
def _(c):
    def build(cp=None):
        def quick(state):
            c.log.append("quick done")
            return {"log": ["quick"]}

        def boom(state):
            time.sleep(0.4)
            raise RuntimeError("boom")

        def slow(state):
            time.sleep(1.0)
            c.log.append("slow done")
            return {"log": ["slow"]}

        g = StateGraph(L)
        for f in (quick, boom, slow):
            g.add_node(f.__name__, f)
            g.add_edge(START, f.__name__)
        return g.compile(cp)

    c.stream(build(), {"log": []}, stream_mode=["values", "updates", "tasks"])
    time.sleep(0.8)
    c.flush_log("which siblings ran to the end")
    g = build(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode=["values", "updates", "tasks"])
    time.sleep(0.8)
    c.log.clear()
    c.state(g, cfg())


@case("err-parallel-async", "errors", "the same with async nodes: the sibling is cancelled", variants=("async",))
def _(c):
    import asyncio

    async def boom(state):
        await asyncio.sleep(0.1)
        raise RuntimeError("boom")

    async def slow(state):
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            c.log.append("slow cancelled")
            raise
        return {"log": ["slow"]}

    g = StateGraph(L).add_node(boom).add_node(slow).add_edge(START, "boom").add_edge(START, "slow").compile()
    c.stream(g, {"log": []}, stream_mode=["values", "updates", "tasks"])
    c.flush_log()


@case("err-in-subgraph", "errors", "an error in a subgraph node: chunks by namespace, notes on the exception")
def _(c):
    def s0(state):
        return {"log": ["s0"]}

    def boom(state):
        raise KeyError("k")

    sub = StateGraph(L).add_node(s0).add_node(boom).add_edge(START, "s0").add_edge("s0", "boom").compile()
    g = StateGraph(L).add_node("sub", sub).add_edge(START, "sub").compile()
    c.stream(g, {"log": []}, stream_mode=["updates", "tasks"], subgraphs=True)
    c.stream(g, {"log": []}, stream_mode=["updates", "tasks"])


@case("err-in-model", "errors", "a model fails in the middle of its tokens, messages mode")
def _(c):
    class Bad(WordModel):
        def _stream(self, *a, **kw):
            for i, ch in enumerate(super()._stream(*a, **kw)):
                if i == 2:
                    raise ConnectionError("lost")
                yield ch

        async def _astream(self, *a, **kw):
            i = 0
            async for ch in super()._astream(*a, **kw):
                if i == 2:
                    raise ConnectionError("lost")
                yield ch
                i += 1

    m = Bad()
    g = StateGraph(MessagesState).add_node("n", lambda s: {"messages": m.invoke(s["messages"])}).add_edge(START, "n").compile()
    c.stream(g, {"messages": [HumanMessage("a b c d", id="h")]}, stream_mode=["messages", "updates"])


@case("err-in-routing", "errors", "a routing function raises")
def _(c):
    def route(s):
        raise ValueError("route failed")

    g = StateGraph(L).add_node("a", lambda s: {"log": ["a"]}).add_edge(START, "a").add_conditional_edges("a", route).compile()
    c.stream(g, {"log": []}, stream_mode=["values", "updates", "tasks"])


@case("err-recursion", "errors", "recursion limit: default and explicit; what is emitted; bad values")
def _(c):
    g = StateGraph(L).add_node("a", lambda s: {"log": [len(s["log"])]}).add_edge(START, "a").add_edge("a", "a").compile()
    c.stream(g, {"log": []}, {"recursion_limit": 3}, stream_mode=["values", "updates"])
    c.invoke(g, {"log": []}, {"recursion_limit": 3})
    c.stream(g, {"log": []}, {"recursion_limit": 0}, stream_mode="values")
    c.stream(g, {"log": []}, {"recursion_limit": -1}, stream_mode="values")
    if not c.is_async:
        n = []
        c.stream(g, {"log": []}, stream_mode="updates", keep=lambda ch: n.append(1), label="default limit (chunks not recorded)")
        c.fact("chunks before the default limit was reached", len(n))
    three = StateGraph(L).add_sequence([(k, lambda s: {"log": [1]}) for k in "abc"]).add_edge(START, "a").compile()
    for limit in (2, 3, 4):
        c.stream(three, {"log": []}, {"recursion_limit": limit}, stream_mode="updates", label=f"three steps, limit {limit}")
    seq = StateGraph(L).add_node("a", lambda s: {"log": ["a"]}).add_node("b", lambda s: {"log": ["b"]}).add_edge(START, "a").add_edge("a", "b").compile()
    c.stream(seq, {"log": []}, {"recursion_limit": 1}, stream_mode="updates", label="two steps, limit 1")
    c.stream(seq, {"log": []}, {"recursion_limit": 2}, stream_mode="updates", label="two steps, limit 2")
    sub = StateGraph(L).add_node("g", g).add_edge(START, "g").compile()
    c.stream(sub, {"log": []}, {"recursion_limit": 3}, stream_mode="updates", label="limit reached in a subgraph")


@case("err-invalid-update", "errors", "invalid updates: two writers of one key, non-dict, unknown key, list, other types")
def _(c):
    def two(cp=None):
        return (StateGraph(T).add_node("a", lambda s: {"x": 1}).add_node("b", lambda s: {"x": 2})
                .add_edge(START, "a").add_edge(START, "b").compile(cp))

    c.stream(two(), {"x": 0}, stream_mode=["values", "tasks"], label="two nodes write a plain key in one step")
    c.invoke(two(), {"x": 0})
    for ret in ("a string", 5, ["x"], {"nope": 1}, {"x": 1, "nope": 2}, (1, 2), object, {1: 2}, True, 0, "", [("x", 1)], ("x", 3)):
        g = StateGraph(T).add_node("a", lambda s: ret).add_edge(START, "a").compile()
        c.stream(g, {"x": 0}, stream_mode=["updates", "values"], label=f"returns {ret!r}")

    def r(a, b):
        return a + b

    class R(TypedDict):
        y: Annotated[int, r]

    g = StateGraph(R).add_node("a", lambda s: {"y": "str"}).add_edge(START, "a").compile()
    c.stream(g, {"y": 1}, stream_mode=["updates", "values"], label="the reducer raises")
    g = StateGraph(R).add_node("a", lambda s: None).add_edge(START, "a").compile()
    c.stream(g, {"y": "x"}, stream_mode=["values"], label="the reducer raises on the input")

    def keyerr(s):
        return {"x": s["missing"]}

    g = StateGraph(T).add_node("a", keyerr).add_edge(START, "a").compile()
    c.stream(g, {"x": 1}, stream_mode=["values"], label="KeyError in a node")
    g = StateGraph(T).add_node("a", lambda s: {"x": 1}).add_edge(START, "a").compile()
    c.stream(g, {}, stream_mode=["values"], label="{} as input")


@case("err-build", "errors", "graph construction and compile errors: type and message", variants=("sync",))
def _(c):
    n = lambda s: None  # noqa: E731

    def named(s):
        return None

    def G():
        return StateGraph(T)

    tests = {
        "compile an empty graph": lambda: G().compile(),
        "no entry point": lambda: G().add_node("a", n).compile(),
        "edge to an unknown node": lambda: G().add_node("a", n).add_edge(START, "a").add_edge("a", "nope").compile(),
        "edge from an unknown node": lambda: G().add_node("a", n).add_edge(START, "a").add_edge("nope", "a").compile(),
        "edge START to an unknown node": lambda: G().add_edge(START, "nope").compile(),
        "duplicate node": lambda: G().add_node("a", n).add_node("a", n),
        "duplicate function node": lambda: G().add_node(named).add_node(named),
        "reserved name START": lambda: G().add_node(START, n),
        "reserved name END": lambda: G().add_node(END, n),
        "reserved name __interrupt__": lambda: G().add_node("__interrupt__", n),
        "name with ':'": lambda: G().add_node("a:b", n),
        "name with '|'": lambda: G().add_node("a|b", n),
        "node named like a state key": lambda: G().add_node("x", n).add_edge(START, "x").compile(),
        "lambda without a name": lambda: G().add_node(n).nodes.keys(),
        "node without action": lambda: G().add_node("a"),
        "action is not callable": lambda: G().add_node("a", 5),
        "node is not str/callable": lambda: G().add_node(5),
        "END as start of an edge": lambda: G().add_node("a", n).add_edge(END, "a"),
        "START as end of an edge": lambda: G().add_node("a", n).add_edge("a", START),
        "list edge with END": lambda: G().add_node("a", n).add_edge(["a", END], "a"),
        "list edge with an unknown node": lambda: G().add_node("a", n).add_edge(["a", "nope"], "a"),
        "list edge to an unknown node": lambda: G().add_node("a", n).add_edge(["a"], "nope"),
        "list edge to START": lambda: G().add_node("a", n).add_edge(["a"], START),
        "conditional edge from an unknown node": lambda: G().add_node("a", n).add_edge(START, "a").add_conditional_edges("nope", named).compile(),
        "conditional edge map to an unknown node": lambda: G().add_node("a", n).add_edge(START, "a").add_conditional_edges("a", named, {"k": "nope"}).compile(),
        "same routing function twice": lambda: G().add_node("a", n).add_conditional_edges("a", named).add_conditional_edges("a", named),
        "unreachable node": lambda: list(G().add_node("a", n).add_node("b", n).add_edge(START, "a").compile().stream({"x": 1}, stream_mode="updates")),
        "sequence, empty": lambda: G().add_sequence([]),
        "sequence, duplicate": lambda: G().add_sequence([named, named]),
        "two edges in a sequence from START": lambda: G().add_node("a", n).add_node("b", n).add_edge(START, "a").add_edge(START, "b").compile() and "ok",
        "same edge twice": lambda: list(G().add_node("a", lambda s: {"x": 2}).add_edge(START, "a").add_edge(START, "a").compile().stream({"x": 1})),
        "set_entry_point unknown": lambda: G().set_entry_point("nope").compile(),
        "set_finish_point unknown": lambda: G().add_node("a", n).set_entry_point("a").set_finish_point("nope").compile(),
        "interrupt_after unknown": lambda: G().add_node("a", n).add_edge(START, "a").compile(interrupt_after=["nope"]),
        "checkpointer of a wrong type": lambda: G().add_node("a", n).add_edge(START, "a").compile(checkpointer="nope"),
        "checkpointer=True at the top level": lambda: list(G().add_node("a", n).add_edge(START, "a").compile(checkpointer=True).stream({"x": 1}, {"configurable": {"thread_id": "1"}})),
        "StateGraph without schema": lambda: StateGraph(),
        "StateGraph(None)": lambda: StateGraph(None).add_node("a", n),
        "StateGraph(int)": lambda: StateGraph(int).add_node("a", n).add_edge(START, "a").compile().invoke(3),
        "StateGraph(dict)": lambda: StateGraph(dict).add_node("a", lambda s: {"k": 1}).add_edge(START, "a").compile().invoke({"z": 1}),
        "unknown compile kwarg": lambda: G().add_node("a", n).add_edge(START, "a").compile(nope=1),
        "unknown stream kwarg": lambda: list(G().add_node("a", n).add_edge(START, "a").compile().stream({"x": 1}, nope=1)),
        "input= keyword of StateGraph (deprecated)": lambda: list(StateGraph(T, input=T).nodes),
        "config_schema= (deprecated)": lambda: list(StateGraph(T, config_schema=T).nodes),
        "retry= (deprecated)": lambda: list(G().add_node("a", n, retry=RetryPolicy()).nodes),
        "Send needs two arguments": lambda: Send("a"),
        "Command positional": lambda: Command("x"),
        "add_node after compile": lambda: (lambda g: (g.compile(), g.add_node("b", n), "ok")[-1])(G().add_node("a", n).add_edge(START, "a")),
    }
    for label, fn in tests.items():
        c.call(label, fn)


@case("err-async-node-in-sync-run", "errors", "async node under stream()/invoke()", variants=("sync",))
def _(c):
    async def a(state):
        return {"x": 1}

    g = StateGraph(T).add_node(a).add_edge(START, "a").compile()
    c.stream(g, {"x": 0}, stream_mode="updates")
    c.invoke(g, {"x": 0})


@case("err-retry", "errors", "RetryPolicy: tasks/updates/custom chunks of a node that fails twice, then succeeds")
def _(c):
    def build():
        tries = []

        def flaky(state, writer: StreamWriter):
            tries.append(1)
            writer(f"try {len(tries)}")
            if len(tries) < 3:
                raise ConnectionError("again")
            return {"x": len(tries)}

        return StateGraph(T).add_node("flaky", flaky, retry_policy=RetryPolicy(initial_interval=0.01, jitter=False)).add_edge(START, "flaky").compile()

    c.stream(build(), {"x": 0}, stream_mode=["updates", "custom", "tasks"])

    def never(state):
        raise ConnectionError("never")

    g = StateGraph(T).add_node("never", never, retry_policy=RetryPolicy(initial_interval=0.01, max_attempts=2, jitter=False)).add_edge(START, "never").compile()
    c.stream(g, {"x": 0}, stream_mode=["updates", "tasks"], label="retries used up")


@case("err-step-timeout", "errors", "step_timeout")
def _(c):
    import asyncio

    def slow(state):
        time.sleep(0.6)
        return {"x": 1}

    async def aslow(state):
        await asyncio.sleep(0.6)
        return {"x": 1}

    g = StateGraph(T).add_node("slow", aslow if c.is_async else slow).add_edge(START, "slow").compile()
    g.step_timeout = 0.2
    c.stream(g, {"x": 0}, stream_mode=["updates", "values", "tasks"])


@case("err-waits-for-siblings", "errors", "does the raise wait for a sync sibling that still runs?")
def _(c):
    def boom(state):
        time.sleep(0.1)
        raise RuntimeError("boom")

    def slow(state):
        time.sleep(0.8)
        return {"log": ["slow"]}

    g = StateGraph(L).add_node(boom).add_node(slow).add_edge(START, "boom").add_edge(START, "slow").compile()
    if c.is_async:
        async def run():
            t = time.time()
            try:
                async for _ in g.astream({"log": []}):
                    pass
            except RuntimeError:
                return time.time() - t > 0.6
        c.call("raised only after the sibling had ended (sync nodes under astream)", run)
    else:
        t = time.time()
        c.stream(g, {"log": []}, stream_mode="updates")
        c.fact("raised only after the sibling had ended", time.time() - t > 0.6)
