"""The cost of imports, each in a fresh process; the warm-up puts the files into the system's cache."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.case import Case, Prepare, Work
from benchmarks.gauges import REPORTED_SECONDS

TIMED_IMPORT = "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"


def import_seconds(module: str) -> Prepare:
    """Return work whose result is the seconds that an import took."""

    def work() -> float:
        command = [sys.executable, "-c", TIMED_IMPORT.format(module=module)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def prepare(size: int) -> Work:
        return work

    return prepare


CASES = (
    Case(
        "import lgstream", "import", 1,
        {"langgraph.graph": import_seconds("langgraph.graph"), "lgstream": import_seconds("lgstream")},
        limit=0.1, gauge=REPORTED_SECONDS, rounds=5,
    ),
    Case(
        "import lgstream.graph", "import", 1,
        {
            "langgraph.graph": import_seconds("langgraph.graph"),
            "langchain_core.runnables": import_seconds("langchain_core.runnables"),
            "lgstream": import_seconds("lgstream.graph"),
        },
        gauge=REPORTED_SECONDS, rounds=5,
    ),
)  # fmt: skip
