"""Handles errors of tools: either the model receives a message, or the error is raised."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import ToolException
from pydantic import ValidationError

from lgstream._arguments import wrong_type
from lgstream.channels.schema import callable_type_hints
from lgstream.errors import bubbles_up, is_invalid_resume

# Models read these texts. They equal LangGraph's, because prompts are written for them.
INVALID_TOOL_NAME_ERROR_TEMPLATE = "Error: {requested_tool} is not a valid tool, try one of [{available_tools}]."
TOOL_CALL_ERROR_TEMPLATE = "Error: {error}\n Please fix your mistakes."
TOOL_INVOCATION_ERROR_TEMPLATE = (
    "Error invoking tool '{tool_name}' with kwargs {tool_kwargs} with error:\n {error}\n "
    "Please fix the error and try again."
)

ToolErrorHandler = bool | str | Callable[..., str] | type[Exception] | tuple[type[Exception], ...]


class ToolInvocationError(ToolException):
    """The model called a tool with arguments that do not match the schema of the tool.

    Attributes:
        tool_name: the name of the tool.
        tool_kwargs: the arguments from the model.
        source: pydantic's error.
        filtered_errors: details of the error, without those of injected parameters, which the model cannot correct.
        message: the text for the model.
    """

    def __init__(
        self,
        tool_name: str,
        source: ValidationError,
        tool_kwargs: dict[str, Any],
        filtered_errors: Iterable[Mapping[str, Any]] | None = None,
    ) -> None:
        self.tool_name = tool_name
        self.tool_kwargs = tool_kwargs
        self.source = source
        self.filtered_errors = None if filtered_errors is None else list(filtered_errors)
        details = str(source)
        if self.filtered_errors is not None:
            details = "\n".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in self.filtered_errors)
        self.message = TOOL_INVOCATION_ERROR_TEMPLATE.format(
            tool_name=tool_name, tool_kwargs=tool_kwargs, error=details
        )
        super().__init__(self.message)


def invocation_error(call: ToolCall, error: ValidationError, hidden: frozenset[str]) -> ToolInvocationError:
    """Return the error of a call with invalid arguments; ``hidden`` are the parameters that the model cannot set."""
    details = [e for e in error.errors() if not (e["loc"] and e["loc"][0] in hidden)]
    return ToolInvocationError(call["name"], error, call["args"], details)


def check_error_handler(handler: Any) -> None:
    """Raise TypeError if a value cannot be a ``handle_tool_errors``."""
    if handler and not (isinstance(handler, bool | str | tuple) or callable(handler)):
        rule = "a bool, a str, a function of the error, an exception class or a tuple of them"
        raise wrong_type("handle_tool_errors", handler, rule)


def default_handle_tool_errors(error: ToolInvocationError) -> str:
    """Return the text for the model after a call with invalid arguments: the default ``handle_tool_errors``."""
    return error.message


def unknown_tool_message(call: ToolCall, tool_names: Iterable[str]) -> ToolMessage:
    """Return the answer to a call of a tool that does not exist."""
    content = INVALID_TOOL_NAME_ERROR_TEMPLATE.format(
        requested_tool=call["name"], available_tools=", ".join(tool_names)
    )
    return _error_message(call, content)


def handle_tool_error(error: Exception, handler: ToolErrorHandler, call: ToolCall) -> ToolMessage:
    """Return the handler's message to the model, or raise ``error`` if the handler does not handle it.

    Exceptions for control flow, such as that of ``interrupt()``, are always raised. So is the error of an answer that
    does not match the ``response_schema`` of its interrupt: it is not a mistake of the model, and the run can be
    resumed with another answer.

    Raises:
        ValueError: if the annotation of ``handler`` does not say which errors it handles.
    """
    is_for_the_graph = bubbles_up(error) or is_invalid_resume(error)
    if not handler or is_for_the_graph or not isinstance(error, handled_error_types(handler)):
        raise error
    if isinstance(handler, str):
        return _error_message(call, handler)
    if isinstance(handler, bool | tuple) or _is_exception_class(handler):
        return _error_message(call, TOOL_CALL_ERROR_TEMPLATE.format(error=repr(error)))
    return _error_message(call, handler(error))  # type: ignore[arg-type]


def _is_exception_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def handled_error_types(handler: ToolErrorHandler) -> tuple[type[Exception], ...]:
    """Return the exception classes that a handler handles; for a function, those that annotate its first parameter."""
    if isinstance(handler, bool | str):
        return (Exception,)
    if isinstance(handler, tuple):
        return handler
    if _is_exception_class(handler):
        return (handler,)  # type: ignore[return-value]
    first = next(iter(inspect.signature(handler).parameters), "")
    hint = callable_type_hints(handler).get(first, Exception)
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not all(map(_is_exception_class, members)):
        raise ValueError(
            f"The error handler {getattr(handler, '__name__', handler)!r} takes {hint!r}: annotate its parameter with "
            "the exception class it handles, a union of them, or nothing for all."
        )
    return members


def _error_message(call: ToolCall, content: str) -> ToolMessage:
    return ToolMessage(content, name=call["name"], tool_call_id=call["id"], status="error")
