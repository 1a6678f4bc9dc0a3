"""Runs a program on both packages and compares what they do."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests.differential.comparison import without_log_texts
from tests.differential.packages import package
from tests.reference.compare import difference
from tests.reference.recorder import Recorder, Variant

Program = Callable[[Recorder, SimpleNamespace], None]


def check_same(program: Program, variant: Variant, simplify: Callable[[Any], Any] = lambda row: row) -> None:
    """Fail if the operations of the program differ; ``simplify`` removes what may differ from an operation."""
    runs = []
    for name in ("langgraph", "lgstream"):
        recorder = Recorder(variant)
        program(recorder, package(name))
        runs.append([simplify(without_log_texts(row)) for row in recorder.operations])
    assert runs[0], "the program recorded nothing"
    text = difference(runs[0], runs[1], textwrap.dedent(inspect.getsource(program)))
    if text is not None:
        pytest.fail(text, pytrace=False)
