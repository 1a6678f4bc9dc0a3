"""The blocking interpreter: carries out effects in the calling thread."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from lgstream.effects.cancellation import CancelScope, Pause
from lgstream.effects.effects import Effect, SleepEffect
from lgstream.effects.loop_thread import run_coroutine

T = TypeVar("T")


def run_effects(effects: Generator[Effect, Any, T], scope: CancelScope | None = None, name: str = "") -> T:
    """Carry out effects one after the other.

    Args:
        effects: the generator. An exception of an effect is raised inside it, where it can be handled.
        scope: the scope of the run, through which another thread can cancel coroutines and pauses.
        name: the name of the node that they belong to.

    Returns:
        The generator's return value.
    """
    try:
        effect = next(effects)
        while True:
            try:
                if isinstance(effect, SleepEffect) or effect.is_async:
                    result = run_effect(effect, scope, name)
                else:
                    result = effect.function(*effect.args, **effect.kwargs)
            except BaseException as error:  # noqa: BLE001 - the generator decides what to do about it
                effect = effects.throw(error)
            else:
                effect = effects.send(result)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


def run_effect(effect: Effect, scope: CancelScope | None = None, name: str = "") -> Any:
    """Carry out one effect and return its result; a coroutine runs on the private event loop."""
    if isinstance(effect, SleepEffect):
        _sleep(effect.seconds, scope)
        return None
    result = effect.function(*effect.args, **effect.kwargs)
    return run_coroutine(result, scope, name) if effect.is_async else result


def _sleep(seconds: float, scope: CancelScope | None) -> None:
    if scope is None:
        time.sleep(seconds)
        return
    pause = Pause(seconds)
    scope.add(pause)
    try:
        pause.wait()
    finally:
        scope.discard(pause)
