"""``RunnableCallable``: a sync and an async function as one langchain Runnable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from langchain_core.runnables import Runnable, RunnableConfig

from lgstream.engine.callables import wrap_callable
from lgstream.engine.standalone import NodeRunnable

__all__ = ["RunnableCallable", "RunnableLike"]

RunnableLike: TypeAlias = Runnable[Any, Any] | Callable[..., Any]
"""What ``add_node()`` accepts: a Runnable or a function."""


class RunnableCallable(Runnable[Any, Any]):
    """A Runnable that calls one function in sync runs and another one in async runs.

    Either may have the parameters that nodes may have: ``config``, ``writer``, ``store``, ``runtime``.

    Args:
        func: the function of sync runs; if it is None, they run ``afunc`` on the private event loop.
        afunc: the coroutine function of async runs; if it is None, they run ``func`` in a thread.
        name: the name that tracers show, by default that of the function.
        trace: has no effect, because nodes are traced where they run.
        recurse: if True, a Runnable that the function returns is invoked with the same input.

    Raises:
        ValueError: if both functions are None.
    """

    def __init__(
        self,
        func: Callable[..., Any] | None,
        afunc: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        trace: bool = True,
        recurse: bool = True,
    ) -> None:
        if func is None and afunc is None:
            raise ValueError("RunnableCallable needs a function: pass func, afunc or both.")
        self._sync = NodeRunnable(wrap_callable(func or afunc, name))
        self._async = NodeRunnable(wrap_callable(afunc or func, name))
        self.name = self._sync.name
        self.func = func
        self.afunc = afunc
        self.recurse = recurse

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Call ``func``."""
        output = self._sync.invoke(input, config)
        return output.invoke(input, config) if self.recurse and isinstance(output, Runnable) else output

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Await ``afunc``."""
        output = await self._async.ainvoke(input, config)
        return await output.ainvoke(input, config) if self.recurse and isinstance(output, Runnable) else output
