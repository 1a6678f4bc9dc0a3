"""Hears what the nodes of a langgraph graph write to its custom stream, also where the caller streams it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from langgraph.runtime import Runtime

Writer = Callable[[Any], None]


class Both:
    """A stream writer that two hear."""

    def __init__(self, heard: Writer, caller: Writer) -> None:
        self.heard = heard
        self.caller = caller

    def __call__(self, data: Any) -> None:
        self.heard(data)
        self.caller(data)


@dataclass(kw_only=True, slots=True, frozen=True)
class HeardRuntime(Runtime[Any]):  # type: ignore[misc]  # its decorator hides from mypy that it is frozen
    """A runtime whose ``heard`` gets every custom write.

    A graph that is streamed with ``"custom"`` among its modes merges a runtime with a writer of its own into the one
    that it is given. The merged one then writes to both; its tasks, and the graphs in them, inherit it.
    """

    heard: Writer

    def merge(self, other: Runtime[Any]) -> HeardRuntime:
        merged = Runtime.merge(self, other)
        parts = {field.name: getattr(merged, field.name) for field in fields(merged)}
        if not (isinstance(merged.stream_writer, Both) or merged.stream_writer == self.heard):
            parts["stream_writer"] = Both(self.heard, merged.stream_writer)
        return HeardRuntime(**parts, heard=self.heard)
