"""``python -m benchmarks --against CHECKOUT``: lgstream in this checkout beside lgstream in another one.

Each checkout is measured in processes of its own (:mod:`benchmarks.comparison_worker`) by its own ``benchmarks``
package; cases are matched by name. The two take turns: in each pass a fresh pair of processes goes through all cases,
and in each case the checkouts are measured in short alternating rounds. Several passes are needed because the layout of
memory differs from process to process and can make a process a few percent faster or slower throughout.

A row has two ratios. "Least" compares the least costs of all rounds, those that the rest of the machine disturbed
least; it is the better one on a machine that is otherwise idle. "Paired" is the median of the ratios of neighbouring
rounds, and holds on a busy machine, too. A change that really makes a row slower shows in both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from benchmarks.case import Case

HERE = Path(__file__).parents[1]
"""The root of this checkout."""

PASSES = 4
"""Fresh pairs of processes that measure every case."""

ROUND_SECONDS = 0.1
"""Seconds of one round of one checkout; at least one run of the case is made."""

MAX_RATIO = 1.05
"""A row with both ratios above this is reported as slower."""

CLEAR_RATIO = 1.02
"""Up to this ratio a row needs no further passes."""

HEADER = ("case", "a", "against", "here", "least", "paired", "")


class WorkerError(Exception):
    """A checkout could not be measured at all, or not a case of it."""


class Checkout:
    """A worker process for one checkout. A context manager: on exit the process ends."""

    def __init__(self, root: Path) -> None:
        """Start the worker.

        Raises:
            WorkerError: if the worker does not start, or imports lgstream from somewhere else.
        """
        environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            # -P keeps the folder of the script off the path
            [sys.executable, "-P", str(HERE / "benchmarks" / "comparison_worker.py")],
            cwd=root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        package = self._read()["package"]
        if Path(package).parent.resolve() != root.resolve():
            self.close()
            raise WorkerError(f"A worker in {root} imports lgstream from {package}.")

    def measure(self, name: str, seconds: float) -> list[float]:
        """Return the costs of one unit of the case, one for each run.

        Raises:
            WorkerError: if the checkout has no such case, or the case fails there.
        """
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # reading tells why
            self._process.stdin.write(json.dumps({"case": name, "seconds": seconds}) + "\n")
            self._process.stdin.flush()
        reply = self._read()
        if "error" in reply:
            raise WorkerError(reply["error"])
        figures: list[float] = reply["figures"]
        return figures

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"The worker ended with exit status {self._process.wait()}.")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@dataclass
class Comparison:
    """The least cost of one unit of a case in each round, in both checkouts; or why there is none."""

    case: Case
    here: list[float] = field(default_factory=list)
    against: list[float] = field(default_factory=list)
    error: str | None = None

    @property
    def least_ratio(self) -> float:
        """The least cost here as a multiple of the least cost in the other checkout."""
        return min(self.here) / min(self.against)

    @property
    def paired_ratio(self) -> float:
        """The median of the ratios of each round here to its neighbour in the other checkout."""
        return median(here / against for here, against in zip(self.here, self.against, strict=True))

    @property
    def is_slower(self) -> bool:
        """True if the cost here is above the limit."""
        return self.error is None and min(self.least_ratio, self.paired_ratio) > MAX_RATIO

    @property
    def is_clear(self) -> bool:
        """True if further passes would hardly change the verdict."""
        return self.error is not None or min(self.least_ratio, self.paired_ratio) <= CLEAR_RATIO


def compare(
    cases: Sequence[Case], other: Path, seconds: float, passes: int = PASSES, progress: Callable[[str], None] = print
) -> list[Comparison]:
    """Measure the cases in this checkout and in another one.

    Args:
        cases: What to measure; a case that the other checkout does not have gets an error.
        other: The root of the other checkout, which must have a ``benchmarks`` package.
        seconds: For one case in all passes, both checkouts together; every pass makes at least one run in each.
        passes: Fresh pairs of processes. Cases that are not clearly within the limit get as many again.
        progress: Called with the name of each case that is about to be measured.

    Raises:
        WorkerError: if a checkout cannot be measured at all.
    """
    comparisons = [Comparison(case) for case in cases]
    for number in range(2 * passes):
        pending = [row for row in comparisons if number < _passes_of(row.case, passes) or not row.is_clear]
        if pending:
            _run_pass(pending, other, seconds / passes, number, progress)
    return comparisons


def _passes_of(case: Case, passes: int) -> int:
    """Return the number of passes for a case: one for a case of one round, whose cost hardly varies."""
    return 1 if case.rounds == 1 else passes


def _run_pass(
    comparisons: Iterable[Comparison], other: Path, seconds: float, number: int, progress: Callable[[str], None]
) -> None:
    """Measure the cases in a fresh pair of processes; odd passes start with the other checkout."""
    with ExitStack() as stack:
        here, against = (stack.enter_context(Checkout(root)) for root in (HERE, other))
        for comparison in comparisons:
            if comparison.error is not None:
                continue
            progress(f"pass {number + 1}: {comparison.case.name}")
            order = [(here, comparison.here), (against, comparison.against)]
            if number % 2:
                order.reverse()
            try:
                _alternate(comparison.case, order, seconds)
            except WorkerError as error:
                comparison.error = str(error)


def _alternate(case: Case, order: list[tuple[Checkout, list[float]]], seconds: float) -> None:
    """Measure rounds of one case in turn until they took ``seconds``, at least one of each checkout."""
    start = perf_counter()
    for _ in range(case.rounds):
        for worker, figures in order:
            figures.append(min(worker.measure(case.name, ROUND_SECONDS)))
        if perf_counter() - start >= seconds:
            break


def table(comparisons: Iterable[Comparison]) -> str:
    """Return the comparisons in columns; the ratios are the cost here over the cost in the other checkout."""
    rows = [HEADER, *map(_row, comparisons)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _row(comparison: Comparison) -> tuple[str, ...]:
    case = comparison.case
    if comparison.error is not None:
        return (case.name, case.unit, "", "", "", "", comparison.error)
    figures = [case.gauge.form(min(costs)) for costs in (comparison.against, comparison.here)]
    ratios = [f"{ratio:.3f}" for ratio in (comparison.least_ratio, comparison.paired_ratio)]
    return (case.name, case.unit, *figures, *ratios, "slower" if comparison.is_slower else "")


def comparisons_json(comparisons: Iterable[Comparison], other: Path) -> dict[str, Any]:
    """Return all figures, to be written as JSON."""
    return {
        "against": str(other),
        "cases": [
            {
                "name": comparison.case.name,
                "unit": comparison.case.unit,
                "here": comparison.here,
                "against": comparison.against,
                "ratio": None if comparison.error else comparison.least_ratio,
                "error": comparison.error,
            }
            for comparison in comparisons
        ],
    }
