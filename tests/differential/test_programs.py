"""Random programs must behave the same in both packages, chunk for chunk, sync and async.

They have nodes, branches, Sends, loops, joins, subgraphs, models, interrupts and failures. The environment variable
``LGSTREAM_EXAMPLES`` sets the number of programs; the default is a few, always the same ones.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.differential.comparison import disagreement
from tests.differential.program_data import Program
from tests.differential.programs import programs

EXAMPLES = int(os.environ.get("LGSTREAM_EXAMPLES", "0"))


@settings(
    max_examples=EXAMPLES or 60,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(programs())
def test_a_random_program_behaves_the_same(program: Program) -> None:
    text = disagreement(program)
    if text is not None:
        pytest.fail(text, pytrace=False)
