"""Tracks the messages that a stream has yielded, so that it yields each once (reference rule 28)."""

from __future__ import annotations

from typing import Any, Final

from lgstream.events import Message, Token

_SCALARS: Final = frozenset((str, int, float, bool, bytes, type(None)))


class SeenMessages:
    """The messages that a stream has yielded or that tasks have received as input.

    Attributes:
        ids: the ids of these messages.
    """

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def add_input(self, value: Any) -> None:
        """Mark the messages in a task's input as seen."""
        fields = value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
        if isinstance(value, list | tuple):
            fields = (value,)
        for field in fields:
            if type(field) in _SCALARS:
                continue
            for item in field if isinstance(field, list | tuple) else (field,):
                message_id = getattr(item, "id", None)
                if isinstance(message_id, str):
                    self.ids.add(message_id)

    def is_new(self, event: Token | Message) -> bool:
        """Return True if the message has to be yielded, and mark it as seen. Every token of a message is new."""
        message_id = event.message.id
        if message_id in self.ids:
            return isinstance(event, Token)
        if message_id is not None:
            self.ids.add(message_id)
        return True
