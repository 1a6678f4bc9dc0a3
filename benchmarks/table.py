"""The measurements as a table: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from benchmarks.measure import Measurement, Spread

HEAD = ("case", "a", "beside", "its cost", "lgstream", "ratio", "target", "")

Row = tuple[str, ...]


def share(ratio: float) -> str:
    """``1/23``, or ``1.07`` from about a half on."""
    if ratio > 0.6 or ratio <= 0:
        return f"{ratio:.2f}"
    return f"1/{1 / ratio:.1f}" if ratio > 0.1 else f"1/{1 / ratio:.0f}"


def rows(measurement: Measurement) -> list[Row]:
    """One row for every side that lgstream is compared with; one in all where there is none."""
    case = measurement.case
    others = [name for name in case.sides if name != "lgstream"]
    ours = costs(measurement, "lgstream")
    limit = case.limit
    if not others:
        return [(case.name, case.unit, "", "", ours, "", "", "")]
    found: list[Row] = []
    for other in others:
        ratio = measurement.ratio(other)
        target = case.targets.get(other)
        goal = "" if target is None else share(target)
        met = "" if target is None else verdict(ratio.median <= target)
        if limit is not None:
            goal, met = case.gauge.form(limit), verdict(measurement.cost("lgstream").median <= limit)
        found.append((case.name, case.unit, other, costs(measurement, other), ours, within(ratio), goal, met))
    return found


def verdict(is_met: bool) -> str:
    """Whether a target is met."""
    return "met" if is_met else "not yet"


def within(ratio: Spread) -> str:
    """``1/23 (1/25 to 1/21)``."""
    if ratio.low == ratio.high:
        return share(ratio.median)
    return f"{share(ratio.median)} ({share(ratio.low)} to {share(ratio.high)})"


def costs(measurement: Measurement, side: str) -> str:
    """``38 us ± 2 %``: the median, and half of the range of the middle two quarters."""
    cost = measurement.cost(side)
    text = measurement.case.gauge.form(cost.median)
    if cost.low == cost.high or not cost.median:
        return text
    return f"{text} ± {(cost.high - cost.low) / 2 / abs(cost.median):.0%}"


def caption() -> str:
    """When, and with what."""
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        f"{datetime.now(UTC):%d %B %Y}, two cores, Python {python}, langgraph {version('langgraph')}, "
        f"langchain-core {version('langchain-core')}. Medians of interleaved rounds, the quartiles after ± and in "
        "brackets; every case runs in one process with the other side of it."
    )


def plain(measurements: Iterable[Measurement]) -> str:
    """The table in columns."""
    table = [HEAD, *(row for each in measurements for row in rows(each))]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def markdown(measurements: Iterable[Measurement]) -> str:
    """The table for the README, under its caption."""
    table: Sequence[Row] = [HEAD, ("---",) * len(HEAD), *(row for each in measurements for row in rows(each))]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in table)
    return f"{caption()}\n\n{lines}\n"


def data(measurements: Iterable[Measurement]) -> dict[str, Any]:
    """All figures, to be kept as JSON: seconds or bytes a unit, round by round."""
    return {
        "caption": caption(),
        "cases": [
            {"name": each.case.name, "unit": each.case.unit, "size": each.case.size, "costs": each.costs}
            for each in measurements
        ],
    }
