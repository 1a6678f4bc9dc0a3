"""Many at once, and graphs in graphs."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from benchmarks.case import Case, Work
from benchmarks.cases_loops import Count, add_one
from benchmarks.graphs import CONFIG, in_any_order, settled, streamed
from benchmarks.packages import Package, both


class Gathered(TypedDict):
    """The state: what the tasks have done."""

    done: Annotated[list[int], operator.add]


def square(state: Count) -> Gathered:
    return {"done": [state["n"] ** 2]}


async def square_async(state: Count) -> Gathered:
    return {"done": [state["n"] ** 2]}


def sends(package: Package, size: int, *, is_async: bool) -> Work:
    builder = package.StateGraph(Gathered)
    builder.add_node("square", square_async if is_async else square)
    builder.add_conditional_edges(
        package.START, lambda state: [package.Send("square", {"n": n}) for n in range(size)], ["square"]
    )
    builder.add_edge("square", package.END)
    return streamed(builder.compile(), {"done": []}, is_async=is_async, stream_mode="updates")


def nested(package: Package, size: int) -> Any:
    """A graph in a graph, ``size`` deep, around a node."""
    inner: Any = add_one
    for _ in range(size + 1):
        builder = package.StateGraph(Count)
        builder.add_node("inner", inner)
        builder.add_edge(package.START, "inner")
        builder.add_edge("inner", package.END)
        inner = builder.compile()
    return inner


def levels(package: Package, size: int, *, depth: int | None = None) -> Work:
    """``size`` levels in all, in runs of a graph that is ``depth`` deep; the chunks of the last."""
    depth = min(depth or size, size)
    stream = streamed(nested(package, depth), {"n": 0}, stream_mode="updates", subgraphs=True)
    return lambda: [stream() for _ in range(size // depth)][-1]


def levels_invoked(package: Package, size: int, *, depth: int | None = None) -> Work:
    """``size`` levels in all, in runs of a graph that is ``depth`` deep; the state that they all come to."""
    depth = min(depth or size, size)
    graph = nested(package, depth)
    return lambda: [graph.invoke({"n": 0}, CONFIG) for _ in range(size // depth)][-1]


CASES = (
    *(
        Case(
            f"Send to 200 tasks, {'async' if is_async else 'sync'}", "task", 200, both(sends, is_async=is_async),
            {"langgraph": 1 / 15}, comparable=in_any_order,
        )
        for is_async in (False, True)
    ),
    Case(
        "subgraphs 8 deep, stream with subgraphs", "level", 320, both(levels, depth=8), {"langgraph": 1 / 15},
        comparable=settled,
    ),
    Case("subgraphs 8 deep, invoke", "level", 320, both(levels_invoked, depth=8), {"langgraph": 1 / 15}),
)  # fmt: skip
