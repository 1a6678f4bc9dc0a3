"""Which sync functions an async run calls on the event loop: those that take less time than starting a thread."""

from __future__ import annotations

import pytest

from lgstream.effects.aio import FAST_CALL_SECONDS, SLOW_CALL_SECONDS, is_fast


@pytest.mark.parametrize("was_quick", [True, False])
def test_a_function_faster_than_a_thread_start_is_quick(was_quick: bool) -> None:
    assert is_fast(FAST_CALL_SECONDS / 2, was_quick)


@pytest.mark.parametrize("was_quick", [True, False])
def test_a_function_that_would_block_the_loop_is_not_quick(was_quick: bool) -> None:
    assert not is_fast(SLOW_CALL_SECONDS * 2, was_quick)


@pytest.mark.parametrize("was_quick", [True, False])
def test_a_function_in_between_keeps_its_classification(was_quick: bool) -> None:
    assert is_fast((FAST_CALL_SECONDS + SLOW_CALL_SECONDS) / 2, was_quick) is was_quick
