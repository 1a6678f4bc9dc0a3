"""Rounds: in each, every side of a case is measured once, so that what slows the machine slows all of them."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from benchmarks.case import Case, differences

SMALL = 3
"""The size at which a case's sides are warmed up, and their results compared, before any of them is measured."""

FEWEST = 3
"""Rounds, whatever they take, of a case that does not ask for fewer."""


@dataclass(frozen=True)
class Spread:
    """The middle of some figures, and the quarters on both sides of it."""

    low: float
    median: float
    high: float


def spread(figures: list[float]) -> Spread:
    """The quartiles; of a single figure, three times this."""
    if len(figures) == 1:
        return Spread(*figures * 3)
    low, _, high = quantiles(figures, n=4, method="inclusive")
    return Spread(low, median(figures), high)


@dataclass(frozen=True)
class Measurement:
    """The costs of one unit, by side, in the order of the rounds."""

    case: Case
    costs: dict[str, list[float]]

    def cost(self, side: str) -> Spread:
        """What a unit costs on this side."""
        return spread(self.costs[side])

    def ratio(self, other: str) -> Spread:
        """lgstream's cost as a share of another side's: the median ratio is that of the medians."""
        pairs = zip(self.costs["lgstream"], self.costs[other], strict=True)
        rounds = spread([ours / theirs for ours, theirs in pairs])
        middle = self.cost("lgstream").median / self.cost(other).median
        return Spread(min(rounds.low, middle), middle, max(rounds.high, middle))


def measure(case: Case, seconds: float) -> Measurement:
    """As many rounds as ``seconds`` allow. Raises ValueError where the sides do not come to the same result."""
    different = differences(case, SMALL)
    if different:
        raise ValueError(f"'{case.name}' does different things, so it cannot be compared: {different}")
    works = {name: prepare(case.size) for name, prepare in case.sides.items()}
    costs: dict[str, list[float]] = {name: [] for name in works}
    deadline = perf_counter() + seconds
    for done in range(case.rounds):
        if done >= FEWEST and perf_counter() > deadline:
            break
        for name in works if done % 2 == 0 else reversed(works):
            gc.collect()
            figure, result = case.gauge.measure(works[name])
            costs[name].append(case.cost(figure))
            del result
    return Measurement(case, costs)
