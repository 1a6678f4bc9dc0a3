"""Work that is written once, as a generator of the engine's calls, and performed in a thread or on a loop."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig

from lgstream.config import Config, ensure_config
from lgstream.effects import aio as performer
from lgstream.engine.callables import Call
from lgstream.engine.drivers import sync

T = TypeVar("T")
Work = Generator[Call, Any, T]


def call_of(runnable: Runnable[Any, Any], *arguments: Any) -> Call:
    """The call of a Runnable: ``invoke``, or ``ainvoke`` where a loop runs."""
    return Call(runnable.invoke, arguments, {}, False, runnable.ainvoke)


def performed(work: Work[T]) -> T:
    """Carry the work out in this thread; an async function runs on the engine's private loop. Raises what it raises."""
    results: list[T] = []
    sync.carry_out(_kept(work, results))
    return results[0]


async def awaited(work: Work[T]) -> T:
    """Carry the work out on this loop; a sync function runs in a thread. Raises what it raises."""
    results: list[T] = []
    await performer.carry_out(_kept(work, results))
    return results[0]


def _kept(work: Work[T], results: list[T]) -> Generator[Call, Any, None]:
    """The work, with its result put where the engine's drivers, which return nothing, leave it."""
    results.append((yield from work))


class Step(Runnable[Any, Any]):
    """A node whose work is the same in sync and async runs: ``func`` makes it of the state and the config."""

    def __init__(self, name: str, work: Callable[[Any, Config], Work[Any]]) -> None:
        self.name = name
        self.func = work

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return performed(self.func(input, ensure_config(config)))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return await awaited(self.func(input, ensure_config(config)))
