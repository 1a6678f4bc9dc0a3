"""Every runnable snippet of the streaming guides.

Recorded as they stand: a test holds them to the text in the goldens, so they are neither shortened nor split.
"""

import json
import operator
from typing import Annotated

from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from typing_extensions import TypedDict

from lgstream.config import get_stream_writer
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import create_react_agent
from lgstream.types import StreamWriter
from tests.reference.models import WordModel, server
from tests.reference.recorder import case

S1 = "Stream outputs"
S2 = "How to stream LLM tokens from your graph"
S3 = "How to stream LLM tokens from specific nodes"
S4 = "How to stream from subgraphs"
S5 = "How to stream data from within a tool"


class JokeState(TypedDict):
    topic: str
    joke: str


def refine_topic(state: JokeState):
    return {"topic": state["topic"] + " and cats"}


def generate_joke(state: JokeState):
    return {"joke": f"This is a joke about {state['topic']}"}


def joke_graph(gen=generate_joke):
    return (
        StateGraph(JokeState)
        .add_node(refine_topic)
        .add_node("generate_joke", gen)
        .add_edge(START, "refine_topic")
        .add_edge("refine_topic", "generate_joke")
        .compile()
    )


IN = {"topic": "ice cream"}

for _mode in ("values", "updates", "debug"):

    def _f(c, _mode=_mode):
        g = joke_graph()
        c.stream(g, IN, stream_mode=_mode)

    case(f"docs-{_mode}", f"{S1} / {_mode}", f"two-node joke graph, stream_mode={_mode!r}")(_f)


@case("docs-default-mode", S1, "joke graph without stream_mode; also invoke")
def _(c):
    g = joke_graph()
    c.stream(g, IN)
    c.stream(g, IN, stream_mode=None)
    c.invoke(g, IN)


def _llm_cases(kind):
    def models(**kw):
        if kind == "fake":
            return WordModel(**kw)
        from langchain_openai import ChatOpenAI

        server()
        return ChatOpenAI(model="gpt-4o-mini", **kw)

    def reqs(c):
        if kind == "http":
            c.fact("requests the server saw", server().take_requests())

    def start():
        if kind == "http":
            server().take_requests()

    @case(f"docs-messages-{kind}", f"{S1} / messages", "llm.invoke in a sync node, stream_mode='messages'; "
          + ("fake WordModel" if kind == "fake" else "real ChatOpenAI over HTTP to a local server"))
    def _(c):
        start()
        llm = models()

        def generate_joke(state: JokeState):
            llm_response = llm.invoke([{"role": "user", "content": f"Generate a joke about {state['topic']}"}])
            return {"joke": llm_response.content}

        g = joke_graph(generate_joke)
        c.stream(g, IN, stream_mode="messages")
        reqs(c)
        c.stream(g, IN, stream_mode=["updates", "messages"])
        reqs(c)
        c.stream(g, IN, stream_mode="updates", label="messages mode off: the model is not asked to stream")
        reqs(c)
        c.invoke(g, IN)
        reqs(c)

    class JP(TypedDict):
        topic: str
        joke: str
        poem: str

    def two_calls(c):
        joke_model = models(tags=["joke"])
        poem_model = models(tags=["poem"])

        async def acall_model(state, config):
            topic = state["topic"]
            j = await joke_model.ainvoke([{"role": "user", "content": f"Write a joke about {topic}"}], config)
            p = await poem_model.ainvoke([{"role": "user", "content": f"Write a short poem about {topic}"}], config)
            return {"joke": j.content, "poem": p.content}

        def call_model(state, config):
            topic = state["topic"]
            j = joke_model.invoke([{"role": "user", "content": f"Write a joke about {topic}"}], config)
            p = poem_model.invoke([{"role": "user", "content": f"Write a short poem about {topic}"}], config)
            return {"joke": j.content, "poem": p.content}

        return (
            StateGraph(JP)
            .add_node("call_model", acall_model if c.is_async else call_model)
            .add_edge(START, "call_model")
            .compile()
        )

    @case(f"docs-tokens-two-models-{kind}", f"{S2} / Example, Filter to specific LLM invocation",
          "two tagged models in one node; then the chunks whose metadata tags contain 'joke'")
    def _(c):
        start()
        g = two_calls(c)
        c.stream(g, {"topic": "cats"}, stream_mode="messages")
        reqs(c)
        c.stream(g, {"topic": "cats"}, stream_mode="messages", label="filtered: 'joke' in metadata tags",
                 keep=lambda ch: ch[0].content and "joke" in ch[1].get("tags", []))
        reqs(c)

    @case(f"docs-tokens-async-node-no-config-{kind}", f"{S2} / Manual Callback Propagation",
          "async node that does not pass config (contextvars carry it on Python 3.11)", variants=("async",))
    def _(c):
        start()
        m = models()

        async def call_model(state):
            r = await m.ainvoke([{"role": "user", "content": "hello"}])
            return {"joke": r.content}

        g = StateGraph(JP).add_node(call_model).add_edge(START, "call_model").compile()
        c.stream(g, {"topic": "cats"}, stream_mode="messages")
        reqs(c)

    @case(f"docs-specific-nodes-{kind}", f"{S3} / Example",
          "two parallel nodes each calling a model; the two nodes' tokens interleave in no fixed order, so the "
          "chunks are grouped by langgraph_node")
    def _(c):
        start()
        model = models()

        def write_joke(state: JP):
            return {"joke": model.invoke([{"role": "user", "content": f"Write a joke about {state['topic']}"}]).content}

        def write_poem(state: JP):
            return {"poem": model.invoke([{"role": "user", "content": f"Write a short poem about {state['topic']}"}]).content}

        g = (
            StateGraph(JP)
            .add_node(write_joke)
            .add_node(write_poem)
            .add_edge(START, "write_joke")
            .add_edge(START, "write_poem")
            .compile()
        )
        c.stream(g, {"topic": "cats"}, stream_mode="messages", label="filtered: write_poem only",
                 keep=lambda ch: ch[1]["langgraph_node"] == "write_poem")
        c.stream(g, {"topic": "cats"}, stream_mode="messages", label="filtered: write_joke only",
                 keep=lambda ch: ch[1]["langgraph_node"] == "write_joke")

    @case(f"docs-react-custom-{kind}", f"{S5} / Streaming custom data",
          "create_react_agent; the tool writes custom data with get_stream_writer()")
    def _(c):
        start()
        llm = models()

        if c.is_async:

            @tool
            async def get_items(place: str) -> str:
                """Use this tool to list items one might find in a place you're asked about."""
                writer = get_stream_writer()
                for chunk in ["books", "penciles", "pictures"]:
                    writer({"custom_tool_data": chunk})
                return ", ".join(["books", "penciles", "pictures"])
        else:

            @tool
            def get_items(place: str) -> str:
                """Use this tool to list items one might find in a place you're asked about."""
                writer = get_stream_writer()
                for chunk in ["books", "penciles", "pictures"]:
                    writer({"custom_tool_data": chunk})
                return ", ".join(["books", "penciles", "pictures"])

        agent = c.call("create_react_agent", lambda: create_react_agent(llm, tools=[get_items]))
        inputs = {"messages": [{"role": "user", "content": "what items are in the office?"}]}
        c.stream(agent, inputs, stream_mode="custom")
        reqs(c)
        for mode in ("updates", "values", "messages", "tasks"):
            c.stream(agent, inputs, stream_mode=mode)
        c.stream(agent, inputs, stream_mode=["updates", "custom"])

    @case(f"docs-react-tokens-{kind}", f"{S5} / Streaming LLM tokens",
          "the tool calls the model itself (config passed); messages mode, and filtered to langgraph_node=='tools'")
    def _(c):
        start()
        llm = models()
        q = "Can you tell me what kind of items i might find in the following place: '{}'."
        if c.is_async:

            @tool
            async def get_items(place: str, config: RunnableConfig) -> str:
                """Use this tool to list items one might find in a place you're asked about."""
                r = await llm.ainvoke([{"role": "user", "content": q.format(place)}], config)
                return r.content
        else:

            @tool
            def get_items(place: str, config: RunnableConfig) -> str:
                """Use this tool to list items one might find in a place you're asked about."""
                r = llm.invoke([{"role": "user", "content": q.format(place)}], config)
                return r.content

        agent = create_react_agent(llm, tools=[get_items])
        inputs = {"messages": [{"role": "user", "content": "what items are in the bedroom?"}]}
        c.stream(agent, inputs, stream_mode="messages")
        reqs(c)
        c.stream(agent, inputs, stream_mode="messages", label="filtered: AIMessageChunk from tools",
                 keep=lambda ch: isinstance(ch[0], AIMessageChunk) and ch[0].content
                 and ch[1]["langgraph_node"] == "tools")


_llm_cases("fake")
_llm_cases("http")


@case("docs-custom", f"{S1} / custom, multiple", "writer: StreamWriter parameter; custom; ['updates','custom']")
def _(c):
    def generate_joke(state: JokeState, writer: StreamWriter):
        writer({"custom_key": "Writing custom data while generating a joke"})
        return {"joke": f"This is a joke about {state['topic']}"}

    g = joke_graph(generate_joke)
    c.stream(g, IN, stream_mode="custom")
    c.stream(g, IN, stream_mode=["updates", "custom"])
    c.stream(g, IN, stream_mode=["custom", "updates"], label="the order of the list does not change the order of chunks")
    c.stream(g, IN, stream_mode="values", label="custom not requested: writer is a no-op")


@case("docs-tokens-without-langchain", f"{S2} / Example without LangChain",
      "AsyncOpenAI client (sync variant: OpenAI client) against the local server; writer((msg_chunk, metadata)) in "
      "custom mode; filter on tags")
def _(c):
    from openai import AsyncOpenAI, OpenAI

    server().take_requests()

    class State(TypedDict):
        topic: str
        joke: str
        poem: str

    if c.is_async:

        async def stream_tokens(model_name, messages):
            response = await AsyncOpenAI().chat.completions.create(messages=messages, model=model_name, stream=True)
            role = None
            async for chunk in response:
                delta = chunk.choices[0].delta
                if delta.role is not None:
                    role = delta.role
                if delta.content:
                    yield {"role": role, "content": delta.content}

        async def call_model(state, config, writer):
            out = {}
            for kind, q in (("joke", "Write a joke about "), ("poem", "Write a short poem about ")):
                text = ""
                async for m in stream_tokens("gpt-4o-mini", [{"role": "user", "content": q + state["topic"]}]):
                    text += m["content"]
                    writer((m, {**config["metadata"], "tags": [kind]}))
                out[kind] = text
            return out
    else:

        def stream_tokens(model_name, messages):
            role = None
            for chunk in OpenAI().chat.completions.create(messages=messages, model=model_name, stream=True):
                delta = chunk.choices[0].delta
                if delta.role is not None:
                    role = delta.role
                if delta.content:
                    yield {"role": role, "content": delta.content}

        def call_model(state, config, writer):
            out = {}
            for kind, q in (("joke", "Write a joke about "), ("poem", "Write a short poem about ")):
                text = ""
                for m in stream_tokens("gpt-4o-mini", [{"role": "user", "content": q + state["topic"]}]):
                    text += m["content"]
                    writer((m, {**config["metadata"], "tags": [kind]}))
                out[kind] = text
            return out

    g = StateGraph(State).add_node(call_model).add_edge(START, "call_model").compile()
    c.stream(g, {"topic": "cats"}, stream_mode="custom")
    c.fact("requests the server saw", server().take_requests())
    c.stream(g, {"topic": "cats"}, stream_mode="custom", label="filtered: 'poem' in metadata tags",
             keep=lambda ch: "poem" in ch[1].get("tags", []))
    c.stream(g, {"topic": "cats"}, stream_mode="messages",
             label="messages mode sees nothing from the plain OpenAI client")


@case("docs-subgraphs", f"{S4} / Example", "two-node subgraph added as a node; updates with and without subgraphs=True")
def _(c):
    class SubgraphState(TypedDict):
        foo: str
        bar: str

    def subgraph_node_1(state: SubgraphState):
        return {"bar": "bar"}

    def subgraph_node_2(state: SubgraphState):
        return {"foo": state["foo"] + state["bar"]}

    sb = StateGraph(SubgraphState)
    sb.add_node(subgraph_node_1)
    sb.add_node(subgraph_node_2)
    sb.add_edge(START, "subgraph_node_1")
    sb.add_edge("subgraph_node_1", "subgraph_node_2")
    subgraph = sb.compile()

    class ParentState(TypedDict):
        foo: str

    def node_1(state: ParentState):
        return {"foo": "hi! " + state["foo"]}

    b = StateGraph(ParentState)
    b.add_node("node_1", node_1)
    b.add_node("node_2", subgraph)
    b.add_edge(START, "node_1")
    b.add_edge("node_1", "node_2")
    g = b.compile()
    c.stream(g, {"foo": "foo"}, stream_mode="updates")
    c.stream(g, {"foo": "foo"}, stream_mode="updates", subgraphs=True)
    c.stream(g, {"foo": "foo"}, subgraphs=True, label="intro snippet: no stream_mode")
    for mode in ("values", "tasks", "debug", "checkpoints", "custom", "messages"):
        c.stream(g, {"foo": "foo"}, stream_mode=mode, subgraphs=True)
    c.stream(g, {"foo": "foo"}, stream_mode=["updates", "values"], subgraphs=True, label="3-tuples")
    c.stream(g, {"foo": "foo"}, stream_mode=["updates"], subgraphs=True, label="list of one mode")


@case("docs-tool-call-model", f"{S5} / intro snippet 2, 'call_tools' node", "a node that calls a plain function that "
      "calls a model; messages mode")
def _(c):
    model = WordModel()

    def my_tool(tool_arg: str):
        return model.invoke(tool_arg).content

    def call_tools(state: MessagesState):
        tc = state["messages"][-1].tool_calls[0]
        return {"messages": [{"role": "tool", "tool_call_id": tc["id"], "content": my_tool(**tc["args"])}]}

    g = StateGraph(MessagesState).add_node(call_tools).add_edge(START, "call_tools").compile()
    inp = {"messages": [{"role": "assistant", "content": "", "id": "ai-1",
                         "tool_calls": [{"name": "my_tool", "args": {"tool_arg": "hi there"}, "id": "c1"}]}]}
    c.stream(g, inp, stream_mode="messages")
    c.stream(g, inp, stream_mode="updates")


@case("docs-tool-without-langchain", f"{S5} / Example without LangChain",
      "AsyncOpenAI inside a tool-calling node, get_stream_writer() in the helper coroutine, dict messages",
      variants=("async",))
def _(c):
    from openai import AsyncOpenAI

    server().take_requests()

    async def stream_tokens(model_name, messages):
        response = await AsyncOpenAI().chat.completions.create(messages=messages, model=model_name, stream=True)
        role = None
        async for chunk in response:
            delta = chunk.choices[0].delta
            if delta.role is not None:
                role = delta.role
            if delta.content:
                yield {"role": role, "content": delta.content}

    async def get_items(place: str) -> str:
        writer = get_stream_writer()
        response = ""
        async for m in stream_tokens("gpt-4o-mini", [{"role": "user", "content": f"what is in the {place}"}]):
            response += m["content"]
            writer(m)
        return response

    class State(TypedDict):
        messages: Annotated[list[dict], operator.add]

    async def call_tool(state: State):
        tool_call = state["messages"][-1]["tool_calls"][-1]
        args = json.loads(tool_call["function"]["arguments"])
        return {"messages": [{"tool_call_id": tool_call["id"], "role": "tool", "name": "get_items",
                              "content": await get_items(**args)}]}

    g = StateGraph(State).add_node(call_tool).add_edge(START, "call_tool").compile()
    inputs = {"messages": [{"content": None, "role": "assistant", "tool_calls": [
        {"id": "1", "function": {"arguments": '{"place":"bedroom"}', "name": "get_items"}, "type": "function"}]}]}
    c.stream(g, inputs, stream_mode="custom")
    c.stream(g, inputs, stream_mode=["custom", "values"])
