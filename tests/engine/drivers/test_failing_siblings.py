"""What is shown of parallel tasks when one of them fails, in async runs."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.graph import START, StateGraph


class State(TypedDict):
    done: Annotated[list[str], operator.add]


def graph() -> Any:
    async def fails(state: State) -> State:
        raise ValueError("no")

    async def ends(state: State) -> State:
        return {"done": ["ends"]}

    builder = StateGraph(State).add_node(fails).add_node(ends).add_node("later", ends)
    for name in ("fails", "ends", "later"):
        builder.add_edge(START, name)
    return builder.compile()


async def test_async_siblings_that_had_ended_are_shown_as_updates():
    chunks: list[Any] = []
    with pytest.raises(ValueError, match="no"):
        async for chunk in graph().astream({"done": []}, stream_mode="updates"):
            chunks.append(chunk)
    assert chunks == [{"ends": {"done": ["ends"]}}, {"later": {"done": ["ends"]}}]
