"""Bytes of Python objects: of queued chunks, during a run, and after it."""

from __future__ import annotations

import threading
from typing import Any

from benchmarks.case import Case, Work
from benchmarks.cases_models import TextState, model_alone, model_graph, one_node, streaming_graph, texts, tokens
from benchmarks.gauges import PEAK_BYTES, RETAINED_BYTES
from benchmarks.graph_runs import CONFIG
from benchmarks.headless_watch import watch_headless
from benchmarks.packages import Package, both, side
from lgstream.types import StreamWriter

DATA = {"progress": 0.5}


def queued(package: Package, size: int) -> Work:
    """A stream whose consumer has taken one chunk, so that ``size`` chunks are queued."""

    def work() -> Any:
        written = threading.Event()

        def write(state: TextState, writer: StreamWriter) -> None:
            for _ in range(size + 1):
                writer(DATA)
            written.set()

        stream = one_node(package, write).stream({"text": ""}, CONFIG, stream_mode="custom")
        next(stream)
        written.wait()
        return stream

    return work


def consumed(package: Package, size: int) -> Work:
    """A run whose chunks are taken and dropped; the graph remains."""
    graph = model_graph(package, size)
    return lambda: sum(1 for _ in graph.stream({"text": ""}, CONFIG, stream_mode="messages"))


def finished_watch(package: Package, size: int) -> Work:
    """A finished watched run, with its events and rows."""
    graph = streaming_graph(package, size)
    return lambda: watch_headless(graph, {"text": ""})


CASES = (
    Case(
        "memory of a queued chunk, custom", "chunk", 20_000, both(queued), gauge=RETAINED_BYTES, rounds=1,
        comparable=lambda stream: len(list(stream)),
    ),
    Case(
        "memory after a run of 100,000 tokens", "run", 100_000, both(consumed), gauge=RETAINED_BYTES, rounds=1,
        whole=True,
    ),
    Case(
        "peak memory, 20,000 tokens taken and kept", "token", 20_000,
        {"model alone": model_alone, **both(tokens)}, gauge=PEAK_BYTES, rounds=1, comparable=texts,
    ),
    Case(
        "memory of a watched run that is over", "token", 20_000, {"lgstream": side(finished_watch, "lgstream")},
        gauge=RETAINED_BYTES, rounds=1, comparable=lambda result: result[0],
    ),
)  # fmt: skip
