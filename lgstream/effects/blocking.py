"""The blocking interpreter: carries out effects in the calling thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar

from lgstream.effects.effects import Effect, SleepEffect
from lgstream.effects.loop_thread import run_coroutine

T = TypeVar("T")

OnSubmit = Callable[[Future[Any]], object]
"""Receives the future of every coroutine that is waited for, so that another thread can cancel it."""


def run_effects(effects: Generator[Effect, Any, T], on_submit: OnSubmit | None = None) -> T:
    """Carry out effects one after the other.

    Args:
        effects: the generator. An exception of an effect is raised inside it, where it can be handled.
        on_submit: see :data:`OnSubmit`.

    Returns:
        The generator's return value.
    """
    try:
        effect = next(effects)
        while True:
            try:
                if isinstance(effect, SleepEffect) or effect.is_async:
                    result = run_effect(effect, on_submit)
                else:
                    result = effect.function(*effect.args, **effect.kwargs)
            except BaseException as error:  # noqa: BLE001 - the generator decides what to do about it
                effect = effects.throw(error)
            else:
                effect = effects.send(result)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def run_effect(effect: Effect, on_submit: OnSubmit | None = None) -> Any:
    """Carry out one effect and return its result; a coroutine runs on the private event loop."""
    if isinstance(effect, SleepEffect):
        time.sleep(effect.seconds)
        return None
    result = effect.function(*effect.args, **effect.kwargs)
    return run_coroutine(result, on_submit) if effect.is_async else result
