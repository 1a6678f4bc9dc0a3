"""Many parallel tasks, and nested graphs."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from benchmarks.case import Case, Work
from benchmarks.cases_loops import Count, add_one, add_one_async
from benchmarks.graph_runs import CONFIG, stream_work, unordered, without_ids
from benchmarks.packages import Package, both


class Results(TypedDict):
    """The state: the results of the tasks."""

    done: Annotated[list[int], operator.add]


def square(state: Count) -> Results:
    return {"done": [state["n"] ** 2]}


async def square_async(state: Count) -> Results:
    return {"done": [state["n"] ** 2]}


def sends(package: Package, size: int, *, is_async: bool) -> Work:
    builder = package.StateGraph(Results)
    builder.add_node("square", square_async if is_async else square)
    builder.add_conditional_edges(
        package.START, lambda state: [package.Send("square", {"n": n}) for n in range(size)], ["square"]
    )
    builder.add_edge("square", package.END)
    return stream_work(builder.compile(), {"done": []}, is_async=is_async, stream_mode="updates")


def nested(package: Package, size: int, node: Any = add_one) -> Any:
    """Return a graph that has a node at the bottom of ``size`` nested graphs."""
    inner = node
    for _ in range(size + 1):
        builder = package.StateGraph(Count)
        builder.add_node("inner", inner)
        builder.add_edge(package.START, "inner")
        builder.add_edge("inner", package.END)
        inner = builder.compile()
    return inner


def levels(package: Package, size: int, *, depth: int, is_async: bool = False) -> Work:
    """Stream ``size`` levels in total, in runs of a graph of ``depth`` levels; the result is the last chunks."""
    depth = min(depth, size)
    graph = nested(package, depth, add_one_async if is_async else add_one)
    stream = stream_work(graph, {"n": 0}, is_async=is_async, stream_mode="updates", subgraphs=True)

    async def async_work() -> Any:
        return [await stream() for _ in range(size // depth)][-1]

    return async_work if is_async else lambda: [stream() for _ in range(size // depth)][-1]


def levels_invoked(package: Package, size: int, *, depth: int | None = None) -> Work:
    """As :func:`levels`, with ``invoke``; the result is the state."""
    depth = min(depth or size, size)
    graph = nested(package, depth)
    return lambda: [graph.invoke({"n": 0}, CONFIG) for _ in range(size // depth)][-1]


CASES = (
    *(
        Case(
            f"Send to 200 tasks, {'async' if is_async else 'sync'}", "task", 200, both(sends, is_async=is_async),
            {"langgraph": 1 / 15}, comparable=unordered,
        )
        for is_async in (False, True)
    ),
    *(
        Case(
            f"subgraphs 8 deep, {'async, ' if is_async else ''}stream with subgraphs", "level", 320,
            both(levels, depth=8, is_async=is_async), {"langgraph": 1 / 15}, comparable=without_ids,
        )
        for is_async in (False, True)
    ),
    Case("subgraphs 8 deep, invoke", "level", 320, both(levels_invoked, depth=8), {"langgraph": 1 / 15}),
)  # fmt: skip
