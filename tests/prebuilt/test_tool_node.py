"""ToolNode: its input, its calls and its output."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

from lgstream.config import get_config, get_stream_writer
from lgstream.events import Custom
from lgstream.func import entrypoint
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.graph.message import add_messages
from lgstream.prebuilt import InjectedState, ToolNode, ToolRuntime, tools_condition
from lgstream.prebuilt.tool_node import ToolCallRequest
from lgstream.sinks import Collect
from lgstream.types import Command, Send, interrupt
from tests.support.scripted_model import call, message_with_calls

Invoke = Callable[..., Any]


@tool
def echo(text: str) -> str:
    """Say it again."""
    return f"echo {text}"


class Model(BaseModel):
    messages: list[AnyMessage]


@dataclass
class Instance:
    messages: list[AnyMessage]


def graph_of(node: Any, schema: Any = MessagesState, **options: Any) -> Any:
    return StateGraph(schema).add_node("tools", node).add_edge(START, "tools").compile(**options)


def texts(messages: list[AnyMessage]) -> list[Any]:
    return [message.content for message in messages]


@pytest.mark.parametrize("make", [lambda m: {"messages": m}, lambda m: Model(messages=m), Instance])
def test_a_state_is_answered_with_an_update_of_its_messages(invoke: Invoke, make: Callable[..., Any]) -> None:
    answer = ToolMessage("echo x", name="echo", tool_call_id="c1")
    assert invoke(ToolNode([echo]), make([message_with_calls(call("echo", text="x"))])) == {"messages": [answer]}


def test_a_list_of_messages_is_answered_with_a_list(invoke: Invoke) -> None:
    assert texts(invoke(ToolNode([echo]), [message_with_calls(call("echo", text="x"))])) == ["echo x"]


def test_tool_calls_are_answered_with_an_update(invoke: Invoke) -> None:
    answers = invoke(ToolNode([echo]), [call("echo", text="x"), call("echo", "c2", text="y")])
    assert texts(answers["messages"]) == ["echo x", "echo y"]


def test_messages_can_have_another_key(invoke: Invoke) -> None:
    answers = invoke(ToolNode([echo], messages_key="talk"), {"talk": [message_with_calls(call("echo", text="x"))]})
    assert texts(answers["talk"]) == ["echo x"]


def test_the_calls_of_the_last_ai_message_are_run(invoke: Invoke) -> None:
    old, new = message_with_calls(call("echo", text="old")), message_with_calls(call("echo", text="new"))
    assert texts(invoke(ToolNode([echo]), [old, HumanMessage("?"), new, HumanMessage("!")])) == ["echo new"]


def test_a_message_without_calls_is_answered_with_nothing(invoke: Invoke) -> None:
    assert invoke(ToolNode([echo]), {"messages": [AIMessage("x")]}) == {"messages": []}


@pytest.mark.parametrize("input", [[], {}, {"messages": []}, None, "x", [HumanMessage("x")]])
def test_input_without_an_ai_message_is_rejected(invoke: Invoke, input: Any) -> None:
    with pytest.raises(ValueError, match="found in input"):
        invoke(ToolNode([echo]), input)


def test_functions_become_tools() -> None:
    def double(number: int) -> int:
        """Twice."""
        return 2 * number

    tools = ToolNode([double, echo]).tools_by_name
    assert list(tools) == ["double", "echo"]
    assert all(isinstance(tool, BaseTool) for tool in tools.values())


def test_its_default_name_is_tools() -> None:
    assert StateGraph(MessagesState).add_node(ToolNode([echo])).nodes.keys() == {"tools"}
    assert ToolNode([echo], name="hands").get_name() == "hands"


def test_calls_run_concurrently_and_answer_in_order() -> None:
    met = threading.Barrier(2, timeout=10)

    @tool
    def meet(who: str) -> str:
        """Wait for the other."""
        met.wait()
        return who

    calls = message_with_calls(call("meet", "c1", who="a"), call("meet", "c2", who="b"))
    assert texts(ToolNode([meet]).invoke([calls])) == ["a", "b"]


def test_a_single_call_needs_no_thread() -> None:
    @tool
    def where() -> str:
        """Tell the thread."""
        return threading.current_thread().name

    assert texts(ToolNode([where]).invoke([message_with_calls(call("where", "c1"))])) == [
        threading.current_thread().name
    ]


async def test_a_tool_can_run_an_event_loop_inside_another() -> None:
    @tool
    def count() -> str:
        """Count on a loop."""
        return str(asyncio.run(asyncio.sleep(0, 3)))

    assert texts(ToolNode([count]).invoke([message_with_calls(call("count", "c1"))])) == ["3"]


async def test_async_tools_run_concurrently() -> None:
    met = asyncio.Barrier(2)

    @tool
    async def meet(who: str) -> str:
        """Wait for the other."""
        await met.wait()
        return who

    calls = message_with_calls(call("meet", "c1", who="a"), call("meet", "c2", who="b"))
    async with asyncio.timeout(10):
        assert texts(await ToolNode([meet]).ainvoke([calls])) == ["a", "b"]


def test_max_concurrency_limits_the_threads() -> None:
    running, most = 0, 0
    lock = threading.Lock()

    @tool
    def work(n: int) -> str:
        """Count those at work."""
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)
        with lock:
            running -= 1
        return ""

    ToolNode([work]).invoke(
        [message_with_calls(*(call("work", f"c{n}", n=n) for n in range(4)))], {"max_concurrency": 1}
    )
    assert most == 1


def test_tools_see_the_callers_context_variables(invoke: Invoke) -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")

    @tool
    def who() -> str:
        """Name the user."""
        return user.get()

    user.set("ada")
    assert texts(invoke(ToolNode([who]), [message_with_calls(call("who"))])) == ["ada"]


async def test_context_variables_that_a_wrapper_of_a_tool_call_sets_stay_in_the_call() -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")

    async def become(request: ToolCallRequest, execute: Any) -> Any:
        user.set("ada")
        return await execute(request)

    node = ToolNode([echo], awrap_tool_call=become)
    assert texts(await node.ainvoke([message_with_calls(call("echo", text="hi"))])) == ["echo hi"]
    assert user.get() == "nobody"


def test_tools_write_custom_data_and_read_the_config() -> None:
    @tool
    def tell(text: str, config: RunnableConfig) -> str:
        """Write it."""
        get_stream_writer()(text)
        assert get_config()["metadata"] == config["metadata"]
        return str(config["metadata"]["langgraph_node"])

    graph = graph_of(ToolNode([tell]))
    state = {"messages": [message_with_calls(call("tell", text="a"), call("tell", "c2", text="b"))]}
    assert sorted(graph.stream(state, stream_mode="custom")) == ["a", "b"]
    assert texts(graph.invoke(state)["messages"][1:]) == ["tools", "tools"]


def test_it_works_inside_a_function_that_is_a_node(invoke: Invoke) -> None:
    def tools(state: MessagesState) -> Any:
        return ToolNode([echo]).invoke(state)

    answers = invoke(graph_of(tools), {"messages": [message_with_calls(call("echo", text="x"))]})
    assert answers["messages"][-1].content == "echo x"


def test_it_works_in_an_entrypoint(invoke: Invoke) -> None:
    @entrypoint()
    def run(text: str) -> Any:
        return ToolNode([echo]).invoke([call("echo", text=text)])

    assert texts(invoke(run, "x")["messages"]) == ["echo x"]


def test_it_is_a_node_of_a_graph_whose_state_is_a_list(invoke: Invoke) -> None:
    graph = graph_of(ToolNode([echo]), Annotated[list[AnyMessage], add_messages])
    assert texts(invoke(graph, [message_with_calls(call("echo", text="x"))])) == ["", "echo x"]


def test_each_call_can_be_a_send(invoke: Invoke) -> None:
    def fan(state: MessagesState) -> list[Send]:
        return [Send("tools", [tool_call]) for tool_call in state["messages"][-1].tool_calls]

    graph = StateGraph(MessagesState).add_node("tools", ToolNode([echo])).add_conditional_edges(START, fan).compile()
    answers = invoke(graph, {"messages": [message_with_calls(call("echo", text="x"), call("echo", "c2", text="y"))]})
    assert texts(answers["messages"][1:]) == ["echo x", "echo y"]


def test_an_async_tool_needs_an_async_run() -> None:
    @tool
    async def later() -> str:
        """Not yet."""
        return "now"

    with pytest.raises(NotImplementedError):
        ToolNode([later]).invoke([message_with_calls(call("later"))])


def test_an_interrupt_in_a_tool_stops_the_run_and_is_answered(invoke: Invoke) -> None:
    @tool
    def ask(question: str) -> str:
        """Ask the user."""
        return f"they said {interrupt(question)}"

    graph = graph_of(ToolNode([ask], handle_tool_errors=True), checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    stopped = invoke(graph, {"messages": [message_with_calls(call("ask", question="Sure?"))]}, config)
    assert [question.value for question in stopped["__interrupt__"]] == ["Sure?"]
    assert invoke(graph, Command(resume="yes"), config)["messages"][-1].content == "they said yes"


def test_an_artifact_stays_with_its_message(invoke: Invoke) -> None:
    @tool(response_format="content_and_artifact")
    def look() -> tuple[str, dict[str, int]]:
        """See."""
        return "a cat", {"pixels": 4}

    (answer,) = invoke(ToolNode([look]), [message_with_calls(call("look"))])
    assert (answer.content, answer.artifact) == ("a cat", {"pixels": 4})


@pytest.mark.parametrize("make", [lambda m: m, lambda m: {"messages": m}, lambda m: Model(messages=m)])
def test_the_condition_routes_to_the_tools_if_there_are_calls(make: Callable[..., Any]) -> None:
    assert tools_condition(make([message_with_calls(call("echo", text="x"))])) == "tools"
    assert tools_condition(make([AIMessage("x")])) == "__end__"
    assert tools_condition(make([HumanMessage("x")])) == "__end__"


def test_the_condition_needs_a_message() -> None:
    assert tools_condition({"talk": [AIMessage("x")]}, "talk") == "__end__"
    with pytest.raises(ValueError, match="talk"):
        tools_condition({"messages": [AIMessage("x")]}, "talk")


@pytest.mark.parametrize("how", ["get_stream_writer", "runtime"])
def test_custom_writes_of_concurrent_calls_have_the_id_of_their_call(invoke: Any, how: str) -> None:
    met = threading.Barrier(2, timeout=10)

    @tool
    def search(query: str, runtime: ToolRuntime) -> str:
        """Search."""
        met.wait()
        write = get_stream_writer() if how == "get_stream_writer" else runtime.stream_writer
        write(f"looking for {query}")
        return query

    message = message_with_calls(call("search", "c1", query="eels"), call("search", "c2", query="tides"))
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([search])).add_edge(START, "tools").compile()
    sink = Collect()
    invoke(graph, {"messages": [message]}, sinks=[sink])
    custom_data = {event.call_id: event.data for event in sink.events if isinstance(event, Custom)}
    assert custom_data == {"c1": "looking for eels", "c2": "looking for tides"}


@pytest.mark.parametrize("package", ["lgstream", "langgraph"])
def test_tool_calls_sent_to_a_node_read_the_state_of_its_graph(package: str) -> None:
    graph, types = import_module(f"{package}.graph"), import_module(f"{package}.types")

    class State(MessagesState):
        user: str

    @tool
    def read_user(user: Annotated[str, InjectedState("user")]) -> str:
        """Read the state."""
        return user

    builder = graph.StateGraph(State).add_node("tools", ToolNode([read_user])).add_node("start", lambda state: {})
    builder.add_edge("__start__", "start")
    builder.add_conditional_edges("start", lambda state: types.Send("tools", [call("read_user")]), ["tools"])
    assert builder.compile().invoke({"messages": [], "user": "ada"})["messages"][-1].content == "ada"
