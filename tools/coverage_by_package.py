"""``python -m tools.coverage_by_package``: the last coverage measurement as one line for each package of lgstream."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

COUNTS = ("num_statements", "covered_lines", "num_branches", "covered_branches")
"""The counts of a file's summary in coverage's JSON report that a line of the table is made of."""


def read_report() -> dict[str, Any]:
    """Return coverage's JSON report of the data file in the working directory."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)], check=True)
        contents: dict[str, Any] = json.loads(report.read_text())
        return contents


def package_of(file: str) -> str:
    """Return the package of a file two levels deep: ``lgstream/views/fold/run.py`` is in ``lgstream.views``."""
    parts = Path(file).parts
    return ".".join(parts[: 2 if len(parts) > 2 else 1])


def sum_by_package(report: dict[str, Any]) -> dict[str, Counter[str]]:
    """Return the counts of each package, and of all of them under ``total``."""
    packages: dict[str, Counter[str]] = {}
    for file, data in report["files"].items():
        counts = Counter({name: data["summary"][name] for name in COUNTS})
        for package in (package_of(file), "total"):
            packages.setdefault(package, Counter()).update(counts)
    return dict(sorted(packages.items(), key=lambda item: (item[0] == "total", item[0])))


def percent(covered: int, total: int) -> str:
    """Return a share as a percentage; nothing to cover is covered."""
    return f"{covered / total:.1%}" if total else "-"


def main() -> None:
    """Print the table."""
    print(f"{'package':24}{'lines':>8}{'covered':>10}{'branches':>10}{'covered':>10}")
    for package, counts in sum_by_package(read_report()).items():
        lines, branches = counts["num_statements"], counts["num_branches"]
        print(
            f"{package:24}{lines:8}{percent(counts['covered_lines'], lines):>10}"
            f"{branches:10}{percent(counts['covered_branches'], branches):>10}"
        )


if __name__ == "__main__":
    main()
