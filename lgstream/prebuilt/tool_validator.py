"""``ValidationNode``, for older programs: it checks tool calls against their schemas and does not run them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool, create_schema_from_function
from pydantic import BaseModel, ValidationError
from pydantic.v1 import BaseModel as BaseModelV1
from pydantic.v1 import ValidationError as ValidationErrorV1

from lgstream._arguments import check_list
from lgstream.warnings import LgstreamDeprecationWarning

__all__ = ["ValidationNode"]

FormatError = Callable[[Exception, ToolCall, type[Any]], str]


class ValidationNode(Runnable[Any, Any]):
    """Checks the arguments of the last message's tool calls, and answers each call with a ToolMessage.

    The message holds the valid arguments as JSON; or, with ``additional_kwargs={"is_error": True}``, what is wrong with
    them. New programs use :class:`~lgstream.prebuilt.ToolNode`, which checks arguments and runs the tools.

    Args:
        schemas: pydantic models, tools, or functions whose parameters are the schema.
        format_error: returns the text for an error, a tool call and its schema.
        name: the name of the node.
        tags: stored as an attribute.

    Raises:
        ValueError: if a schema is of another kind.
    """

    def __init__(
        self,
        schemas: Sequence[BaseTool | type[BaseModel] | Callable[..., Any]],
        *,
        format_error: FormatError | None = None,
        name: str = "validation",
        tags: list[str] | None = None,
    ) -> None:
        warnings.warn(
            "ValidationNode is kept for older programs only: use ToolNode from lgstream.prebuilt, which validates "
            "arguments and answers with the errors.",
            LgstreamDeprecationWarning,
            stacklevel=2,
        )
        check_list("schemas", schemas, "a list of pydantic models, tools or functions")
        self.name = name
        self.tags = tags
        self.schemas_by_name: dict[str, type[Any]] = dict(map(_named_schema, schemas))
        self._format_error = format_error or _default_format_error

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Check the tool calls of the last message.

        Args:
            input: a list of messages, or a state with such a list under ``"messages"``.
            config: not used.
            **kwargs: not used.

        Returns:
            The ToolMessages, as a list if the input is a list, otherwise as a state update.

        Raises:
            ValueError: if there is no message, or if the last one is not an AIMessage.
            KeyError: if a call names a tool without a schema.
        """
        messages = input if isinstance(input, list) else input.get("messages")
        if not messages:
            raise ValueError(f"No message found in input: ValidationNode checks the last message, and got {input!r}.")
        if not isinstance(messages[-1], AIMessage):
            raise ValueError(  # noqa: TRY004 - LangGraph raises a ValueError
                "Last message is not an AIMessage: only these have tool calls that ValidationNode checks."
            )
        answers = [self._answer(call) for call in messages[-1].tool_calls]
        return answers if isinstance(input, list) else {"messages": answers}

    def _answer(self, call: ToolCall) -> ToolMessage:
        schema = self.schemas_by_name.get(call["name"])
        if schema is None:
            names = ", ".join(self.schemas_by_name)
            raise KeyError(f"{call['name']}: ValidationNode has no schema of this name, only of: {names}")
        try:
            content = _validated(schema, call["args"])
        except (ValidationError, ValidationErrorV1) as error:
            text = self._format_error(error, call, schema)
            return ToolMessage(text, name=call["name"], tool_call_id=call["id"], additional_kwargs={"is_error": True})
        return ToolMessage(content, name=call["name"], tool_call_id=call["id"])


def _default_format_error(error: Exception, call: ToolCall, schema: type[Any]) -> str:
    return f"{error!r}\n\nRespond after fixing all validation errors."


def _validated(schema: type[Any], arguments: dict[str, Any]) -> str:
    """Return the arguments as JSON, with defaults, if they fit the schema."""
    if issubclass(schema, BaseModelV1):
        return schema.parse_obj(arguments).json()
    validated: BaseModel = schema.model_validate(arguments)
    return validated.model_dump_json()


def _named_schema(schema: Any) -> tuple[str, type[Any]]:
    """Return a schema as a class, with the name by which tool calls refer to it."""
    if isinstance(schema, BaseTool):
        arguments = schema.args_schema
        if not (isinstance(arguments, type) and issubclass(arguments, BaseModel | BaseModelV1)):
            raise ValueError(  # noqa: TRY004 - LangGraph raises a ValueError
                f"Tool {schema.name} has the args_schema {arguments!r}: ValidationNode needs tools whose args_schema "
                "is a pydantic BaseModel."
            )
        return schema.name, arguments
    if isinstance(schema, type) and issubclass(schema, BaseModel | BaseModelV1):
        return schema.__name__, schema
    if callable(schema):
        return schema.__name__, create_schema_from_function("Validation", schema)
    raise ValueError(
        f"Unsupported input to ValidationNode: {schema!r} is not a pydantic BaseModel, a tool or a function."
    )
