"""The events of a run, and those of some kinds among them."""

from __future__ import annotations

import asyncio
from typing import Any

from lgstream.sinks import Collect


def run(graph: Any, value: Any, config: Any = None) -> list[Any]:
    sink = Collect()
    graph.invoke(value, config, sinks=[sink])
    return sink.events


def arun(graph: Any, value: Any, config: Any = None) -> list[Any]:
    sink = Collect()
    asyncio.run(graph.ainvoke(value, config, sinks=[sink]))
    return sink.events


def of(events: list[Any], *kinds: type) -> list[Any]:
    return [event for event in events if isinstance(event, kinds)]
