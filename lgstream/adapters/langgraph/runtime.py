"""Observe what the nodes of a langgraph graph write to its custom stream, also if the caller streams it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from langgraph.runtime import Runtime

from lgstream.types import StreamWriter


class TeeWriter:
    """A stream writer that passes each write to an observer and to the writer of the caller."""

    def __init__(self, observer: StreamWriter, caller: StreamWriter) -> None:
        self.observer = observer
        self.caller = caller

    def __call__(self, data: Any) -> None:
        """Pass ``data`` on."""
        self.observer(data)
        self.caller(data)


@dataclass(kw_only=True, slots=True, frozen=True)
class TeeRuntime(Runtime[Any]):  # type: ignore[misc]  # its decorator hides from mypy that it is frozen
    """A runtime whose ``observer`` receives every custom write.

    A graph that is streamed with ``"custom"`` among its modes merges a runtime that has its own writer into the runtime
    that it receives. The merged runtime then writes to both; the tasks and the subgraphs inherit it.
    """

    observer: StreamWriter

    def merge(self, other: Runtime[Any]) -> TeeRuntime:
        """Return the merged runtime, which still writes to the observer."""
        merged = Runtime.merge(self, other)
        values = {field.name: getattr(merged, field.name) for field in fields(merged)}
        if not (isinstance(merged.stream_writer, TeeWriter) or merged.stream_writer == self.observer):
            values["stream_writer"] = TeeWriter(self.observer, merged.stream_writer)
        return TeeRuntime(**values, observer=self.observer)
