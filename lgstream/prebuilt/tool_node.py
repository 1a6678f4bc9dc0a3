"""``ToolNode``: the node that runs the tools a model called, at once, and answers in the order of the calls."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list, get_executor_for_config
from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool
from pydantic import ValidationError

from lgstream._reserved import CONFIG_KEY_RUNTIME, CONFIG_KEY_SCRATCHPAD
from lgstream.config import Config, ensure_config
from lgstream.engine.callables import Call
from lgstream.engine.tasks.future import on_event_loop
from lgstream.errors import GraphBubbleUp, is_invalid_resume
from lgstream.prebuilt.injection import InjectedState, InjectedStore, ToolRuntime, Wants, wants_of
from lgstream.prebuilt.tool_errors import (
    INVALID_TOOL_NAME_ERROR_TEMPLATE,
    TOOL_CALL_ERROR_TEMPLATE,
    TOOL_INVOCATION_ERROR_TEMPLATE,
    Handler,
    ToolInvocationError,
    excused,
    explain_invalid_call,
    invalid,
    unknown_tool,
)
from lgstream.prebuilt.tool_output import Form, Output, checked, combined
from lgstream.prebuilt.work import Work, awaited, call_of, performed
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
    """A tool call on its way to the tool, as ``wrap_tool_call`` is given it.

    Attributes:
        tool_call: the model's call: name, args, id.
        tool: the tool of that name, or None where the node has none; a wrapper may put one there.
        state: the state that the node was given.
        runtime: what the tool may be given of the run; injected parameters are taken from it.
    """

    tool_call: ToolCall
    tool: BaseTool | None
    state: Any
    runtime: ToolRuntime[Any, Any]

    def override(self, **changes: Any) -> ToolCallRequest:
        """A copy with some attributes changed."""
        return replace(self, **changes)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__:
            warnings.warn(
                f"Setting attribute '{name}' on ToolCallRequest is deprecated: other wrappers may hold the request. "
                f"Use override({name}=...), which makes a copy.",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__setattr__(name, value)


ToolCallWithContext = TypedDict(
    "ToolCallWithContext", {"__type": Literal["tool_call_with_context"], "tool_call": ToolCall, "state": Any}
)
"""The input of a tool node that is to run one call only, sent to it by a :class:`~lgstream.types.Send`."""

Execute = Callable[[ToolCallRequest], Output]
AsyncExecute = Callable[[ToolCallRequest], Awaitable[Output]]
ToolCallWrapper = Callable[[ToolCallRequest, Execute], Output]
AsyncToolCallWrapper = Callable[[ToolCallRequest, AsyncExecute], Awaitable[Output]]


class ToolNode(Runnable[Any, Any]):
    """Runs the tool calls of the last AIMessage and returns a ToolMessage for each. A node, or used by itself.

    It takes a state (dict or object) with ``messages_key``, a list of messages, or a list of tool calls, and answers in
    kind. Calls run at once: in threads, ``max_concurrency`` of the config limiting them, or as coroutines. A tool that
    is async only needs an async run.

    Args:
        tools: langchain tools, or functions, which become tools.
        name: the node's name.
        tags: kept as an attribute; the tools' own runs do not bear them.
        handle_tool_errors: which errors become a message to the model instead of ending the run. True: all; a str: all,
            with this text; an exception class or a tuple: these; a function: those its parameter is annotated with, its
            result being the text; False: none. By default only arguments that the tool's schema refuses. A call of
            an unknown tool is always answered, an ``interrupt()`` in a tool always passes.
        messages_key: the state's key that holds the messages.
        wrap_tool_call: called with a :class:`ToolCallRequest` and a function that runs it; what it returns is the
            tool's answer. So it may change the request, answer itself, or try again.
        awrap_tool_call: the same for async runs; without it they use ``wrap_tool_call``, in a thread.
    """

    def __init__(
        self,
        tools: Sequence[BaseTool | Callable[..., Any]],
        *,
        name: str = "tools",
        tags: list[str] | None = None,
        handle_tool_errors: Handler = explain_invalid_call,
        messages_key: str = "messages",
        wrap_tool_call: ToolCallWrapper | None = None,
        awrap_tool_call: AsyncToolCallWrapper | None = None,
    ) -> None:
        self.name = name
        self.tags = tags
        self.handle_tool_errors = handle_tool_errors
        self.messages_key = messages_key
        self.wrap_tool_call = wrap_tool_call
        self.awrap_tool_call = awrap_tool_call
        made = [one if isinstance(one, BaseTool) else as_tool(one) for one in tools]
        self._tools = {one.name: one for one in made}
        self._wants = {one.name: wants_of(one) for one in made}

    @property
    def tools_by_name(self) -> dict[str, BaseTool]:
        """The tools, by the name that the model calls them by."""
        return self._tools

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the calls. Raises ValueError where the input holds none, and what tools raise that is not handled."""
        own = ensure_config(config)
        form, requests = self._requests(input, own)
        if len(requests) == 1 and not on_event_loop():  # a loop of the tool's own could not run beside another
            output = copy_context().run(lambda: performed(self._run(requests[0], form)))
            return combined([output], form, self.messages_key)
        with get_executor_for_config(own) as threads:  # type: ignore[arg-type]
            outputs = list(threads.map(lambda request: performed(self._run(request, form)), requests))
        return combined(outputs, form, self.messages_key)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """The same on the running loop."""
        form, requests = self._requests(input, ensure_config(config))
        outputs = await asyncio.gather(*(awaited(self._run(request, form)) for request in requests))
        return combined(outputs, form, self.messages_key)

    # one call ---------------------------------------------------------------------------------------------------

    def _run(self, request: ToolCallRequest, form: Form) -> Work[Output]:
        """Run a call through the wrapper, if there is one."""
        if self.wrap_tool_call is None and self.awrap_tool_call is None:
            return (yield from self._execute(request, form))
        try:
            wrapped: Output = yield self._wrapped(request, form)
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001 - raised again, unless it is to be handled
            return excused(error, self.handle_tool_errors, request.tool_call)
        return wrapped

    def _wrapped(self, request: ToolCallRequest, form: Form) -> Call:
        def execute(request: ToolCallRequest) -> Output:
            return performed(self._execute(request, form))

        async def aexecute(request: ToolCallRequest) -> Output:
            return await awaited(self._execute(request, form))

        wrap, awrap = self.wrap_tool_call, self.awrap_tool_call
        alone = execute if wrap is None else lambda request: wrap(request, execute)
        twin = None if awrap is None else lambda request: awrap(request, aexecute)
        return Call(alone, (request,), {}, False, twin)

    def _execute(self, request: ToolCallRequest, form: Form) -> Work[Output]:
        call, tool, key = request.tool_call, request.tool, self.messages_key
        if tool is None:
            return unknown_tool(call, self._tools)
        wants = self._wants_of(tool)
        arguments = wants.arguments(call["args"], request.runtime, key)
        whole = {**call, "args": arguments, "type": "tool_call"}
        try:
            output = yield call_of(tool, whole, request.runtime.config)
            return checked(output, tool.name, call, form, key)
        except GraphBubbleUp:
            raise
        except ValidationError as error:
            told = error if is_invalid_resume(error) else invalid(call, error, wants.hidden | {*wants.runtime})
            return excused(told, self.handle_tool_errors, call)
        except Exception as error:  # noqa: BLE001 - raised again, unless it is to be handled
            return excused(error, self.handle_tool_errors, call)

    def _wants_of(self, tool: BaseTool) -> Wants:
        return self._wants[tool.name] if self._tools.get(tool.name) is tool else wants_of(tool)

    # the input --------------------------------------------------------------------------------------------------

    def _requests(self, input: Any, config: Config) -> tuple[Form, list[ToolCallRequest]]:
        form, calls, state = self._read(input, config)
        common = config["configurable"].get(CONFIG_KEY_RUNTIME) or Runtime()
        tools = list(self._tools.values())
        writer_of = (
            getattr(config["configurable"].get(CONFIG_KEY_SCRATCHPAD), "writer_of", None) if len(calls) > 1 else None
        )
        requests = []
        for call, own in zip(calls, get_config_list(config, len(calls)), strict=True):  # type: ignore[arg-type]
            given = common
            if writer_of is not None:  # what calls that run at once write can be told apart
                given = common.override(stream_writer=writer_of(call["id"] or ""))
                own["configurable"] = {**own["configurable"], CONFIG_KEY_RUNTIME: given}
            runtime = ToolRuntime(
                state=state,
                context=given.context,
                config=own,
                stream_writer=given.stream_writer,
                tool_call_id=call["id"],
                store=given.store,
                tools=tools,
                execution_info=given.execution_info,
                server_info=given.server_info,
            )
            requests.append(ToolCallRequest(call, self._tools.get(call["name"]), state, runtime))
        return form, requests

    def _read(self, input: Any, config: Config) -> tuple[Form, list[ToolCall], Any]:
        """The form of the input, the calls in it, and the state that belongs to them. Raises ValueError for neither."""
        if isinstance(input, dict) and input.get("__type") == "tool_call_with_context":
            return "calls", [input["tool_call"]], input["state"]
        if isinstance(input, list) and input and _is_call(input[-1]):
            return "calls", input, _state_of_run(config)
        messages = _messages(input, self.messages_key)
        if not messages:
            raise ValueError(
                f"No message found in input: tool node '{self.name}' takes a list of messages, or a state with "
                f"messages under '{self.messages_key}', not {input!r}."
            )
        asking = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
        if asking is None:
            raise ValueError(
                f"No AIMessage found in input: tool node '{self.name}' runs the tool calls of the last one."
            )
        return ("list" if isinstance(input, list) else "dict"), asking.tool_calls, input


def _is_call(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "tool_call"


def _messages(state: Any, key: str) -> Any:
    if isinstance(state, list):
        return state
    return state.get(key) if isinstance(state, dict) else getattr(state, key, None)


def _state_of_run(config: Config) -> Any:
    """The state of the graph that the node runs in; an empty one outside of a run."""
    task = config["configurable"].get(CONFIG_KEY_SCRATCHPAD)
    return {} if task is None else task.after(task.node.reading)


def tools_condition(state: Any, messages_key: str = "messages") -> Literal["tools", "__end__"]:
    """Routes to ``"tools"`` when the last message calls tools, else to END. For ``add_conditional_edges``.

    Takes a list of messages, or a state (dict or object) with ``messages_key``. Raises ValueError without a message.
    """
    messages = _messages(state, messages_key)
    if not messages:
        raise ValueError(
            "No messages found in the state that tools_condition was given: it takes a list of messages, or a state "
            f"with messages under '{messages_key}', not {state!r}."
        )
    return "tools" if getattr(messages[-1], "tool_calls", None) else "__end__"
