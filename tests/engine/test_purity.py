"""Which functions are seen to compute only: those run without a thread or an event loop task of their own."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lgstream.engine.purity import is_silent
from lgstream.types import Send

limit = 3
model: Any = None


def adds(state: Any) -> Any:
    return {"n": state["n"] + 1}


async def adds_async(state: Any) -> Any:
    return {"n": state["n"] + 1}


def loops(state: Any) -> Any:
    total = 0
    for key, value in state.items():
        if key != "n":
            total += len(value)
    return {"n": -total if total > limit else total}


def routes(state: Any) -> Any:
    return "again" if state.n < limit else operator.add


def sends(state: Any) -> Any:
    return [Send("node", {"n": n}) for n in range(state["n"])]


def formats(state: Any) -> Any:
    return {"text": f"{state['n']:>5} of {state.get('all')!r}", "sum": sum(n for n in state["list"])}


@pytest.mark.parametrize("function", [adds, adds_async, loops, routes, sends, formats])
def test_what_only_computes_is_silent(function: Callable[..., Any]):
    assert is_silent(function)


def asks(state: Any) -> Any:
    return {"n": model.invoke(state["n"])}


def calls_a_global(state: Any) -> Any:
    return {"n": model(state["n"])}


def calls_what_the_state_holds(state: Any) -> Any:
    return state["function"](1)


def waits_for_what_the_state_holds(state: Any) -> Any:
    return {"n": state["queue"].get()}


def hands_over_a_function(state: Any) -> Any:
    return {"n": sorted(state["n"], key=model)}


def asks_in_a_comprehension(state: Any) -> Any:
    return {"n": [model.invoke(n) for n in state["n"]]}


def asks_in_a_lambda(state: Any) -> Any:
    return {"n": (lambda: model.invoke(1))()}


def sleeps(state: Any) -> Any:
    time.sleep(0)


def imports(state: Any) -> Any:
    import this  # noqa: F401


def locks(state: Any) -> Any:
    with threading.Lock():
        return {}


def writes(state: Any, writer: Any) -> Any:
    writer(1)


async def awaits(state: Any) -> Any:
    return await state["n"]


def yields(state: Any) -> Any:
    yield 1


class Callable_:
    def __call__(self, state: Any) -> Any:
        return {}


@pytest.mark.parametrize(
    "function",
    [
        asks, calls_a_global, calls_what_the_state_holds, waits_for_what_the_state_holds, hands_over_a_function,
        asks_in_a_comprehension, asks_in_a_lambda, sleeps, imports, locks, writes, awaits, yields, Callable_(), print,
    ],
)  # fmt: skip
def test_what_could_stream_or_wait_is_not_silent(function: Callable[..., Any]):
    assert not is_silent(function)
