"""The graph API: ``StateGraph``, START, END, and messages as state.

``MessagesState`` and ``add_messages`` are imported on first access, because they import langchain-core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream.constants import END, START
from lgstream.graph.state import StateGraph

if TYPE_CHECKING:
    from lgstream.graph.message import MessagesState, add_messages

__all__ = ["END", "START", "MessagesState", "StateGraph", "add_messages"]


def __getattr__(name: str) -> Any:
    if name in ("MessagesState", "add_messages"):
        from lgstream.graph import message

        return getattr(message, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
