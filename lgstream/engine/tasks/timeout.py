"""Timeouts of async nodes: the whole run of one attempt, and the time without a sign of life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from lgstream.engine.callables import Call, Target
from lgstream.errors import NodeTimeoutError
from lgstream.types import TimeoutPolicy


def require_async(name: str, target: Target) -> None:
    """Raise ValueError for a node with a timeout that no one can stop."""
    if not (target.is_async or target.is_runnable):
        raise ValueError(
            f"Node timeouts are only supported for async nodes, and node '{name}' is sync: a running thread cannot be "
            "stopped from outside. Make it an async function."
        )


class Life:
    """The last sign of life of a task: :meth:`touch` gives one."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def touch(self, *_: Any, **__: Any) -> None:
        self.last = time.monotonic()

    def shown_by(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """The same function of one argument; a call of it is a sign of life."""

        def shown(value: Any) -> None:
            self.touch()
            function(value)

        return shown

    def callbacks(self) -> list[Any]:
        """A langchain handler for which every model call and token is a sign of life."""
        from langchain_core.callbacks import BaseCallbackHandler

        life = self

        class Signs(BaseCallbackHandler):
            run_inline = True
            on_chat_model_start = on_llm_start = on_llm_new_token = on_llm_end = life.touch
            on_tool_start = on_tool_end = on_chain_start = on_chain_end = life.touch

        return [Signs()]


def limited(call: Call, node: str, policy: TimeoutPolicy, life: Life) -> Call:
    """The same call, which raises NodeTimeoutError when the node takes too long; the node is cancelled first."""

    async def watched(*arguments: Any, **named: Any) -> Any:
        function = call.function if call.is_async else call.alternative
        assert function is not None
        return await _watch(function(*arguments, **named), node, policy, life)

    return call._replace(function=watched, is_async=True, alternative=None)


async def _watch(awaitable: Awaitable[Any], node: str, policy: TimeoutPolicy, life: Life) -> Any:
    started = time.monotonic()
    life.touch()
    running = asyncio.ensure_future(awaitable)
    try:
        while True:
            deadline, kind = _next_limit(policy, started, life)
            done, _ = await asyncio.wait((running,), timeout=max(0.0, deadline - time.monotonic()))
            if done:
                return running.result()
            if time.monotonic() >= _next_limit(policy, started, life)[0]:
                raise _expired(node, policy, kind, time.monotonic() - (started if kind == "run" else life.last))
    finally:
        if not running.done():
            running.cancel()
            await asyncio.wait((running,))


def _next_limit(policy: TimeoutPolicy, started: float, life: Life) -> tuple[float, str]:
    limits = []
    if policy.run_timeout is not None:
        limits.append((started + float(policy.run_timeout), "run"))  # type: ignore[arg-type]
    if policy.idle_timeout is not None:
        limits.append((life.last + float(policy.idle_timeout), "idle"))  # type: ignore[arg-type]
    return min(limits)


def _expired(node: str, policy: TimeoutPolicy, kind: str, elapsed: float) -> NodeTimeoutError:
    return NodeTimeoutError(
        node,
        elapsed,
        kind="run" if kind == "run" else "idle",
        idle_timeout=policy.idle_timeout,  # type: ignore[arg-type]
        run_timeout=policy.run_timeout,  # type: ignore[arg-type]
    )
