"""All recorded cases, run on lgstream, sync and async."""

from __future__ import annotations

import re

import pytest

import tests.reference.programs  # noqa: F401 - registers the cases
from tests.reference.compare import GOLDENS, canonical, difference, golden
from tests.reference.deviations import DELIBERATE, Deviation, with_deviations
from tests.reference.recorder import CASES, Case, Variant
from tests.reference.stall import measure_stall

MAX_STALL_SECONDS = 0.02
"""If the machine stalled for longer, the order set by a program's sleeps is not reliable, and the case runs again."""

RUNS = {f"{case.id}-{variant}": (case, variant) for case in CASES.values() for variant in case.variants}


@pytest.mark.parametrize(("case", "variant"), RUNS.values(), ids=RUNS.keys())
def test_case(case: Case, variant: Variant) -> None:
    recorded = golden(case.id)
    expected = with_deviations(case.id, recorded.operations[variant])
    for _ in range(5):
        with measure_stall() as stall:
            run = case.record(variant)
        text = difference(expected, run, recorded.program)
        if text is None or stall.seconds < MAX_STALL_SECONDS:
            break
    if text:
        pytest.fail(text, pytrace=False)


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
        operation = run[deviation.operation]
        deviating = deviation.apply(operation)
        assert canonical([deviating], recorded.program) != canonical([operation], recorded.program)


def _without_imports(program: str) -> str:
    return re.sub(r"^ *(?:(?:from \S+ )?import .*)?\n", "", program, flags=re.MULTILINE)
