"""context/runtime, early break, store, cache, functional API, pydantic/dataclass state, managed values, batch.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

import asyncio
import dataclasses
import operator
import threading
import time
from typing import Annotated

from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from typing_extensions import TypedDict

from lgstream.func import entrypoint, task
from lgstream.graph import END, START, MessagesState, StateGraph, add_messages
from lgstream.managed import IsLastStep, RemainingSteps
from lgstream.runtime import Runtime, get_runtime
from lgstream.types import CachePolicy, Command, Overwrite, StreamWriter, interrupt
from tests.reference.models import WordModel
from tests.reference.recorder import case


class L(TypedDict):
    log: Annotated[list, operator.add]


class T(TypedDict):
    x: int


def cfg(t="t1", **kw):
    return {"configurable": {"thread_id": t, **kw}}


@case("misc-context", "context", "context=, Runtime parameter, get_runtime(), stream_writer of the runtime, subgraph")
def _(c):
    @dataclasses.dataclass
    class Ctx:
        user: str = "default"

    def n(state, runtime: Runtime[Ctx]):
        runtime.stream_writer({"ctx": type(runtime.context).__name__, "user": getattr(runtime.context, "user", None)})
        return {"x": 1}

    def m(state):
        rt = get_runtime()
        rt.stream_writer({"get_runtime": getattr(rt.context, "user", None), "store": rt.store is None})
        return {"x": 2}

    g = StateGraph(T, context_schema=Ctx).add_node(n).add_node(m).add_edge(START, "n").add_edge("n", "m").compile()
    c.stream(g, {"x": 0}, context=Ctx("ann"), stream_mode=["custom", "updates"])
    c.stream(g, {"x": 0}, context={"user": "bob"}, stream_mode="custom", label="a dict is coerced to the schema")
    c.stream(g, {"x": 0}, stream_mode="custom", label="no context")
    c.stream(g, {"x": 0}, context={"nope": 1}, stream_mode="custom", label="bad context")
    g2 = StateGraph(T).add_node("sub", g).add_edge(START, "sub").compile()
    c.stream(g2, {"x": 0}, context=Ctx("carl"), stream_mode="custom", subgraphs=True, label="passed on to a subgraph")

    def plain(state, runtime):
        return {"x": type(runtime).__name__}

    c.stream(StateGraph(T).add_node(plain).add_edge(START, "plain").compile(), {"x": 0}, stream_mode="updates",
             label="unannotated parameter named runtime")
    c.call("get_runtime() outside a graph", get_runtime)


@case("misc-store", "store", "store parameter, runtime.store")
def _(c):
    from langgraph.store.base import BaseStore

    from lgstream.config import get_store

    def n(state, *, store: BaseStore):
        store.put(("ns",), "k", {"v": 1})
        return {"x": 1}

    def m(state, runtime: Runtime):
        return {"x": (runtime.store.get(("ns",), "k").value, get_store().get(("ns",), "k").value)}

    g = StateGraph(T).add_node(n).add_node(m).add_edge(START, "n").add_edge("n", "m").compile(store=InMemoryStore())
    c.stream(g, {"x": 0}, stream_mode="updates")
    g = StateGraph(T).add_node(n).add_edge(START, "n").compile()
    c.stream(g, {"x": 0}, stream_mode="updates", label="no store")


@case("misc-early-break", "streaming", "the consumer stops early: which nodes ran, finally blocks, checkpoints; laziness of "
      "stream()")
def _(c):
    def build(cp=None):
        def mk(name):
            def fn(state, writer: StreamWriter):
                c.log.append(f"{name} start")
                writer(name)
                try:
                    return {"log": [name]}
                finally:
                    c.log.append(f"{name} end")

            return fn

        g = StateGraph(L)
        prev = START
        for n in "abd":
            g.add_node(n, mk(n))
            g.add_edge(prev, n)
            prev = n
        return g.compile(cp)

    g = build()
    gen = g.astream({"log": []}) if c.is_async else g.stream({"log": []})
    c.fact("nodes started before the first next()", list(c.log))
    if not c.is_async:
        gen.close()
    for take, m in ((1, "updates"), (1, "values"), (2, "values"), (2, "updates"), (1, "custom")):
        c.stream(build(), {"log": []}, stream_mode=m, take=take, label=f"take {take}")
        time.sleep(0.05)
        c.flush_log("nodes that ran")
    g = build(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode="updates", take=1, label="with a checkpointer, take 1")
    c.flush_log("nodes that ran")
    c.state(g, cfg())
    c.stream(g, None, cfg(), stream_mode="updates", label="going on with None")
    c.log.clear()
    g = build(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode="updates", take=1, durability="exit", label="durability=exit, take 1")
    c.log.clear()
    c.state(g, cfg())


@case("misc-early-break-running", "streaming", "close() while a node runs in the same step")
def _(c):
    async def a_slow(state, writer: StreamWriter):
        writer("first")
        try:
            await asyncio.sleep(0.4)
            c.log.append("slow ran to its end")
        except asyncio.CancelledError:
            c.log.append("slow cancelled")
            raise
        return {"log": ["slow"]}

    def slow(state, writer: StreamWriter):
        writer("first")
        time.sleep(0.4)
        c.log.append("slow ran to its end")
        return {"log": ["slow"]}

    g = StateGraph(L).add_node("slow", a_slow if c.is_async else slow).add_edge(START, "slow").compile()
    t = time.time()
    c.stream(g, {"log": []}, stream_mode="custom", take=1)
    waited = time.time() - t
    c.fact("close() waited for the node (>0.3s)", waited > 0.3)
    time.sleep(0.5)
    c.flush_log()


@case("misc-liveness", "streaming", "chunks arrive while the node is still running (custom, messages), not at the end of the step")
def _(c):
    ev = threading.Event()
    m = WordModel(reply="one two")

    def n(state, writer: StreamWriter):
        writer("early")
        m.invoke("x")
        ok = ev.wait(3)
        writer({"consumer got a chunk while the node ran": ok})
        return {"log": ["n"]}

    g = StateGraph(L).add_node(n).add_edge(START, "n").compile()
    for md in ("custom", ["messages", "custom"]):
        ev.clear()
        c.stream(g, {"log": []}, stream_mode=md, on_chunk=lambda i, ch: ev.set())
    ev2 = threading.Event()

    def fast(state):
        return {"log": ["fast"]}

    def waits(state):
        return {"log": [f"saw the update of fast while running: {ev2.wait(3)}"]}

    g = StateGraph(L).add_node(fast).add_node(waits).add_edge(START, "fast").add_edge(START, "waits").compile()
    for md in ("updates", "tasks"):
        ev2.clear()

        def seen(i, ch):
            if "fast" in ch or (ch.get("name") == "fast" and "result" in ch):
                ev2.set()

        c.stream(g, {"log": []}, stream_mode=md, on_chunk=seen, group=lambda ch: next(iter(ch)) if md == "updates" else ch["name"])


@case("misc-lazy-between-steps", "streaming", "the next step does not start before the consumer asks for more")
def _(c):
    class Seen(TypedDict):
        log: Annotated[list, operator.add]

    def mk(name):
        def fn(state):
            c.log.append(name)
            return {"log": [name]}

        return fn

    g = StateGraph(Seen)
    prev = START
    for n in "abd":
        g.add_node(n, mk(n))
        g.add_edge(prev, n)
        prev = n
    g = g.compile()

    def on(i, ch):
        time.sleep(0.1)
        c.log.append(f"consumer has chunk {i}")

    for m in ("updates", "values", ["updates", "values"], "tasks"):
        c.stream(g, {"log": []}, stream_mode=m, on_chunk=on)
        c.flush_log("interleaving of nodes and consumer")


@case("misc-cache", "cache", "cache_policy: updates of a cached node carry __metadata__")
def _(c):
    def n(state):
        c.log.append("n ran")
        return {"x": state["x"] + 1}

    g = StateGraph(T).add_node(n, cache_policy=CachePolicy()).add_edge(START, "n").compile(cache=InMemoryCache())
    for _i in range(2):
        c.stream(g, {"x": 1}, stream_mode=["updates", "values", "tasks", "debug"])
    c.flush_log()


@case("misc-functional", "functional API", "@entrypoint/@task: updates, values, custom, tasks, messages; final; previous")
def _(c):
    m = WordModel(reply="two words")

    @task
    def double(x: int) -> int:
        return 2 * x

    @task
    def talk(x: str) -> str:
        return m.invoke(x).content

    @task
    async def adouble(x: int) -> int:
        return 2 * x

    @entrypoint()
    def flow(x: int, writer: StreamWriter) -> dict:
        writer("start")
        a = double(x).result()
        b = double(a).result()
        t = talk("hi").result()
        return {"a": a, "b": b, "t": t}

    @entrypoint()
    async def aflow(x: int, writer: StreamWriter) -> dict:
        writer("start")
        a = await adouble(x)
        b = await adouble(a)
        return {"a": a, "b": b}

    f = aflow if c.is_async else flow
    for md in ("values", "updates", "custom", "tasks", "messages", "debug", ["updates", "values"]):
        c.stream(f, 3, stream_mode=md)
    c.stream(f, 3, label="default mode")
    c.invoke(f, 3)
    if not c.is_async:
        @entrypoint(checkpointer=InMemorySaver())
        def counter(x: int, *, previous=None):
            previous = previous or 0
            return entrypoint.final(value=f"was {previous}", save=previous + x)

        c.stream(counter, 2, cfg(), stream_mode=["updates", "values"])
        c.stream(counter, 3, cfg(), stream_mode=["updates", "values"])
        c.state(counter, cfg())

        @entrypoint(checkpointer=InMemorySaver())
        def asks(x: int):
            a = double(x).result()
            return a + interrupt("more?")

        c.stream(asks, 1, cfg("i"), stream_mode=["updates", "values", "tasks"])
        c.stream(asks, Command(resume=10), cfg("i"), stream_mode=["updates", "values", "tasks"])


@case("misc-state-kinds", "state", "pydantic and dataclass states, defaults, reducers with defaults, MessagesState, Overwrite, "
      "managed values")
def _(c):
    @dataclasses.dataclass
    class D:
        x: int = 7
        log: Annotated[list, operator.add] = dataclasses.field(default_factory=list)

    def d(state: D):
        c.log.append(type(state).__name__)
        return {"log": [state.x]}

    g = StateGraph(D).add_node(d).add_edge(START, "d").compile()
    for inp in ({"x": 1}, {}, D(x=3)):
        c.stream(g, inp, stream_mode=["values", "updates"])
    g = StateGraph(D).add_node("d", lambda s: D(x=9, log=["obj"])).add_edge(START, "d").compile()
    c.stream(g, {"x": 1}, stream_mode=["values", "updates"], label="a node returns a dataclass instance")

    class P(BaseModel):
        x: int = 5
        y: str = "y"
        log: Annotated[list, operator.add] = []

    def p(state: P):
        c.log.append(type(state).__name__)
        return P(x=state.x + 1)

    g = StateGraph(P).add_node(p).add_edge(START, "p").compile()
    for inp in ({"x": 1}, {}, P(x=3), {"x": "4"}):
        c.stream(g, inp, stream_mode=["values", "updates"])
    c.flush_log("types nodes see")

    class Mg(TypedDict):
        x: int
        last: IsLastStep
        left: RemainingSteps

    g = StateGraph(Mg).add_node("a", lambda s: {"x": s["left"]}).add_node("b", lambda s: {"x": s["last"]}).add_edge(START, "a").add_edge("a", "b").compile()
    c.stream(g, {"x": 0}, {"recursion_limit": 2}, stream_mode=["values", "updates"], label="managed values")
    g = StateGraph(L).add_node("a", lambda s: {"log": Overwrite(["only"])}).add_edge(START, "a").compile()
    c.stream(g, {"log": ["in"]}, stream_mode=["values", "updates"], label="Overwrite")
    g = StateGraph(MessagesState).add_node("a", lambda s: {"messages": [RemoveMessage("h1"), AIMessage("n", id="n")]}).add_edge(START, "a").compile()
    c.stream(g, {"messages": [HumanMessage("h", id="h1")]}, stream_mode=["values", "updates", "messages"], label="RemoveMessage")


@case("misc-add-messages", "state", "add_messages: coercion, ids, replacement by id, removal, chunks", variants=("sync",))
def _(c):
    from lgstream.graph.message import REMOVE_ALL_MESSAGES

    A = [HumanMessage("h", id="1"), AIMessage("a", id="2")]
    c.call("append", lambda: add_messages(A, [AIMessage("b", id="3")]))
    c.call("replace", lambda: add_messages(A, [AIMessage("new", id="2")]))
    c.call("single", lambda: add_messages(A, AIMessage("s", id="4")))
    c.call("str", lambda: add_messages([], "text"))
    c.call("tuple and dict", lambda: add_messages([], [("user", "u"), {"role": "assistant", "content": "x", "id": "9"}]))
    c.call("remove", lambda: add_messages(A, RemoveMessage("1")))
    c.call("remove all", lambda: add_messages(A, [RemoveMessage(REMOVE_ALL_MESSAGES), HumanMessage("k", id="k")]))
    c.call("remove unknown", lambda: add_messages(A, RemoveMessage("nope")))
    c.call("bad", lambda: add_messages(A, 5))
    c.call("None", lambda: add_messages(A, None))
    c.call("duplicate ids in right", lambda: add_messages([], [AIMessage("1", id="d"), AIMessage("2", id="d")]))


@case("misc-names", "api", "graph names, attributes, repr; add_node forms; add_sequence; ids are uuid4/uuid7-like", variants=("sync",))
def _(c):
    class Callable_:
        def __call__(self, state):
            return {"x": 1}

    import functools

    def f(state, k):
        return {"x": k}

    def named(state):
        return {"x": 1}

    g = StateGraph(T).add_sequence([named, ("two", lambda s: {"x": 2})]).add_edge(START, "named")
    cg = g.compile(name="my graph")
    c.fact("nodes of the builder", list(g.nodes))
    c.fact("nodes of the compiled graph", list(cg.nodes))
    c.fact("name", cg.name)
    c.fact("default name", g.compile().name)
    c.fact("stream_mode attribute", cg.stream_mode)
    c.fact("edges", sorted(g.edges))
    c.fact("channels of the compiled graph", sorted(cg.channels))
    c.stream(cg, {"x": 0}, stream_mode=["updates", "debug"])
    c.call("add_node(callable object)", lambda: list(StateGraph(T).add_node(Callable_()).nodes))
    c.call("add_node(partial)", lambda: list(StateGraph(T).add_node(functools.partial(f, k=1)).nodes))
    c.call("add_node('p', partial)", lambda: list(StateGraph(T).add_node("p", functools.partial(f, k=1)).add_edge(START, "p").compile().stream({"x": 0})))
    c.call("add_node(lambda)", lambda: list(StateGraph(T).add_node(lambda s: None).nodes))
    c.call("add_node(compiled graph)", lambda: list(StateGraph(T).add_node(cg).nodes))
    c.call("add_node(unnamed compiled graph)", lambda: list(StateGraph(T).add_node(g.compile()).nodes))
    c.call("mermaid", lambda: cg.get_graph().draw_mermaid())
    c.call("get_graph json", lambda: cg.get_graph().to_json())
    c.fact("START, END", [START, END])
    c.call("with_config", lambda: cg.with_config({"tags": ["a"]}).config)


@case("misc-batch-nested-config", "api", "batch / abatch, with_config, invoke on the same compiled graph from threads")
def _(c):
    g = StateGraph(T).add_node("n", lambda s: {"x": s["x"] + 1}).add_edge(START, "n").compile()
    if c.is_async:
        c.call("abatch", lambda: g.abatch([{"x": 1}, {"x": 2}]))
    else:
        c.call("batch", lambda: g.batch([{"x": 1}, {"x": 2}]))
    from langchain_core.runnables import RunnableLambda

    chain = RunnableLambda(lambda x: {"x": x}) | g | RunnableLambda(lambda s: s["x"])
    c.invoke(chain, 4)
    c.stream(chain, 4)


@case("misc-runtime-info", "context", "what a node's runtime / config carry", )
def _(c):
    def n(state, config, runtime: Runtime):
        return {"x": {
            "configurable_keys": sorted(k for k in config["configurable"]),
            "config_keys": sorted(config),
            "metadata": dict(config["metadata"]),
            "runtime_fields": sorted(f.name for f in dataclasses.fields(runtime)),
        }}

    g = StateGraph(T).add_node(n).add_edge(START, "n").compile()
    c.stream(g, {"x": 0}, stream_mode="updates")
    g = StateGraph(T).add_node(n).add_edge(START, "n").compile(InMemorySaver())
    c.stream(g, {"x": 0}, cfg(), stream_mode="updates")


@case("graph-max-concurrency", "graphs", "config max_concurrency with four parallel Send tasks: how many run at once")
def _(c):
    lock = threading.Lock()
    state = {"now": 0, "peak": 0}

    def w(st):
        with lock:
            state["now"] += 1
            state["peak"] = max(state["peak"], state["now"])
        time.sleep(0.1 + 0.05 * st["i"])
        with lock:
            state["now"] -= 1
        return {"log": [st["i"]]}

    from lgstream.types import Send

    g = StateGraph(L).add_node("w", w).add_conditional_edges(START, lambda s: [Send("w", {"i": i}) for i in range(4)], ["w"]).compile()
    for mc in (None, 1, 2):
        state.update(now=0, peak=0)
        c.stream(g, {"log": []}, {"max_concurrency": mc} if mc else None, stream_mode="updates")
        c.fact(f"peak number of running tasks, max_concurrency={mc}", state["peak"])


@case("misc-astream-events", "api", "astream_events v2 of a two-node graph: (event, name, tags, metadata keys, data keys)",
      variants=("async",))
def _(c):
    m = WordModel(reply="two words")

    async def a(state):
        r = await m.ainvoke("hi")
        return {"log": [r.content]}

    g = StateGraph(L).add_node(a).add_node("b", lambda s: {"log": ["b"]}).add_edge(START, "a").add_edge("a", "b").compile()

    async def run():
        out = []
        async for e in g.astream_events({"log": []}, version="v2"):
            out.append([e["event"], e["name"], e["tags"], sorted(k for k in e["metadata"] if k != "lc_versions"),
                        sorted(e["data"]), e["data"].get("chunk") if e["event"] == "on_chain_stream" else None])
        return out

    c.call("events", run)


@case("misc-thread-safety", "api", "one compiled graph streamed from eight threads at once: every run sees only its own chunks",
      variants=("sync",))
def _(c):
    def n(state, writer: StreamWriter):
        writer(state["x"])
        time.sleep(0.02)
        return {"x": state["x"] + 100}

    g = StateGraph(T).add_node(n).add_edge(START, "n").compile()
    out = {}

    def go(i):
        out[i] = list(g.stream({"x": i}, stream_mode=["custom", "values"]))

    ts = [threading.Thread(target=go, args=(i,)) for i in range(8)]
    [t.start() for t in ts]
    [t.join() for t in ts]
    c.fact("chunks per thread", [out[i] for i in sorted(out)])
