"""A node's action outside of a run, as a langchain Runnable: ``graph.nodes["name"].invoke(state)``."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnablePassthrough

from lgstream._reserved import CONFIG_KEY_RUNTIME
from lgstream.config import Config, ensure_config
from lgstream.effects.aio import AsyncInterpreter
from lgstream.effects.blocking import run_effect
from lgstream.effects.effects import CallEffect
from lgstream.engine.callables import NodeCallable
from lgstream.langchain.running_task import set_running_task
from lgstream.runtime import Runtime


class StandaloneInjection:
    """Provides injected parameters outside of a run, from the config alone."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def injected_value(self, name: str) -> Any:
        """Return the value of an injected parameter."""
        runtime = self.config["configurable"].get(CONFIG_KEY_RUNTIME) or Runtime()
        if name in ("config", "runtime", "error"):
            return {"config": self.config, "runtime": runtime}.get(name)
        return getattr(runtime, "stream_writer" if name == "writer" else name)


class NodeRunnable(Runnable[Any, Any]):
    """A function with injected parameters as a Runnable: ``func`` if it is sync, ``afunc`` if it is async."""

    def __init__(self, action: NodeCallable) -> None:
        self.name = action.name
        self.func = None if action.is_async else action.function
        self.afunc = action.function if action.is_async else None
        self._action = action

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the function; an async one runs on the private event loop."""
        return copy_context().run(lambda: run_effect(self._call(input, config)))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the function; a sync one runs in a thread."""
        interpreter = AsyncInterpreter()
        try:
            return await interpreter.run_effect(self._call(input, config))
        finally:
            interpreter.close()

    def _call(self, value: Any, config: RunnableConfig | None) -> CallEffect:
        full_config = ensure_config(config)
        set_running_task(lambda: full_config)
        return self._action.call_effect(StandaloneInjection(full_config), value)


def as_runnable(action: NodeCallable | None) -> Runnable[Any, Any]:
    """Return a node's action as a Runnable; START, which has none, returns its input."""
    if action is None:
        return RunnablePassthrough()
    runnable: Runnable[Any, Any] = action.function if action.is_runnable else NodeRunnable(action)
    return runnable
