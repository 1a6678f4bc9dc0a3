"""Hooks before and after the model of an agent."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, RemoveMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from pydantic import BaseModel

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.graph.message import REMOVE_ALL_MESSAGES
from lgstream.prebuilt import create_react_agent
from lgstream.warnings import LgstreamDeprecationWarning
from tests.support.scripted_model import ScriptedModel, call

pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:create_react_agent has been moved"),
]

Invoke = Callable[..., Any]
HI = {"messages": [HumanMessage("hi", id="hi")]}

both_versions = pytest.mark.parametrize("version", ["v1", "v2"])


@tool
def echo(text: str) -> str:
    """Say it again."""
    return f"echo {text}"


class Answer(BaseModel):
    answer: int


def agent(turns: list[Any], **options: Any) -> Any:
    return create_react_agent(ScriptedModel(turns=turns), options.pop("tools", [echo]), **options)


def texts(state: Any) -> list[Any]:
    return [message.content for message in state["messages"]]


def nothing(state: Any) -> None:
    """A hook that changes nothing."""


def replace_input(state: Any) -> Any:
    return {"llm_input_messages": [HumanMessage(f"{len(state['messages'])} so far")]}


async def replace_input_async(state: Any) -> Any:
    return replace_input(state)


def subgraph() -> Any:
    return StateGraph(MessagesState).add_node("x", nothing).add_edge(START, "x").compile()


@both_versions
@pytest.mark.parametrize("hook", [replace_input, replace_input_async, RunnableLambda(replace_input)])
def test_the_model_receives_the_messages_of_the_hook(invoke: Invoke, version: Any, hook: Any) -> None:
    state = invoke(agent([[call("echo", text="a")]], pre_model_hook=hook, version=version), HI)
    assert texts(state) == ["hi", "1 so far", "echo a", "3 so far"]
    assert "llm_input_messages" not in state


@both_versions
@pytest.mark.parametrize("hook", [nothing, lambda state: {}, subgraph()])
def test_a_hook_without_messages_changes_nothing(invoke: Invoke, version: Any, hook: Any) -> None:
    assert texts(invoke(agent([], pre_model_hook=hook, version=version), HI)) == ["hi", "hi"]


def test_a_hook_can_rewrite_the_history(invoke: Invoke) -> None:
    def forget(state: Any) -> Any:
        return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), HumanMessage("summary")]}

    assert texts(invoke(agent([], pre_model_hook=forget), HI)) == ["summary", "summary"]


@both_versions
def test_the_hook_after_the_model_runs_before_the_tools(version: Any) -> None:
    graph = agent([[call("echo", text="a")]], post_model_hook=nothing, pre_model_hook=nothing, version=version)
    nodes = [node for update in graph.stream(HI, stream_mode="updates") for node in update]
    turn = ["pre_model_hook", "agent", "post_model_hook"]
    assert nodes == [*turn, "tools", *turn]


@both_versions
def test_a_hook_can_answer_calls_and_the_others_run(invoke: Invoke, version: Any) -> None:
    def deny_one(state: Any) -> Any:
        call_ids = {tool_call["id"] for tool_call in state["messages"][-1].tool_calls}
        return {"messages": [ToolMessage("denied", tool_call_id="c1")]} if "c1" in call_ids else None

    some = agent([[call("echo", text="a"), call("echo", "c2", text="b")]], post_model_hook=deny_one, version=version)
    assert texts(invoke(some, HI))[2:4] == ["denied", "echo b"]
    every = agent([[call("echo", text="a")]], post_model_hook=deny_one, version=version)
    assert texts(invoke(every, HI)) == ["hi", "hi", "denied", "hi|hi|denied"]


@both_versions
@pytest.mark.parametrize("tools", [[], [echo]])
def test_the_structured_response_comes_after_the_hook(version: Any, tools: Any) -> None:
    graph = agent([], tools=tools, post_model_hook=nothing, response_format=Answer, version=version)
    nodes = [node for update in graph.stream(HI, stream_mode="updates") for node in update]
    assert nodes == ["agent", "post_model_hook", "generate_structured_response"]


def test_a_direct_return_after_a_hook_ends_the_run(invoke: Invoke) -> None:
    last = echo.model_copy(update={"return_direct": True})
    graph = agent([[call("echo", text="a")]], tools=[last], pre_model_hook=nothing, post_model_hook=nothing)
    assert texts(invoke(graph, HI)) == ["hi", "hi", "echo a"]


def test_after_a_hook_a_call_whose_id_was_answered_before_does_not_run() -> None:
    turns = [[call("echo", text="a")], [call("echo", text="b")], [call("echo", text="c")]]

    def nodes(package: str) -> list[str]:
        create = import_module(f"{package}.prebuilt").create_react_agent
        graph = create(ScriptedModel(turns=turns), [echo], post_model_hook=nothing)
        return [node for update in graph.stream(HI, stream_mode="updates") for node in update]

    assert nodes("lgstream") == nodes("langgraph") == ["agent", "post_model_hook", "tools", "agent", "post_model_hook"]


def test_config_schema_is_an_older_name_of_context_schema() -> None:
    with pytest.warns(LgstreamDeprecationWarning, match="`config_schema` is the old name of `context_schema`"):
        graph = create_react_agent(ScriptedModel(turns=[]), [echo], config_schema=dict)
    assert graph.context_schema is dict
