"""The blocking interpreter of effects."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest

from lgstream.effects.blocking import run_effect, run_effects
from lgstream.effects.effects import CallEffect, Effect, SleepEffect


def add(a: int, b: int = 0) -> int:
    return a + b


def divide(a: int) -> float:
    return 1 / a


async def add_async(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


def test_results_are_sent_back_and_the_return_value_is_returned() -> None:
    def effects() -> Generator[Effect, Any, int]:
        first = yield CallEffect(add, (1,), {"b": 2})
        second = yield CallEffect(add, (first,), {"b": 10})
        return second * 2

    assert run_effects(effects()) == 26


def test_a_generator_without_effects_returns_its_value() -> None:
    def effects() -> Generator[Effect, Any, str]:
        return "done"
        yield

    assert run_effects(effects()) == "done"


def test_an_error_is_raised_at_the_effect_where_it_can_be_handled() -> None:
    def effects() -> Generator[Effect, Any, str]:
        try:
            yield CallEffect(divide, (0,))
        except ZeroDivisionError:
            value = yield CallEffect(divide, (4,))
            return f"handled, {value}"
        return "no error"

    assert run_effects(effects()) == "handled, 0.25"


def test_an_error_that_is_not_handled_is_raised() -> None:
    def effects() -> Generator[Effect, Any, None]:
        yield CallEffect(divide, (0,))

    with pytest.raises(ZeroDivisionError):
        run_effects(effects())


def test_functions_are_called_in_the_current_thread() -> None:
    assert run_effect(CallEffect(threading.get_ident, ())) == threading.get_ident()


def test_the_result_of_a_coroutine_is_awaited() -> None:
    assert run_effect(CallEffect(add_async, (1, 2), is_async=True)) == 3


def test_a_sleep_blocks_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []
    monkeypatch.setattr(time, "sleep", delays.append)
    assert run_effect(SleepEffect(1.5)) is None
    assert delays == [1.5]
