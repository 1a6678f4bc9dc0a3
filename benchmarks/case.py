"""The definition of a benchmark case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.gauges import SECONDS, Gauge

Work = Callable[[], Any]
"""What is measured: a function without parameters, sync or async."""

Prepare = Callable[[int], Work]
"""Builds the work for a size; building it is not measured."""


def unchanged(result: Any) -> Any:
    """Return a result that can be compared as it is."""
    return result


@dataclass(frozen=True)
class Case:
    """The same work done by several sides, which must have the same result; the side ``lgstream`` is judged.

    Attributes:
        name: The row of the table.
        unit: What a cost refers to, for example "token".
        size: The number of units in one run of the work.
        sides: The work of each side, by the side's name.
        targets: For a side, the largest multiple of its cost (above the floor, if there is one) that lgstream's should
            be.
        limit: The largest cost that lgstream should have, in the unit of the gauge.
        gauge: What is measured: time or memory.
        comparable: Converts a result into a value that must be equal for all sides.
        whole: True if the cost is that of the whole run, rather than of one unit.
        rounds: The largest number of rounds.
        floor: The part of the work that no side can avoid. What lgstream costs above it is then compared with what the
            other sides cost above it. The result of this work is not compared.
    """

    name: str
    unit: str
    size: int
    sides: Mapping[str, Prepare]
    targets: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    gauge: Gauge = SECONDS
    comparable: Callable[[Any], Any] = unchanged
    whole: bool = False
    rounds: int = 15
    floor: Prepare | None = None

    def cost(self, measured: float) -> float:
        """Return the cost of one unit, for the figure of a run."""
        return measured if self.whole else measured / self.size


def differences(case: Case, size: int) -> dict[str, Any]:
    """Run each side at ``size``; return their comparable results if these differ, else an empty dict."""
    results = {name: case.comparable(case.gauge.measure(prepare(size))[1]) for name, prepare in case.sides.items()}
    first, *others = results.values()
    return {} if all(result == first for result in others) else results
