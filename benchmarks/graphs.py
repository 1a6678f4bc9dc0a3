"""Pieces that cases share: ways to run a graph, and results made comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import BaseMessage

from benchmarks.case import Work

CONFIG = {"recursion_limit": 1_000_000}

ALL_MODES = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_CHANCE = frozenset({"timestamp", "id"})


def streamed(graph: Any, input: Any, *, is_async: bool = False, **kwargs: Any) -> Work:
    """Work that takes every chunk of a stream and returns them."""

    def work() -> list[Any]:
        return list(graph.stream(input, CONFIG, **kwargs))

    async def awaited() -> list[Any]:
        return [chunk async for chunk in graph.astream(input, CONFIG, **kwargs)]

    return awaited if is_async else work


def settled(value: Any) -> Any:
    """``value`` without what differs from run to run: ids and times."""
    if isinstance(value, dict):
        return {key: settled(each) for key, each in value.items() if key not in _CHANCE}
    if isinstance(value, list | tuple):
        return [settled(each) for each in value]
    if isinstance(value, BaseMessage):
        return [value.type, value.content]
    return _ID.sub("id", value) if isinstance(value, str) else value


def in_any_order(chunks: Iterable[Any]) -> list[str]:
    """The chunks of tasks that run at once."""
    return sorted(repr(settled(chunk)) for chunk in chunks)
