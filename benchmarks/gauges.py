"""How work is measured: seconds to the end or to the first chunk, bytes retained or at the peak."""

from __future__ import annotations

import asyncio
import gc
import inspect
import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple


class Gauge(NamedTuple):
    """A way to measure work.

    Attributes:
        measure: Runs the work, and returns the figure and the result of the work.
        form: Returns a figure as text, with its unit.
    """

    measure: Callable[[Callable[[], Any]], tuple[float, Any]]
    form: Callable[[float], str]


def _seconds(work: Callable[[], Any], clock: Callable[[], float] = perf_counter) -> tuple[float, Any]:
    if inspect.iscoroutinefunction(work):
        return asyncio.run(_async_seconds(work, clock))
    start = clock()
    result = work()
    return clock() - start, result


async def _async_seconds(work: Callable[[], Any], clock: Callable[[], float]) -> tuple[float, Any]:
    start = clock()
    result = await work()
    return clock() - start, result


def _cpu_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    return _seconds(work, process_time)


def _first_chunk_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    figures = []
    for _ in range(5):
        start = perf_counter()
        stream = work()
        result = next(stream)
        figures.append(perf_counter() - start)
        stream.close()
    return median(figures), result


def _reported(work: Callable[[], Any]) -> tuple[float, Any]:
    return work(), None


def _retained_bytes(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        result = work()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before, result


def _peak_bytes(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        result = work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before, result


def duration(seconds: float) -> str:
    """Return seconds as text with two or three digits: ``1.25 s``, ``38 ms``, ``9.4 us``."""
    factor, unit = (1.0, "s") if seconds >= 1 else (1e3, "ms") if seconds >= 1e-3 else (1e6, "us")
    return f"{_digits(seconds * factor)} {unit}"


def byte_count(count: float) -> str:
    """Return a number of bytes as text: ``1.2 MB``, ``310 B``."""
    factor, unit = (1e6, "MB") if count >= 1e6 else (1e3, "kB") if count >= 1e3 else (1.0, "B")
    return f"{_digits(count / factor)} {unit}"


def _digits(figure: float) -> str:
    return f"{figure:.2f}" if abs(figure) < 2 else f"{figure:.1f}" if abs(figure) < 20 else f"{figure:,.0f}"


SECONDS = Gauge(_seconds, duration)
"""Seconds from start to end; for async work, without the start of the event loop."""

CPU_SECONDS = Gauge(_cpu_seconds, duration)
"""As ``SECONDS``, but CPU time of this process: waiting, and what other programs do to the machine, do not count."""

FIRST_CHUNK = Gauge(_first_chunk_seconds, duration)
"""Seconds until the stream that the work returns yields its first chunk; the median of five runs."""

REPORTED_SECONDS = Gauge(_reported, duration)
"""The seconds that the work returns."""

REPORTED_BYTES = Gauge(_reported, byte_count)
"""The number of bytes that the work returns."""

RETAINED_BYTES = Gauge(_retained_bytes, byte_count)
"""Bytes of Python objects that exist after the work, including its result, and did not exist before."""

PEAK_BYTES = Gauge(_peak_bytes, byte_count)
"""Bytes of Python objects at the peak of the work."""
