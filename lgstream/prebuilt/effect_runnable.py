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
        return blocking.run_effects(self._effects(input, config))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Carry out the effects on the running event loop."""
        return await aio.run_effects(self._effects(input, config))

    def _effects(self, value: Any, config: RunnableConfig | None) -> Effects[Any]:
        full_config = ensure_config(config)
        effects = self.func(value, full_config)
        if not is_traced(full_config, is_root=False):
            return effects
        metadata = (config or {}).get("metadata") or {}  # without what is added for the calls in it
        traced_run = TracedRun(full_config["callbacks"], full_config.get("tags"), metadata)
        return self._traced(traced_run, effects, value)

    def _traced(self, traced_run: TracedRun, effects: Effects[Any], value: Any) -> Effects[Any]:
        yield from traced_run.start(self.name, value)
        output = yield from traced_run.enclose(effects)
        yield from traced_run.end(output, None)
        return output
