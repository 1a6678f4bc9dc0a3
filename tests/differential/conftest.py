"""The fixture ``same``, which runs a program on both packages and compares what they do."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.differential.comparison import without_log_texts
from tests.differential.packages import package
from tests.reference.compare import difference
from tests.reference.recorder import Recorder, Variant

Program = Callable[[Recorder, SimpleNamespace], None]


@pytest.fixture(params=["sync", "async"])
def same(request: pytest.FixtureRequest) -> Callable[[Program], None]:
    """Return a function that checks a program; the program takes a recorder and the namespace of a package."""
    variant: Variant = request.param

    def check(program: Program) -> None:
        runs = []
        for name in ("langgraph", "lgstream"):
            recorder = Recorder(variant)
            program(recorder, package(name))
            runs.append([without_log_texts(row) for row in recorder.operations])
        assert runs[0], "the program recorded nothing"
        text = difference(runs[0], runs[1], textwrap.dedent(inspect.getsource(program)))
        if text is not None:
            pytest.fail(text, pytrace=False)

    return check
