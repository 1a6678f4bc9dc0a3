"""Which chunks of parallel async tasks are streamed when one of them fails."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.graph import START, StateGraph


class State(TypedDict):
    done: Annotated[list[str], operator.add]


def graph() -> Any:
    async def fail(state: State) -> State:
        raise ValueError("no")

    async def end(state: State) -> State:
        return {"done": ["end"]}

    builder = StateGraph(State).add_node(fail).add_node(end).add_node("later", end)
    for name in ("fail", "end", "later"):
        builder.add_edge(START, name)
    return builder.compile()


async def test_updates_of_async_tasks_that_end_with_the_failed_one_are_streamed():
    chunks: list[Any] = []
    with pytest.raises(ValueError, match="no"):
        async for chunk in graph().astream({"done": []}, stream_mode="updates"):
            chunks.append(chunk)
    assert chunks == [{"end": {"done": ["end"]}}, {"later": {"done": ["end"]}}]
