"""The measurements as a table: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from benchmarks.measurement import FLOOR, Measurement, Spread

HEADER = ("case", "a", "beside", "its cost", "lgstream", "ratio", "above the floor", "target", "")

Row = tuple[str, ...]


def ratio_text(ratio: float) -> str:
    """Return a ratio as text: ``1/23``, or ``1.07`` above 0.6."""
    if ratio > 0.6 or ratio <= 0:
        return f"{ratio:.2f}"
    return f"1/{1 / ratio:.1f}" if ratio > 0.1 else f"1/{1 / ratio:.0f}"


def rows(measurement: Measurement) -> list[Row]:
    """Return a row for the floor and for each side that lgstream is compared with, or one row if there is none.

    The ratio above the floor is what lgstream costs above the floor as a multiple of what the other side costs above
    it. Where there is a floor, the target is for this ratio.
    """
    case = measurement.case
    own_cost = cost_text(measurement, "lgstream")
    others = [name for name in measurement.costs if name != "lgstream"]
    if not others:
        return [(case.name, case.unit, "", "", own_cost, "", "", "", "")]
    table_rows: list[Row] = []
    for other in others:
        ratio = measurement.ratio(other)
        above_floor = None if case.floor is None or other == FLOOR else measurement.ratio_above_floor(other)
        goal, met = _goal(measurement, other, above_floor or ratio)
        ratios = spread_text(ratio), "" if above_floor is None else spread_text(above_floor)
        table_rows.append((case.name, case.unit, other, cost_text(measurement, other), own_cost, *ratios, goal, met))
    return table_rows


def _goal(measurement: Measurement, other: str, ratio: Spread) -> tuple[str, str]:
    """Return the target for the ratio to another side, or the limit of the case, and whether it is met."""
    case = measurement.case
    if case.limit is not None:
        return case.gauge.form(case.limit), verdict(measurement.cost("lgstream").median <= case.limit)
    target = case.targets.get(other)
    return ("", "") if target is None else (ratio_text(target), verdict(ratio.median <= target))


def _all_rows(measurements: Iterable[Measurement]) -> list[Row]:
    return [row for measurement in measurements for row in rows(measurement)]


def verdict(is_met: bool) -> str:
    """Return the last column of a row with a target."""
    return "met" if is_met else "not yet"


def spread_text(ratio: Spread) -> str:
    """Return a ratio with its quartiles: ``1/23 (1/25 to 1/21)``."""
    if ratio.low == ratio.high:
        return ratio_text(ratio.median)
    return f"{ratio_text(ratio.median)} ({ratio_text(ratio.low)} to {ratio_text(ratio.high)})"


def cost_text(measurement: Measurement, side: str) -> str:
    """Return a cost as text: the median, and half of the interquartile range, ``38 us ± 2%``."""
    cost = measurement.cost(side)
    text = measurement.case.gauge.form(cost.median)
    if cost.low == cost.high or not cost.median:
        return text
    return f"{text} ± {(cost.high - cost.low) / 2 / abs(cost.median):.0%}"


def caption() -> str:
    """Return the date, the versions and how the table was measured."""
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        f"{datetime.now(UTC):%d %B %Y}, two cores, Python {python}, langgraph {version('langgraph')}, "
        f"langchain-core {version('langchain-core')}. Medians of interleaved rounds, the quartiles after ± and in "
        "brackets; every case runs in one process with the other side of it."
    )


def plain_text(measurements: Iterable[Measurement]) -> str:
    """Return the table in columns."""
    table = [HEADER, *_all_rows(measurements)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADER))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def markdown(measurements: Iterable[Measurement]) -> str:
    """Return the table as Markdown, under its caption."""
    table: Sequence[Row] = [
        HEADER,
        ("---",) * len(HEADER),
        *(row for measurement in measurements for row in rows(measurement)),
    ]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in table)
    return f"{caption()}\n\n{lines}\n"


def measurements_json(measurements: Iterable[Measurement]) -> dict[str, Any]:
    """Return all figures, to be written as JSON: seconds or bytes per unit, for each round."""
    return {
        "caption": caption(),
        "cases": [
            {
                "name": measurement.case.name,
                "unit": measurement.case.unit,
                "size": measurement.case.size,
                "costs": measurement.costs,
            }
            for measurement in measurements
        ],
    }
