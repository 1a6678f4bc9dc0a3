"""stream_mode='messages': what is emitted, de-duplication, metadata, tags, nostream.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

from typing import Annotated, Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from lgstream.config import get_stream_writer
from lgstream.graph import END, START, MessagesState, StateGraph, add_messages
from lgstream.prebuilt import ToolNode
from lgstream.types import Command, Send
from tests.reference.models import PlainModel, WordModel
from tests.reference.recorder import case

HI = {"messages": [HumanMessage("hi", id="h1")]}
M = "messages"


def one(fn, state=MessagesState, **kw):
    return StateGraph(state).add_node("n", fn).add_edge(START, "n").compile(**kw)


@case("msg-returned-after-streaming", "messages", "node returns the message the model has just streamed: not emitted twice")
def _(c):
    for m in (WordModel(), WordModel(fixed_id="fixed-1")):
        c.stream(one(lambda s: {"messages": [m.invoke(s["messages"])]}), HI, stream_mode=M)
        c.stream(one(lambda s: {"messages": m.invoke(s["messages"])}), HI, stream_mode=[M, "updates"])


@case("msg-generic-fake", "messages", "langchain_core GenericFakeChatModel: tokens and whitespace chunks; tags")
def _(c):
    def g():
        model = GenericFakeChatModel(messages=iter([AIMessage("hello there friend", id="ai-1")] * 5), tags=["meow"])
        return one(lambda s: {"messages": model.invoke(s["messages"])})

    c.stream(g(), HI, stream_mode=M)
    c.stream(g(), HI, stream_mode=[M, "values"])


@case("msg-explicit-stream", "messages", "node uses model.stream() itself, and bound/with_config models")
def _(c):
    m = WordModel()

    def n(state):
        parts = [ch for ch in m.stream(state["messages"])]
        return {"messages": [AIMessage("".join(p.content for p in parts), id=parts[0].id)]}

    c.stream(one(n), HI, stream_mode=M, label="model.stream, message returned under the same id")

    def n2(state):
        parts = [ch for ch in m.stream(state["messages"])]
        return {"messages": [AIMessage("".join(p.content for p in parts))]}

    c.stream(one(n2), HI, stream_mode=M, label="model.stream, message returned under a new id: emitted again")
    m2 = m.with_config(tags=["cfg"], metadata={"user_md": 1}, run_name="rn")
    c.stream(one(lambda s: {"messages": m2.invoke(s["messages"])}), HI, stream_mode=M, label="with_config tags/metadata")
    c.stream(one(lambda s: {"messages": m.invoke(s["messages"], config={"tags": ["call"], "metadata": {"k": "v"}})}), HI,
             stream_mode=M, label="config given at the call")
    chain = RunnableLambda(lambda s: s["messages"]) | m
    c.stream(one(chain), HI, stream_mode=M, label="node is a runnable sequence; its output (a message) is not a dict")
    chain2 = chain | (lambda msg: {"messages": [msg]})
    c.stream(one(chain2), HI, stream_mode=[M, "updates"], label="node is a runnable sequence")


@case("msg-non-streaming-model", "messages", "a model without _stream: one whole message; returned or not; with an id or not")
def _(c):
    for m in (PlainModel(), PlainModel(fixed_id="p-1")):
        c.stream(one(lambda s: {"messages": m.invoke(s["messages"])}), HI, stream_mode=M, label="returned")
        c.stream(one(lambda s: (m.invoke(s["messages"]), None)[1]), HI, stream_mode=M, label="not returned")
    m = WordModel(disable_streaming=True)
    c.stream(one(lambda s: {"messages": m.invoke(s["messages"])}), HI, stream_mode=M, label="disable_streaming=True")


@case("msg-without-model", "messages", "messages returned by nodes that call no model")
def _(c):
    for label, ret in {
        "AIMessage with id": {"messages": [AIMessage("made by hand", id="a1")]},
        "AIMessage without id": {"messages": [AIMessage("made by hand")]},
        "single message, not a list": {"messages": AIMessage("single", id="a2")},
        "human + tool + system": {"messages": [HumanMessage("h", id="h2"), ToolMessage("t", tool_call_id="c", id="t1"),
                                               SystemMessage("s", id="s1")]},
        "input message again": {"messages": [HumanMessage("hi", id="h1")]},
        "dict message": {"messages": [{"role": "assistant", "content": "as a dict"}]},
        "tuple message": {"messages": [("ai", "as a tuple")]},
        "AIMessageChunk": {"messages": [AIMessageChunk("chunk", id="k1")]},
        "same id twice": {"messages": [AIMessage("one", id="d"), AIMessage("two", id="d")]},
        "empty content": {"messages": [AIMessage("", id="e1")]},
        "None": None,
    }.items():
        c.stream(one(lambda s: ret), HI, stream_mode=M, label=label)
    c.stream(one(lambda s: Command(update={"messages": [AIMessage("by command", id="c1")]})), HI, stream_mode=M,
             label="Command(update=...)")
    c.stream(one(lambda s: [{"messages": [AIMessage("l1", id="l1")]}, {"messages": [AIMessage("l2", id="l2")]}]), HI,
             stream_mode=M, label="list of updates")


@case("msg-same-id-across-nodes", "messages", "a message with an already seen id returned by a later node")
def _(c):
    def a(s):
        return {"messages": [AIMessage("first", id="same")]}

    def b(s):
        return {"messages": [AIMessage("second, other content", id="same"), AIMessage("new", id="new")]}

    g = StateGraph(MessagesState).add_node(a).add_node(b).add_edge(START, "a").add_edge("a", "b").compile()
    c.stream(g, HI, stream_mode=M)

    def whole(s):
        return {"messages": s["messages"] + [AIMessage("x", id="x")]}

    g = StateGraph(MessagesState).add_node(whole).add_edge(START, "whole").compile()
    c.stream(g, {"messages": [HumanMessage("hi", id="h1"), AIMessage("old", id="old")]}, stream_mode=M,
             label="node returns the whole list back")
    c.stream(g, {"messages": ["hi"]}, stream_mode=M, label="input message without id")


@case("msg-history-from-checkpoint", "messages", "messages of an earlier run on the thread are not emitted again")
def _(c):
    def whole(s):
        return {"messages": s["messages"] + [AIMessage(f"reply {len(s['messages'])}", id=f"r{len(s['messages'])}")]}

    g = one(whole, checkpointer=InMemorySaver())
    cfg = {"configurable": {"thread_id": "1"}}
    c.stream(g, HI, cfg, stream_mode=M)
    c.stream(g, {"messages": [HumanMessage("again", id="h2")]}, cfg, stream_mode=M)


@case("msg-other-keys", "messages", "messages under keys other than 'messages', nested in other values, in non-dict returns")
def _(c):
    class T(TypedDict):
        out: Any
        lst: Annotated[list, add_messages]
        nested: dict

    for label, ret in {
        "message value": {"out": AIMessage("v", id="v")},
        "list of messages": {"out": [AIMessage("v1", id="v1"), AIMessage("v2", id="v2")]},
        "tuple of messages": {"out": (AIMessage("v1", id="v1"),)},
        "add_messages key": {"lst": [AIMessage("l", id="l")]},
        "dict in a dict": {"nested": {"k": AIMessage("deep", id="deep")}},
        "list with a non-message": {"out": ["text", AIMessage("mixed", id="mixed")]},
        "two keys, same message": {"out": AIMessage("d", id="d"), "lst": [AIMessage("d", id="d")]},
    }.items():
        c.stream(one(lambda s: ret, T), {"out": 1}, stream_mode=M, label=label)


@case("msg-nostream", "messages", "the 'nostream' tag: on the model, at the call, with the message returned to state")
def _(c):
    quiet = WordModel(tags=["nostream"])
    loud = WordModel()
    c.stream(one(lambda s: {"messages": quiet.invoke(s["messages"])}), HI, stream_mode=[M, "updates"],
             label="tag on the model; message returned")
    c.stream(one(lambda s: (quiet.invoke(s["messages"]), None)[1]), HI, stream_mode=M, label="tag on the model; not returned")
    c.stream(one(lambda s: {"messages": loud.invoke(s["messages"], config={"tags": ["nostream"]})}), HI, stream_mode=M,
             label="tag at the call")
    c.stream(one(lambda s: {"messages": [quiet.invoke("x"), loud.invoke("y")]}), HI, stream_mode=M, label="one of two models")
    c.stream(one(lambda s: {"messages": loud.invoke(s["messages"])}), HI, {"tags": ["nostream"]}, stream_mode=M,
             label="tag in the config of the whole run")
    old = WordModel(tags=["langsmith:nostream"])
    c.stream(one(lambda s: {"messages": old.invoke(s["messages"])}), HI, stream_mode=M, label="tag 'langsmith:nostream'")
    hid = WordModel(tags=["langsmith:hidden"])
    c.stream(one(lambda s: {"messages": hid.invoke(s["messages"])}), HI, stream_mode=M, label="tag 'langsmith:hidden'")


@case("msg-subgraph", "messages", "model in a subgraph: with and without subgraphs=True; sub as node and inside a function")
def _(c):
    m = WordModel()
    sub = one(lambda s: {"messages": m.invoke(s["messages"])})

    def by_hand(s):
        return {"messages": [AIMessage("by hand in sub", id="bh")]}

    sub2 = one(by_hand)
    for name, node in {"sub": sub, "sub2": sub2, "fn": lambda s: sub.invoke(s), "fn2": lambda s: sub2.invoke(s),
                       "fn_part": lambda s: {"messages": sub.invoke(s)["messages"][-1:]}}.items():
        g = StateGraph(MessagesState).add_node(name, node).add_edge(START, name).compile()
        c.stream(g, HI, stream_mode=M, label=name)
        c.stream(g, HI, stream_mode=M, subgraphs=True, label=name)
        c.stream(g, HI, stream_mode=[M, "updates"], subgraphs=True, label=name)


@case("msg-metadata", "messages", "metadata keys: thread_id, configurable values, user metadata, tags, Send path, run_id")
def _(c):
    m = WordModel(reply="ok", tags=["model-tag"])
    cfgs = [
        None,
        {"configurable": {"thread_id": "t9", "user_id": "u1", "n": 3, "obj": object(), "__private": "p", "api_key": "k",
                          "x-token": "z"}},
        {"metadata": {"mk": "mv", "nested": {"a": 1}, "langgraph_step": "user value"}, "tags": ["run-tag"], "run_name": "rn",
         "max_concurrency": 3},
    ]
    for cf in cfgs:
        c.stream(one(lambda s: {"messages": m.invoke(s["messages"])}), HI, cf, stream_mode=M)
    g = one(lambda s: {"messages": m.invoke(s["messages"])}, checkpointer=InMemorySaver())
    c.stream(g, HI, {"configurable": {"thread_id": "t9"}, "metadata": {"mk": 1}}, stream_mode=M, label="checkpointer")
    g = one(lambda s: {"messages": [AIMessage("hand", id="hand")]})
    c.stream(g, HI, cfgs[2], stream_mode=M, label="message without a model: metadata")
    c.stream(g, HI, cfgs[1], stream_mode=M, label="message without a model: metadata")
    g = StateGraph(MessagesState).add_node("w", lambda s: {"messages": m.invoke(s["messages"])}).add_conditional_edges(
        START, lambda s: [Send("w", s)]).compile()
    c.stream(g, HI, stream_mode=M, label="Send task: triggers and path")
    g = (StateGraph(MessagesState).add_node("n", lambda s: {"messages": m.invoke(s["messages"])}, metadata={"node_md": "x"})
         .add_edge(START, "n").compile())
    c.stream(g, HI, stream_mode=M, label="add_node(metadata=...)")
    g = one(lambda s: {"messages": m.invoke(s["messages"])}).with_config(tags=["bound"], metadata={"b": 1})
    c.stream(g, HI, {"tags": ["call"], "metadata": {"c": 2}}, stream_mode=M, label="compiled graph .with_config")


@case("msg-metadata-config-in-node", "messages", "what config['metadata'], tags and configurable keys a node sees")
def _(c):
    def n(state, config):
        c.log.append({"metadata": dict(config["metadata"]), "tags": config.get("tags"),
                      "recursion_limit": config.get("recursion_limit"),
                      "keys": sorted(config), "configurable_public": {k: v for k, v in config["configurable"].items()
                                                                       if not k.startswith("__")}})

    c.invoke(one(n), HI)
    c.flush_log()
    c.invoke(one(n, checkpointer=InMemorySaver()), HI, {"configurable": {"thread_id": "t", "u": 1}, "metadata": {"m": 1},
                                                         "tags": ["t1"], "recursion_limit": 7})
    c.flush_log()
    sub = one(n)
    g = StateGraph(MessagesState).add_node("sub", sub).add_edge(START, "sub").compile()
    c.invoke(g, HI, {"metadata": {"m": 1}})
    c.flush_log("inside a subgraph")


@case("msg-tool-node", "messages", "ToolNode: ToolMessage emitted once; a tool calling a model; a tool writing custom data; "
      "two tool calls in one message (grouped by tool)")
def _(c):
    m = WordModel()

    @tool
    def echo(text: str) -> str:
        """Echo."""
        get_stream_writer()({"echo": text})
        return m.invoke(text).content

    @tool
    async def aecho(text: str) -> str:
        """Echo, async."""
        get_stream_writer()({"aecho": text})
        return (await m.ainvoke(text)).content

    def call(name, *args):
        return {"messages": [AIMessage("", id="a", tool_calls=[
            {"name": name, "args": {"text": a}, "id": f"call_{i}", "type": "tool_call"} for i, a in enumerate(args)])]}

    def g():
        return StateGraph(MessagesState).add_node("tools", ToolNode([echo, aecho])).add_edge(START, "tools").compile()

    c.stream(g(), call("echo", "hello"), stream_mode=[M, "custom", "updates"])
    if c.is_async:
        c.stream(g(), call("aecho", "hello"), stream_mode=[M, "custom", "updates"])
    c.stream(g(), call("echo", "one", "two"), stream_mode=["updates"], label="two calls: order of the ToolMessages")
    c.stream(g(), call("nope", "x"), stream_mode=["updates", M], label="unknown tool")
    if not c.is_async:
        c.stream(g(), call("aecho", "x"), stream_mode=["updates"], label="async-only tool in a sync run")

    @tool
    def boom(text: str) -> str:
        """Fail."""
        raise ValueError("boom " + text)

    gb = StateGraph(MessagesState).add_node("tools", ToolNode([boom])).add_edge(START, "tools").compile()
    c.stream(gb, call("boom", "x"), stream_mode=["updates", M], label="tool raises (default handling)")
    gb = StateGraph(MessagesState).add_node("tools", ToolNode([boom], handle_tool_errors=True)).add_edge(START, "tools").compile()
    c.stream(gb, call("boom", "x"), stream_mode=["updates", M], label="handle_tool_errors=True")
    c.stream(g(), {"messages": [AIMessage("", id="a", tool_calls=[{"name": "echo", "args": {"wrong": 1}, "id": "c", "type": "tool_call"}])]},
             stream_mode=["updates"], label="invalid arguments")


@case("msg-two-calls-one-node", "messages", "two sequential calls, only the second is returned; structured text and empty chunks")
def _(c):
    m = WordModel()

    def n(s):
        m.invoke("first")
        return {"messages": m.invoke("second")}

    c.stream(one(n), HI, stream_mode=M)
    c.stream(one(lambda s: {"messages": WordModel(reply="").invoke("x")}), HI, stream_mode=M, label="model answers ''")


@case("msg-conditional-edge-model", "messages", "a model called in a routing function")
def _(c):
    m = WordModel()

    def route(s):
        m.invoke("route")
        return END

    g = StateGraph(MessagesState).add_node("n", lambda s: {"messages": [AIMessage("n", id="n")]}).add_edge(START, "n")
    g.add_conditional_edges("n", route)
    c.stream(g.compile(), HI, stream_mode=M)


@case("msg-ids-in-updates", "messages", "ids of id-less messages in updates/tasks/values: under an add_messages key and under "
      "a plain key, with and without messages mode; the object the node returned is the one that gets the id")
def _(c):
    class T(TypedDict):
        messages: Any

    for st in (MessagesState, T):
        for mode in ("updates", "values", "tasks", ["updates", M]):
            objs = []

            def n(s):
                objs.append(AIMessage("x"))
                return {"messages": [objs[-1], {"role": "user", "content": "literal"}]}

            c.stream(one(n, st), {"messages": [HumanMessage("h", id="h")]}, stream_mode=mode, label=st.__name__)
            c.fact("the returned object has an id afterwards", objs[-1].id is not None)
