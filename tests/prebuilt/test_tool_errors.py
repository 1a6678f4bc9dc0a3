"""Errors of tools: messages to the model, or exceptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException, tool
from pydantic import BaseModel

from lgstream.prebuilt import ToolNode
from lgstream.prebuilt.tool_node import ToolInvocationError
from tests.support.scripted_model import call, message_with_calls

Invoke = Callable[..., Any]
MEND = "Please fix your mistakes."
REFUSED = (
    "Error invoking tool 'divide' with kwargs {'by': 'x'} with error:\n"
    " by: Input should be a valid integer, unable to parse string as an integer\n Please fix the error and try again."
)


@tool
def divide(by: int) -> float:
    """One by a number."""
    if by < 0:
        raise ToolException("no negatives")
    return 1 / by


def for_zero(error: ZeroDivisionError) -> str:
    return f"zero: {error}"


def for_two(error: ZeroDivisionError | KeyError) -> str:
    return f"two: {type(error).__name__}"


def for_all(error) -> str:
    return f"all: {type(error).__name__}"


class Point(BaseModel):
    x: int


class Handler:
    def __call__(self, error: ZeroDivisionError) -> str:
        return "object"

    def method(self, error: ZeroDivisionError) -> str:
        return "method"


def answer(invoke: Invoke, by: Any, **options: Any) -> ToolMessage:
    (message,) = invoke(ToolNode([divide], **options), [message_with_calls(call("divide", by=by))])
    assert isinstance(message, ToolMessage)
    return message


def test_by_default_errors_of_the_tool_end_the_run(invoke: Invoke) -> None:
    with pytest.raises(ZeroDivisionError):
        answer(invoke, 0)
    with pytest.raises(ToolException):
        answer(invoke, -1)


def test_by_default_invalid_arguments_become_a_message_to_the_model(invoke: Invoke) -> None:
    message = answer(invoke, "x")
    assert (message.content, message.status, message.name) == (REFUSED, "error", "divide")


def test_unknown_tools_are_answered_with_any_handler(invoke: Invoke) -> None:
    (message,) = invoke(ToolNode([divide], handle_tool_errors=False), [message_with_calls(call("add", a=1))])
    assert message.content == "Error: add is not a valid tool, try one of [divide]."
    assert (message.name, message.tool_call_id, message.status) == ("add", "c1", "error")


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (True, f"Error: ZeroDivisionError('division by zero')\n {MEND}"),
        ("That went wrong.", "That went wrong."),
        (ZeroDivisionError, f"Error: ZeroDivisionError('division by zero')\n {MEND}"),
        ((KeyError, ArithmeticError), f"Error: ZeroDivisionError('division by zero')\n {MEND}"),
        (for_zero, "zero: division by zero"),
        (for_two, "two: ZeroDivisionError"),
        (for_all, "all: ZeroDivisionError"),
        (Handler(), "object"),
        (Handler().method, "method"),
    ],
)
def test_a_handled_error_is_a_message_to_the_model(invoke: Invoke, handler: Any, expected: str) -> None:
    message = answer(invoke, 0, handle_tool_errors=handler)
    assert (message.content, message.status) == (expected, "error")


@pytest.mark.parametrize("handler", [False, None, (), "", KeyError, (KeyError, ValueError), lambda: "no parameter"])
def test_other_errors_than_those_of_the_handler_are_raised(invoke: Invoke, handler: Any) -> None:
    with pytest.raises((ZeroDivisionError, TypeError)):
        answer(invoke, 0, handle_tool_errors=handler)


@pytest.mark.parametrize("handler", [for_zero, for_two, ZeroDivisionError, False])
def test_a_custom_handler_handles_invalid_arguments_too(invoke: Invoke, handler: Any) -> None:
    with pytest.raises(ToolInvocationError, match="divide") as raised:
        answer(invoke, "x", handle_tool_errors=handler)
    assert raised.value.tool_name == "divide"
    assert raised.value.tool_kwargs == {"by": "x"}
    assert raised.value.message == REFUSED


def test_invalid_arguments_are_a_tool_exception(invoke: Invoke) -> None:
    assert "Error invoking tool 'divide'" in str(answer(invoke, "x", handle_tool_errors=ToolException).content)


@pytest.mark.parametrize("handler", [3, [ValueError]])
def test_a_handler_of_another_type_is_refused(handler: Any) -> None:
    with pytest.raises(TypeError, match=r"handle_tool_errors is of type .*, and must be a bool, a str, a function"):
        ToolNode([], handle_tool_errors=handler)


def test_a_handler_of_something_other_than_exceptions_is_rejected(invoke: Invoke) -> None:
    def handler(error: str) -> str:
        return error

    with pytest.raises(ValueError, match="annotate its parameter"):
        answer(invoke, 0, handle_tool_errors=handler)


def test_errors_in_a_handler_are_raised(invoke: Invoke) -> None:
    def handler(error: ZeroDivisionError) -> str:
        raise LookupError("no words")

    with pytest.raises(LookupError, match="no words"):
        answer(invoke, 0, handle_tool_errors=handler)


def test_other_calls_are_answered_if_one_fails(invoke: Invoke) -> None:
    calls = message_with_calls(call("divide", "c1", by=0), call("divide", "c2", by=2))
    messages = invoke(ToolNode([divide], handle_tool_errors="failed"), [calls])
    assert [(m.tool_call_id, m.content, m.status) for m in messages] == [
        ("c1", "failed", "error"),
        ("c2", "0.5", "success"),
    ]


def test_nested_arguments_are_named_by_path(invoke: Invoke) -> None:
    @tool
    def move(to: Point) -> str:
        """Go."""
        return ""

    (message,) = invoke(ToolNode([move]), [message_with_calls(call("move", to={"x": "far"}))])
    assert "\n to.x: Input should be a valid integer" in message.content


def test_the_handle_tool_error_of_a_tool_comes_first(invoke: Invoke) -> None:
    handling_tool = divide.model_copy(update={"handle_tool_error": True})
    (message,) = invoke(ToolNode([handling_tool]), [message_with_calls(call("divide", by=-1))])
    assert (message.content, message.status) == ("no negatives", "error")
