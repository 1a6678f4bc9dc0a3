"""The tool call that surrounds the running code, so that calls and graphs in a tool know which tool caused them.

:class:`~lgstream.langchain.tool_listener.ToolListener` sets it, so it is known only if a sink wants events of tools.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple


class RunningTool(NamedTuple):
    """A tool call in progress.

    Attributes:
        run_id: the id of the run that the call belongs to.
        task_id: the task that calls the tool.
        call_id: the id of the tool call.
        outer_call_id: the id of the tool call around it; ``""`` if there is none.
    """

    run_id: str
    task_id: str
    call_id: str
    outer_call_id: str = ""


_RUNNING_TOOL: ContextVar[RunningTool | None] = ContextVar("lgstream.running_tool", default=None)


def running_tool(run_id: str) -> RunningTool | None:
    """Return the innermost tool call of a run around the current code; None if there is none.

    Args:
        run_id: the id of the run. A tool of another run does not count: a sink may start runs of its own in a tool.
    """
    tool = _RUNNING_TOOL.get()
    return tool if tool is not None and tool.run_id == run_id else None


def running_tool_call(run_id: str) -> str:
    """Return the id of that tool call; ``""`` if there is none."""
    tool = running_tool(run_id)
    return "" if tool is None else tool.call_id


def nested_tool(run_id: str, task_id: str, call_id: str) -> RunningTool:
    """Return a tool call that starts in the current context, which another listener may have entered already."""
    outer = running_tool(run_id)
    if outer is not None and outer.call_id == call_id:
        return outer
    return RunningTool(run_id, task_id, call_id, "" if outer is None else outer.call_id)


def enter_tool(tool: RunningTool) -> RunningTool | None:
    """Set the innermost tool call of the current context, and return the previous one, to pass to :func:`leave_tool`.

    Two listeners of one run may enter the same call; the second one then gets the call itself.
    """
    previous = _RUNNING_TOOL.get()
    _RUNNING_TOOL.set(tool)
    return previous


def leave_tool(tool: RunningTool, previous: RunningTool | None) -> None:
    """Set the tool call around ``tool`` again, unless ``previous`` is that call entered by another listener."""
    if previous != tool:
        _RUNNING_TOOL.set(previous)
