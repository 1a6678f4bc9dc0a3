"""What becomes of a tool that fails: a message to the model, or an exception."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import ToolException
from pydantic import ValidationError

from lgstream.channels.schema import callable_type_hints
from lgstream.errors import is_invalid_resume

# what models read; the texts of the reference, since models were prompted for them
INVALID_TOOL_NAME_ERROR_TEMPLATE = "Error: {requested_tool} is not a valid tool, try one of [{available_tools}]."
TOOL_CALL_ERROR_TEMPLATE = "Error: {error}\n Please fix your mistakes."
TOOL_INVOCATION_ERROR_TEMPLATE = (
    "Error invoking tool '{tool_name}' with kwargs {tool_kwargs} with error:\n {error}\n "
    "Please fix the error and try again."
)

Handler = bool | str | Callable[..., str] | type[Exception] | tuple[type[Exception], ...]


class ToolInvocationError(ToolException):
    """The model called a tool with arguments that its schema does not take.

    Attributes:
        tool_name: the tool that was called.
        tool_kwargs: the model's arguments.
        source: pydantic's error.
        filtered_errors: its details without those of injected parameters, which the model cannot mend.
        message: what the model reads.
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


def invalid(call: ToolCall, error: ValidationError, hidden: frozenset[str]) -> ToolInvocationError:
    """The error of a call with invalid arguments; ``hidden`` are the parameters that the model does not give."""
    details = [e for e in error.errors() if not (e["loc"] and e["loc"][0] in hidden)]
    return ToolInvocationError(call["name"], error, call["args"], details)


def explain_invalid_call(error: ToolInvocationError) -> str:
    """The default handler: the model hears of arguments it got wrong, any other error ends the run."""
    return error.message


def unknown_tool(call: ToolCall, known: Iterable[str]) -> ToolMessage:
    """The answer to a call of a tool that is not there."""
    content = INVALID_TOOL_NAME_ERROR_TEMPLATE.format(requested_tool=call["name"], available_tools=", ".join(known))
    return _answer(call, content)


def excused(error: Exception, handler: Handler, call: ToolCall) -> ToolMessage:
    """The answer to the model that the handler makes of an error; raises the error if it is none of the handler's.

    A human's answer that does not fit its question is none of the model's mistakes: it is raised, to be given again.
    Raises ValueError where ``handler`` is of no kind that ``handle_tool_errors`` takes.
    """
    if not handler or is_invalid_resume(error) or not isinstance(error, handled_types(handler)):
        raise error
    if isinstance(handler, str):
        return _answer(call, handler)
    if isinstance(handler, bool | tuple) or _is_error(handler):
        return _answer(call, TOOL_CALL_ERROR_TEMPLATE.format(error=repr(error)))
    return _answer(call, handler(error))  # type: ignore[arg-type]


def _is_error(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)


def handled_types(handler: Handler) -> tuple[type[Exception], ...]:
    """The exceptions that a handler is for; of a function, those its first parameter is annotated with."""
    if isinstance(handler, bool | str):
        return (Exception,)
    if isinstance(handler, tuple):
        return handler
    if _is_error(handler):
        return (handler,)  # type: ignore[return-value]
    if not callable(handler):
        raise ValueError(
            "handle_tool_errors must be a bool, a str, a function of the error, an exception class or a tuple of "
            f"them, not {handler!r}."
        )
    first = next(iter(inspect.signature(handler).parameters), "")
    hint = callable_type_hints(handler).get(first, Exception)
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not all(map(_is_error, members)):
        raise ValueError(
            f"The error handler {getattr(handler, '__name__', handler)!r} takes {hint!r}: annotate its parameter with "
            "the exception class it handles, a union of them, or nothing for all."
        )
    return members


def _answer(call: ToolCall, content: str) -> ToolMessage:
    return ToolMessage(content, name=call["name"], tool_call_id=call["id"], status="error")
