"""Random programs: graphs of nodes, branches, Sends, loops, joins, subgraphs, models, interrupts and failures, run and
resumed through both drivers, must do the same in both packages, chunk for chunk.

LGSTREAM_EXAMPLES in the environment says how many programs are tried; a few by default, always the same ones.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.differential.comparing import disagreement
from tests.differential.programs import programs
from tests.differential.shapes import Program

EXAMPLES = int(os.environ.get("LGSTREAM_EXAMPLES", "0"))


@settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(programs())
def test_a_random_program_does_the_same(program: Program) -> None:
    found = disagreement(program)
    if found is not None:
        pytest.fail(found, pytrace=False)
