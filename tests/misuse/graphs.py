"""The graphs that the tests of wrong arguments use, and the form of these tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import lgstream as typed_lgstream
from lgstream import func, types
from lgstream import prebuilt as typed_prebuilt
from lgstream.graph import START
from lgstream.graph import StateGraph as TypedStateGraph
from lgstream.notebook import Run as TypedRun
from lgstream.notebook import draw as typed_draw
from lgstream.widgets import panels

# Wrong arguments are the subject, so these have no types.
lgstream: Any = typed_lgstream
prebuilt: Any = typed_prebuilt
draw: Any = typed_draw.draw
task: Any = func.task
entrypoint: Any = func.entrypoint
StateGraph: Any = TypedStateGraph
Run: Any = TypedRun
TokenStream: Any = panels.TokenStream
Send: Any = types.Send
Command: Any = types.Command
StateUpdate: Any = types.StateUpdate
RetryPolicy: Any = types.RetryPolicy
CachePolicy: Any = types.CachePolicy
TimeoutPolicy: Any = types.TimeoutPolicy

Misuse = tuple[str, Callable[[], Any], type[Exception], str]
"""A name, a function with a mistake, and the type and a part of the message of its exception."""

CONFIG = r"config is of type \w+, and must be a dict, for example {'configurable': {'thread_id': '1'}}"
TYPE = "must be a class, such as a TypedDict, a dataclass or a pydantic model"


def each_of(cases: list[Misuse]) -> pytest.MarkDecorator:
    """Return the mark that calls a test with each mistake."""
    return pytest.mark.parametrize(
        ("misuse", "error", "message"), [case[1:] for case in cases], ids=[c[0] for c in cases]
    )


def builder() -> Any:
    return StateGraph(dict).add_node("a", lambda state: {}).add_edge(START, "a")


def compiled() -> Any:
    return builder().compile()
