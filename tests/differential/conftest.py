"""``same``: runs a program on both packages and asserts that they do the same."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.differential.comparing import own_words
from tests.differential.packages import package
from tests.reference.compare import difference
from tests.reference.recorder import Recorder, Variant

Written = Callable[[Recorder, SimpleNamespace], None]


@pytest.fixture(params=["sync", "async"])
def same(request: pytest.FixtureRequest) -> Callable[[Written], None]:
    """A program takes a recorder, and a package as a namespace (:mod:`tests.differential.packages`)."""
    variant: Variant = request.param

    def check(program: Written) -> None:
        runs = []
        for name in ("langgraph", "lgstream"):
            recorder = Recorder(variant)
            program(recorder, package(name))
            runs.append([own_words(row) for row in recorder.operations])
        assert runs[0], "the program recorded nothing"
        found = difference(runs[0], runs[1], textwrap.dedent(inspect.getsource(program)))
        if found is not None:
            pytest.fail(found, pytrace=False)

    return check
