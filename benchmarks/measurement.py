"""Measuring in rounds: each round measures every side of a case once, so that a busy machine slows all of them."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

from benchmarks.case import Case, differences

WARM_UP_SIZE = 3
"""The size at which the sides are warmed up and their results compared, before any side is measured."""

MIN_ROUNDS = 3
"""The smallest number of rounds, unless the case allows fewer."""


FLOOR = "floor"
"""The name of the floor among the costs of a case."""


@dataclass(frozen=True)
class Spread:
    """The median and the quartiles of some figures."""

    low: float
    median: float
    high: float


def spread(figures: list[float]) -> Spread:
    """Return the quartiles and the median; for a single figure, three times this figure."""
    if len(figures) == 1:
        return Spread(*figures * 3)
    low, _, high = quantiles(figures, n=4, method="inclusive")
    return Spread(low, median(figures), high)


@dataclass(frozen=True)
class Measurement:
    """The costs of one unit: a list for each side, and for the floor if there is one, in the order of the rounds."""

    case: Case
    costs: dict[str, list[float]]

    def cost(self, side: str) -> Spread:
        """Return what one unit costs on this side."""
        return spread(self.costs[side])

    def ratio(self, other: str) -> Spread:
        """Return lgstream's cost as a multiple of another side's; the median is the ratio of the medians."""
        return self._ratio(self.costs["lgstream"], self.costs[other])

    def ratio_above_floor(self, other: str) -> Spread:
        """Return what lgstream costs above the floor as a multiple of what another side costs above it."""
        return self._ratio(self._above_floor("lgstream"), self._above_floor(other))

    def _above_floor(self, side: str) -> list[float]:
        return [cost - floor for cost, floor in zip(self.costs[side], self.costs[FLOOR], strict=True)]

    def _ratio(self, ours: list[float], theirs: list[float]) -> Spread:
        rounds = spread([our_cost / their_cost for our_cost, their_cost in zip(ours, theirs, strict=True)])
        middle = median(ours) / median(theirs)
        return Spread(min(rounds.low, middle), middle, max(rounds.high, middle))


def measure(case: Case, seconds: float) -> Measurement:
    """Measure a case in as many rounds as fit into ``seconds``, at least :data:`MIN_ROUNDS`.

    Raises:
        ValueError: if the sides do not have the same result.
    """
    different = differences(case, WARM_UP_SIZE)
    if different:
        raise ValueError(f"'{case.name}' does different things, so it cannot be compared: {different}")
    prepared = dict(case.sides) if case.floor is None else {FLOOR: case.floor, **case.sides}
    works = {name: prepare(case.size) for name, prepare in prepared.items()}
    costs: dict[str, list[float]] = {name: [] for name in works}
    deadline = perf_counter() + seconds
    for number in range(case.rounds):
        if number >= MIN_ROUNDS and perf_counter() > deadline:
            break
        for name in works if number % 2 == 0 else reversed(works):
            gc.collect()
            figure, result = case.gauge.measure(works[name])
            costs[name].append(case.cost(figure))
            del result
    return Measurement(case, costs)
