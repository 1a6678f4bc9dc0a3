"""Validates the results of tools, and combines them into the output of a tool node."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from langchain_core.messages import RemoveMessage, ToolCall, ToolMessage, convert_to_messages
from langchain_core.tools.base import TOOL_MESSAGE_BLOCK_TYPES

from lgstream._command import Command
from lgstream._conversions import own_value
from lgstream.graph.message import REMOVE_ALL_MESSAGES
from lgstream.types import Send

ToolInputType = Literal["list", "dict", "tool_calls"]
"""The input of a tool node: a list of messages, a state, or the tool calls themselves."""

ToolResult = ToolMessage | Command[Any] | list[ToolMessage | Command[Any]]
"""The valid result of one tool call."""


def validate_tool_result(
    result: Any, tool_name: str, call: ToolCall, input_type: ToolInputType, messages_key: str
) -> ToolResult:
    """Return the result of a tool if it answers the call: a ToolMessage, a Command, or a list of both.

    Raises:
        ValueError: if a Command or a list leaves the call unanswered, or the update of a Command does not match the
            input of the tool node.
        TypeError: if the result is of another type.
    """
    if isinstance(result, ToolMessage):
        return _with_valid_content(result)
    result = own_value(result)
    if isinstance(result, Command):
        return _validate_command(result, tool_name, call, input_type, messages_key)
    if not isinstance(result, list) or not all(isinstance(item, ToolMessage | Command) for item in result):
        raise TypeError(
            f"Tool {tool_name} returned unexpected type: {type(result)}. A tool called by a ToolNode must return a "
            "ToolMessage or a Command. Was it called without an id?"
        )
    answers = sum(
        len(_answers_to(call, [item] if isinstance(item, ToolMessage) else _update_messages(item, messages_key)))
        for item in result
    )
    if answers != 1:
        raise ValueError(
            f"Tool {tool_name} returned a list with {answers} messages bound to tool_call_id '{call['id']}': it must "
            "contain exactly one ToolMessage that answers this call, as an item or in the update of a Command."
        )
    return [
        _with_valid_content(item)
        if isinstance(item, ToolMessage)
        else _validate_command(item, tool_name, call, input_type, messages_key, must_answer=False)
        for item in result
    ]


def _with_valid_content(message: ToolMessage) -> ToolMessage:
    """Return the message with content that models accept: text or content blocks; other lists become JSON."""
    content = message.content
    if isinstance(content, str) or all(
        isinstance(block, dict) and block.get("type") in TOOL_MESSAGE_BLOCK_TYPES for block in content
    ):
        return message
    return message.model_copy(update={"content": json.dumps(content, ensure_ascii=False, default=str)})


def _update_messages(command: Command[Any], messages_key: str) -> Sequence[Any]:
    """Return the messages in the update of a command."""
    update = command.update
    if isinstance(update, dict):
        return update.get(messages_key) or ()
    return update if isinstance(update, list) else ()


def _answers_to(call: ToolCall, messages: Iterable[Any]) -> list[Any]:
    return [m for m in messages if isinstance(m, ToolMessage) and m.tool_call_id == call["id"]]


def _validate_command(
    command: Command[Any],
    tool_name: str,
    call: ToolCall,
    input_type: ToolInputType,
    messages_key: str,
    must_answer: bool = True,
) -> Command[Any]:
    """Return the command with the name of the tool in its answer.

    Commands to a parent graph may leave the call unanswered, as may commands that remove all messages.

    Raises:
        ValueError: if the command does not answer the call, or its update does not match the input of the tool node.
    """
    update = command.update
    if not isinstance(update, dict | list):
        return command
    if isinstance(update, dict) is (input_type == "list"):
        is_list = input_type == "list"
        input_text = "list of messages" if is_list else "state"
        update_text = "list of messages" if is_list else f"dict with '{messages_key}'"
        raise ValueError(
            f"Tool '{tool_name}' returned a Command with the update {update!r}, but the input of the tool node is a "
            f"{input_text}: the update must be a {update_text} too."
        )
    update_messages = _update_messages(command, messages_key)
    messages = convert_to_messages(update_messages)
    if any(isinstance(m, RemoveMessage) and m.id == REMOVE_ALL_MESSAGES for m in messages):
        return command
    if must_answer and command.graph is None and not _answers_to(call, messages):
        example = f'ToolMessage("Done", tool_call_id="{call["id"]}")'
        update_example = f"[{example}]" if input_type == "list" else f"{{'{messages_key}': [{example}]}}"
        raise ValueError(
            f"Expected to have a matching ToolMessage in Command.update for tool '{tool_name}', got: "
            f"{list(update_messages)!r}. Every tool call needs an answer for the model: return "
            f"Command(update={update_example})."
        )
    answers = {id(message) for message in _answers_to(call, update_messages)}
    named_messages = [m.model_copy(update={"name": tool_name}) if id(m) in answers else m for m in update_messages]
    if isinstance(update, list):
        return command.with_changes(update=named_messages)
    return command.with_changes(update={**update, messages_key: named_messages}) if messages_key in update else command


def combine_results(results: Iterable[ToolResult], input_type: ToolInputType, messages_key: str) -> Any:
    """Return the output of a tool node: messages in the form of its input, or a list if there are Commands."""
    items = [item for result in results for item in (result if isinstance(result, list) else [result])]
    if not any(isinstance(item, Command) for item in items):
        return items if input_type == "list" else {messages_key: items}
    outputs: list[Any] = []
    parent_sends: list[Command[Any]] = []
    for item in items:
        if isinstance(item, Command):
            (parent_sends if _sends_to_parent(item) else outputs).append(item)
        else:
            outputs.append([item] if input_type == "list" else {messages_key: [item]})
    return [*outputs, _merge_parent_sends(parent_sends)] if parent_sends else outputs


def _sends_to_parent(command: Command[Any]) -> bool:
    """Return True if the command sends tasks to the parent graph. A node can return only one such command."""
    goto = command.goto
    return command.graph == Command.PARENT and isinstance(goto, list) and all(isinstance(to, Send) for to in goto)


def _merge_parent_sends(commands: Sequence[Command[Any]]) -> Command[Any]:
    if len(commands) == 1:
        return commands[0]
    updates = [item for command in commands for item in command.update_items()]
    sends = [send for command in commands if isinstance(command.goto, list) for send in command.goto]
    return Command(graph=Command.PARENT, update=updates or None, goto=sends)
