"""``stream_mode="tools"``: the tools that run, what they emit while they run, and how they end."""

import asyncio
import operator
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool, Tool, tool
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from tests.reference.models import WordModel
from tests.support.scripted_model import ScriptedModel, call

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

THREAD: Any = {"configurable": {"thread_id": "1"}}
MODES = ["tools", "messages", "custom", "updates"]


class Log(TypedDict):
    log: Annotated[list, operator.add]


def stream(c: Any, lg: Any, graph: Any, input: Any, config: Any = None, **options: Any) -> None:
    """Record the chunks of a stream when it has ended: the reducer of messages gives ids to those of earlier chunks."""

    def chunks() -> list[Any]:
        found: list[Any] = []

        async def collect() -> None:
            async for chunk in graph.astream(input, config, **options):
                found.append(chunk)

        try:
            if c.is_async:
                asyncio.run(collect())
            else:
                found.extend(graph.stream(input, config, **options))  # keeps those before an error
        except (ValueError, lg.GraphBubbleUp) as error:
            found.append(type(error).__name__)
        return found

    c.call("chunks", chunks)


def chain(lg: Any, *nodes: Any, schema: Any = Log, **options: Any) -> Any:
    """Return a graph of functions, or of pairs of a name and a Runnable, one after the other."""
    builder = lg.StateGraph(schema)
    previous = lg.START
    for node in nodes:
        name, action = node if isinstance(node, tuple) else (node.__name__, node)
        builder.add_node(name, action)
        builder.add_edge(previous, name)
        previous = name
    return builder.compile(**options)


def tool_graph(lg: Any, calls: Any, tools: Any, **options: Any) -> Any:
    """Return a graph whose first node asks for tools, and whose second one runs them."""

    def ask(state: Any) -> Any:
        return {"messages": [AIMessage("", id="asking", tool_calls=calls)]}

    return chain(lg, ask, ("tools", lg.ToolNode(tools)), schema=lg.MessagesState, **options)


@tool
def echo(text: str) -> str:
    """Say it again."""
    return text * 2


@tool
def fail(text: str) -> str:
    """Fail."""
    raise ValueError(text)


def counting(lg: Any) -> Any:
    """Return a tool that emits parts of its output."""

    @tool
    def count(upto: int, runtime: lg.ToolRuntime) -> str:
        """Count."""
        for number in range(upto):
            runtime.emit_output_delta({"number": number})
        return str(upto)

    return count


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("modes", ["tools", ["tools"], MODES])
@pytest.mark.parametrize("subgraphs", [False, True])
def test_a_tool_node(same: Any, modes: Any, version: str, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        for wanted in (call("echo", text="a"), call("count", upto=2), call("missing"), call("count", upto="x")):
            graph = tool_graph(lg, [wanted], [echo, counting(lg)])
            stream(c, lg, graph, {"messages": []}, stream_mode=modes, version=version, subgraphs=subgraphs)

    same(program)


def test_calls_one_after_the_other_with_one_id(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = tool_graph(lg, [call("echo", text="a")], [echo])
        both = chain(lg, ("one", graph), ("two", graph), schema=lg.MessagesState)
        stream(c, lg, both, {"messages": []}, stream_mode=["tools", "tasks"], subgraphs=True)
        stream(c, lg, both, {"messages": []}, stream_mode=["tools", "tasks"])

    same(program)


@pytest.mark.parametrize("handles", [True, False])
def test_a_tool_that_fails(same: Any, handles: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        def ask(state: Any) -> Any:
            return {"messages": [AIMessage("", id="asking", tool_calls=[call("fail", text="no")])]}

        node = lg.ToolNode([fail], handle_tool_errors=handles)
        graph = chain(lg, ask, ("tools", node), schema=lg.MessagesState)
        stream(c, lg, graph, {"messages": []}, stream_mode=["tools", "updates"])

    same(program)


def test_a_tool_that_asks_has_not_ended(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @tool
        def ask_human(question: str) -> str:
            """Ask."""
            return str(lg.interrupt(question))

        graph = tool_graph(lg, [call("ask_human", question="?")], [ask_human], checkpointer=InMemorySaver())
        stream(c, lg, graph, {"messages": []}, THREAD, stream_mode=["tools", "updates"])
        stream(c, lg, graph, lg.Command(resume="yes"), THREAD, stream_mode=["tools", "updates"])

    same(program)


def test_a_tool_whose_graph_leaves_for_the_parent_has_failed(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def leave(state: Any) -> Any:
            return lg.Command(graph=lg.Command.PARENT, update={"messages": []})

        inner = chain(lg, leave, schema=lg.MessagesState)

        @tool
        def hand_over() -> str:
            """Hand over."""
            inner.invoke({"messages": []})
            return "not reached"

        graph = tool_graph(lg, [call("hand_over")], [hand_over])
        chunks = graph.stream({"messages": []}, stream_mode="tools")
        c.call("chunks", lambda: [chunk["event"] for chunk in chunks])

    same(program)


def test_a_tool_whose_graph_is_drained_has_not_ended(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        control = lg.RunControl()

        def stop(state: Any) -> Any:
            control.request_drain()

        inner = chain(lg, stop, ("after", lambda state: {}), schema=lg.MessagesState)

        @tool
        def run_inner() -> str:
            """Run a graph."""
            inner.invoke({"messages": []}, control=control)
            return "not reached"

        stream(c, lg, tool_graph(lg, [call("run_inner")], [run_inner]), {"messages": []}, stream_mode="tools")

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
def test_tools_that_a_node_calls(same: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        def shout(text: str) -> str:
            return text.upper()

        with_text = Tool("shout", shout, "Shout.")

        def use(state: Any) -> Any:
            quiet = echo.with_config({"tags": ["nostream"]})
            answer = echo.invoke(call("echo", "c7", text="b"))
            return {"log": [with_text.invoke({**call("shout", "c8"), "args": {"__arg1": "a"}}).content, answer.content,
                            quiet.invoke(call("echo", "c9", text="c")).content]}  # fmt: skip

        stream(c, lg, chain(lg, use), {"log": []}, stream_mode=MODES, subgraphs=subgraphs)
        inner = chain(lg, use)
        stream(c, lg, chain(lg, ("inner", inner)), {"log": []}, stream_mode=MODES, subgraphs=subgraphs)

        def calls_inner(state: Any) -> Any:
            inner.invoke({"log": []})
            inner.invoke({"log": []})
            return {"log": []}

        stream(c, lg, chain(lg, calls_inner), {"log": []}, stream_mode=MODES, subgraphs=subgraphs)

    same(program)


def test_a_tool_called_without_a_tool_call_has_the_id_of_its_run(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def use(state: Any) -> Any:
            return {"log": [echo.invoke({"text": "a"}), Tool("shout", str.upper, "Shout.").invoke("b")]}

        def chunks() -> Any:
            found = list(chain(lg, use).stream({"log": []}, stream_mode="tools"))
            return [{**chunk, "tool_call_id": len(chunk["tool_call_id"])} for chunk in found]

        c.call("chunks", chunks)

    same(program)


def test_tools_that_emit_inside_a_tool_that_emits(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        count = counting(lg)
        inner = tool_graph(lg, [call("count", "inner", upto=1)], [count])

        @tool
        def outer(runtime: lg.ToolRuntime) -> str:
            """Run a graph with a tool."""
            runtime.emit_output_delta("before")
            inner.invoke({"messages": []})
            runtime.emit_output_delta("after")
            return "done"

        graph = tool_graph(lg, [call("outer", "outer")], [outer])
        stream(c, lg, graph, {"messages": []}, stream_mode="tools", subgraphs=True)

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("config", [None, {"configurable": {"thread_id": "child"}}])
def test_a_stream_inside_a_node(same: Any, config: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = tool_graph(lg, [call("echo", text="a")], [echo])

        def streams(state: Any) -> Any:
            chunks = list(inner.stream({"messages": []}, config, stream_mode="tools"))
            list(inner.stream({"messages": []}, config, stream_mode="values"))
            return {"log": [[chunk["event"] for chunk in chunks]]}

        stream(c, lg, chain(lg, streams), {"log": []}, stream_mode=["tools", "updates"], subgraphs=subgraphs)
        stream(c, lg, chain(lg, streams), {"log": []}, stream_mode="updates", subgraphs=subgraphs)

    same(program)


def test_tools_of_tasks(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @lg.task
        def use(text: str) -> Any:
            return echo.invoke(call("echo", text, text=text)).content

        @lg.entrypoint()
        def flow(texts: Any) -> Any:
            return [use(text).result() for text in texts]

        stream(c, lg, flow, ["a", "b"], stream_mode=["tools", "updates"], subgraphs=True)

    same(program)


def test_async_tools_that_run_at_once_are_told_apart(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        async def count(upto: int, runtime: lg.ToolRuntime) -> str:
            """Count."""
            for number in range(upto):
                runtime.emit_output_delta(number)
                await asyncio.sleep(0)
            return str(upto)

        tools = [StructuredTool.from_function(coroutine=count, name="count", description="Count.")]
        graph = tool_graph(lg, [call("count", "a", upto=2), call("count", "b", upto=3)], tools)

        async def chunks() -> Any:
            found = [chunk async for chunk in graph.astream({"messages": []}, stream_mode="tools")]
            return [[chunk for chunk in found if chunk["tool_call_id"] == id] for id in "ab"]

        c.call("chunks", lambda: asyncio.run(chunks()))

    same(program)


def test_an_agent(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        turns = [[call("echo", text="a")], [call("echo", "c2", text="b")]]
        for model in (WordModel(fixed_id="1"), ScriptedModel(turns=turns)):
            agent = lg.create_react_agent(model, [echo])
            stream(c, lg, agent, {"messages": [("user", "hi")]}, stream_mode="tools")

    same(program)
