"""``wrap_tool_call``: functions around the calls of a tool node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import ValidationError

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import InjectedState, ToolNode, ToolRuntime
from lgstream.prebuilt.tool_node import ToolCallRequest
from lgstream.types import Command, interrupt
from tests.support.scripted_model import call, message_with_calls

Invoke = Callable[..., Any]
Execute = Callable[[ToolCallRequest], Any]


@tool
def greet(name: str, user: Annotated[str, InjectedState("user")], runtime: ToolRuntime) -> str:
    """Greet."""
    return f"{user} greets {name} by {runtime.tool_call_id}"


@tool
def fail(times: int) -> str:
    """Fail."""
    raise ValueError("failed")


def run_tool_node(invoke: Invoke, wrap: Any, tool_call: Any = None, **options: Any) -> Any:
    node = ToolNode([greet, fail], wrap_tool_call=wrap, **options)
    answers = invoke(node, {"messages": [message_with_calls(tool_call or call("greet", name="bob"))], "user": "ada"})
    return [m.content for m in answers["messages"]] if isinstance(answers, dict) else answers


def passing(request: ToolCallRequest, execute: Execute) -> Any:
    return execute(request)


def test_a_wrapper_sees_the_call_the_tool_and_the_state(invoke: Invoke) -> None:
    requests: list[ToolCallRequest] = []

    def look(request: ToolCallRequest, execute: Execute) -> Any:
        requests.append(request)
        return execute(request)

    assert run_tool_node(invoke, look) == ["ada greets bob by c1"]
    (request,) = requests
    assert (request.tool_call, request.tool) == (call("greet", name="bob"), greet)
    assert (request.state["user"], request.runtime.tool_call_id) == ("ada", "c1")


@tool
def read_user(user: Annotated[str, InjectedState("user")], runtime: ToolRuntime) -> str:
    """Read the state."""
    return f"{user} {runtime.state['user']}"


@pytest.mark.parametrize("is_runtime_replaced", [False, True])
def test_a_state_that_a_wrapper_sets_reaches_the_tool(invoke: Invoke, is_runtime_replaced: bool) -> None:
    def set_state(request: ToolCallRequest, execute: Execute) -> Any:
        state = {**request.state, "user": "eve"}
        runtime = replace(request.runtime, state={"user": "old"}) if is_runtime_replaced else request.runtime
        return execute(request.override(state=state, runtime=runtime))

    node = ToolNode([read_user], wrap_tool_call=set_state)
    answers = invoke(node, {"messages": [message_with_calls(call("read_user"))], "user": "ada"})
    assert answers["messages"][0].content == "eve eve"


def test_a_wrapper_can_change_the_arguments(invoke: Invoke) -> None:
    def change(request: ToolCallRequest, execute: Execute) -> Any:
        return execute(request.override(tool_call={**request.tool_call, "args": {"name": "eve"}}))

    assert run_tool_node(invoke, change) == ["ada greets eve by c1"]


def test_a_wrapper_can_change_what_is_injected(invoke: Invoke) -> None:
    def change(request: ToolCallRequest, execute: Execute) -> Any:
        runtime = replace(request.runtime, state={"user": "eve"}, tool_call_id="c7")
        return execute(request.override(runtime=runtime))

    assert run_tool_node(invoke, change) == ["eve greets bob by c7"]


def test_a_wrapper_can_answer_without_the_tool(invoke: Invoke) -> None:
    def answer(request: ToolCallRequest, execute: Execute) -> Any:
        return ToolMessage("cached", tool_call_id=request.tool_call["id"])

    assert run_tool_node(invoke, answer) == ["cached"]
    assert run_tool_node(invoke, lambda request, execute: Command(goto="next")) == [Command(goto="next")]


def test_a_wrapper_can_retry(invoke: Invoke) -> None:
    errors: list[str] = []

    def retry(request: ToolCallRequest, execute: Execute) -> Any:
        for _ in range(2):
            try:
                return execute(request)
            except ValueError as error:
                errors.append(str(error))
        return ToolMessage("gave up", tool_call_id="c1")

    assert run_tool_node(invoke, retry, call("fail", times=1)) == ["gave up"]
    assert errors == ["failed", "failed"]


def test_a_wrapper_receives_a_handled_error_as_a_message(invoke: Invoke) -> None:
    statuses = []

    def look(request: ToolCallRequest, execute: Execute) -> Any:
        answer = execute(request)
        statuses.append(answer.status)
        return answer

    assert run_tool_node(invoke, look, call("fail", times=1), handle_tool_errors="handled") == ["handled"]
    assert statuses == ["error"]


def test_errors_of_a_wrapper_are_handled_like_those_of_tools(invoke: Invoke) -> None:
    def raising(request: ToolCallRequest, execute: Execute) -> Any:
        raise LookupError("no way")

    with pytest.raises(LookupError, match="no way"):
        run_tool_node(invoke, raising)
    assert run_tool_node(invoke, raising, handle_tool_errors="handled") == ["handled"]


def test_a_wrapper_can_provide_a_tool_that_the_node_does_not_have(invoke: Invoke) -> None:
    @tool
    def extra(name: str, user: Annotated[str, InjectedState("user")]) -> str:
        """Not registered."""
        return f"{user} adds {name}"

    def bring(request: ToolCallRequest, execute: Execute) -> Any:
        assert request.tool is None
        return execute(request.override(tool=extra))

    assert run_tool_node(invoke, bring, call("extra", name="bob")) == ["ada adds bob"]
    unknown = "Error: extra is not a valid tool, try one of [greet, fail]."
    assert run_tool_node(invoke, passing, call("extra", name="bob")) == [unknown]


async def test_async_runs_use_the_async_wrapper() -> None:
    async def later(request: ToolCallRequest, execute: Callable[[ToolCallRequest], Awaitable[Any]]) -> Any:
        answer = await execute(request)
        return answer.model_copy(update={"content": f"later: {answer.content}"})

    node = ToolNode([greet], wrap_tool_call=passing, awrap_tool_call=later)
    state = {"messages": [message_with_calls(call("greet", name="bob"))], "user": "ada"}
    assert (await node.ainvoke(state))["messages"][0].content == "later: ada greets bob by c1"
    assert node.invoke(state)["messages"][0].content == "ada greets bob by c1"


def test_an_interrupt_passes_through_a_wrapper(invoke: Invoke) -> None:
    def approve(request: ToolCallRequest, execute: Execute) -> Any:
        if interrupt(request.tool_call["name"]) == "no":
            return ToolMessage("denied", tool_call_id="c1")
        return execute(request)

    @tool
    def act() -> str:
        """Act."""
        return "acted"

    node = ToolNode([act], wrap_tool_call=approve, handle_tool_errors=True)
    graph = StateGraph(MessagesState).add_node("tools", node).add_edge(START, "tools")
    compiled = graph.compile(checkpointer=InMemorySaver())
    for thread, answer, expected in (("1", "yes", "acted"), ("2", "no", "denied")):
        config = {"configurable": {"thread_id": thread}}
        assert (
            invoke(compiled, {"messages": [message_with_calls(call("act"))]}, config)["__interrupt__"][0].value == "act"
        )
        assert invoke(compiled, Command(resume=answer), config)["messages"][-1].content == expected


def test_a_request_has_fixed_attributes() -> None:
    request = ToolCallRequest(call("greet"), greet, {}, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        request.override(tools=[])


def test_setting_an_attribute_of_a_request_is_deprecated() -> None:
    request = ToolCallRequest(call("greet"), greet, {}, None)  # type: ignore[arg-type]
    with pytest.warns(DeprecationWarning, match=r"override\(state=\.\.\.\)"):
        request.state = {"n": 1}
    assert request.state == {"n": 1}


@pytest.mark.parametrize("is_wrapped", [True, False])
@pytest.mark.parametrize("handler", [True, (ValueError,), lambda error: "mended"])
def test_an_invalid_answer_can_be_given_again(invoke: Invoke, is_wrapped: bool, handler: Any) -> None:
    @tool
    def ask() -> str:
        """Ask."""
        return f"given {interrupt('how many?', response_schema=int)}"

    wrapper = (lambda request, execute: execute(request)) if is_wrapped else None
    node = ToolNode([ask], handle_tool_errors=handler, wrap_tool_call=wrapper)
    graph = StateGraph(MessagesState).add_node("tools", node).add_edge(START, "tools")
    compiled, config = graph.compile(checkpointer=InMemorySaver()), {"configurable": {"thread_id": "1"}}
    invoke(compiled, {"messages": [message_with_calls(call("ask"))]}, config)
    with pytest.raises(ValidationError):
        invoke(compiled, Command(resume="many"), config)
    assert invoke(compiled, Command(resume=3), config)["messages"][-1].content == "given 3"
