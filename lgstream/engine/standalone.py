"""A node's function by itself, outside of a run, as a langchain Runnable: ``graph.nodes["name"].invoke(state)``."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from lgstream._reserved import CONFIG_KEY_RUNTIME
from lgstream.config import Config, ensure_config
from lgstream.effects.aio import Performer
from lgstream.engine.callables import Call, Target
from lgstream.engine.drivers.sync import perform
from lgstream.langchain.running import enter
from lgstream.runtime import Runtime


class Outside:
    """Stands for the task where a function is called outside of a run: what it asks for comes from the config."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def injectable(self, name: str) -> Any:
        """The value of an injected parameter."""
        runtime = self.config["configurable"].get(CONFIG_KEY_RUNTIME) or Runtime()
        if name in ("config", "runtime", "error"):
            return {"config": self.config, "runtime": runtime}.get(name)
        return getattr(runtime, "stream_writer" if name == "writer" else name)


class Bound(Runnable[Any, Any]):
    """A function with injected parameters as a Runnable. ``func`` is the function; of an async one ``afunc`` is."""

    def __init__(self, target: Target) -> None:
        self.name = target.name
        self.func = None if target.is_async else target.function
        self.afunc = target.function if target.is_async else None
        self._target = target

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the function; an async one runs on the engine's private loop."""
        return copy_context().run(lambda: perform(self._call(input, config)))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call the function; a sync one runs in a thread."""
        performer = Performer()
        try:
            return await performer.perform(self._call(input, config))
        finally:
            performer.close()

    def _call(self, input: Any, config: RunnableConfig | None) -> Call:
        own = ensure_config(config)
        enter(lambda: own)
        return self._target.call(Outside(own), input)


def bound(target: Target | None) -> Runnable[Any, Any]:
    """A target as a Runnable. Raises TypeError for none."""
    if target is None:
        raise TypeError("START calls nothing: it has no function that could be called by itself.")
    made: Runnable[Any, Any] = target.function if target.is_runnable else Bound(target)
    return made
