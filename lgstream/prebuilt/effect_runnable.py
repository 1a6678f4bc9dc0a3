"""Nodes that are written once, as generators of effects, for sync and async runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from lgstream.config import Config, ensure_config
from lgstream.effects import aio, blocking
from lgstream.effects.effects import CallEffect, Effects
from lgstream.langchain.tracing import TracedRun, is_traced


def invoke_effect(runnable: Runnable[Any, Any], *args: Any) -> CallEffect:
    """Return the effect of invoking a Runnable: ``invoke``, or ``ainvoke`` on an event loop."""
    return CallEffect(runnable.invoke, args, async_function=runnable.ainvoke)


class EffectRunnable(Runnable[Any, Any]):
    """A Runnable whose work is a generator of effects, and which is a chain run for callbacks.

    Args:
        name: the name that tracers show.
        func: returns the generator for an input and a config.
    """

    name: str

    def __init__(self, name: str, func: Callable[[Any, Config], Effects[Any]]) -> None:
        self.name = name
        self.func = func

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Carry out the effects in this thread."""
        return blocking.run_effects(self._effects(input, ensure_config(config)))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Carry out the effects on the running event loop."""
        return await aio.run_effects(self._effects(input, ensure_config(config)))

    def _effects(self, value: Any, config: Config) -> Effects[Any]:
        effects = self.func(value, config)
        return self._traced(effects, value, config) if is_traced(config, is_root=False) else effects

    def _traced(self, effects: Effects[Any], value: Any, config: Config) -> Effects[Any]:
        traced_run = TracedRun(config["callbacks"], config.get("tags"), config["metadata"])
        yield from traced_run.start(self.name, value)
        output = yield from traced_run.enclose(effects)
        yield from traced_run.end(output, None)
        return output
