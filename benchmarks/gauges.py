"""How a piece of work is measured: seconds until its end or its first chunk, bytes it keeps or needs."""

from __future__ import annotations

import asyncio
import gc
import inspect
import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple


class Gauge(NamedTuple):
    """``measure`` runs work and returns the figure and the work's result; ``form`` writes a figure with its unit."""

    measure: Callable[[Callable[[], Any]], tuple[float, Any]]
    form: Callable[[float], str]


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    if inspect.iscoroutinefunction(work):
        return asyncio.run(_awaited_seconds(work))
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


async def _awaited_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    start = perf_counter()
    result = await work()
    return perf_counter() - start, result


def _first(work: Callable[[], Any]) -> tuple[float, Any]:
    figures = []
    for _ in range(5):
        start = perf_counter()
        stream = work()
        result = next(stream)
        figures.append(perf_counter() - start)
        stream.close()
    return median(figures), result


def _told(work: Callable[[], Any]) -> tuple[float, Any]:
    return work(), None


def _kept(work: Callable[[], Any]) -> tuple[float, Any]:
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


def _peak(work: Callable[[], Any]) -> tuple[float, Any]:
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
    """``1.25 s``, ``38 ms``, ``9.4 us``: two or three digits that mean something."""
    factor, unit = (1.0, "s") if seconds >= 1 else (1e3, "ms") if seconds >= 1e-3 else (1e6, "us")
    return f"{_digits(seconds * factor)} {unit}"


def amount(count: float) -> str:
    """``1.2 MB``, ``310 B``."""
    factor, unit = (1e6, "MB") if count >= 1e6 else (1e3, "kB") if count >= 1e3 else (1.0, "B")
    return f"{_digits(count / factor)} {unit}"


def _digits(figure: float) -> str:
    return f"{figure:.2f}" if abs(figure) < 2 else f"{figure:.1f}" if abs(figure) < 20 else f"{figure:,.0f}"


SECONDS = Gauge(_seconds, duration)
"""Seconds from start to end; of async work on a loop that runs already."""

FIRST_CHUNK = Gauge(_first, duration)
"""Seconds until the iterator that the work returns gives its first item; the median of five starts in a row."""

TOLD = Gauge(_told, duration)
"""The seconds that the work itself returns."""

KEPT = Gauge(_kept, amount)
"""Bytes of Python objects that are there after the work, its result among them, and were not before."""

PEAK = Gauge(_peak, amount)
"""Bytes of Python objects at the highest point of the work."""
