"""Chat messages as state: the reducer ``add_messages`` and the schema ``MessagesState``."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, cast

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    BaseMessageChunk,
    HumanMessage,
    MessageLikeRepresentation,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
    convert_to_messages,
    message_chunk_to_message,
)
from typing_extensions import TypedDict

from lgstream._langgraph import loaded_object
from lgstream.config import get_config, task_of
from lgstream.graph.state import StateGraph
from lgstream.inspection.classes import derives
from lgstream.warnings import LgstreamDeprecationWarning

__all__ = ["REMOVE_ALL_MESSAGES", "MessageGraph", "MessagesState", "add_messages", "push_message"]

Messages = list[MessageLikeRepresentation] | MessageLikeRepresentation
"""One or more messages, in any form that langchain converts to messages."""

REMOVE_ALL_MESSAGES: Final = "__remove_all__"
"""The id of a RemoveMessage that removes all earlier messages."""


_WHOLE_MESSAGES: Final = frozenset((AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage))
"""Classes whose instances are messages as they are. To look a class up is faster than ``isinstance()``."""


def _as_messages(value: Any) -> list[BaseMessage]:
    """Return one or more message-like values as messages; chunks become whole messages."""
    items = value if isinstance(value, list) else [value]
    if _WHOLE_MESSAGES.issuperset(map(type, items)):
        messages: list[BaseMessage] = [*items]
    else:
        messages = [
            message_chunk_to_message(message) if isinstance(message, BaseMessageChunk) else message
            for message in convert_to_messages(items)
        ]
    return messages


def _ids_of(messages: list[BaseMessage]) -> list[str]:
    """Return the ids of messages; those without one receive it."""
    ids: list[Any] = [message.id for message in messages]  # asked once: attributes of pydantic models are slow
    if None in ids:
        for index, message in enumerate(messages):
            if message.id is None:
                message.id = str(uuid.uuid4())
            ids[index] = message.id  # a message may be there twice
    return ids


def _merge_messages(existing: Messages, updates: Messages) -> list[BaseMessage]:
    """Return the existing messages with the updates applied, by message id."""
    messages, new_messages = _as_messages(existing), _as_messages(updates)
    ids, new_ids = _ids_of(messages), _ids_of(new_messages)
    if REMOVE_ALL_MESSAGES in new_ids:
        for index in range(len(new_messages) - 1, -1, -1):
            if new_ids[index] == REMOVE_ALL_MESSAGES and isinstance(new_messages[index], RemoveMessage):
                return new_messages[index + 1 :]
    index_by_id = dict(zip(ids, range(len(ids)), strict=True))
    ids_to_remove: set[str] = set()
    for message, new_id in zip(new_messages, new_ids, strict=True):
        existing_index = index_by_id.get(new_id)
        if derives(type(message), RemoveMessage):
            if existing_index is None:
                raise ValueError(
                    f"Attempting to delete a message with an ID that doesn't exist ('{new_id}'): give "
                    "RemoveMessage the id of a message in the state."
                )
            ids_to_remove.add(new_id)
        elif existing_index is None:
            index_by_id[new_id] = len(messages)
            messages.append(message)
        else:
            ids_to_remove.discard(new_id)
            messages[existing_index] = message
    return [message for message in messages if message.id not in ids_to_remove] if ids_to_remove else messages


def add_messages(
    left: Messages | None = None, right: Messages | None = None, *, format: Literal["langchain-openai"] | None = None
) -> Any:
    """Merge messages by id: the reducer of a state key with messages.

    A message with a new id is appended, one with a known id replaces the old message, and a ``RemoveMessage`` removes
    it. Messages without an id receive one.

    Args:
        left: The messages in the state.
        right: The messages to add.
        format: ``langchain-openai`` also converts the contents of all messages to OpenAI's format.

    Returns:
        The list of messages; a reducer with this ``format`` if both ``left`` and ``right`` are left out.

    Raises:
        ValueError: if only one of ``left`` and ``right`` is passed, if a RemoveMessage has an unknown id, or if the
            format is unknown.

    Example:
        >>> class State(TypedDict):
        ...     messages: Annotated[list, add_messages]
    """
    if left is None and right is None:
        return _reducer(format)
    if left is None or right is None:
        raise ValueError(
            "Must specify non-null arguments for both 'left' and 'right': add_messages takes the messages in "
            "the state and those to add."
        )
    messages = _merge_messages(left, right)
    if format is None:
        return messages
    if format == "langchain-openai":
        from langchain_core.messages import convert_to_openai_messages

        return convert_to_messages(convert_to_openai_messages(cast("Sequence[Any]", messages)))
    raise ValueError(f"Unrecognized format={format!r}: expected 'langchain-openai' or None.")


def _reducer(format: Literal["langchain-openai"] | None) -> Callable[[Messages, Messages], Any]:
    """Return :func:`add_messages` as a reducer with a fixed format."""

    def reducer(left: Messages, right: Messages) -> Any:
        return add_messages(left, right, format=format)

    return reducer


def push_message(message: MessageLikeRepresentation, *, state_key: str | None = "messages") -> BaseMessage:
    """Stream a message from a running node, and write it to the state.

    Args:
        message: The message, which must have an id.
        state_key: The state key to write to; None only streams the message.

    Returns:
        The message.

    Raises:
        ValueError: if the message has no id.
        RuntimeError: if no run is in progress.

    Example:
        >>> push_message(AIMessage("Working on it ...", id="progress"), state_key=None)
    """
    (new_message,) = convert_to_messages([message])
    if new_message.id is None:
        raise ValueError("Message ID is required: the state identifies messages by their ids. Give the message an id.")
    task = task_of(get_config()["configurable"])
    if task is not None:
        task.emit_message(new_message, state_key or "")
        return new_message
    langgraph_function = loaded_object("push_message", "langgraph.graph.message")
    if langgraph_function is None:
        raise RuntimeError("push_message was called outside of a node: call it while a graph runs the node.")
    langgraph_function(new_message, state_key=state_key)
    return new_message


# A state with one key, `messages`; subclasses add other keys. This is a comment because a docstring would become the
# description in the JSON schemas of users' graphs.
class MessagesState(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


class MessageGraph(StateGraph[Any]):
    """A :class:`~lgstream.graph.state.StateGraph` whose state is a list of messages, for older programs.

    Nodes receive the list and return one or more messages, which :func:`add_messages` adds to it. New programs use
    ``StateGraph(MessagesState)``, whose state can have other keys, too.

    Example:
        >>> builder = MessageGraph().add_node("chatbot", lambda messages: [("assistant", "Hello!")])
        >>> builder.add_edge(START, "chatbot").compile().invoke([("user", "Hi.")])
    """

    def __init__(self) -> None:
        warnings.warn(
            "MessageGraph is kept for older programs only: use StateGraph(MessagesState), both from lgstream.graph.",
            LgstreamDeprecationWarning,
            stacklevel=2,
        )
        super().__init__(Annotated[list[AnyMessage], add_messages])
