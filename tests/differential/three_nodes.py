"""A graph of either package with three nodes, of which tests choose the first."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[Any], operator.add]
    note: str


def built(package: Any, first: Any, *, router: Any = None, **compile_options: Any) -> Any:
    """Return a graph of nodes `first`, `second` and `third`, of which only `first` runs unless it goes further."""
    builder = package.graph.StateGraph(State)
    builder.add_node("first", first)
    builder.add_node("second", lambda state: {"log": [f"second {state.get('note')}"]})
    builder.add_node("third", lambda state: {"log": [f"third {state.get('note')}"]})
    builder.add_edge("__start__", "first")
    if router is not None:
        builder.add_conditional_edges("first", router, ["second", "third"])
    return builder.compile(**compile_options)
