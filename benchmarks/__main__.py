"""``python -m benchmarks [part of a case's name ...]``: measure, and print the table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import comparison, table
from benchmarks.catalogue import selected
from benchmarks.measure import Measurement, measure


def main() -> int:
    """Measure the cases that the command line selects. Returns 1 where a case could not be measured."""
    asked = arguments()
    if asked.against:
        return compare_with(asked.against, asked)
    start = perf_counter()
    measurements: list[Measurement] = []
    failed = 0
    for case in selected(*asked.part):
        print(f"\r{case.name[:70]:70}", end="", file=sys.stderr, flush=True)
        try:
            measurements.append(measure(case, asked.seconds))
        except Exception as error:  # noqa: BLE001 - told below; the other cases are measured all the same
            failed += 1
            print(f"\r{case.name}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"\r{'':70}\r", end="", file=sys.stderr)
    print(table.plain(measurements))
    print(f"\n{table.caption()} {perf_counter() - start:.0f} seconds in all.")
    if asked.json:
        written(asked.json, json.dumps(table.data(measurements), indent=1))
    if asked.markdown:
        written(asked.markdown, table.markdown(measurements))
    return 1 if failed else 0


def compare_with(other: Path, options: argparse.Namespace) -> int:
    """Measure the selected cases here and in another checkout. Returns 1 if a row is slower here, or failed."""
    start = perf_counter()
    comparisons = comparison.compare(selected(*options.part), other.resolve(), options.seconds, progress=show_progress)
    show_progress("")
    print(comparison.table(comparisons))
    slower = sum(each.is_slower for each in comparisons)
    failed = sum(each.error is not None for each in comparisons)
    print(
        f"\nCPU time of a unit in {other} and here, the least of all rounds. {len(comparisons)} rows: {slower} slower, "
        f"{failed} failed. {perf_counter() - start:.0f} seconds in all."
    )
    if options.json:
        written(options.json, json.dumps(comparison.data(comparisons, other), indent=1))
    return 1 if slower or failed else 0


def show_progress(name: str) -> None:
    """Show what is being measured on a line of the terminal that the next call replaces."""
    if sys.stderr.isatty():
        print(f"\r{name[:78]:78}\r", end="", file=sys.stderr, flush=True)


def written(file: Path, text: str) -> None:
    """Write the file, and its folder where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="lgstream beside langgraph.")
    parser.add_argument("part", nargs="*", help="only cases whose name has this in it")
    parser.add_argument("--seconds", type=float, default=4.0, help="for one case; three rounds are run in any case")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="compare with lgstream in another checkout")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file, as Markdown")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
