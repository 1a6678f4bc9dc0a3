"""The fixture ``same``, which runs a program with the agents of both packages and compares what comes out."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.differential.comparison import without_log_texts
from tests.differential.packages import package
from tests.reference.compare import difference
from tests.reference.recorder import Recorder, Variant

Program = Callable[[Recorder, SimpleNamespace], None]


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
    variant: Variant = request.param

    def check(program: Program) -> None:
        runs = []
        for name in ("langgraph", "lgstream"):
            recorder = Recorder(variant)
            program(recorder, package(name))
            runs.append([without_tool_message_ids(without_log_texts(row)) for row in recorder.operations])
        text = difference(runs[0], runs[1], textwrap.dedent(inspect.getsource(program)))
        if text is not None:
            pytest.fail(text, pytrace=False)

    return check
