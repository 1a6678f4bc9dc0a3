"""Runs with a checkpointer in memory."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.case import Case, Work
from benchmarks.cases_loops import add_one, add_one_async, counting
from benchmarks.graph_runs import CONFIG
from benchmarks.packages import Package, both

THREAD = {**CONFIG, "configurable": {"thread_id": "thread"}}


def thread_work(graph: Any, graph_input: Any, *, is_async: bool = False) -> Work:
    """Return work that runs the graph on a new thread in a new saver; the result is the chunks and the saver."""

    def work() -> tuple[list[Any], InMemorySaver]:
        graph.checkpointer = InMemorySaver()
        return list(graph.stream(graph_input, THREAD, stream_mode="updates")), graph.checkpointer

    async def async_work() -> tuple[list[Any], InMemorySaver]:
        graph.checkpointer = InMemorySaver()
        return [chunk async for chunk in graph.astream(graph_input, THREAD, stream_mode="updates")], graph.checkpointer

    return async_work if is_async else work


def checkpoints(result: tuple[list[Any], InMemorySaver]) -> tuple[list[Any], list[Any]]:
    """Return the chunks, and the step and state of each checkpoint."""
    chunks, saver = result
    return chunks, [
        (saved.metadata["step"], saved.checkpoint["channel_values"])
        for saved in saver.list(THREAD)  # type: ignore[arg-type]
    ]


def loop_with_saver(package: Package, size: int, *, is_async: bool) -> Work:
    builder = counting(package, size, add_one_async if is_async else add_one)
    return thread_work(builder.compile(checkpointer=InMemorySaver()), {"n": 0}, is_async=is_async)


CASES = tuple(
    Case(
        f"loop of 500 supersteps with InMemorySaver, {'async' if is_async else 'sync'}", "superstep", 500,
        both(loop_with_saver, is_async=is_async), {"langgraph": 1 / 4}, comparable=checkpoints,
    )
    for is_async in (False, True)
)  # fmt: skip
