"""Every recorded case, run on lgstream, sync and async."""

from __future__ import annotations

import re

import pytest

from tests.reference import programs as programs  # importing it registers the cases
from tests.reference.compare import GOLDENS, canonical, difference, golden
from tests.reference.deviations import DELIBERATE, Deviation, as_ours
from tests.reference.recorder import CASES, Case, Variant
from tests.reference.stall import stall

LATE = 0.02
"""Seconds. Where the machine stalled for longer, the order that a program's sleeps make says nothing."""

RUNS = {f"{case.id}-{variant}": (case, variant) for case in CASES.values() for variant in case.variants}


@pytest.mark.parametrize(("case", "variant"), RUNS.values(), ids=RUNS.keys())
def test_case(case: Case, variant: Variant) -> None:
    recorded = golden(case.id)
    expected = as_ours(case.id, recorded.operations[variant])
    for _ in range(5):
        with stall() as seen:
            run = case.record(variant)
        found = difference(expected, run, recorded.program)
        if found is None or seen.seconds < LATE:
            break
    if found:
        pytest.fail(found, pytrace=False)


def test_every_golden_has_its_case() -> None:
    assert {path.stem for path in GOLDENS.glob("*.json")} == set(CASES)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_program_is_the_recorded_one_except_for_its_imports(case: Case) -> None:
    assert _without_imports(case.source) == _without_imports(golden(case.id).program)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_recorded_variant_is_run(case: Case) -> None:
    assert set(case.variants) == golden(case.id).operations.keys()


@pytest.mark.parametrize("deviation", DELIBERATE, ids=lambda deviation: f"{deviation.case}-{deviation.operation}")
def test_a_deliberate_deviation_differs_from_the_recording(deviation: Deviation) -> None:
    recorded = golden(deviation.case)
    for run in recorded.operations.values():
        theirs = run[deviation.operation]
        ours = deviation.applied(theirs)
        assert canonical([ours], recorded.program) != canonical([theirs], recorded.program)


def _without_imports(program: str) -> str:
    return re.sub(r"^ *(?:(?:from \S+ )?import .*)?\n", "", program, flags=re.M)
