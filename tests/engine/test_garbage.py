"""Runs that are over leave nothing to the garbage collector: reference counts free them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.config import get_config
from lgstream.graph import START, MessagesState, StateGraph

INPUT = {"messages": [("user", "Hi.")]}

MODES: Any = ["messages", "updates", "values", "custom", "tasks"]


def chat(*, is_async: bool, is_saved: bool) -> Any:
    """Return a graph whose node calls a model and reads its config."""
    model = FakeListChatModel(responses=["Hello"])

    def call(state: MessagesState) -> Any:
        assert get_config()["configurable"]
        return {"messages": [model.invoke(state["messages"])]}

    async def call_async(state: MessagesState) -> Any:
        assert get_config()["configurable"]
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState).add_node("call", call_async if is_async else call).add_edge(START, "call")
    return builder.compile(checkpointer=InMemorySaver() if is_saved else None)


def garbage_of(run: Callable[[], Any]) -> list[str]:
    """Return the types of lgstream's objects that only the garbage collector can free after a run."""
    run()  # what the first run builds for all others is not garbage
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        run()
        gc.collect()
        return [type(item).__name__ for item in gc.garbage if type(item).__module__.startswith("lgstream")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("is_saved", [False, True], ids=["not saved", "saved"])
def test_a_sync_run_that_is_over_leaves_no_garbage(is_saved: bool) -> None:
    graph = chat(is_async=False, is_saved=is_saved)
    config: Any = {"configurable": {"thread_id": "1"}}
    assert garbage_of(lambda: graph.invoke(INPUT, config)) == []
    assert garbage_of(lambda: list(graph.stream(INPUT, config, stream_mode=MODES))) == []


@pytest.mark.parametrize("is_saved", [False, True], ids=["not saved", "saved"])
def test_an_async_run_that_is_over_leaves_no_garbage(is_saved: bool) -> None:
    graph = chat(is_async=True, is_saved=is_saved)
    config: Any = {"configurable": {"thread_id": "1"}}

    async def stream() -> list[Any]:
        return [chunk async for chunk in graph.astream(INPUT, config, stream_mode=MODES)]

    assert garbage_of(lambda: asyncio.run(graph.ainvoke(INPUT, config))) == []
    assert garbage_of(lambda: asyncio.run(stream())) == []
