"""``python -m benchmarks.plots``: cost against size. Flat lines are the aim: a node costs the same among 10,000.

Writes ``benchmarks/out/*.png`` where matplotlib is installed, and prints a line of bars for each side in any case.
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
from benchmarks.cases_loops import last_of_chains
from benchmarks.gauges import SECONDS, duration
from benchmarks.packages import both

OUT = Path(__file__).parent / "out"

PATIENCE = 5.0
"""Seconds of one run, building not counted, after which a side is not asked for a larger size."""

BARS = "▁▂▃▄▅▆▇█"

Line = dict[int, float]
"""Seconds a unit by size."""


@dataclass(frozen=True)
class Sweep:
    """One picture: what a unit costs when there are this many of it in a run."""

    title: str
    unit: str
    sizes: tuple[int, ...]
    sides: Mapping[str, Prepare]


SWEEPS = (
    Sweep("Nodes in sequence", "node", (10, 30, 100, 300, 1000, 3000, 10_000), both(last_of_chains)),
    Sweep("Send to tasks, sync", "task", (1, 3, 10, 30, 100, 300, 1000), both(sends, is_async=False)),
    Sweep("Send to tasks, async", "task", (1, 3, 10, 30, 100, 300, 1000), both(sends, is_async=True)),
    Sweep("Subgraphs in subgraphs", "level", (1, 2, 4, 8, 16, 32, 64), both(levels_invoked)),
)


def measured(prepare: Prepare, sizes: tuple[int, ...]) -> Line:
    """Medians of several runs; sizes at which a run fails, or would take longer than :data:`PATIENCE`, are missing."""
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
        if median(figures) > PATIENCE:
            break
    return line


def sparkline(line: Line, highest: float) -> str:
    """The line as bars, and its first and last figure: ``▁▁▂▃ 17 us to 43 us at 10,000``."""
    bars = "".join(BARS[min(int(cost / highest * len(BARS)), len(BARS) - 1)] for cost in line.values())
    last = max(line)
    return f"{bars}  {duration(line[min(line)])} at {min(line):,}, {duration(line[last])} at {last:,}"


def draw(sweep: Sweep, lines: Mapping[str, Line]) -> Path | None:
    """The picture's file; None where matplotlib is not installed."""
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
    """Measure, draw and print every sweep."""
    for sweep in SWEEPS:
        lines = {name: measured(prepare, sweep.sizes) for name, prepare in sweep.sides.items()}
        print(f"{sweep.title}, cost of a {sweep.unit}")
        for name, line in lines.items():
            print(f"  {name:10} {sparkline(line, max(line.values()))}")
        drawn = draw(sweep, lines)
        if drawn is not None:
            print(f"  {drawn.relative_to(OUT.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
