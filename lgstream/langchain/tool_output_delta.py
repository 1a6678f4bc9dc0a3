"""Parts of a tool's output that it streams before it returns: ``ToolRuntime.emit_output_delta``.

The running tool call is known by a context variable, because code that the tool calls may emit, too. langgraph has such
a variable of its own, with the function that takes a part. If that package is loaded, the variable is set as well, so
that tools with langgraph's ``ToolRuntime`` stream their output, and its function is called for tools that run in a
stream of langgraph.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NamedTuple
from uuid import UUID

from lgstream._langgraph import loaded_object

__all__ = ["close_tool_output", "emit_tool_output", "open_tool_output"]

OutputWriter = Callable[[Any], None]
"""Takes a part of a tool's output."""


class _ToolOutput(NamedTuple):
    """The output of the running tool call."""

    run_id: UUID
    writers: tuple[OutputWriter, ...]
    """One of each listener; and that of langgraph, if one was set when the tool started."""
    outer: _ToolOutput | None
    """The output of the tool that called this one."""
    langgraph_writer: OutputWriter | None
    """What langgraph's variable was before."""


_current: Final[ContextVar[_ToolOutput | None]] = ContextVar("lgstream_tool_output", default=None)


def open_tool_output(run_id: UUID, writer: OutputWriter) -> None:
    """Let a writer receive what the tool call that starts in this context emits.

    Args:
        run_id: the langchain run id of the call.
        writer: receives each part.
    """
    current, variable = _current.get(), _langgraph_variable()
    if current is not None and current.run_id == run_id:
        _current.set(current._replace(writers=(*current.writers, writer)))
        return
    langgraph_writer = variable.get() if variable is not None else None
    writers = (writer,) if langgraph_writer in (None, emit_tool_output) else (langgraph_writer, writer)
    _current.set(_ToolOutput(run_id, writers, current, langgraph_writer))
    if variable is not None:
        variable.set(emit_tool_output)


def close_tool_output(run_id: UUID) -> None:
    """Leave the tool call, if this context is that of the call."""
    current, variable = _current.get(), _langgraph_variable()
    if current is None or current.run_id != run_id:
        return
    _current.set(current.outer)
    if variable is not None:
        variable.set(current.langgraph_writer)


def emit_tool_output(delta: Any) -> None:
    """Pass a part of the output of the running tool on; outside of tools, and if nobody listens, do nothing."""
    current, variable = _current.get(), _langgraph_variable()
    for writer in current.writers if current is not None else ():
        writer(delta)
    langgraph_writer = variable.get() if variable is not None else None
    if langgraph_writer is not None and langgraph_writer is not emit_tool_output:
        langgraph_writer(delta)


def _langgraph_variable() -> ContextVar[OutputWriter | None] | None:
    """Return langgraph's context variable; None if the package is not loaded, or keeps the function elsewhere."""
    variable = loaded_object("_tool_call_writer", "langgraph.pregel._tools")
    return variable if isinstance(variable, ContextVar) else None
