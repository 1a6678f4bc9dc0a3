"""Which functions are recognised as pure: they run without a thread or an event loop task of their own."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lgstream.engine.purity import is_pure_function
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
def test_a_function_that_only_computes_is_pure(function: Callable[..., Any]):
    assert is_pure_function(function)


def asks(state: Any) -> Any:
    return {"n": model.invoke(state["n"])}


def calls_a_global(state: Any) -> Any:
    return {"n": model(state["n"])}


def calls_a_value_of_the_state(state: Any) -> Any:
    return state["function"](1)


def calls_a_method_of_a_value_of_the_state(state: Any) -> Any:
    return {"n": state["queue"].get()}


def passes_a_function_on(state: Any) -> Any:
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


class CallableClass:
    def __call__(self, state: Any) -> Any:
        return {}


@pytest.mark.parametrize(
    "function",
    [
        asks,
        calls_a_global,
        calls_a_value_of_the_state,
        calls_a_method_of_a_value_of_the_state,
        passes_a_function_on,
        asks_in_a_comprehension,
        asks_in_a_lambda,
        sleeps,
        imports,
        locks,
        writes,
        awaits,
        yields,
        CallableClass(),
        print,
    ],
)
def test_a_function_that_could_stream_or_wait_is_not_pure(function: Callable[..., Any]):
    assert not is_pure_function(function)
