"""The graph API: ``StateGraph``, START, END, and messages as state.

- ``state``, ``specs`` and ``validation``: the builder, the data added to it, and its checks.
- ``compiler``: turns this data into the program that the engine runs.
- ``compiled``, ``persistence`` and ``compiled_base``: the methods of a compiled graph.
- ``invocation``, ``stream_options`` and ``subscribers``: one call of a compiled graph.
- ``subgraph`` and ``subgraph_discovery``: graphs that run inside a task of another graph.
- ``snapshots`` and ``state_updates``: the saved state of threads.
- ``drawing`` and ``edge_discovery``: the shape of a graph.
- ``message``: messages as state.

What ``message`` defines is imported on first access, because it imports langchain-core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute
from lgstream.constants import END, START
from lgstream.graph.state import StateGraph

if TYPE_CHECKING:
    from lgstream.graph.message import MessageGraph, MessagesState, add_messages

__all__ = ["END", "START", "MessageGraph", "MessagesState", "StateGraph", "add_messages"]


def __getattr__(name: str) -> Any:
    if name in ("MessageGraph", "MessagesState", "add_messages"):
        from lgstream.graph import message

        return getattr(message, name)
    raise missing_attribute(__name__, name)
