"""The fixture ``same``, which runs a program with the agents of both packages and compares what comes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.differential.same_program import Program, check_same


def without_tool_message_ids(value: Any) -> Any:
    """Return recorded operations without the ids of ToolMessages, which reducers set while chunks are read.

    Other ids lose their numbers, because they are numbered in the order in which they appear.
    """
    if isinstance(value, str):
        return re.sub(r"<id:\d+>", "<id>", value)
    if isinstance(value, list):
        return [without_tool_message_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_tool_message = value.get("$type") == "ToolMessage"
    return {key: without_tool_message_ids(item) for key, item in value.items() if not (is_tool_message and key == "id")}


@pytest.fixture(params=["sync", "async"])
def same(request: pytest.FixtureRequest) -> Callable[[Program], None]:
    """Return a function that checks a program; the program takes a recorder and the namespace of a package."""
    return lambda program: check_same(program, request.param, without_tool_message_ids)
