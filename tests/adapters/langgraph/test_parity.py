"""Programs that lgstream and langgraph both run must emit the same events, field by field."""

from __future__ import annotations

import asyncio
import importlib
import operator
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from lgstream import events as ev
from lgstream.adapters.langgraph.runs import ainvoke_with_sinks, invoke_with_sinks
from lgstream.sinks import Collect

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[Any], operator.add]


class Package:
    """The names that the programs use of one of the packages, and a way to collect the events of its graphs."""

    def __init__(self, name: str) -> None:
        self.is_ours = name == "lgstream"
        graph, types = (importlib.import_module(f"{name}.{module}") for module in ("graph", "types"))
        self.StateGraph, self.MessagesState = graph.StateGraph, graph.MessagesState
        self.START, self.END = graph.START, graph.END
        self.Send, self.Command, self.interrupt = types.Send, types.Command, types.interrupt
        self.RetryPolicy, self.ToolNode = types.RetryPolicy, importlib.import_module(f"{name}.prebuilt").ToolNode
        self.writer = importlib.import_module(f"{name}.config").get_stream_writer

    def events(self, graph: Any, *inputs: Any, config: Any = None) -> list[ev.Event]:
        """Return the events of consecutive runs."""
        sink = Collect()
        for input in inputs:
            try:
                if self.is_ours:
                    graph.invoke(input, config, sinks=[sink])
                else:
                    invoke_with_sinks(graph, input, config, [sink])
            except ValueError as error:
                assert sink.events[-1][-1] is error
        return sink.events

    def line(self, *nodes: tuple[str, Any], schema: Any = State, **compile_with: Any) -> Any:
        builder = self.StateGraph(schema)
        for name, action in nodes:
            builder.add_node(name, action)
        names = [self.START, *(name for name, _ in nodes), self.END]
        for one, two in pairwise(names):
            builder.add_edge(one, two)
        return builder.compile(**compile_with)


def append_word(word: str) -> Callable[[Any], State]:
    return lambda state: {"log": [word]}


def chat(p: Package, stream: bool = True) -> Any:
    model = GenericFakeChatModel(
        messages=iter([AIMessage("one two"), AIMessage("three")]), disable_streaming=not stream
    )

    def answer(state: Any) -> Any:
        p.writer()("asking")
        return {"messages": [model.invoke(state["messages"])]}

    return answer


HI = {"messages": [HumanMessage("hi", id="h")]}


def two_nodes(p: Package) -> list[ev.Event]:
    return p.events(p.line(("a", append_word("a")), ("b", lambda state: None)), {"log": ["in"]})


def tokens(p: Package) -> list[ev.Event]:
    return p.events(p.line(("chat", chat(p)), schema=p.MessagesState), HI)


def whole_messages(p: Package) -> list[ev.Event]:
    return p.events(p.line(("chat", chat(p, stream=False)), schema=p.MessagesState), HI)


def tokens_in_a_subgraph(p: Package) -> list[ev.Event]:
    inner = p.line(("chat", chat(p)), schema=p.MessagesState)
    return p.events(p.line(("sub", inner), schema=p.MessagesState), HI)


def messages_of_nodes(p: Package) -> list[ev.Event]:
    def write(state: Any) -> Any:
        return {"messages": [AIMessage("x"), ("ai", "y"), AIMessage("z", id="z")]}

    repeat = ("repeat", lambda state: {"messages": [state["messages"][0]]})
    return p.events(p.line(("write", write), repeat, schema=p.MessagesState), HI)


def subgraphs_called_in_a_node(p: Package) -> list[ev.Event]:
    inner = p.line(("in", append_word("in")))

    def twice(state: Any) -> State:
        return {"log": [inner.invoke({"log": []}), inner.invoke({"log": []})]}

    return p.events(p.line(("twice", twice)), {"log": []})


def loop(p: Package) -> list[ev.Event]:
    builder = p.StateGraph(State).add_node("a", append_word("a")).add_node("b", append_word("b")).add_edge(p.START, "a")
    builder.add_conditional_edges("a", lambda state: "b" if len(state["log"]) < 3 else p.END, ["b", p.END])
    return p.events(builder.add_edge("b", "a").compile(), {"log": []})


def send(p: Package) -> list[ev.Event]:
    builder = p.StateGraph(State).add_node("worker", lambda state: {"log": [state["n"]]})
    builder.add_conditional_edges(p.START, lambda state: [p.Send("worker", {"n": 1})], ["worker"])
    return p.events(builder.compile(), {"log": []})


def command(p: Package) -> list[ev.Event]:
    builder = p.StateGraph(State).add_node("b", append_word("b")).add_edge(p.START, "a")
    builder.add_node("a", lambda state: p.Command(update={"log": ["a"]}, goto="b"), destinations=("b",))
    return p.events(builder.compile(), {"log": []})


def parallel(p: Package) -> list[ev.Event]:
    async def run() -> list[ev.Event]:
        async def node(state: Any) -> State:
            return {"log": ["here"]}

        builder = p.StateGraph(State)
        for name in "abc":
            builder.add_node(name, node)
        builder.add_edge(p.START, "a").add_edge(p.START, "b").add_edge(["a", "b"], "c")
        sink, graph = Collect(), builder.compile()
        await (
            graph.ainvoke({"log": []}, sinks=[sink])
            if p.is_ours
            else ainvoke_with_sinks(graph, {"log": []}, None, [sink])
        )
        return sink.events

    return asyncio.run(run())


def bad(state: Any) -> State:
    raise ValueError("boom")


def error(p: Package) -> list[ev.Event]:
    return p.events(p.line(("a", append_word("a")), ("bad", bad)), {"log": []})


def error_in_a_subgraph(p: Package) -> list[ev.Event]:
    return p.events(p.line(("sub", p.line(("bad", bad)))), {"log": []})


def retries(p: Package) -> list[ev.Event]:
    tries = iter([ConnectionError("down"), ConnectionError("still down"), None])

    def flaky(state: Any) -> State:
        if (error := next(tries)) is not None:
            raise error
        return {"log": ["up"]}

    policy = p.RetryPolicy(initial_interval=0.01, jitter=False)
    inner = p.StateGraph(State).add_node("flaky", flaky, retry_policy=policy).add_edge(p.START, "flaky").compile()
    return p.events(p.line(("sub", inner)), {"log": []})


def tools(p: Package) -> list[ev.Event]:
    @tool
    def double(number: int) -> int:
        """Twice the number."""
        p.writer()("doubling")
        return 2 * number

    call = {"name": "double", "args": {"number": 4}, "id": "call-1"}
    asks = ("asks", lambda state: {"messages": [AIMessage("", tool_calls=[call], id="a")]})
    by_hand = ("by_hand", lambda state: {"messages": [HumanMessage(str(double.invoke({"number": 1})), id="b")]})
    return p.events(p.line(asks, ("tools", p.ToolNode([double])), by_hand, schema=p.MessagesState), HI)


def a_graph_in_a_tool(p: Package) -> list[ev.Event]:
    model = GenericFakeChatModel(messages=iter([AIMessage("owls")]))
    answer = ("answer", lambda state: {"messages": [model.invoke(state["messages"])]})
    expert = p.line(answer, schema=p.MessagesState, name="zoologist")

    @tool
    def ask(question: str) -> str:
        """Ask an expert."""
        return str(expert.invoke({"messages": [HumanMessage(question, id="q")]})["messages"][-1].text)

    call = {"name": "ask", "args": {"question": "?"}, "id": "call-1"}
    asks = ("asks", lambda state: {"messages": [AIMessage("", tool_calls=[call], id="a")]})
    return p.events(p.line(asks, ("tools", p.ToolNode([ask])), schema=p.MessagesState), HI)


def a_graph_that_hands_over(p: Package) -> list[ev.Event]:
    leave = ("leave", lambda state: p.Command(graph=p.Command.PARENT, update={"log": ["left"]}))
    return p.events(p.line(("sub", p.line(leave))), {"log": []})


def interrupt(p: Package) -> list[ev.Event]:
    ask = ("ask", lambda state: {"log": [p.interrupt("sure?")]})
    return p.events(p.line(("a", append_word("a")), ask, checkpointer=InMemorySaver()), {"log": []}, config=THREAD)


def interrupt_in_a_subgraph(p: Package) -> list[ev.Event]:
    inner = p.line(("ask", lambda state: {"log": [p.interrupt("sure?")]}))
    return p.events(p.line(("sub", inner), checkpointer=InMemorySaver()), {"log": []}, config=THREAD)


def breakpoint_before(p: Package) -> list[ev.Event]:
    return p.events(p.line(("a", append_word("a")), ("b", append_word("b")), interrupt_before=["b"]), {"log": []})


def second_run_of_a_thread(p: Package) -> list[ev.Event]:
    graph = p.line(("a", append_word("a")), checkpointer=InMemorySaver())
    return p.events(graph, {"log": ["1"]}, {"log": ["2"]}, config=THREAD)


PROGRAMS = [
    two_nodes, tokens, whole_messages, tokens_in_a_subgraph, messages_of_nodes, subgraphs_called_in_a_node, loop, send,
    command, parallel, error, error_in_a_subgraph, retries, tools, a_graph_in_a_tool,
    a_graph_that_hands_over, interrupt, interrupt_in_a_subgraph,
    breakpoint_before, second_run_of_a_thread,
]  # fmt: skip


def test_two_graphs_in_tools_of_one_langgraph_task_are_told_apart_by_their_tool_calls():
    p = Package("langgraph")

    async def answer(state: Any) -> Any:
        await asyncio.sleep(0)
        return {"log": ["x"]}

    def expert(name: str) -> Any:
        graph = p.line(("answer", answer), name=name)

        @tool(f"ask_{name}")
        async def ask() -> str:
            """Ask an expert."""
            await graph.ainvoke({"log": []})
            return name

        return ask

    names = ["zoologist", "botanist"]
    graph = p.line(("tools", p.ToolNode([expert(name) for name in names])), schema=p.MessagesState)
    calls = [{"name": f"ask_{name}", "args": {}, "id": name} for name in names]
    sink = Collect()
    asyncio.run(ainvoke_with_sinks(graph, {"messages": [AIMessage("", tool_calls=calls)]}, None, [sink]))
    started = {event.ns: event for event in sink.events if isinstance(event, ev.GraphStarted)}
    assert [(event.graph, event.tool_call_id) for event in started.values()] == [(name, name) for name in names]
    tasks = [event for event in sink.events if isinstance(event, ev.TaskStarted) and event.node == "answer"]
    assert [started[event.ns].tool_call_id for event in tasks] == [event.tool_call_id for event in tasks] == names


def comparable(events: Iterable[ev.Event]) -> list[str]:
    """Return the events as text, with ids numbered by first appearance, without times and module names."""
    ids: dict[str, str] = {}
    lines = []
    for event in events:
        if isinstance(event, ev.Routed):  # not known for langgraph's graphs
            continue
        fields = event._asdict()
        del fields["time"]
        fields.pop("metadata", None)  # of tokens and messages; the reference cases hold it
        fields.pop("wait", None)
        if isinstance(event, ev.CheckpointSaved):
            fields["payload"] = {key: event.payload[key] for key in ("values", "next", "metadata")}
        fields.pop("resumes", None)  # not known for langgraph's graphs
        if isinstance(event, ev.RunStarted) and event.shape is not None:
            fields["shape"] = event.shape._replace(edges=tuple(sorted(event.shape.edges)))
        text = ID.sub(lambda match: ids.setdefault(match.group(), f"<{len(ids)}>"), repr(fields))
        lines.append(f"{type(event).__name__} {text}")
    return lines


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_both_packages_emit_the_same_events(program: Callable[[Package], list[ev.Event]]):
    ours = comparable(program(Package("lgstream")))
    assert ours == comparable(program(Package("langgraph")))
    assert len(ours) > 4
