"""A comparison of this checkout with another one; the other one here is this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.catalogue import select_cases
from benchmarks.comparison import HERE, Comparison, WorkerError, compare, table

(CASE,) = select_cases("first chunk")


def test_a_case_is_measured_in_both_checkouts():
    missing = replace(CASE, name="nonsense")
    names: list[str] = []
    measured, failed = compare([CASE, missing], HERE, seconds=0, passes=1, progress=names.append)
    assert names[:2] == [f"pass 1: {CASE.name}", "pass 1: nonsense"]
    assert len(measured.here) == len(measured.against) >= 1
    assert min(measured.here + measured.against) > 0
    assert failed.error is not None
    assert "no case is named 'nonsense'" in failed.error


def test_a_row_is_slower_if_both_ratios_are_above_the_limit():
    slower = Comparison(CASE, here=[1.2e-3, 1.1e-3], against=[1.0e-3, 1.0e-3])
    noisy = Comparison(CASE, here=[1.2e-3, 1.0e-3], against=[1.0e-3, 1.0e-3])
    failed = Comparison(CASE, error="It failed.")
    assert [comparison.is_slower for comparison in (slower, noisy, failed)] == [True, False, False]
    _, first, second, third = table([slower, noisy, failed]).splitlines()
    assert first.split()[-7:] == ["1.00", "ms", "1.10", "ms", "1.100", "1.150", "slower"]
    assert second.split()[-6:] == ["1.00", "ms", "1.00", "ms", "1.000", "1.100"]
    assert third.endswith("It failed.")


def test_a_folder_without_lgstream_cannot_be_compared(tmp_path: Path):
    with pytest.raises(WorkerError, match=r"exit status|imports lgstream from"):
        compare([CASE], tmp_path, seconds=0, passes=1)
