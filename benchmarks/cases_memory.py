"""Bytes of Python objects: of chunks that nobody has taken yet, during a run, and after it."""

from __future__ import annotations

import threading
from typing import Any

from benchmarks.case import Case, Work
from benchmarks.cases_models import Said, one_node, said, streaming, talking, texts, tokens
from benchmarks.gauges import KEPT, PEAK
from benchmarks.graphs import CONFIG
from benchmarks.packages import Package, both, side
from benchmarks.watching import watched
from lgstream.types import StreamWriter

DATA = {"progress": 0.5}


def queued(package: Package, size: int) -> Work:
    """A stream whose consumer has taken one chunk and left ``size`` in the queue."""

    def work() -> Any:
        written = threading.Event()

        def write(state: Said, writer: StreamWriter) -> None:
            for _ in range(size + 1):
                writer(DATA)
            written.set()

        stream = one_node(package, write).stream({"text": ""}, CONFIG, stream_mode="custom")
        next(stream)
        written.wait()
        return stream

    return work


def consumed(package: Package, size: int) -> Work:
    """A run whose chunks are taken and let go; the graph stays."""
    graph = talking(package, size)
    return lambda: sum(1 for _ in graph.stream({"text": ""}, CONFIG, stream_mode="messages"))


def seen(package: Package, size: int) -> Work:
    """A watched run that is over, with the events and the rows it holds."""
    graph = streaming(package, size)
    return lambda: watched(graph, {"text": ""})


CASES = (
    Case(
        "memory of a queued chunk, custom", "chunk", 20_000, both(queued), gauge=KEPT, rounds=1,
        comparable=lambda stream: len(list(stream)),
    ),
    Case("memory after a run of 100,000 tokens", "run", 100_000, both(consumed), gauge=KEPT, rounds=1, whole=True),
    Case(
        "peak memory, 20,000 tokens taken and kept", "token", 20_000,
        {"model alone": said, **both(tokens)}, gauge=PEAK, rounds=1, comparable=texts,
    ),
    Case(
        "memory of a watched run that is over", "token", 20_000, {"lgstream": side(seen, "lgstream")}, gauge=KEPT,
        rounds=1, comparable=lambda result: result[0],
    ),
)  # fmt: skip
