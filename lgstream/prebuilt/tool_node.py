"""``ToolNode``: the node that runs the tool calls of a model."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypedDict, cast

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list, get_executor_for_config
from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool
from pydantic import ValidationError

from lgstream._arguments import check_list, check_type, wrong_item
from lgstream._conversions import own_value
from lgstream._langgraph import register_as
from lgstream._reserved import CONFIG_KEY_READ, CONFIG_KEY_RUNTIME
from lgstream.config import Config, ensure_config, task_of
from lgstream.effects import aio, blocking
from lgstream.effects.effects import CallEffect, Effects
from lgstream.engine.tasks.future import is_on_event_loop
from lgstream.errors import is_invalid_resume
from lgstream.prebuilt.effect_runnable import invoke_effect
from lgstream.prebuilt.injection import (
    InjectedParameters,
    InjectedState,
    InjectedStore,
    ToolRuntime,
    find_injected_parameters,
)
from lgstream.prebuilt.tool_errors import (
    INVALID_TOOL_NAME_ERROR_TEMPLATE,
    TOOL_CALL_ERROR_TEMPLATE,
    TOOL_INVOCATION_ERROR_TEMPLATE,
    ToolErrorHandler,
    ToolInvocationError,
    check_error_handler,
    default_handle_tool_errors,
    handle_tool_error,
    invocation_error,
    unknown_tool_message,
)
from lgstream.prebuilt.tool_output import ToolInputType, ToolResult, combine_results, validate_tool_result
from lgstream.runtime import Runtime

__all__ = [
    "INVALID_TOOL_NAME_ERROR_TEMPLATE",
    "TOOL_CALL_ERROR_TEMPLATE",
    "TOOL_INVOCATION_ERROR_TEMPLATE",
    "AsyncToolCallWrapper",
    "InjectedState",
    "InjectedStore",
    "ToolCallRequest",
    "ToolCallWithContext",
    "ToolCallWrapper",
    "ToolInvocationError",
    "ToolNode",
    "ToolRuntime",
    "tools_condition",
]


@dataclass
class ToolCallRequest:
    """A tool call before it runs, the first argument of ``wrap_tool_call``.

    Attributes:
        tool_call: the call of the model: name, args and id.
        tool: the tool with this name, or None if the node has none; a wrapper can set one.
        state: the input state of the node.
        runtime: the runtime for the tool, and the source of injected arguments.
    """

    tool_call: ToolCall
    tool: BaseTool | None
    state: Any
    runtime: ToolRuntime[Any, Any]

    def override(self, **changes: Any) -> ToolCallRequest:
        """Return a copy with some attributes replaced. A new state is also that of the runtime."""
        request = replace(self, **changes)
        if "state" in changes and isinstance(request.runtime, ToolRuntime):
            return replace(request, runtime=replace(request.runtime, state=request.state))
        return request

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__:
            warnings.warn(
                f"Setting attribute '{name}' on ToolCallRequest is deprecated: other wrappers may use the same "
                f"request. Use override({name}=...), which returns a copy.",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__setattr__(name, value)


ToolCallWithContext = TypedDict(
    "ToolCallWithContext", {"__type": Literal["tool_call_with_context"], "tool_call": ToolCall, "state": Any}
)
"""The input of a tool node for a single call, the ``arg`` of a :class:`~lgstream.types.Send`."""

Execute = Callable[[ToolCallRequest], ToolResult]
AsyncExecute = Callable[[ToolCallRequest], Awaitable[ToolResult]]
ToolCallWrapper = Callable[[ToolCallRequest, Execute], ToolResult]
AsyncToolCallWrapper = Callable[[ToolCallRequest, AsyncExecute], Awaitable[ToolResult]]

TOOLS_RULE = "a list of tools: put one into a list, [tool]"
_WRAPPER_RULE = "a function of the request and of a function that runs it"


class ToolNode(Runnable[Any, Any]):
    """Runs the tool calls of the last AIMessage and returns a ToolMessage for each, in the order of the calls.

    A node of a graph, but it can also be invoked on its own. The input is a state (dict or object) with
    ``messages_key``, a list of messages, or a list of tool calls. The output has the form of the input: a state update,
    or a list of messages. The calls run concurrently: in threads, limited by ``max_concurrency`` of the config, or as
    coroutines. Tools that are only async need an async run.

    Args:
        tools: langchain tools, or functions, which are converted into tools.
        name: the name of the node.
        tags: stored as an attribute; runs of the tools do not have them.
        handle_tool_errors: the errors that become a message to the model instead of ending the run. True: all errors;
            a str: all errors, with this text; an exception class or a tuple of classes: these; a function: the classes
            that annotate its parameter, with the text that it returns; False: none. The default handles arguments that
            do not match the schema of the tool. Calls of unknown tools are always answered, and ``interrupt()`` in a
            tool is never handled.
        messages_key: the key of the state with the messages.
        wrap_tool_call: called with a :class:`ToolCallRequest` and a function that runs it; returns the result of the
            call. It can change the request, answer without running the tool, or run it again.
        awrap_tool_call: the same for async runs; without it, ``wrap_tool_call`` runs in a thread.

    Raises:
        TypeError: if an argument is of a wrong type.
        ValueError: if a function cannot become a tool, because it has no docstring.

    Example:
        >>> graph.add_node("tools", ToolNode([search]))
        >>> graph.add_conditional_edges("model", tools_condition)
    """

    def __init__(
        self,
        tools: Sequence[BaseTool | Callable[..., Any]],
        *,
        name: str = "tools",
        tags: list[str] | None = None,
        handle_tool_errors: ToolErrorHandler = default_handle_tool_errors,
        messages_key: str = "messages",
        wrap_tool_call: ToolCallWrapper | None = None,
        awrap_tool_call: AsyncToolCallWrapper | None = None,
    ) -> None:
        _check_tools(tools)
        check_error_handler(handle_tool_errors)
        check_type("wrap_tool_call", wrap_tool_call, Callable, _WRAPPER_RULE)  # type: ignore[arg-type]
        check_type("awrap_tool_call", awrap_tool_call, Callable, _WRAPPER_RULE)  # type: ignore[arg-type]
        self.name = name
        self.tags = tags
        self.handle_tool_errors = handle_tool_errors
        self.messages_key = messages_key
        self.wrap_tool_call = wrap_tool_call
        self.awrap_tool_call = awrap_tool_call
        base_tools = [tool if isinstance(tool, BaseTool) else as_tool(tool) for tool in tools]
        self._tools = {tool.name: tool for tool in base_tools}
        self._injected = {tool.name: find_injected_parameters(tool) for tool in base_tools}
        # langgraph-swarm reads from drawings which tools hand over to which agents.
        register_as(ToolNode, "ToolNode", "langgraph.prebuilt.tool_node")

    @property
    def tools_by_name(self) -> dict[str, BaseTool]:
        """The tools by name."""
        return self._tools

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the tool calls of the input.

        Raises:
            ValueError: if the input has no messages, or none of them is an AIMessage.
            Exception: errors of tools that ``handle_tool_errors`` does not handle.
        """
        ensured = ensure_config(config)
        input_type, requests = self._build_requests(input, ensured)
        if len(requests) == 1 and not is_on_event_loop():  # a tool that runs an event loop needs a thread without one
            output = copy_context().run(lambda: blocking.run_effects(self._run(requests[0], input_type)))
            return combine_results([output], input_type, self.messages_key)
        with get_executor_for_config(ensured) as threads:  # type: ignore[arg-type]
            outputs = list(threads.map(lambda request: blocking.run_effects(self._run(request, input_type)), requests))
        return combine_results(outputs, input_type, self.messages_key)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """:meth:`invoke` on the running event loop."""
        input_type, requests = self._build_requests(input, ensure_config(config))
        calls = [aio.run_effects(self._run(request, input_type)) for request in requests]
        if len(calls) == 1:
            outputs = [await aio.await_in_context(copy_context(), calls[0])]
        else:
            outputs = await asyncio.gather(*calls)
        return combine_results(outputs, input_type, self.messages_key)

    # One call -------------------------------------------------------------------------------------------------------

    def _run(self, request: ToolCallRequest, input_type: ToolInputType) -> Effects[ToolResult]:
        """Run a call, in the wrapper if there is one."""
        if self.wrap_tool_call is None and self.awrap_tool_call is None:
            return (yield from self._execute(request, input_type))
        try:
            result: ToolResult = yield self._wrapped_call(request, input_type)
        except Exception as error:  # noqa: BLE001 - raised again unless the handler handles it
            return handle_tool_error(error, self.handle_tool_errors, request.tool_call)
        return cast("ToolResult", own_value(result))

    def _wrapped_call(self, request: ToolCallRequest, input_type: ToolInputType) -> CallEffect:
        def execute(request: ToolCallRequest) -> ToolResult:
            return blocking.run_effects(self._execute(request, input_type))

        async def aexecute(request: ToolCallRequest) -> ToolResult:
            return await aio.run_effects(self._execute(request, input_type))

        wrap, awrap = self.wrap_tool_call, self.awrap_tool_call
        call = execute if wrap is None else lambda request: wrap(request, execute)
        acall = None if awrap is None else lambda request: awrap(request, aexecute)
        return CallEffect(call, (request,), {}, False, acall)

    def _execute(self, request: ToolCallRequest, input_type: ToolInputType) -> Effects[ToolResult]:
        call, tool, key = request.tool_call, request.tool, self.messages_key
        if tool is None:
            return unknown_tool_message(call, self._tools)
        injected = self._injected_parameters(tool)
        arguments = injected.inject(call["args"], request.runtime, key)
        tool_input = {**call, "args": arguments, "type": "tool_call"}
        try:
            result = yield invoke_effect(tool, tool_input, request.runtime.config)
            return validate_tool_result(result, tool.name, call, input_type, key)
        except ValidationError as error:
            if is_invalid_resume(error):
                raise
            invalid_call = invocation_error(call, error, injected.hidden | {*injected.runtime})
            return handle_tool_error(invalid_call, self.handle_tool_errors, call)
        except Exception as error:  # noqa: BLE001 - raised again unless the handler handles it
            return handle_tool_error(error, self.handle_tool_errors, call)

    def _injected_parameters(self, tool: BaseTool) -> InjectedParameters:
        return self._injected[tool.name] if self._tools.get(tool.name) is tool else find_injected_parameters(tool)

    # The input ------------------------------------------------------------------------------------------------------

    def _build_requests(self, input: Any, config: Config) -> tuple[ToolInputType, list[ToolCallRequest]]:
        input_type, calls, state = self._parse_input(input, config)
        node_runtime = config["configurable"].get(CONFIG_KEY_RUNTIME) or Runtime()
        tools = list(self._tools.values())
        task = task_of(config["configurable"]) if len(calls) > 1 else None
        requests = []
        for call, call_config in zip(calls, get_config_list(config, len(calls)), strict=True):  # type: ignore[arg-type]
            call_runtime = node_runtime
            if task is not None:  # events tell apart the custom writes of calls that run concurrently
                call_runtime = node_runtime.override(stream_writer=task.writer_for_tool(call["id"] or ""))
                call_config["configurable"] = {**call_config["configurable"], CONFIG_KEY_RUNTIME: call_runtime}
            runtime = ToolRuntime(
                state=state,
                context=call_runtime.context,
                config=call_config,
                stream_writer=call_runtime.stream_writer,
                tool_call_id=call["id"],
                store=call_runtime.store,
                tools=tools,
                execution_info=call_runtime.execution_info,
                server_info=call_runtime.server_info,
            )
            requests.append(ToolCallRequest(call, self._tools.get(call["name"]), state, runtime))
        return input_type, requests

    def _parse_input(self, input: Any, config: Config) -> tuple[ToolInputType, list[ToolCall], Any]:
        """Return the type of the input, its tool calls, and the state for injected arguments.

        Raises:
            ValueError: if the input has no messages, or none of them is an AIMessage.
        """
        if isinstance(input, dict) and input.get("__type") == "tool_call_with_context":
            return "tool_calls", [input["tool_call"]], input["state"]
        if isinstance(input, list) and input and _is_tool_call(input[-1]):
            return "tool_calls", input, _graph_state(config)
        messages = _messages_in(input, self.messages_key)
        if not messages:
            raise ValueError(
                f"No message found in input: tool node '{self.name}' takes a list of messages, or a state with "
                f"messages under '{self.messages_key}', not {input!r}."
            )
        ai_message = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
        if ai_message is None:
            raise ValueError(
                f"No AIMessage found in input: tool node '{self.name}' runs the tool calls of the last one."
            )
        return ("list" if isinstance(input, list) else "dict"), ai_message.tool_calls, input


def _check_tools(tools: Any) -> None:
    """Raise TypeError if a value is not a list of tools and functions."""
    check_list("tools", tools, TOOLS_RULE)
    for tool in tools:
        if not (isinstance(tool, BaseTool) or callable(tool)):
            raise wrong_item("tools", tool, TOOLS_RULE)


def _is_tool_call(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "tool_call"


def _messages_in(state: Any, key: str) -> Any:
    if isinstance(state, list):
        return state
    return state.get(key) if isinstance(state, dict) else getattr(state, key, None)


def _graph_state(config: Config) -> Any:
    """Return the state of the graph, of either package, that the node runs in; an empty dict outside of a run."""
    task = task_of(config["configurable"])
    if task is not None:
        return task.read_for_router(task.node.reader)
    read = config["configurable"].get(CONFIG_KEY_READ)  # in a langgraph graph: partial(read, scratchpad, channels, ...)
    return read([*read.args[1]], True) if isinstance(read, partial) else {}


def tools_condition(state: Any, messages_key: str = "messages") -> Literal["tools", "__end__"]:
    """Route to ``"tools"`` if the last message has tool calls, else to END. For ``add_conditional_edges``.

    Args:
        state: a list of messages, or a state (dict or object) with messages.
        messages_key: the key of the state with the messages.

    Raises:
        ValueError: if there are no messages.
    """
    messages = _messages_in(state, messages_key)
    if not messages:
        raise ValueError(
            "No messages found in the input of tools_condition: it takes a list of messages, or a state "
            f"with messages under '{messages_key}', not {state!r}."
        )
    return "tools" if getattr(messages[-1], "tool_calls", None) else "__end__"
