"""Tools written for langgraph's ToolNode in that of lgstream: the same answers and the same state."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Annotated, Any

import langgraph.config
import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt import InjectedState, InjectedStore, ToolRuntime
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command, Send, interrupt

from tests.support.scripted_model import call, message_with_calls

Invoke = Callable[..., Any]
PACKAGES = ("langgraph", "lgstream")
CONFIG: Any = {"configurable": {"thread_id": "1", "user": "ann"}}


@tool
def whole_state(x: str, state: Annotated[dict[str, Any], InjectedState]) -> str:
    """Look at the state."""
    return f"{x}: {len(state['messages'])} messages, {state['user']}"


@tool
def one_key(x: str, name: Annotated[str, InjectedState("user")]) -> str:
    """Look at one key."""
    return f"{x} {name}"


@tool
def bare_marker(x: str, store: Annotated[Any, InjectedStore]) -> str:
    """Look at the store."""
    return f"{x} {store.get(('n',), 'k').value}"


@tool
def runtime_of_any_type(x: str, runtime: ToolRuntime) -> str:
    """Look at the runtime."""
    assert isinstance(runtime, ToolRuntime)
    runtime.stream_writer(x)
    runtime.emit_output_delta("part")
    tools = sorted(tool.name for tool in runtime.tools)
    user = runtime.config["configurable"]["user"]
    return f"{x} {runtime.tool_call_id} {runtime.context} {user} {tools} {len(runtime.state['messages'])}"


@tool
async def runtime_of_a_type(x: str, runtime: ToolRuntime[str, dict[str, Any]]) -> str:
    """Look at the store of the runtime."""
    assert runtime.store is not None
    return f"{x} {runtime.store.get(('n',), 'k').value}"


@tool
def command(x: str, call_id: Annotated[str, InjectedToolCallId]) -> Any:
    """Update the state."""
    return Command(update={"user": x, "messages": [ToolMessage("noted", tool_call_id=call_id)]})


@tool
def commands(x: str, call_id: Annotated[str, InjectedToolCallId]) -> Any:
    """Answer, update the state and go somewhere else."""
    update: Any = Command(update={"user": x}, goto=[Send("other", {"user": "sent"})])
    return [ToolMessage("answer", tool_call_id=call_id), update]


@tool
def accessors(x: str) -> str:
    """Use what a task offers."""
    langgraph.config.get_stream_writer()(x)
    user = langgraph.config.get_config()["configurable"]["user"]
    return f"{user} {langgraph.config.get_store().get(('n',), 'k').value}"


TOOLS: list[BaseTool] = [whole_state, one_key, bare_marker, runtime_of_any_type, command, commands, accessors]


def graph_with(package: str, tools: list[BaseTool]) -> Any:
    """Return a graph with one tool node, and with a node `other` that a Send may reach."""
    graph, prebuilt = (importlib.import_module(f"{package}.{name}") for name in ("graph", "prebuilt"))

    class State(graph.MessagesState):  # type: ignore[name-defined]
        user: str

    store = InMemoryStore()
    store.put(("n",), "k", {"v": 1})
    builder = graph.StateGraph(State, context_schema=str)
    builder.add_node("tools", prebuilt.ToolNode(tools))
    builder.add_node("other", lambda state: {"user": f"other {state['user']}"})
    return builder.add_edge("__start__", "tools").compile(checkpointer=InMemorySaver(), store=store)


def summary(state: dict[str, Any]) -> Any:
    return state["user"], [(message.type, message.content) for message in state["messages"]]


TOGETHER = [tool for tool in TOOLS if tool is not commands]  # another one writes the same key


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of the context, in both packages
@pytest.mark.parametrize("tools", [*([tool] for tool in TOOLS), TOGETHER], ids=[*(tool.name for tool in TOOLS), "all"])
def test_tools_of_langgraph_do_the_same_in_both_packages(tools: list[BaseTool], invoke: Invoke) -> None:
    calls = [call(tool.name, f"call {i}", x="x") for i, tool in enumerate(tools)]
    given = {"messages": [message_with_calls(*calls)], "user": "ada"}
    theirs, ours = (invoke(graph_with(package, tools), given, CONFIG, context="ctx") for package in PACKAGES)
    assert summary(ours) == summary(theirs)
    assert "Error" not in str(summary(ours))


async def test_an_async_tool_with_a_typed_runtime_of_langgraph() -> None:
    given = {"messages": [message_with_calls(call("runtime_of_a_type", x="x"))], "user": "ada"}
    theirs, ours = [await graph_with(package, [runtime_of_a_type]).ainvoke(given, CONFIG) for package in PACKAGES]
    assert summary(ours) == summary(theirs)


def test_what_a_tool_of_langgraph_writes_is_streamed() -> None:
    given = {"messages": [message_with_calls(call("runtime_of_any_type", x="x"))], "user": "ada"}
    modes = ["custom", "tools"]
    theirs, ours = (
        list(graph_with(package, [runtime_of_any_type]).stream(given, CONFIG, stream_mode=modes))
        for package in PACKAGES
    )
    assert [(mode, chunk if mode == "custom" else chunk["event"]) for mode, chunk in ours] == [
        (mode, chunk if mode == "custom" else chunk["event"]) for mode, chunk in theirs
    ]


def test_a_handler_of_all_errors_lets_an_interrupt_of_langgraph_through(invoke: Invoke) -> None:
    @tool
    def ask(x: str) -> str:
        """Ask."""
        return f"said {interrupt(x)}"

    outcomes = []
    for package in PACKAGES:
        graph, prebuilt = (importlib.import_module(f"{package}.{name}") for name in ("graph", "prebuilt"))
        builder = graph.StateGraph(graph.MessagesState)
        builder.add_node("tools", prebuilt.ToolNode([ask], handle_tool_errors=True)).add_edge("__start__", "tools")
        compiled = builder.compile(checkpointer=InMemorySaver())
        asked = invoke(compiled, {"messages": [message_with_calls(call("ask", x="?"))]}, CONFIG)["__interrupt__"]
        answered = invoke(compiled, Command(resume="yes"), CONFIG)
        outcomes.append(([item.value for item in asked], answered["messages"][-1].content))
    assert outcomes[1] == outcomes[0] == (["?"], "said yes")


def test_a_wrapper_of_tool_calls_may_return_a_command_of_langgraph(invoke: Invoke) -> None:
    def wrap(request: Any, execute: Any) -> Any:
        answer = execute(request)
        return Command(update={"messages": [answer]})

    given = {"messages": [message_with_calls(call("accessors", x="x"))]}
    outcomes = []
    for package in PACKAGES:
        graph, prebuilt = (importlib.import_module(f"{package}.{name}") for name in ("graph", "prebuilt"))
        store = InMemoryStore()
        store.put(("n",), "k", {"v": 1})
        builder = graph.StateGraph(graph.MessagesState)
        builder.add_node("tools", prebuilt.ToolNode([accessors], wrap_tool_call=wrap)).add_edge("__start__", "tools")
        outcomes.append(invoke(builder.compile(store=store), given, CONFIG)["messages"][-1].content)
    assert outcomes[1] == outcomes[0]
