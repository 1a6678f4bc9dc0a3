"""The model of an agent: how it is chosen, which tools are bound to it, and what its input is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelLike
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableBinding, RunnableSequence
from langchain_core.tools import BaseTool

from lgstream._arguments import wrong_type
from lgstream._reserved import CONFIG_KEY_RUNTIME
from lgstream.config import Config, task_of
from lgstream.effects.effects import CallEffect, Effects
from lgstream.engine.callables import is_async_callable, wrap_callable
from lgstream.inspection.classes import instances_of
from lgstream.runtime import Runtime

Tool = BaseTool | Callable[..., Any] | dict[str, Any]
ModelSelector = Callable[[Any, Runtime[Any]], Any] | Callable[[Any, Runtime[Any]], Awaitable[Any]]
Model = str | LanguageModelLike | ModelSelector
Prompt = SystemMessage | str | Callable[..., Any] | Runnable[Any, Any]
StateFunction = Callable[[Any, Config], Effects[Any]]
"""Computes the model, or the input of the model, from the state and the config."""


def model_chooser(model: Model, tools: Sequence[Tool]) -> StateFunction:
    """Return the function that returns the model of an agent for each call.

    Args:
        model: a model, which the tools are bound to; the name of one; or a function that selects a model in each step
            and returns it with its tools bound.
        tools: the tools of the agent.

    Raises:
        ImportError: if ``model`` is a name, and langchain is not installed.
        TypeError: if ``model`` is not a Runnable, a name or a function.
        ValueError: if the model already has other tools bound.
        AttributeError: if the model has no ``bind_tools`` method.
    """
    if isinstance(model, type) and issubclass(model, Runnable):
        raise wrong_type("model", model, f"an instance: {model.__name__}(...)")
    if callable(model) and not isinstance(model, Runnable):
        return _chooser_from_selector(model)
    runnable = _model_by_name(model) if isinstance(model, str) else model
    if not isinstance(runnable, Runnable):
        raise wrong_type("model", model, "a chat model, the name of one, or a function that returns one")
    bound_model = with_tools_bound(runnable, tools) if tools else runnable

    def choose(state: Any, config: Config) -> Effects[Any]:
        yield from ()
        return bound_model

    return choose


def _chooser_from_selector(select: ModelSelector) -> StateFunction:
    def choose(state: Any, config: Config) -> Effects[Any]:
        runtime = config["configurable"][CONFIG_KEY_RUNTIME]
        model = yield CallEffect(select, (state, runtime), {}, is_async_callable(select))
        if not isinstance(model, Runnable):
            raise TypeError(
                f"The function {getattr(select, '__name__', select)!r} that selects the agent's model returned "
                f"{model!r}; return a chat model, with its tools bound."
            )
        return model

    return choose


def _model_by_name(name: str) -> Any:
    try:
        chat_models = import_module("langchain.chat_models")
    except ImportError as error:
        raise ImportError(
            f"The model '{name}' is given by its name, which needs langchain: pip install langchain, or pass "
            "the model itself to create_react_agent."
        ) from error
    return chat_models.init_chat_model(name)


def with_tools_bound(model: Any, tools: Sequence[Tool]) -> Any:
    """Return the model with the tools bound to it, unless they already are.

    Raises:
        ValueError: if the model already has other tools bound.
        AttributeError: if the model has no ``bind_tools`` method.
    """
    bound_tools = _find_bound_tools(model)
    if bound_tools is not None:
        _check_same_tools(bound_tools, tools)
        return model
    if isinstance(model, RunnableBinding):  # keeps other bindings, such as stop words and tags
        return with_tools_bound(model.bound, tools).bind(**model.kwargs).with_config(model.config)
    if not hasattr(model, "bind_tools"):
        raise AttributeError(
            f"The agent's model, a {type(model).__name__}, has no bind_tools(), so the agent cannot bind its tools. "
            "Pass the chat model itself, or one that already has the tools bound."
        )
    return model.bind_tools(tools)


def _sequence_steps(model: Any) -> Sequence[Any]:
    return model.steps if isinstance(model, RunnableSequence) else [model]


def _find_bound_tools(model: Any) -> Sequence[Any] | None:
    """Return the tools bound to a model, in the format of its provider; None if there are none."""
    for step in _sequence_steps(model):
        runnable = step
        while isinstance(runnable, RunnableBinding):
            if "tools" in runnable.kwargs:
                tools: Sequence[Any] = runnable.kwargs["tools"]
                return tools
            runnable = runnable.bound
    return None


def _check_same_tools(bound_tools: Sequence[Any], tools: Sequence[Tool]) -> None:
    if len(bound_tools) != len(tools):
        raise ValueError(
            f"The model has {len(bound_tools)} tools bound, the agent {len(tools)}: number of tools must match. Bind "
            "the same tools, or pass the model without tools."
        )
    bound_names = {name for tool in bound_tools if (name := _tool_name(tool))}
    missing = sorted({name for tool in tools if (name := _tool_name(tool))} - bound_names)
    if missing:
        raise ValueError(
            f"Missing tools {missing} among those bound to the model: bind the agent's tools, or pass the model "
            "without tools."
        )


def _tool_name(tool: Any) -> str | None:
    """Return the name of a tool, also in the formats of OpenAI, Anthropic and Bedrock; None for a built-in tool."""
    if not isinstance(tool, dict):
        return getattr(tool, "name", None) or getattr(tool, "__name__", None)
    definition = next((tool[key] for key in ("function", "toolSpec") if key in tool), tool)
    return definition.get("name") if isinstance(definition, dict) else None


def with_structured_output(model: Any, schema: Any) -> Any:
    """Return the chat model in ``model`` with structured output.

    Raises:
        TypeError: if there is no chat model in it.
    """
    chat_model = next(
        (step for step in _sequence_steps(model) if isinstance(step, RunnableBinding | BaseChatModel)), model
    )
    while isinstance(chat_model, RunnableBinding):
        chat_model = chat_model.bound
    if not isinstance(chat_model, BaseChatModel):
        raise TypeError(
            f"response_format takes a chat model, with or without tools bound, not a {type(model).__name__}: the agent "
            "calls the model once more, for an answer with this schema."
        )
    return chat_model.with_structured_output(schema)


def prompt_builder(prompt: Prompt | None) -> StateFunction:
    """Return the function that computes the input of the model from the state.

    Args:
        prompt: a system message, which comes before the messages of the state; a function or Runnable that returns the
            input; or None for the messages alone.

    Raises:
        ValueError: if the prompt is of another type.
    """
    if isinstance(prompt, Runnable) or (callable(prompt) and not isinstance(prompt, str | BaseMessage)):
        action = wrap_callable(prompt, "Prompt")

        def call_prompt(state: Any, config: Config) -> Effects[Any]:
            task = task_of(config["configurable"])
            model_input = yield action.call_effect(task, state)
            if isinstance(model_input, Runnable):  # such as a prompt template, built by adding messages
                model_input = yield wrap_callable(model_input).call_effect(task, state)
            return model_input

        return call_prompt
    if not isinstance(prompt, str | SystemMessage | None):
        raise ValueError(  # noqa: TRY004 - as in LangGraph
            f"The prompt of an agent must be a str, a SystemMessage, or a function or Runnable of the state, not "
            f"{prompt!r} of type {type(prompt).__name__}."
        )
    system_messages = [] if prompt is None else [SystemMessage(prompt) if isinstance(prompt, str) else prompt]

    def prepend_system_message(state: Any, config: Config) -> Effects[Any]:
        yield from ()
        return [*system_messages, *state_value(state, "messages")]

    return prepend_system_message


def state_value(state: Any, key: str) -> Any:
    """Return the value of a key of a state, which is a dict or an object; None if it does not have the key."""
    return state.get(key) if isinstance(state, dict) else getattr(state, key, None)


def validate_chat_history(messages: Sequence[BaseMessage]) -> None:
    """Raise ValueError if a tool call has no ToolMessage that answers it: providers reject such a history."""
    answered = {message.tool_call_id for message in instances_of(ToolMessage, messages)}
    calls = [call for message in instances_of(AIMessage, messages) for call in message.tool_calls]
    open_calls = [call for call in calls if call["id"] not in answered]
    if open_calls:
        raise ValueError(
            "Found AIMessages with tool_calls that do not have a corresponding ToolMessage; the first of them: "
            f"{open_calls[:3]}. A model can only be called after all its tool calls are answered: add a ToolMessage "
            "with the tool_call_id of each."
        )
