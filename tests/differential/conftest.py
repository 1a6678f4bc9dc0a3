"""The fixture ``same``, which runs a program on both packages and compares what they do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.differential.same_program import Program, check_same


@pytest.fixture(params=["sync", "async"])
def same(request: pytest.FixtureRequest) -> Callable[[Program], None]:
    """Return a function that checks a program; the program takes a recorder and the namespace of a package."""
    return lambda program: check_same(program, request.param)
