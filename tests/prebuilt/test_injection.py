"""What tools are given that the model does not choose."""

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
from tests.support.scripted_model import asking, call

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
    """Given the state."""
    return f"{what} {type(state).__name__}"


@tool
def one_key(what: str, user: Annotated[str, InjectedState("user")]) -> str:
    """Given a key of the state."""
    return f"{what} {user}"


@tool
def with_default(what: str, user: Annotated[str, InjectedState("user")] = "nobody") -> str:
    """Given a key of the state, if it is there."""
    return f"{what} {user}"


@tool
def messages_only(what: str, said: Annotated[list[AnyMessage], InjectedState("messages")]) -> str:
    """Given the messages."""
    return f"{what} {len(said)}"


@tool
def storing(what: str, store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Given the store."""
    store.put(("notes",), "k", {"what": what})
    return str(store.get(("notes",), "k").value)  # type: ignore[union-attr]


@tool
def running(what: str, runtime: ToolRuntime) -> str:
    """Given the run."""
    runtime.stream_writer(what)
    store = None if runtime.store is None else type(runtime.store).__name__
    task = runtime.execution_info.task_id if runtime.execution_info else None
    return f"{runtime.tool_call_id} {runtime.context} {sorted(runtime.state)} {store} {bool(task)} {len(runtime.tools)}"


def said(invoke: Invoke, one: Any, input: Any = None, **args: Any) -> str:
    """What a tool answers when it is called with the state ``input`` around the call."""
    node = ToolNode([one])
    (name,) = node.tools_by_name
    calls = [asking(call(name, what="x", **args))]
    given = input(calls) if callable(input) else {"messages": calls, **(input or {})}
    answers = invoke(node, given)
    return str((answers if isinstance(answers, list) else answers["messages"])[0].content)


def graph_of(*tools: Any, **options: Any) -> Any:
    graph = StateGraph(State, context_schema=Context).add_node("tools", ToolNode(tools)).add_edge(START, "tools")
    return graph.compile(**options)


def hears(name: str) -> dict[str, Any]:
    return {"messages": [asking(call(name, what="x"))], "user": "ada"}


def test_the_model_sees_no_injected_parameter() -> None:
    for one in (whole, one_key, with_default, messages_only, storing, running):
        assert list(one.tool_call_schema.model_json_schema()["properties"]) == ["what"]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda calls: {"messages": calls}, "dict"),
        (lambda calls: calls, "dict"),
        (lambda calls: Model(messages=calls), "Model"),
        (Instance, "Instance"),
    ],
)
def test_a_tool_is_given_the_whole_state(invoke: Invoke, make: Callable[..., Any], kind: str) -> None:
    assert said(invoke, whole, make) == f"x {kind}"


@pytest.mark.parametrize("make", [lambda m: {"messages": m, "user": "ada"}, lambda m: Model(messages=m), Instance])
def test_a_tool_is_given_a_key_of_the_state(invoke: Invoke, make: Callable[..., Any]) -> None:
    assert said(invoke, one_key, make) == "x ada"


def test_the_model_cannot_set_an_injected_parameter(invoke: Invoke) -> None:
    assert said(invoke, one_key, {"user": "ada"}, user="root") == "x ada"
    assert said(invoke, with_default, user="root") == "x nobody"

    @tool
    def hidden(what: str, key: Annotated[str, InjectedToolArg] = "own") -> str:
        """Given by nobody."""
        return f"{what} {key}"

    assert said(invoke, hidden, key="stolen") == "x own"


def test_a_default_stands_in_for_a_missing_key(invoke: Invoke) -> None:
    assert said(invoke, with_default) == "x nobody"
    assert said(invoke, with_default, {"user": "ada"}) == "x ada"


def test_a_missing_key_without_a_default_ends_the_run(invoke: Invoke) -> None:
    with pytest.raises(KeyError, match="'user' of the state"):
        said(invoke, one_key)
    with pytest.raises(AttributeError, match="'user' of the state"):
        said(invoke, one_key, lambda calls: type("Bare", (), {"messages": calls})())


def test_a_list_of_messages_has_the_messages_and_no_other_key(invoke: Invoke) -> None:
    assert said(invoke, messages_only, lambda calls: calls) == "x 1"
    with pytest.raises(ValueError, match="bare list of messages"):
        said(invoke, one_key, lambda calls: calls)


def test_wrong_injected_values_are_not_told_to_the_model(invoke: Invoke) -> None:
    answer = said(invoke, one_key, {"user": ["not", "a", "name"]})
    assert answer.startswith("Error invoking tool 'one_key' with kwargs {'what': 'x'}")
    assert "name" not in answer.removeprefix("Error invoking tool 'one_key'")


def test_markers_may_be_in_an_argument_schema(invoke: Invoke) -> None:
    @tool(args_schema=MoreArguments)
    def by_schema(what: str, user: str, often: int) -> str:
        """Given what the schema says."""
        return f"{what} {user} {often}"

    class Own(BaseTool):
        name: str = "own"
        description: str = "A class of tools."

        def _run(self, what: str, user: Annotated[str, InjectedState("user")]) -> str:
            return f"{what} {user}"

    assert said(invoke, by_schema, {"user": "ada"}) == "x ada 1"
    assert said(invoke, Own(), {"user": "ada"}) == "x ada"


def test_markers_are_found_where_the_schema_is_json(invoke: Invoke) -> None:
    schema = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}

    @tool(args_schema=schema)
    def loose(what: str, user: Annotated[str, InjectedState("user")], runtime: ToolRuntime) -> str:
        """Given both."""
        return f"{what} {user} {runtime.tool_call_id}"

    assert said(invoke, loose, {"user": "ada"}) == "x ada c1"


def test_markers_are_found_inside_unions_and_partial_functions(invoke: Invoke) -> None:
    @tool
    def maybe(what: str, user: Annotated[str, InjectedState("user")] | None = None) -> str:
        """Given a name or none."""
        return f"{what} {user}"

    def late(greeting: str, what: str, user: Annotated[str, InjectedState("user")]) -> str:
        return f"{greeting} {what} {user}"

    made = StructuredTool.from_function(
        partial(late, "hi"), name="late", description="Given late.", args_schema=Arguments
    )
    assert said(invoke, maybe, {"user": "ada"}) == "x ada"
    assert said(invoke, made, {"user": "ada"}) == "hi x ada"


def test_a_parameter_is_marked_once() -> None:
    @tool
    def twice(user: Annotated[str, InjectedState("user"), InjectedState("messages")]) -> str:
        """Given what?"""
        return user

    with pytest.raises(ValueError, match="'user' of tool 'twice' is marked with InjectedState 2 times"):
        ToolNode([twice])


def test_a_tool_is_given_the_store(invoke: Invoke) -> None:
    answers = invoke(graph_of(storing, store=InMemoryStore()), hears("storing"))
    assert answers["messages"][-1].content == "{'what': 'x'}"


def test_a_tool_that_needs_a_store_needs_a_graph_with_one(invoke: Invoke) -> None:
    with pytest.raises(ValueError, match="Compile it with store="):
        invoke(graph_of(storing), hears("storing"))


def test_a_tool_is_given_the_run(invoke: Invoke) -> None:
    graph = graph_of(running, storing, store=InMemoryStore())
    answers = invoke(graph, hears("running"), context={"tone": "kind"})
    expected = "c1 {'tone': 'kind'} ['messages', 'user'] InMemoryStore True 2"
    assert answers["messages"][-1].content == expected
    assert list(graph.stream(hears("running"), stream_mode="custom")) == ["x"]


def test_outside_of_a_run_the_runtime_is_an_empty_one(invoke: Invoke) -> None:
    assert said(invoke, running) == "c1 None ['messages'] None False 1"


def test_a_parameter_named_runtime_without_a_type_is_given_the_run(invoke: Invoke) -> None:
    @tool
    def untyped(what: str, runtime) -> str:  # type: ignore[no-untyped-def]
        """Given the run by name."""
        return f"{what} {type(runtime).__name__}"

    assert said(invoke, untyped) == "x ToolRuntime"


def test_a_runtime_of_another_type_is_the_models(invoke: Invoke) -> None:
    @tool
    def film(what: str, runtime: int) -> str:
        """A film and its length in minutes."""
        return f"{what} {runtime}"

    assert said(invoke, film, runtime=90) == "x 90"


def test_a_tool_is_given_the_id_of_its_call(invoke: Invoke) -> None:
    @tool
    def signed(what: str, id: Annotated[str, InjectedToolCallId]) -> str:
        """Given the id."""
        return f"{what} {id}"

    assert said(invoke, signed, id="forged") == "x c1"


def test_calls_sent_alone_find_the_state_of_the_graph(invoke: Invoke) -> None:
    def fan(state: State) -> list[Send]:
        return [Send("tools", [one]) for one in state["messages"][-1].tool_calls]  # type: ignore[union-attr]

    graph = StateGraph(State).add_node("tools", ToolNode([one_key])).add_conditional_edges(START, fan).compile()
    assert invoke(graph, hears("one_key"))["messages"][-1].content == "x ada"


def test_calls_are_left_as_the_model_made_them(invoke: Invoke) -> None:
    given = hears("one_key")
    invoke(ToolNode([one_key]), given)
    assert given["messages"][0].tool_calls == [call("one_key", what="x")]
