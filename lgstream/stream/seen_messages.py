"""Tracks the messages that a stream has yielded, so that it yields each once (reference rule 28)."""

from __future__ import annotations

from typing import Any

from lgstream.events import Message, Token
from lgstream.inspection.messages import base_message, find_messages, message_id


class SeenMessages:
    """The messages that a stream has yielded or that tasks have received as input.

    Attributes:
        ids: the ids of these messages.
    """

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def add_input(self, value: Any) -> None:
        """Mark the messages in a task's input as seen."""
        base = base_message()
        if base is not None:
            self.ids.update(known for message in find_messages(value, base) if (known := message_id(message)))

    def is_new(self, event: Token | Message) -> bool:
        """Return True if the message has to be yielded, and mark it as seen. Every token of a message is new."""
        known = message_id(event.message)
        if known in self.ids:
            return isinstance(event, Token)
        if known is not None:
            self.ids.add(known)
        return True
