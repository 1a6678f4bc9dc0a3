"""Timeouts of async nodes: of a whole attempt, and of the time without a heartbeat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from lgstream.effects import cancellation
from lgstream.effects.effects import CallEffect
from lgstream.engine.callables import NodeCallable
from lgstream.errors import NodeTimeoutError
from lgstream.types import TimeoutPolicy

TimeoutKind = Literal["run", "idle"]


def check_async(name: str, action: NodeCallable) -> None:
    """Raise ValueError if a node with a timeout is sync."""
    if not (action.is_async or action.is_runnable):
        raise ValueError(
            f"Node timeouts are only supported for async nodes, and node '{name}' is sync: a running thread cannot be "
            "stopped from outside. Make it an async function."
        )


class Heartbeat:
    """The time of a task's last activity; :meth:`beat` renews it.

    Attributes:
        last_beat: the time, on the monotonic clock in seconds.
    """

    def __init__(self) -> None:
        self.last_beat = time.monotonic()

    def beat(self, *_: Any, **__: Any) -> None:
        """Renew the time. Takes any arguments, so that it can be used as a callback."""
        self.last_beat = time.monotonic()

    def beat_on_call(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a function that beats and then calls ``function``."""

        def call_with_beat(value: Any) -> None:
            self.beat()
            function(value)

        return call_with_beat

    def callbacks(self) -> list[Any]:
        """Return langchain callbacks that beat at every event of a model, tool or chain."""
        from langchain_core.callbacks import BaseCallbackHandler

        heartbeat = self

        class HeartbeatCallbacks(BaseCallbackHandler):
            run_inline = True
            on_chat_model_start = on_llm_start = on_llm_new_token = on_llm_end = heartbeat.beat
            on_tool_start = on_tool_end = on_chain_start = on_chain_end = heartbeat.beat

        return [HeartbeatCallbacks()]


def with_timeout(call: CallEffect, node: str, policy: TimeoutPolicy, heartbeat: Heartbeat) -> CallEffect:
    """Return a call that cancels the node and raises NodeTimeoutError if it takes too long."""

    async def call_with_timeout(*args: Any, **kwargs: Any) -> Any:
        function = call.function if call.is_async else call.async_function
        assert function is not None, "check_async() refuses a sync node"
        return await _wait(function(*args, **kwargs), node, policy, heartbeat)

    return call._replace(function=call_with_timeout, is_async=True, async_function=None)


async def _wait(awaitable: Awaitable[Any], node: str, policy: TimeoutPolicy, heartbeat: Heartbeat) -> Any:
    start = time.monotonic()
    heartbeat.beat()
    task = asyncio.ensure_future(awaitable)
    try:
        while True:
            deadline, kind = _next_deadline(policy, start, heartbeat)
            done, _ = await asyncio.wait((task,), timeout=max(0.0, deadline - time.monotonic()))
            if done:
                return task.result()
            if time.monotonic() >= _next_deadline(policy, start, heartbeat)[0]:
                elapsed = time.monotonic() - (start if kind == "run" else heartbeat.last_beat)
                raise _timeout_error(node, policy, kind, elapsed)
    finally:
        if not task.done():
            task.cancel()
            if (await asyncio.wait((task,), timeout=cancellation.CANCEL_GRACE_SECONDS))[1]:
                cancellation.warn_of_unresponsive_node(node)


def _next_deadline(policy: TimeoutPolicy, start: float, heartbeat: Heartbeat) -> tuple[float, TimeoutKind]:
    """Return the time of the next timeout, on the monotonic clock, and its kind."""
    deadlines: list[tuple[float, TimeoutKind]] = []
    if policy.run_timeout is not None:
        deadlines.append((start + float(policy.run_timeout), "run"))  # type: ignore[arg-type]  # seconds, not a timedelta
    if policy.idle_timeout is not None:
        deadlines.append((heartbeat.last_beat + float(policy.idle_timeout), "idle"))  # type: ignore[arg-type]
    return min(deadlines)


def _timeout_error(node: str, policy: TimeoutPolicy, kind: TimeoutKind, elapsed: float) -> NodeTimeoutError:
    return NodeTimeoutError(
        node,
        elapsed,
        kind=kind,
        idle_timeout=policy.idle_timeout,  # type: ignore[arg-type]  # seconds, not a timedelta
        run_timeout=policy.run_timeout,  # type: ignore[arg-type]
    )
