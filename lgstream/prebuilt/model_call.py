"""The model of an agent: which one, with which tools bound, and what it is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelLike
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableSequence
from langchain_core.tools import BaseTool

from lgstream._reserved import CONFIG_KEY_RUNTIME, CONFIG_KEY_SCRATCHPAD
from lgstream.config import Config
from lgstream.engine.callables import Call, is_async, target_of
from lgstream.prebuilt.work import Work
from lgstream.runtime import Runtime

Tool = BaseTool | Callable[..., Any] | dict[str, Any]
Selector = Callable[[Any, Runtime[Any]], Any] | Callable[[Any, Runtime[Any]], Awaitable[Any]]
Model = str | LanguageModelLike | Selector
Prompt = SystemMessage | str | Callable[..., Any] | Runnable[Any, Any]
Choice = Callable[[Any, Config], Work[Any]]
"""Work that gives the model, or what it is asked, of the state and the config."""


def choice_of(model: Model, tools: Sequence[Tool]) -> Choice:
    """How the agent comes by its model: it is given, made of a name, or chosen by a function in every step.

    The tools are bound to a model that is given; a function is to return a model with its tools bound.

    Raises:
        ImportError: a name, and langchain is not installed.
        ValueError: a model with other tools bound than the agent's.
        AttributeError: a model that no tools can be bound to.
    """
    if callable(model) and not isinstance(model, Runnable):
        return _selected(model)
    fixed = _named(model) if isinstance(model, str) else model
    if not isinstance(fixed, Runnable):
        raise TypeError(
            "The model of an agent must be a chat model, the name of one, or a function that returns one, not "
            f"{model!r} of type {type(model).__name__}."
        )
    bound = with_tools(fixed, tools) if tools else fixed

    def choose(state: Any, config: Config) -> Work[Any]:
        yield from ()
        return bound

    return choose


def _selected(select: Selector) -> Choice:
    def choose(state: Any, config: Config) -> Work[Any]:
        runtime = config["configurable"][CONFIG_KEY_RUNTIME]
        chosen = yield Call(select, (state, runtime), {}, is_async(select))
        if not isinstance(chosen, Runnable):
            raise TypeError(
                f"The function {getattr(select, '__name__', select)!r} that selects the agent's model returned "
                f"{chosen!r}; return a chat model, with its tools bound."
            )
        return chosen

    return choose


def _named(name: str) -> Any:
    try:
        chat_models = import_module("langchain.chat_models")
    except ImportError as error:
        raise ImportError(
            f"The model '{name}' is given by its name, which takes langchain: pip install langchain, or give "
            "create_react_agent the model itself."
        ) from error
    return chat_models.init_chat_model(name)


def with_tools(model: Any, tools: Sequence[Tool]) -> Any:
    """The model with the tools bound, unless they are already. Raises ValueError where it has others."""
    bound = _bound_tools(model)
    if bound is not None:
        _require_same(bound, tools)
        return model
    if isinstance(model, RunnableBinding):  # what else is bound stays: stop words, tags
        return with_tools(model.bound, tools).bind(**model.kwargs).with_config(model.config)
    if not hasattr(model, "bind_tools"):
        raise AttributeError(
            f"The agent's model, a {type(model).__name__}, has no bind_tools(), so it cannot be told of the tools. "
            "Give the chat model itself, or one that tools are bound to."
        )
    return model.bind_tools(tools)


def _steps(model: Any) -> Sequence[Any]:
    return model.steps if isinstance(model, RunnableSequence) else [model]


def _bound_tools(model: Any) -> Sequence[Any] | None:
    """The tools bound to a model, in the form of its provider; None where there are none."""
    for step in _steps(model):
        while isinstance(step, RunnableBinding):
            if "tools" in step.kwargs:
                tools: Sequence[Any] = step.kwargs["tools"]
                return tools
            step = step.bound
    return None


def _require_same(bound: Sequence[Any], tools: Sequence[Tool]) -> None:
    if len(bound) != len(tools):
        raise ValueError(
            f"The model has {len(bound)} tools bound, the agent {len(tools)}: number of tools must match. Bind the "
            "same ones, or give the model without tools."
        )
    known = {name for tool in bound if (name := _name_in(tool))}
    missing = sorted({name for tool in tools if (name := _name_in(tool))} - known)
    if missing:
        raise ValueError(
            f"Missing tools {missing} among those bound to the model: bind the agent's tools, or give the model "
            "without any."
        )


def _name_in(tool: Any) -> str | None:
    """The name in a tool, also one in the form of OpenAI, Anthropic or Bedrock; None in a provider's own."""
    if not isinstance(tool, dict):
        return getattr(tool, "name", None) or getattr(tool, "__name__", None)
    inner = next((tool[key] for key in ("function", "toolSpec") if key in tool), tool)
    return inner.get("name") if isinstance(inner, dict) else None


def structured(model: Any, schema: Any) -> Any:
    """The model made to answer by a schema. Raises TypeError where no chat model is found in it."""
    found = next((step for step in _steps(model) if isinstance(step, RunnableBinding | BaseChatModel)), model)
    while isinstance(found, RunnableBinding):
        found = found.bound
    if not isinstance(found, BaseChatModel):
        raise TypeError(
            f"response_format takes a chat model (bare, or with tools bound), not a {type(model).__name__}: it asks "
            "the model once more, for an answer of that form."
        )
    return found.with_structured_output(schema)


def asker(prompt: Prompt | None) -> Choice:
    """What the model is asked: the state's messages, after the system message, or what a function makes of the state.

    Raises ValueError for a prompt that is nothing of the kind.
    """
    if isinstance(prompt, Runnable) or (callable(prompt) and not isinstance(prompt, str | BaseMessage)):
        target = target_of(prompt, "Prompt")

        def ask(state: Any, config: Config) -> Work[Any]:
            task = config["configurable"][CONFIG_KEY_SCRATCHPAD]
            asked = yield target.call(task, state)
            if isinstance(asked, Runnable):  # a prompt template, say, made of messages that were added up
                asked = yield target_of(asked).call(task, state)
            return asked

        return ask
    if not isinstance(prompt, str | SystemMessage | None):
        raise ValueError(
            f"The prompt of an agent must be a str, a SystemMessage, or a function or Runnable of the state, not "
            f"{prompt!r} of type {type(prompt).__name__}."
        )
    first = [] if prompt is None else [SystemMessage(prompt) if isinstance(prompt, str) else prompt]

    def all_of(state: Any, config: Config) -> Work[Any]:
        yield from ()
        return [*first, *value_in(state, "messages")]

    return all_of


def value_in(state: Any, key: str) -> Any:
    """A key of a state, dict or object; None where it has none."""
    return state.get(key) if isinstance(state, dict) else getattr(state, key, None)


def require_answers(messages: Sequence[BaseMessage]) -> None:
    """Raise ValueError for a tool call in the history that no ToolMessage answers: providers refuse that."""
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    calls = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    open_calls = [call for call in calls if call["id"] not in answered]
    if open_calls:
        raise ValueError(
            "Found AIMessages with tool_calls that do not have a corresponding ToolMessage; the first of them: "
            f"{open_calls[:3]}. A model is only asked once all its calls are answered: add a ToolMessage with the "
            "tool_call_id of each."
        )
