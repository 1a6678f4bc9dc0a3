"""Supersteps: a loop of one node, and nodes in sequence."""

from __future__ import annotations

import math
from typing import Any, TypedDict

from benchmarks.case import Case, Work
from benchmarks.gauges import FIRST_CHUNK
from benchmarks.graph_runs import ALL_MODES, CONFIG, stream_work, without_ids
from benchmarks.packages import Package, both, side


class Count(TypedDict):
    """The state."""

    n: int


def add_one(state: Count) -> Count:
    return {"n": state["n"] + 1}


async def add_one_async(state: Count) -> Count:
    return {"n": state["n"] + 1}


def add_one_by_call(state: Count) -> Count:
    """Call a function that might block, as far as the engine can tell."""
    return {"n": math.floor(state["n"]) + 1}


def counting(package: Package, size: int, node: Any = add_one) -> Any:
    """Return a builder of one node that a routing function runs ``size`` times."""
    builder = package.StateGraph(Count)
    builder.add_node("count", node)
    builder.add_edge(package.START, "count")
    builder.add_conditional_edges("count", lambda state: "count" if state["n"] < size else package.END)
    return builder


def sequence(package: Package, size: int, node: Any = add_one) -> Any:
    """Return a builder of ``size`` nodes in sequence."""
    builder = package.StateGraph(Count)
    names = [f"node{i}" for i in range(size)]
    for name in names:
        builder.add_node(name, node)
    for start, end in zip([package.START, *names], [*names, package.END], strict=True):
        builder.add_edge(start, end)
    return builder


def loop(package: Package, size: int, *, modes: Any, is_async: bool = False, node: Any = None) -> Work:
    node = node or (add_one_async if is_async else add_one)
    return stream_work(counting(package, size, node).compile(), {"n": 0}, is_async=is_async, stream_mode=modes)


def chain(package: Package, size: int) -> Work:
    return stream_work(sequence(package, size).compile(), {"n": 0}, stream_mode="values")


def chain_totals(package: Package, size: int, *, length: int | None = None) -> Work:
    """``size`` nodes in total, in sequences of ``length``; the result is the sum of their last values."""
    length = min(length or size, size)
    graph = sequence(package, length).compile()

    def work() -> Any:
        total = 0
        for _ in range(size // length):
            for chunk in graph.stream({"n": 0}, CONFIG, stream_mode="values"):
                last = chunk["n"]
            total += last
        return total

    return work


def first_chunk(package: Package, size: int) -> Work:
    graph = sequence(package, size).compile()
    return lambda: graph.stream({"n": 0}, CONFIG, stream_mode="updates")


def compile_only(package: Package, size: int) -> Work:
    builder = sequence(package, size)
    return builder.compile  # type: ignore[no-any-return]


def build_and_compile(package: Package, size: int) -> Work:
    return lambda: sequence(package, size).compile()


def node_count(graph: Any) -> int:
    """Return the number of nodes, by which compiled graphs are compared."""
    return len(graph.nodes)


CASES = (
    *(
        Case(
            f"loop of 500 supersteps, {'async' if is_async else 'sync'}, {label}",
            "superstep", 500, both(loop, modes=modes, is_async=is_async), {"langgraph": target}, comparable=without_ids,
        )
        for label, modes, target in (("updates", "updates", 1 / 20), ("all modes", ALL_MODES, 1 / 15))
        for is_async in (False, True)
    ),
    *(
        Case(
            f"loop of 500 supersteps of a node that might wait, sync, {mode}", "superstep", 500,
            both(loop, modes=mode, node=add_one_by_call),
        )
        for mode in ("updates", "messages")
    ),
    Case("1,000 nodes in sequence, values", "node", 1000, both(chain), {"langgraph": 1 / 25}),
    Case(
        "10,000 nodes in sequence, against shorter sequences", "node", 10_000,
        {
            "100 of 100 nodes": side(chain_totals, "lgstream", length=100),
            "1,000 of 10 nodes": side(chain_totals, "lgstream", length=10),
            "lgstream": side(chain_totals, "lgstream"),
        },
        {"100 of 100 nodes": 1.2, "1,000 of 10 nodes": 1.2},
    ),
    Case(
        "first chunk of 1,000 nodes in sequence", "run", 1000, both(first_chunk), {"langgraph": 1 / 10},
        gauge=FIRST_CHUNK, whole=True,
    ),
    Case(
        "compile, 1,000 nodes", "graph", 1000, both(compile_only), {"langgraph": 1 / 10},
        comparable=node_count, whole=True,
    ),
    Case("build and compile, 1,000 nodes", "graph", 1000, both(build_and_compile), comparable=node_count, whole=True),
)  # fmt: skip
