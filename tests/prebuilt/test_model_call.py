"""The model of an agent and the tools that are bound to it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from pydantic import BaseModel
from typing_extensions import TypedDict

from lgstream.prebuilt import create_react_agent
from lgstream.runtime import Runtime
from tests.support.scripted_model import ScriptedModel, call

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

Invoke = Callable[..., Any]
HI = {"messages": [HumanMessage("hi", id="hi")]}


@tool
def echo(text: str) -> str:
    """Say it again."""
    return f"echo {text}"


@tool
def other(text: str) -> str:
    """Say something else."""
    return f"other {text}"


class Answer(BaseModel):
    answer: int


class Context(TypedDict):
    model: str


def same(value: Any) -> Any:
    return value


def test_the_tools_are_bound_to_the_model(invoke: Invoke) -> None:
    model = ScriptedModel()
    invoke(create_react_agent(model, [echo, other]), HI)
    assert model.bound_tools == [[echo, other]]


@pytest.mark.parametrize("form", ["openai", "anthropic", "bedrock"])
def test_a_model_with_the_same_tools_bound_is_used_unchanged(invoke: Invoke, form: str) -> None:
    model = ScriptedModel(tool_format=form)
    for bound_model in (model.bind_tools([echo]), RunnableLambda(same) | model.bind_tools([echo])):
        model.bound_tools.clear()
        invoke(create_react_agent(bound_model, [echo]), HI)
        assert model.bound_tools == []
        assert len(model.options[-1]["tools"]) == 1


@pytest.mark.parametrize(
    ("bound", "tools", "message"),
    [
        ([echo], [echo, other], "1 tools bound, the agent 2"),
        ([echo, other], [echo], "2 tools bound, the agent 1"),
        ([other], [echo], r"Missing tools \['echo'\]"),
    ],
)
def test_a_model_with_other_tools_bound_is_rejected(bound: Any, tools: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_react_agent(ScriptedModel().bind_tools(bound), tools)


def test_bound_tools_include_provider_tools() -> None:
    search = {"type": "web_search"}
    assert create_react_agent(ScriptedModel().bind_tools([echo, search]), [echo, search])


def test_other_bindings_of_the_model_are_kept(invoke: Invoke) -> None:
    model = ScriptedModel()
    invoke(create_react_agent(model.bind(stop=["."]).with_config(tags=["t"]), [echo]), HI)
    assert model.options[-1]["stop"] == ["."]
    assert len(model.options[-1]["tools"]) == 1


def test_a_model_without_bind_tools_is_rejected() -> None:
    with pytest.raises(AttributeError, match="has no bind_tools"):
        create_react_agent(RunnableLambda(same), [echo])


def test_without_tools_any_runnable_is_a_model(invoke: Invoke) -> None:
    def answer(messages: Any) -> AIMessage:
        return AIMessage("42")

    assert invoke(create_react_agent(RunnableLambda(answer), []), HI)["messages"][-1].content == "42"


def test_a_value_that_is_not_a_model_is_rejected() -> None:
    with pytest.raises(TypeError, match="model is of type int, and must be a chat model"):
        create_react_agent(5, [])  # type: ignore[arg-type]


def test_a_model_name_needs_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("langchain", "langchain.chat_models"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install langchain"):
        create_react_agent("openai:gpt-4o-mini", [])


def test_a_model_name_becomes_a_model(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    model, chat_models = ScriptedModel(), ModuleType("langchain.chat_models")
    chat_models.init_chat_model = {"a:b": model}.__getitem__  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain", ModuleType("langchain"))
    monkeypatch.setitem(sys.modules, "langchain.chat_models", chat_models)
    invoke(create_react_agent("a:b", [echo]), HI)
    assert model.bound_tools == [[echo]]


# chosen in every step -------------------------------------------------------------------------------------------


def chooser(models: dict[str, Any]) -> Callable[[Any, Runtime[Any]], Any]:
    def choose(state: Any, runtime: Runtime[Any]) -> Any:
        return models[runtime.context["model"]]

    return choose


def asynchronous(choose: Callable[[Any, Runtime[Any]], Any]) -> Callable[[Any, Runtime[Any]], Any]:
    async def later(state: Any, runtime: Runtime[Any]) -> Any:
        return choose(state, runtime)

    return later


class Chooser:
    def __init__(self, choose: Callable[[Any, Runtime[Any]], Any]) -> None:
        self.choose = choose

    async def __call__(self, state: Any, runtime: Runtime[Any]) -> Any:
        return self.choose(state, runtime)


@pytest.mark.parametrize("form", [same, asynchronous, Chooser])
def test_a_function_chooses_the_model_by_the_runtime(invoke: Invoke, form: Any) -> None:
    small, large = ScriptedModel(), ScriptedModel(turns=[[call("echo", text="a")]])
    choose = form(chooser({"small": small, "large": large.bind_tools([echo])}))
    graph = create_react_agent(choose, [echo], context_schema=Context, prompt="be kind")
    assert invoke(graph, HI, context={"model": "large"})["messages"][2].content == "echo a"
    assert (len(large.inputs), len(small.inputs)) == (2, 0)
    invoke(graph, HI, context={"model": "small"})
    assert len(small.inputs) == 1


def test_a_function_chooses_the_model_by_the_state(invoke: Invoke) -> None:
    models = [ScriptedModel(turns=[[call("echo", text="a")]]), ScriptedModel()]

    def choose(state: Any, runtime: Runtime[Any]) -> Any:
        return models[len(state["messages"]) > 1]

    invoke(create_react_agent(choose, [echo]), HI)
    assert [len(model.inputs) for model in models] == [1, 1]


def test_no_tools_are_bound_to_a_chosen_model(invoke: Invoke) -> None:
    model = ScriptedModel()
    invoke(create_react_agent(lambda state, runtime: model, [echo]), HI)
    assert model.bound_tools == []


@pytest.mark.parametrize("chosen", [5, "openai:gpt-4o-mini", None])
def test_a_function_must_return_a_model(invoke: Invoke, chosen: Any) -> None:
    with pytest.raises(TypeError, match="selects the agent's model"):
        invoke(create_react_agent(lambda state, runtime: chosen, []), HI)


# structured responses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dressed",
    [
        same,
        lambda model: model.bind_tools([echo]),
        lambda model: model.with_config(tags=["t"]),
        lambda model: RunnableLambda(same) | model.bind_tools([echo]),
        lambda model: lambda state, runtime: model.bind_tools([echo]),
    ],
)
def test_the_wrapped_chat_model_generates_the_structured_response(invoke: Invoke, dressed: Any) -> None:
    graph = create_react_agent(dressed(ScriptedModel()), [echo], response_format=Answer)
    assert invoke(graph, HI)["structured_response"] == Answer(answer=42)


def test_only_chat_models_generate_structured_responses(invoke: Invoke) -> None:
    model: RunnableLambda[Any, Any] = RunnableLambda(lambda messages: AIMessage("x"))
    with pytest.raises(TypeError, match="response_format takes a chat model"):
        invoke(create_react_agent(model, [], response_format=Answer), HI)
