"""The sides of a benchmark case must do the same work; rows say whether targets are met."""

from __future__ import annotations

import pytest

from benchmarks.case import Case, differences
from benchmarks.catalogue import CASES, select_cases
from benchmarks.gauges import REPORTED_SECONDS
from benchmarks.measurement import WARM_UP_SIZE, measure
from benchmarks.table import rows


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_sides_of_a_case_have_the_same_result(case: Case):
    assert differences(case, WARM_UP_SIZE) == {}


def test_sides_that_differ_are_not_measured():
    case = Case("sums", "sum", 3, {"langgraph": lambda size: lambda: size, "lgstream": lambda size: lambda: size + 1})
    with pytest.raises(ValueError, match="'sums' does different things"):
        measure(case, 0)


def test_a_row_says_whether_the_target_is_met():
    sides = {"langgraph": lambda size: lambda: 4.0, "lgstream": lambda size: lambda: 1.0}
    case = Case("quarters", "one", 1, sides, {"langgraph": 1 / 5}, gauge=REPORTED_SECONDS)
    (row,) = rows(measure(case, 0))
    assert row == ("quarters", "one", "langgraph", "4.0 s", "1.00 s", "1/4.0", "", "1/5.0", "not yet")


def test_a_target_of_a_case_with_a_floor_is_for_the_cost_above_it():
    sides = {"langgraph": lambda size: lambda: 6.0, "lgstream": lambda size: lambda: 3.0}
    floor = lambda size: lambda: 2.0  # noqa: E731
    case = Case("halves", "one", 1, sides, {"langgraph": 1 / 4}, gauge=REPORTED_SECONDS, floor=floor)
    first, second = rows(measure(case, 0))
    assert first == ("halves", "one", "floor", "2.0 s", "3.0 s", "1.50", "", "", "")
    assert second == ("halves", "one", "langgraph", "6.0 s", "3.0 s", "1/2.0", "1/4.0", "1/4.0", "met")


def test_selecting_no_case_is_an_error():
    with pytest.raises(ValueError, match="No case has 'nonsense'"):
        select_cases("nonsense")
