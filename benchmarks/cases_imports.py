"""What importing costs, each time in a fresh process; files are read once before, so they are in the system's cache."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.case import Case, Prepare, Work
from benchmarks.gauges import TOLD

TIMED = "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"


def importing(module: str) -> Prepare:
    """Work that returns the seconds of an import."""

    def work() -> float:
        command = [sys.executable, "-c", TIMED.format(module=module)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def prepare(size: int) -> Work:
        return work

    return prepare


CASES = (
    Case(
        "import lgstream", "import", 1,
        {"langgraph.graph": importing("langgraph.graph"), "lgstream": importing("lgstream")},
        limit=0.1, gauge=TOLD, rounds=5,
    ),
    Case(
        "import lgstream.graph", "import", 1,
        {
            "langgraph.graph": importing("langgraph.graph"),
            "langchain_core.runnables": importing("langchain_core.runnables"),
            "lgstream": importing("lgstream.graph"),
        },
        gauge=TOLD, rounds=5,
    ),
)  # fmt: skip
