"""What a case is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.gauges import SECONDS, Gauge

Work = Callable[[], Any]
"""What is measured: a function without arguments; it may be async."""

Prepare = Callable[[int], Work]
"""Builds, unmeasured, what is measured, for a size."""


def same(result: Any) -> Any:
    """A result that is compared as it is."""
    return result


@dataclass(frozen=True)
class Case:
    """Something done by several sides, which must come to the same result. The side ``lgstream`` is judged.

    ``cost`` is what one ``unit`` costs: the measured figure by ``size``, or the whole of it where ``whole``.
    ``targets`` say what share of another side's cost lgstream's may be; ``limit`` is the most it may be in itself.
    ``comparable`` makes of a result what must be equal on all sides. ``rounds`` is the most that are run.
    """

    name: str
    unit: str
    size: int
    sides: Mapping[str, Prepare]
    targets: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    gauge: Gauge = SECONDS
    comparable: Callable[[Any], Any] = same
    whole: bool = False
    rounds: int = 15

    def cost(self, measured: float) -> float:
        """The cost of one unit."""
        return measured if self.whole else measured / self.size


def differences(case: Case, size: int) -> dict[str, Any]:
    """The comparable result of each side at ``size`` where they are not all equal; empty where they are."""
    results = {name: case.comparable(case.gauge.measure(prepare(size))[1]) for name, prepare in case.sides.items()}
    first, *others = results.values()
    return {} if all(each == first for each in others) else results
