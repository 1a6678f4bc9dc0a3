"""``python -m benchmarks.plots``: cost against size. The aim is a flat line: a node costs the same among 10,000.

Prints a sparkline for each side, and writes ``benchmarks/out/*.png`` if matplotlib is installed.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.case import Prepare
from benchmarks.cases_fanout import levels_invoked, sends
from benchmarks.cases_loops import chain_totals
from benchmarks.gauges import SECONDS, duration
from benchmarks.packages import both

OUT = Path(__file__).parent / "out"

MAX_RUN_SECONDS = 5.0
"""A side whose run takes longer, without building the graph, is not measured at larger sizes."""

BARS = "▁▂▃▄▅▆▇█"

Line = dict[int, float]
"""Seconds per unit, by size."""


@dataclass(frozen=True)
class Sweep:
    """One plot: the cost of a unit for different numbers of units in a run."""

    title: str
    unit: str
    sizes: tuple[int, ...]
    sides: Mapping[str, Prepare]


SWEEPS = (
    Sweep("Nodes in sequence", "node", (10, 30, 100, 300, 1000, 3000, 10_000), both(chain_totals)),
    Sweep("Send to tasks, sync", "task", (1, 3, 10, 30, 100, 300, 1000), both(sends, is_async=False)),
    Sweep("Send to tasks, async", "task", (1, 3, 10, 30, 100, 300, 1000), both(sends, is_async=True)),
    Sweep("Subgraphs in subgraphs", "level", (1, 2, 4, 8, 16, 32, 64), both(levels_invoked)),
)


def measure_line(prepare: Prepare, sizes: tuple[int, ...]) -> Line:
    """Return medians of several runs, without the sizes at which a run fails or takes too long."""
    line: Line = {}
    for size in sizes:
        work = prepare(size)
        try:
            SECONDS.measure(work)
        except RecursionError:  # levels of subgraphs are levels of Python's stack
            break
        figures: list[float] = []
        start = perf_counter()
        while len(figures) < 3 or (len(figures) < 30 and perf_counter() - start < 0.5):
            gc.collect()
            figures.append(SECONDS.measure(work)[0])
        line[size] = median(figures) / size
        if median(figures) > MAX_RUN_SECONDS:
            break
    return line


def sparkline(line: Line, highest: float) -> str:
    """Return the line as bars, with its first and last figure: ``▁▁▂▃ 17 us at 1, 43 us at 10,000``."""
    bars = "".join(BARS[min(int(cost / highest * len(BARS)), len(BARS) - 1)] for cost in line.values())
    last = max(line)
    return f"{bars}  {duration(line[min(line)])} at {min(line):,}, {duration(line[last])} at {last:,}"


def plot(sweep: Sweep, lines: Mapping[str, Line]) -> Path | None:
    """Plot the lines, and return the file; None if matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, line in lines.items():
        axes.plot(list(line), [cost * 1e6 for cost in line.values()], marker="o", label=name)
    axes.set(xscale="log", yscale="log", title=sweep.title, xlabel=f"{sweep.unit}s", ylabel=f"us a {sweep.unit}")
    axes.grid(alpha=0.3)
    axes.legend()
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{sweep.title.lower().replace(',', '').replace(' ', '-')}.png"
    figure.savefig(file, dpi=150)
    return file


def main() -> int:
    """Measure, print and plot every sweep."""
    for sweep in SWEEPS:
        lines = {name: measure_line(prepare, sweep.sizes) for name, prepare in sweep.sides.items()}
        print(f"{sweep.title}, cost of a {sweep.unit}")
        for name, line in lines.items():
            print(f"  {name:10} {sparkline(line, max(line.values()))}")
        file = plot(sweep, lines)
        if file is not None:
            print(f"  {file.relative_to(OUT.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
