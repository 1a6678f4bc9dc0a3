"""A run with a sink gives the same as one without, and its values are not read, whatever they are."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest

from lgstream import START, StateGraph
from lgstream.sinks import Collect
from tests.support.odd_values import LAZY, ODD_VALUES, ReadCount

NAMES = [*LAZY, "an object whose class raises", "a proxy that raises", "a hostile class", "a list without an end"]


class State(TypedDict, total=False):
    value: Any


@pytest.mark.parametrize("name", NAMES)
def test_a_value_in_an_update_is_passed_on_unread(name: str):
    value = ODD_VALUES[name]()
    graph = StateGraph(State).add_node("node", lambda state: {"value": value}).add_edge(START, "node").compile()
    ReadCount.reads.clear()
    sink = Collect()
    assert graph.invoke({}, sinks=[sink])["value"] is value
    assert ReadCount.reads == []
    assert type(sink.events[-1]).__name__ == "RunFinished"
