"""interrupt(), Command(resume), interrupt_before/after, persistence, time travel.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

import operator
import time
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from lgstream.config import get_stream_writer
from lgstream.graph import START, StateGraph
from lgstream.types import Command, Send, interrupt
from tests.reference.recorder import case


class L(TypedDict):
    log: Annotated[list, operator.add]


def cfg(t="t1", **kw):
    return {"configurable": {"thread_id": t, **kw}}


def node(name, delay=0.0):
    def fn(state):
        time.sleep(delay)
        return {"log": [name]}

    return fn


MODES = ["values", "updates", "custom", "tasks", "checkpoints", "debug"]


def ask_graph(c, saver=None):
    def ask(state):
        get_stream_writer()("before interrupt")
        c.log.append("ask starts")
        answer = interrupt({"question": "ok?"})
        get_stream_writer()("after interrupt")
        return {"log": [f"answer={answer}"]}

    return (
        StateGraph(L).add_node("a", node("a")).add_node("ask", ask).add_node("z", node("z", 0.1))
        .add_edge(START, "a").add_edge("a", "ask").add_edge("ask", "z").compile(saver or InMemorySaver())
    )


@case("int-basic", "interrupts", "interrupt() then Command(resume=...): each mode")
def _(c):
    for m in MODES:
        g = ask_graph(c)
        c.stream(g, {"log": []}, cfg(), stream_mode=m)
        c.stream(g, Command(resume="yes"), cfg(), stream_mode=m)
    c.flush_log("the node runs again from its start on resume")


@case("int-lists", "interrupts", "modes in lists, v2, invoke and get_state around an interrupt")
def _(c):
    g = ask_graph(c)
    c.stream(g, {"log": []}, cfg(), stream_mode=["values", "updates"])
    c.state(g, cfg())
    c.stream(g, Command(resume="yes"), cfg(), stream_mode=["values", "updates"])
    c.state(g, cfg())
    g = ask_graph(c)
    c.stream(g, {"log": []}, cfg(), stream_mode=["values", "updates"], version="v2")
    c.stream(g, Command(resume="yes"), cfg(), stream_mode=["values", "updates"], version="v2")
    g = ask_graph(c)
    c.invoke(g, {"log": []}, cfg(), label="invoke returns __interrupt__")
    c.invoke(g, Command(resume="yes"), cfg())
    g = ask_graph(c)
    c.invoke(g, {"log": []}, cfg(), version="v2", label="invoke v2")
    g = ask_graph(c)
    c.stream(g, {"log": []}, cfg(), stream_mode="values")
    c.stream(g, None, cfg(), stream_mode=["values", "updates"], label="input None: the interrupt is raised again")
    c.stream(g, {"log": ["new input"]}, cfg(), stream_mode=["values", "updates"], label="new input instead of resume")


@case("int-no-checkpointer", "interrupts", "interrupt() without a checkpointer; interrupt() outside a graph")
def _(c):
    def ask(state):
        return {"log": [interrupt("q")]}

    g = StateGraph(L).add_node("ask", ask).add_edge(START, "ask").compile()
    c.stream(g, {"log": []}, stream_mode=["updates", "values"])
    c.stream(g, Command(resume="x"), stream_mode="updates", label="resume without checkpointer")
    c.call("interrupt() outside a graph", lambda: interrupt("q"))


@case("int-many-in-one-node", "interrupts", "two interrupts in one node are resumed one at a time")
def _(c):
    def ask(state):
        a = interrupt("first")
        b = interrupt("second")
        return {"log": [a, b]}

    g = StateGraph(L).add_node("ask", ask).add_edge(START, "ask").compile(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "values"])
    c.stream(g, Command(resume="A"), cfg(), stream_mode=["updates", "values"])
    c.stream(g, Command(resume="B"), cfg(), stream_mode=["updates", "values"])


@case("int-parallel", "interrupts", "two nodes of one step interrupt; the third finishes; resume by interrupt id")
def _(c):
    def mk(name, delay):
        def fn(state):
            time.sleep(delay)
            return {"log": [f"{name}={interrupt(name)}"]}

        return fn

    def build():
        g = StateGraph(L).add_node("p", mk("p", 0.1)).add_node("q", mk("q", 0.2)).add_node("r", node("r", 0.3))
        for n in "pqr":
            g.add_edge(START, n)
        return g.compile(InMemorySaver())

    g = build()
    c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "values", "tasks"])
    st = c.state(g, cfg())
    c.stream(g, Command(resume="one value"), cfg(), stream_mode=["updates", "values"], label="one value for two interrupts")
    ids = {i.value: i.id for i in st.interrupts}
    c.stream(g, Command(resume={ids["p"]: "P"}), cfg(), stream_mode=["updates", "values"], label="resume only p by id")
    c.stream(g, Command(resume={ids["q"]: "Q"}), cfg(), stream_mode=["updates", "values"], label="resume q by id")
    g = build()
    c.stream(g, {"log": []}, cfg(), stream_mode=["updates"])
    st = g.get_state(cfg())
    c.stream(g, Command(resume={i.id: i.value.upper() for i in st.interrupts}), cfg(), stream_mode=["updates", "values"],
             label="resume both by id")


@case("int-subgraph", "interrupts", "interrupt in a subgraph, with subgraphs=True/False; get_state(subgraphs=True)")
def _(c):
    def ask(state):
        return {"log": [f"got {interrupt('sub?')}"]}

    def build():
        sub = StateGraph(L).add_node("s0", node("s0")).add_node("ask", ask).add_edge(START, "s0").add_edge("s0", "ask").compile()
        return StateGraph(L).add_node("sub", sub).add_node("z", node("z")).add_edge(START, "sub").add_edge("sub", "z").compile(InMemorySaver())

    for sg in (False, True):
        g = build()
        c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "values", "tasks"], subgraphs=sg)
        c.stream(g, Command(resume="R"), cfg(), stream_mode=["updates", "values", "tasks"], subgraphs=sg)
    g = build()
    c.stream(g, {"log": []}, cfg(), stream_mode="updates", subgraphs=True)
    c.state(g, cfg())
    c.state(g, cfg(), subgraphs=True)
    g = build()
    c.stream(g, {"log": []}, cfg(), stream_mode="debug", subgraphs=True)


@case("int-command-mix", "interrupts", "Command(resume, update, goto) as input")
def _(c):
    g = ask_graph(c)
    c.stream(g, {"log": []}, cfg(), stream_mode="updates")
    c.stream(g, Command(resume="yes", update={"log": ["upd"]}), cfg(), stream_mode=["updates", "values", "debug"])
    g = ask_graph(c)
    c.stream(g, {"log": []}, cfg(), stream_mode="updates")
    c.stream(g, Command(goto="z"), cfg(), stream_mode=["updates", "values"], label="goto z as input")
    g = ask_graph(c)
    c.stream(g, Command(resume="x"), cfg("fresh"), stream_mode=["updates", "values"], label="resume on a fresh thread")
    c.stream(g, Command(update={"log": ["u"]}), cfg("fresh2"), stream_mode=["updates", "values"], label="update on a fresh thread")
    c.stream(g, Command(), cfg("fresh3"), stream_mode=["updates", "values"], label="empty Command on a fresh thread")


@case("int-before-after", "interrupts", "interrupt_before / interrupt_after, at compile and at stream, then resume with None")
def _(c):
    def build(**kw):
        g = StateGraph(L)
        prev = START
        for n in "abz":
            g.add_node(n, node(n))
            g.add_edge(prev, n)
            prev = n
        return g.compile(InMemorySaver(), **kw)

    for kw in ({"interrupt_before": ["b"]}, {"interrupt_after": ["b"]}, {"interrupt_before": "*"}, {"interrupt_after": "*"}):
        g = build(**kw)
        for i in range(5):
            if i and not g.get_state(cfg()).next:
                break
            c.stream(g, None if i else {"log": []}, cfg(), stream_mode=["updates", "values"], label=f"compile({kw}) run {i}")
        g = build()
        c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "values", "tasks"], label="at stream", **kw)
        c.state(g, cfg())
        c.stream(g, None, cfg(), stream_mode=["updates", "values", "tasks"], label="resumed without the argument")
    g = build(interrupt_before=["b"])
    c.stream(g, {"log": []}, cfg(), stream_mode="debug")
    c.stream(g, {"log": []}, cfg("x"), stream_mode="values")
    c.invoke(build(interrupt_before=["b"]), {"log": []}, cfg())
    c.invoke(build(interrupt_before=["b"]), {"log": []}, cfg(), version="v2")
    c.call("compile(interrupt_before=['nope'])", lambda: build(interrupt_before=["nope"]))
    c.stream(build(), {"log": []}, cfg(), stream_mode="updates", interrupt_before=["nope"], label="unknown node at stream")
    g = StateGraph(L).add_node("a", node("a")).add_edge(START, "a").compile(interrupt_before=["a"])
    c.stream(g, {"log": []}, stream_mode=["updates", "values"], label="without a checkpointer")


@case("int-history", "persistence", "get_state_history, checkpoints payload, forking from an old checkpoint, update_state")
def _(c):
    g = StateGraph(L).add_node("a", node("a")).add_node("b", node("b")).add_edge(START, "a").add_edge("a", "b").compile(InMemorySaver())
    c.stream(g, {"log": ["in"]}, cfg(), stream_mode="checkpoints")
    h = c.history(g, cfg())
    after_a = next(s for s in h if s.next == ("b",))
    c.stream(g, None, after_a.config, stream_mode=["updates", "values", "checkpoints"], label="replay from after a")
    new = c.update_state(g, after_a.config, {"log": ["forked"]}, as_node="a")
    c.stream(g, None, new, stream_mode=["updates", "values"], label="run from the fork")
    c.update_state(g, cfg(), {"log": ["late"]}, label="update_state at the end")
    c.state(g, cfg())
    c.update_state(g, cfg(), {"log": ["x"]}, as_node="nope", label="unknown as_node")
    c.history(g, cfg(), limit=2)
    g2 = StateGraph(L).add_node("a", node("a")).add_edge(START, "a").compile()
    c.state(g2, cfg(), label="get_state without a checkpointer")
    c.state(g, cfg("unknown-thread"), label="get_state of an unknown thread")


@case("int-send", "interrupts", "interrupt inside one of three Send tasks")
def _(c):
    def w(state):
        time.sleep(0.1 * (state["i"] + 1))
        if state["i"] == 1:
            return {"log": [interrupt("i=1?")]}
        return {"log": [state["i"]]}

    g = StateGraph(L).add_node("w", w).add_conditional_edges(START, lambda s: [Send("w", {"i": i}) for i in range(3)], ["w"]).compile(InMemorySaver())
    c.stream(g, {"log": []}, cfg(), stream_mode=["updates", "values", "tasks"])
    c.stream(g, Command(resume="R"), cfg(), stream_mode=["updates", "values", "tasks"])
