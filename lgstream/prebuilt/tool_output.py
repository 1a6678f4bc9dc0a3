"""What a tool returned, checked, and put together with what the other tools returned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

from langchain_core.messages import RemoveMessage, ToolCall, ToolMessage, convert_to_messages
from langchain_core.tools.base import TOOL_MESSAGE_BLOCK_TYPES

from lgstream._command import Command
from lgstream.graph.message import REMOVE_ALL_MESSAGES
from lgstream.types import Send

Form = Literal["list", "dict", "calls"]
"""How a tool node was given its calls: a list of messages, a state, or the calls themselves."""
Output = ToolMessage | Command[Any] | list[ToolMessage | Command[Any]]


def checked(output: Any, tool: str, call: ToolCall, form: Form, key: str) -> Output:
    """A tool's output, if it is one that answers the call: a ToolMessage, a Command, or a list of both.

    Raises:
        ValueError: a Command or list that leaves the call unanswered, or a Command whose update has the other form.
        TypeError: a tool that returns something else.
    """
    if isinstance(output, ToolMessage):
        return _sendable(output)
    if isinstance(output, Command):
        return _checked_command(output, tool, call, form, key)
    if not isinstance(output, list) or not all(isinstance(item, ToolMessage | Command) for item in output):
        raise TypeError(
            f"Tool {tool} returned unexpected type: {type(output)}. A tool called by a ToolNode must come back with a "
            "ToolMessage or a Command; was its call without an id?"
        )
    answers = sum(len(_answers([item] if isinstance(item, ToolMessage) else _said(item, key), call)) for item in output)
    if answers != 1:
        raise ValueError(
            f"Tool {tool} returned a list with {answers} messages bound to tool_call_id '{call['id']}': it must hold "
            "exactly one ToolMessage that answers this call, by itself or in a Command's update."
        )
    return [
        _sendable(item)
        if isinstance(item, ToolMessage)
        else _checked_command(item, tool, call, form, key, must_answer=False)
        for item in output
    ]


def _sendable(message: ToolMessage) -> ToolMessage:
    """The message with a content that models take: text, or a list of content blocks; other lists become JSON."""
    content = message.content
    if isinstance(content, str) or all(
        isinstance(block, dict) and block.get("type") in TOOL_MESSAGE_BLOCK_TYPES for block in content
    ):
        return message
    return message.model_copy(update={"content": json.dumps(content, ensure_ascii=False, default=str)})


def _said(command: Command[Any], key: str) -> Sequence[Any]:
    """The messages in a command's update."""
    update = command.update
    if isinstance(update, dict):
        return update.get(key) or ()
    return update if isinstance(update, list) else ()


def _answers(messages: Iterable[Any], call: ToolCall) -> list[Any]:
    return [m for m in messages if isinstance(m, ToolMessage) and m.tool_call_id == call["id"]]


def _checked_command(
    command: Command[Any], tool: str, call: ToolCall, form: Form, key: str, must_answer: bool = True
) -> Command[Any]:
    """The command with the tool's name on its answer. Raises ValueError for one that does not answer the call.

    Commands to a parent graph may leave the call unanswered, as may those that remove all messages.
    """
    update = command.update
    if not isinstance(update, dict | list):
        return command
    if isinstance(update, dict) is (form == "list"):
        given, fitting = ("list of messages", "list of messages") if form == "list" else ("state", f"dict with '{key}'")
        raise ValueError(
            f"Tool '{tool}' returned a Command with the update {update!r}, but the tool node was given a {given}: the "
            f"update must be a {fitting} too."
        )
    said = _said(command, key)
    messages = convert_to_messages(said)
    if any(isinstance(m, RemoveMessage) and m.id == REMOVE_ALL_MESSAGES for m in messages):
        return command
    if must_answer and command.graph is None and not _answers(messages, call):
        example = f'ToolMessage("Done", tool_call_id="{call["id"]}")'
        raise ValueError(
            f"Expected to have a matching ToolMessage in Command.update for tool '{tool}', got: {list(said)!r}. The "
            "model must be given an answer to every call: return "
            + (f"Command(update=[{example}])." if form == "list" else f"Command(update={{'{key}': [{example}]}}).")
        )
    mine = {id(message) for message in _answers(said, call)}
    named = [m.model_copy(update={"name": tool}) if id(m) in mine else m for m in said]
    if isinstance(update, list):
        return replace(command, update=named)
    return replace(command, update={**update, key: named}) if key in update else command


def combined(outputs: Iterable[Output], form: Form, key: str) -> Any:
    """What the tool node returns: the messages in the form of its input, or a list with Commands among them."""
    flat = [item for output in outputs for item in (output if isinstance(output, list) else [output])]
    if not any(isinstance(item, Command) for item in flat):
        return flat if form == "list" else {key: flat}
    together: list[Any] = []
    handoffs: list[Command[Any]] = []
    for item in flat:
        if isinstance(item, Command):
            (handoffs if _is_handoff(item) else together).append(item)
        else:
            together.append([item] if form == "list" else {key: [item]})
    return [*together, _joined(handoffs)] if handoffs else together


def _is_handoff(command: Command[Any]) -> bool:
    """Whether it goes on with Sends in the parent graph. A node can give its parent one Command only, so they join."""
    goto = command.goto
    return command.graph == Command.PARENT and isinstance(goto, list) and all(isinstance(to, Send) for to in goto)


def _joined(commands: Sequence[Command[Any]]) -> Command[Any]:
    if len(commands) == 1:
        return commands[0]
    updates = [pair for command in commands for pair in command.update_items()]
    sends = [send for command in commands if isinstance(command.goto, list) for send in command.goto]
    return Command(graph=Command.PARENT, update=updates or None, goto=sends)
