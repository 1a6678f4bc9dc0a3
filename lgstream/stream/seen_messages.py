"""Tracks the messages that a stream has yielded, so that it yields each once (reference rule 28)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

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
            self.ids.update([known for message in find_messages(value, base) if (known := message_id(message))])

    def add(self, message: Any) -> bool:
        """Mark a message, or a chunk of one, as seen. If it has no id, it receives one (reference rule 27).

        Returns:
            True if it had not been seen before.
        """
        known = message_id(message)
        if known in self.ids:
            return False
        if known is None and message.id is None:
            known = message.id = str(uuid4())
        if known is not None:
            self.ids.add(known)
        return True
