"""What agent inboxes exchange with ``interrupt()``: a request for a human, and the human's response."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

__all__ = ["ActionRequest", "HumanInterrupt", "HumanInterruptConfig", "HumanResponse"]


class HumanInterruptConfig(TypedDict):
    """What the human may do with a request: ignore it, respond in words, edit it, accept it."""

    allow_ignore: bool
    allow_respond: bool
    allow_edit: bool
    allow_accept: bool


class ActionRequest(TypedDict):
    """An action, for example a tool call: its name and its arguments."""

    action: str
    args: dict[str, Any]


class HumanInterrupt(TypedDict):
    """A request for a human: the value that ``interrupt()`` is called with, often in a list."""

    action_request: ActionRequest
    config: HumanInterruptConfig
    description: str | None


class HumanResponse(TypedDict):
    """The response of a human: the value that ``interrupt()`` returns, often in a list.

    ``args`` is the text of a response, the edited request, or None.
    """

    type: Literal["accept", "ignore", "response", "edit"]
    args: str | ActionRequest | None
