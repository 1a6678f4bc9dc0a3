"""Chat messages as state: the reducer ``add_messages`` and the schema ``MessagesState``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, cast

from langchain_core.messages import (
    AnyMessage,
    BaseMessage,
    BaseMessageChunk,
    MessageLikeRepresentation,
    RemoveMessage,
    convert_to_messages,
    message_chunk_to_message,
)
from typing_extensions import TypedDict

from lgstream.config import get_config

__all__ = ["REMOVE_ALL_MESSAGES", "MessagesState", "add_messages", "push_message"]

Messages = list[MessageLikeRepresentation] | MessageLikeRepresentation
REMOVE_ALL_MESSAGES: Final = "__remove_all__"
"""The id of a RemoveMessage that removes all messages before it."""


def _as_messages(given: Any) -> list[BaseMessage]:
    """Message objects with ids; chunks become whole messages."""
    items = given if isinstance(given, list) else [given]
    messages = [
        message_chunk_to_message(message) if isinstance(message, BaseMessageChunk) else message
        for message in convert_to_messages(items)
    ]
    for message in messages:
        if message.id is None:
            message.id = str(uuid.uuid4())
    return messages


def _merge(left: Messages, right: Messages) -> list[BaseMessage]:
    old, new = _as_messages(left), _as_messages(right)
    for index in range(len(new) - 1, -1, -1):
        if isinstance(new[index], RemoveMessage) and new[index].id == REMOVE_ALL_MESSAGES:
            return new[index + 1 :]
    merged = list(old)
    places = {message.id: index for index, message in enumerate(merged)}
    removed: set[str | None] = set()
    for message in new:
        place = places.get(message.id)
        if place is None:
            if isinstance(message, RemoveMessage):
                raise ValueError(
                    f"Attempting to delete a message with an ID that doesn't exist ('{message.id}'): give "
                    "RemoveMessage the id of a message that the state holds."
                )
            places[message.id] = len(merged)
            merged.append(message)
        elif isinstance(message, RemoveMessage):
            removed.add(message.id)
        else:
            removed.discard(message.id)
            merged[place] = message
    return [message for message in merged if message.id not in removed]


def add_messages(
    left: Messages | None = None, right: Messages | None = None, *, format: Literal["langchain-openai"] | None = None
) -> Any:
    """Append messages to messages; one whose id is there already replaces it, a RemoveMessage takes it away.

    Used as a reducer: ``Annotated[list, add_messages]``. Called with keywords only it returns a reducer with these
    settings. ``format="langchain-openai"`` also brings contents into OpenAI's form.

    Raises:
        ValueError: one of both sides is missing, a RemoveMessage names no message, or an unknown format.
    """
    if left is None and right is None:
        return _with(format)
    if left is None or right is None:
        raise ValueError(
            "Must specify non-null arguments for both 'left' and 'right': add_messages takes the messages there are, "
            "and those to add."
        )
    merged = _merge(left, right)
    if format is None:
        return merged
    if format == "langchain-openai":
        from langchain_core.messages import convert_to_openai_messages

        return convert_to_messages(convert_to_openai_messages(cast("Sequence[Any]", merged)))
    raise ValueError(f"Unrecognized format={format!r}: expected 'langchain-openai' or None.")


def _with(format: Literal["langchain-openai"] | None) -> Callable[[Messages, Messages], Any]:
    def reducer(left: Messages, right: Messages) -> Any:
        return add_messages(left, right, format=format)

    return reducer


def push_message(message: MessageLikeRepresentation, *, state_key: str | None = "messages") -> BaseMessage:
    """Stream a message while the node runs, and write it to the state under ``state_key`` (None: only stream it).

    Raises ValueError for a message without an id, RuntimeError outside of a run.
    """
    (pushed,) = convert_to_messages([message])
    if pushed.id is None:
        raise ValueError("Message ID is required: without one the state could not tell the message from another.")
    task = get_config()["configurable"]["__pregel_scratchpad"]
    task.say(pushed, state_key or "")
    return pushed


class MessagesState(TypedDict):  # without a docstring: it would be the description in JSON schemas of users' graphs
    messages: Annotated[list[AnyMessage], add_messages]


"""A state of one key, ``messages``, reduced by :func:`add_messages`. Extend it with keys of your own."""
