"""lgstream works the same where only langgraph-checkpoint is installed, not langgraph."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.interop.own_programs import PROGRAMS, result_of


@pytest.fixture(scope="module")
def results_without_langgraph() -> dict[str, Any]:
    program = [sys.executable, "-m", "tests.interop.own_programs"]
    process = subprocess.run(program, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    results: dict[str, Any] = json.loads(process.stdout)
    return results


def test_nothing_of_langgraph_is_loaded(results_without_langgraph: dict[str, Any]) -> None:
    assert results_without_langgraph["loaded"] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_results_are_the_same_without_langgraph(
    program: Callable[[], Any], results_without_langgraph: dict[str, Any]
) -> None:
    assert results_without_langgraph[program.__name__] == result_of(program)
