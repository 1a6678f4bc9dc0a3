"""``python -m benchmarks [part of a case's name ...]``: measure the cases and print a table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import comparison, table
from benchmarks.catalogue import select_cases
from benchmarks.measurement import Measurement, measure


def main() -> int:
    """Measure the cases that the command line selects. Return 1 if a case could not be measured."""
    options = parse_arguments()
    if options.against:
        return compare_with(options.against, options)
    start = perf_counter()
    measurements: list[Measurement] = []
    failed = 0
    for case in select_cases(*options.part):
        print(f"\r{case.name[:70]:70}", end="", file=sys.stderr, flush=True)
        try:
            measurements.append(measure(case, options.seconds))
        except Exception as error:  # noqa: BLE001 - reported; the other cases can still be measured
            failed += 1
            print(f"\r{case.name}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"\r{'':70}\r", end="", file=sys.stderr)
    print(table.plain_text(measurements))
    print(f"\n{table.caption()} {perf_counter() - start:.0f} seconds in all.")
    if options.json:
        write_file(options.json, json.dumps(table.measurements_json(measurements), indent=1))
    if options.markdown:
        write_file(options.markdown, table.markdown(measurements))
    return 1 if failed else 0


def compare_with(other: Path, options: argparse.Namespace) -> int:
    """Measure the selected cases here and in another checkout. Return 1 if a row is slower here, or failed."""
    start = perf_counter()
    comparisons = comparison.compare(
        select_cases(*options.part), other.resolve(), options.seconds, progress=show_progress
    )
    show_progress("")
    print(comparison.table(comparisons))
    slower = sum(row.is_slower for row in comparisons)
    failed = sum(row.error is not None for row in comparisons)
    print(
        f"\nCPU time of a unit in {other} and here, the least of all rounds. {len(comparisons)} rows: {slower} slower, "
        f"{failed} failed. {perf_counter() - start:.0f} seconds in all."
    )
    if options.json:
        write_file(options.json, json.dumps(comparison.comparisons_json(comparisons, other), indent=1))
    return 1 if slower or failed else 0


def show_progress(name: str) -> None:
    """Show what is being measured on a line of the terminal that the next call replaces."""
    if sys.stderr.isatty():
        print(f"\r{name[:78]:78}\r", end="", file=sys.stderr, flush=True)


def write_file(file: Path, text: str) -> None:
    """Write the file; create its folder if there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    description = "Measure lgstream beside langgraph, or beside another checkout."
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=description)
    parser.add_argument("part", nargs="*", help="only cases whose name has this in it")
    parser.add_argument("--seconds", type=float, default=4.0, help="time for one case; at least three rounds are run")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="compare with lgstream in another checkout")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file, as Markdown")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
