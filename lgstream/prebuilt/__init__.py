"""Ready-made parts: an agent that calls tools, and the node that runs them. Loads langchain-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute
from lgstream.prebuilt.chat_agent_executor import create_react_agent
from lgstream.prebuilt.tool_node import InjectedState, InjectedStore, ToolNode, ToolRuntime, tools_condition
from lgstream.prebuilt.tool_validator import ValidationNode

__all__ = [
    "InjectedState",
    "InjectedStore",
    "ToolNode",
    "ToolRuntime",
    "ValidationNode",
    "create_react_agent",
    "tools_condition",
]

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
