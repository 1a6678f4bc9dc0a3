"""Wrong arguments of agents and tool nodes are refused by an exception that names the argument and the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from tests.misuse.graphs import TYPE, Misuse, each_of, prebuilt

CHAT_MODEL = FakeListChatModel(responses=["hi"])
TOOLS = r"must be a list of tools: put one into a list, \[tool\]"

MISUSES: list[Misuse] = [
    ("ToolNode", lambda: prebuilt.ToolNode(5), TypeError, f"tools is of type int, and {TOOLS}"),
    (
        "ToolNode of a function",
        lambda: prebuilt.ToolNode(print),
        TypeError,
        f"tools is of type builtin_function.*, and {TOOLS}",
    ),
    (
        "ToolNode of names",
        lambda: prebuilt.ToolNode(["search"]),
        TypeError,
        f"tools contains an object of type str, and {TOOLS}",
    ),
    (
        "wrap_tool_call",
        lambda: prebuilt.ToolNode([], wrap_tool_call=5),
        TypeError,
        "wrap_tool_call is of type int, and must be a function of the request",
    ),
    (
        "agent tools",
        lambda: prebuilt.create_react_agent(CHAT_MODEL, 5),
        TypeError,
        f"tools is of type int, and {TOOLS}",
    ),
    (
        "agent with the class of a model",
        lambda: prebuilt.create_react_agent(FakeListChatModel, []),
        TypeError,
        r"model is the class FakeListChatModel, and must be an instance: FakeListChatModel\(\.\.\.\)",
    ),
    (
        "agent state_schema",
        lambda: prebuilt.create_react_agent(CHAT_MODEL, [], state_schema=5),
        TypeError,
        f"state_schema is of type int, and {TYPE}",
    ),
    (
        "ValidationNode",
        lambda: prebuilt.ValidationNode(5),
        TypeError,
        "schemas is of type int, and must be a list of pydantic",
    ),
]


@each_of(MISUSES)
def test_a_misuse_is_refused_by_a_clear_exception(
    misuse: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        misuse()
