"""Running graphs, and making the results of two packages comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import BaseMessage

from benchmarks.case import Work

CONFIG = {"recursion_limit": 1_000_000}

ALL_MODES = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_RANDOM_KEYS = frozenset({"timestamp", "id"})


def stream_work(graph: Any, graph_input: Any, *, is_async: bool = False, **kwargs: Any) -> Work:
    """Return work whose result is the list of all chunks of a stream."""

    def work() -> list[Any]:
        return list(graph.stream(graph_input, CONFIG, **kwargs))

    async def async_work() -> list[Any]:
        return [chunk async for chunk in graph.astream(graph_input, CONFIG, **kwargs)]

    return async_work if is_async else work


def without_ids(value: Any) -> Any:
    """Return ``value`` without ids and times, which differ between runs."""
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in _RANDOM_KEYS}
    if isinstance(value, list | tuple):
        return [without_ids(item) for item in value]
    if isinstance(value, BaseMessage):
        return [value.type, value.content]
    return _ID.sub("id", value) if isinstance(value, str) else value


def unordered(chunks: Iterable[Any]) -> list[str]:
    """Return the chunks of parallel tasks in a fixed order."""
    return sorted(repr(without_ids(chunk)) for chunk in chunks)
