"""Instrumentations that install themselves see a run of lgstream as one tree, the same as a run of langgraph."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.langchain.traced_programs import PROGRAMS

ROOT = Path(__file__).parents[2]

INSTRUMENTATIONS = ("openinference", "traceloop", "mlflow")

INNER_STEPS = {"RunnableSequence", "Prompt"}
"""Steps inside langgraph's node for the model of an agent; lgstream calls the model directly (see differences.md)."""

SPANS_OF_PATCHES = ("invoke_agent ", "create_agent ")
"""The beginnings of the names of spans that Traceloop makes by replacing functions of langgraph."""


@cache
def trees(instrumentation: str) -> Any:
    command = [sys.executable, "-m", "tests.langchain.instrumented_runs", instrumentation]
    process = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return json.loads(process.stdout.splitlines()[-1])


def without(tree: list[Any], is_left_out: Any) -> list[Any]:
    """Return a tree without some spans; the spans in them move up."""
    kept: list[Any] = []
    left_out_depths: list[int] = []
    for depth, name, *fields in tree:
        left_out_depths = [outer for outer in left_out_depths if outer < depth]
        if is_left_out(name):
            left_out_depths.append(depth)
        else:
            kept.append([depth - len(left_out_depths), name, *fields])
    return kept


def is_span_of_patch(name: str) -> bool:
    return name.startswith(SPANS_OF_PATCHES)


def is_not_compared(name: str) -> bool:
    return name.removeprefix("execute_task ") in INNER_STEPS or is_span_of_patch(name)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("instrumentation", INSTRUMENTATIONS)
def test_a_run_gives_the_tree_of_langgraph(instrumentation: str, program: str) -> None:
    result = trees(instrumentation)[program]
    assert without(result["lgstream"], is_span_of_patch) == without(result["langgraph"], is_not_compared)


@pytest.mark.parametrize("instrumentation", INSTRUMENTATIONS)
def test_an_agent_run_is_one_tree(instrumentation: str) -> None:
    names = [(depth, name.split()[-1]) for depth, name, *_ in trees(instrumentation)["run_agent"]["lgstream"]]
    root = "LangGraph.workflow" if instrumentation == "traceloop" else "LangGraph"
    model = "AddingModel.chat" if instrumentation == "traceloop" else "AddingModel"
    # MLflow takes the span that is current in a thread for the parent.
    turn = [(1, "agent"), (2, "call_model"), (3 if instrumentation == "mlflow" else 2, model), (2, "should_continue")]
    assert names == [(0, root), *turn, (1, "tools"), (2, "add"), *turn]


@pytest.mark.parametrize("program", ["interrupt_and_resume", "interrupt_and_resume_async"])
@pytest.mark.parametrize("instrumentation", INSTRUMENTATIONS)
def test_a_run_and_the_one_that_resumes_it_have_one_root_each(instrumentation: str, program: str) -> None:
    roots = [name for depth, name, *_ in trees(instrumentation)[program]["lgstream"] if depth == 0]
    assert len(roots) == 2
