"""Measures lgstream in one checkout, case by case, for :mod:`benchmarks.comparison`.

Runs as a script in a process of its own, with the checkout as its working directory and first on its path. It imports
the ``benchmarks`` package of that checkout, so that each checkout is measured by cases written for it, and uses only
what all versions of it have: ``CASES`` of the catalogue, the attributes of a case, and the gauges ``SECONDS`` and
``FIRST_CHUNK``.

Requests and replies are lines of JSON on stdin and stdout::

    {"case": "compile, 1,000 nodes", "seconds": 0.2}    ->    {"figures": [0.0028, 0.0029]}

A reply holds the cost of one unit for each run of the case: CPU seconds of this process where the case measures time
(waiting, and what other programs do to the machine, do not count), else what the case's own gauge says. A case that
fails is answered with ``{"error": "..."}``.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

WARM_UP_SIZE = 3
"""The size at which a case runs once before it is measured."""

FIRST_CHUNK_RUNS = 5
"""Streams that are started for one figure of a case that measures the first chunk."""


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of the work, async work without the start of its event loop."""
    if inspect.iscoroutinefunction(work):
        return asyncio.run(_async_cpu_seconds(work))
    start = process_time()
    result = work()
    seconds = process_time() - start
    del result  # freeing it does not count
    return seconds


async def _async_cpu_seconds(work: Callable[[], Any]) -> float:
    start = process_time()
    result = await work()
    seconds = process_time() - start
    del result
    return seconds


def first_chunk_cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds until the stream that the work returns gives its first chunk, the least of a few runs."""
    figures = []
    for _ in range(FIRST_CHUNK_RUNS):
        start = process_time()
        stream = work()
        next(stream)
        figures.append(process_time() - start)
        stream.close()
    return min(figures)


class Worker:
    """Measures cases of this checkout; keeps the prepared work of the case it measured last."""

    def __init__(self) -> None:
        from benchmarks import gauges
        from benchmarks.catalogue import CASES

        self._cases = {case.name: case for case in CASES}
        self._gauges: dict[Any, Callable[[Callable[[], Any]], float]] = {
            gauges.SECONDS: cpu_seconds,
            gauges.FIRST_CHUNK: first_chunk_cpu_seconds,
        }
        self._name = ""
        self._work: Any = None

    def measure(self, name: str, seconds: float) -> list[float]:
        """Run a case at least once and for about ``seconds``, and return the cost of one unit of each run."""
        if name not in self._cases:
            raise LookupError(f"no case is named {name!r} in {Path.cwd()}")
        case: Any = self._cases[name]
        if name != self._name:
            self._work = None  # free the last case's data before this one's are made
            warm_up = case.sides["lgstream"](WARM_UP_SIZE)
            case.gauge.measure(warm_up)
            self._name, self._work = name, case.sides["lgstream"](case.size)
        gauge = self._gauges.get(case.gauge) or (lambda work: case.gauge.measure(work)[0])
        figures: list[float] = []
        start = perf_counter()
        while not figures or perf_counter() - start < seconds:
            gc.collect()
            figures.append(case.cost(gauge(self._work)))
        return figures


def serve_requests() -> None:
    """Answer requests until stdin is closed."""
    warnings.simplefilter("ignore")
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # so that output of a case is not taken for a reply
    worker = Worker()
    import lgstream

    assert lgstream.__file__ is not None
    replies.write(json.dumps({"package": str(Path(lgstream.__file__).parent)}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        reply: dict[str, Any]
        try:
            reply = {"figures": worker.measure(request["case"], request["seconds"])}
        except Exception as error:  # noqa: BLE001 - reported; the other cases can still be measured
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    serve_requests()
