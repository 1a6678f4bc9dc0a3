"""Injected arguments of tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import pytest
from langchain_core.messages import AnyMessage
from langchain_core.tools import BaseTool, InjectedToolArg, InjectedToolCallId, StructuredTool, tool
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from typing_extensions import TypedDict

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import InjectedState, InjectedStore, ToolNode, ToolRuntime
from lgstream.types import Send
from tests.support.scripted_model import call, message_with_calls

Invoke = Callable[..., Any]


class State(MessagesState):
    user: str


class Model(BaseModel):
    messages: list[Any]
    user: str = "ada"


@dataclass
class Instance:
    messages: list[Any]
    user: str = "ada"


class Context(TypedDict):
    tone: str


class Arguments(BaseModel):
    what: str
    user: Annotated[str, InjectedState("user")]


class MoreArguments(Arguments):
    often: int = 1


@tool
def whole(what: str, state: Annotated[Any, InjectedState]) -> str:
    """Use the state."""
    return f"{what} {type(state).__name__}"


@tool
def one_key(what: str, user: Annotated[str, InjectedState("user")]) -> str:
    """Use a key of the state."""
    return f"{what} {user}"


@tool
def with_default(what: str, user: Annotated[str, InjectedState("user")] = "nobody") -> str:
    """Use a key of the state, if it exists."""
    return f"{what} {user}"


@tool
def messages_only(what: str, messages: Annotated[list[AnyMessage], InjectedState("messages")]) -> str:
    """Use the messages."""
    return f"{what} {len(messages)}"


@tool
def storing(what: str, store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Use the store."""
    store.put(("notes",), "k", {"what": what})
    return str(store.get(("notes",), "k").value)


@tool
def running(what: str, runtime: ToolRuntime) -> str:
    """Use the runtime."""
    runtime.stream_writer(what)
    store = None if runtime.store is None else type(runtime.store).__name__
    task = runtime.execution_info.task_id if runtime.execution_info else None
    return f"{runtime.tool_call_id} {runtime.context} {sorted(runtime.state)} {store} {bool(task)} {len(runtime.tools)}"


def call_tool(invoke: Invoke, base_tool: Any, input: Any = None, **args: Any) -> str:
    """Call a tool in a tool node and return its answer; ``input`` is the state, or builds it from the messages."""
    node = ToolNode([base_tool])
    (name,) = node.tools_by_name
    calls = [message_with_calls(call(name, what="x", **args))]
    state = input(calls) if callable(input) else {"messages": calls, **(input or {})}
    answers = invoke(node, state)
    return str((answers if isinstance(answers, list) else answers["messages"])[0].content)


def graph_of(*tools: Any, **options: Any) -> Any:
    graph = StateGraph(State, context_schema=Context).add_node("tools", ToolNode(tools)).add_edge(START, "tools")
    return graph.compile(**options)


def state_with_call(name: str) -> dict[str, Any]:
    return {"messages": [message_with_calls(call(name, what="x"))], "user": "ada"}


def test_the_model_sees_no_injected_parameter() -> None:
    for base_tool in (whole, one_key, with_default, messages_only, storing, running):
        assert list(base_tool.tool_call_schema.model_json_schema()["properties"]) == ["what"]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda calls: {"messages": calls}, "dict"),
        (lambda calls: calls, "dict"),
        (lambda calls: Model(messages=calls), "Model"),
        (Instance, "Instance"),
    ],
)
def test_a_tool_receives_the_whole_state(invoke: Invoke, make: Callable[..., Any], kind: str) -> None:
    assert call_tool(invoke, whole, make) == f"x {kind}"


@pytest.mark.parametrize("make", [lambda m: {"messages": m, "user": "ada"}, lambda m: Model(messages=m), Instance])
def test_a_tool_receives_a_key_of_the_state(invoke: Invoke, make: Callable[..., Any]) -> None:
    assert call_tool(invoke, one_key, make) == "x ada"


def test_the_model_cannot_set_an_injected_parameter(invoke: Invoke) -> None:
    assert call_tool(invoke, one_key, {"user": "ada"}, user="root") == "x ada"
    assert call_tool(invoke, with_default, user="root") == "x nobody"

    @tool
    def hidden(what: str, key: Annotated[str, InjectedToolArg] = "own") -> str:
        """Given by nobody."""
        return f"{what} {key}"

    assert call_tool(invoke, hidden, key="stolen") == "x own"


def test_a_default_replaces_a_missing_key(invoke: Invoke) -> None:
    assert call_tool(invoke, with_default) == "x nobody"
    assert call_tool(invoke, with_default, {"user": "ada"}) == "x ada"


def test_a_missing_key_without_a_default_ends_the_run(invoke: Invoke) -> None:
    with pytest.raises(KeyError, match="'user' of the state"):
        call_tool(invoke, one_key)
    with pytest.raises(AttributeError, match="'user' of the state"):
        call_tool(invoke, one_key, lambda calls: type("Bare", (), {"messages": calls})())


def test_a_list_of_messages_has_no_other_key(invoke: Invoke) -> None:
    assert call_tool(invoke, messages_only, lambda calls: calls) == "x 1"
    with pytest.raises(ValueError, match="bare list of messages"):
        call_tool(invoke, one_key, lambda calls: calls)


def test_errors_of_injected_values_are_hidden_from_the_model(invoke: Invoke) -> None:
    answer = call_tool(invoke, one_key, {"user": ["not", "a", "name"]})
    assert answer.startswith("Error invoking tool 'one_key' with kwargs {'what': 'x'}")
    assert "name" not in answer.removeprefix("Error invoking tool 'one_key'")


def test_markers_can_be_in_an_argument_schema(invoke: Invoke) -> None:
    @tool(args_schema=MoreArguments)
    def by_schema(what: str, user: str, often: int) -> str:
        """Given what the schema says."""
        return f"{what} {user} {often}"

    class Own(BaseTool):
        name: str = "own"
        description: str = "A class of tools."

        def _run(self, what: str, user: Annotated[str, InjectedState("user")]) -> str:
            return f"{what} {user}"

    assert call_tool(invoke, by_schema, {"user": "ada"}) == "x ada 1"
    assert call_tool(invoke, Own(), {"user": "ada"}) == "x ada"


def test_markers_are_found_if_the_schema_is_json(invoke: Invoke) -> None:
    schema = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}

    @tool(args_schema=schema)
    def loose(what: str, user: Annotated[str, InjectedState("user")], runtime: ToolRuntime) -> str:
        """Given both."""
        return f"{what} {user} {runtime.tool_call_id}"

    assert call_tool(invoke, loose, {"user": "ada"}) == "x ada c1"


def test_markers_are_found_inside_unions_and_partial_functions(invoke: Invoke) -> None:
    @tool
    def maybe(what: str, user: Annotated[str, InjectedState("user")] | None = None) -> str:
        """Given a name or none."""
        return f"{what} {user}"

    def late(greeting: str, what: str, user: Annotated[str, InjectedState("user")]) -> str:
        return f"{greeting} {what} {user}"

    partial_tool = StructuredTool.from_function(
        partial(late, "hi"), name="late", description="Given late.", args_schema=Arguments
    )
    assert call_tool(invoke, maybe, {"user": "ada"}) == "x ada"
    assert call_tool(invoke, partial_tool, {"user": "ada"}) == "hi x ada"


def test_a_parameter_cannot_be_marked_twice() -> None:
    @tool
    def twice(user: Annotated[str, InjectedState("user"), InjectedState("messages")]) -> str:
        """Given what?"""
        return user

    with pytest.raises(ValueError, match="'user' of tool 'twice' is marked with InjectedState 2 times"):
        ToolNode([twice])


def test_a_tool_receives_the_store(invoke: Invoke) -> None:
    answers = invoke(graph_of(storing, store=InMemoryStore()), state_with_call("storing"))
    assert answers["messages"][-1].content == "{'what': 'x'}"


def test_a_tool_that_needs_a_store_needs_a_graph_with_one(invoke: Invoke) -> None:
    with pytest.raises(ValueError, match="Compile it with store="):
        invoke(graph_of(storing), state_with_call("storing"))


def test_a_tool_receives_the_runtime(invoke: Invoke) -> None:
    graph = graph_of(running, storing, store=InMemoryStore())
    answers = invoke(graph, state_with_call("running"), context={"tone": "kind"})
    expected = "c1 {'tone': 'kind'} ['messages', 'user'] InMemoryStore True 2"
    assert answers["messages"][-1].content == expected
    assert list(graph.stream(state_with_call("running"), stream_mode="custom")) == ["x"]


def test_outside_of_a_run_the_runtime_is_empty(invoke: Invoke) -> None:
    assert call_tool(invoke, running) == "c1 None ['messages'] None False 1"


def test_a_parameter_named_runtime_without_a_type_receives_the_runtime(invoke: Invoke) -> None:
    @tool
    def untyped(what: str, runtime) -> str:
        """Given the run by name."""
        return f"{what} {type(runtime).__name__}"

    assert call_tool(invoke, untyped) == "x ToolRuntime"


def test_a_parameter_named_runtime_of_another_type_is_set_by_the_model(invoke: Invoke) -> None:
    @tool
    def film(what: str, runtime: int) -> str:
        """A film and its length in minutes."""
        return f"{what} {runtime}"

    assert call_tool(invoke, film, runtime=90) == "x 90"


def test_a_tool_receives_the_id_of_its_call(invoke: Invoke) -> None:
    @tool
    def signed(what: str, id: Annotated[str, InjectedToolCallId]) -> str:
        """Given the id."""
        return f"{what} {id}"

    assert call_tool(invoke, signed, id="forged") == "x c1"


def test_calls_in_separate_sends_find_the_state_of_the_graph(invoke: Invoke) -> None:
    def fan(state: State) -> list[Send]:
        return [Send("tools", [tool_call]) for tool_call in state["messages"][-1].tool_calls]

    graph = StateGraph(State).add_node("tools", ToolNode([one_key])).add_conditional_edges(START, fan).compile()
    assert invoke(graph, state_with_call("one_key"))["messages"][-1].content == "x ada"


def test_the_calls_in_the_message_are_not_changed(invoke: Invoke) -> None:
    state = state_with_call("one_key")
    invoke(ToolNode([one_key]), state)
    assert state["messages"][0].tool_calls == [call("one_key", what="x")]
