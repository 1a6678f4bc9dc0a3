"""Which short functions an async run calls on the loop: those that take less time than the way to a thread."""

from __future__ import annotations

import pytest

from lgstream.effects.aio import QUICK, SLOW, is_quick


@pytest.mark.parametrize("was_quick", [True, False])
def test_one_that_takes_less_than_a_thread_costs_is_quick(was_quick: bool) -> None:
    assert is_quick(QUICK / 2, was_quick)


@pytest.mark.parametrize("was_quick", [True, False])
def test_one_that_would_hold_up_the_loop_is_not(was_quick: bool) -> None:
    assert not is_quick(SLOW * 2, was_quick)


@pytest.mark.parametrize("was_quick", [True, False])
def test_in_between_it_stays_what_it_was(was_quick: bool) -> None:
    assert is_quick((QUICK + SLOW) / 2, was_quick) is was_quick
