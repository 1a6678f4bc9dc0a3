"""Graphs that a node or a tool calls: their names in the tree, and when they end."""

from __future__ import annotations

from lgstream._reserved import UNNAMED_GRAPH
from lgstream.events import GraphFinished, GraphStarted
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.fold.tools import ToolFold


class CalledGraphFold:
    """Gives a called graph a row of its own, below the row of the task that calls it, if there is a name for it.

    That is the name of the graph, or else of the tool that calls it. A graph that is a node has the row of its node.
    """

    def __init__(self, timeline: TimelineFold, tools: ToolFold) -> None:
        self._timeline = timeline
        self._tools = tools

    def on_graph_started(self, event: GraphStarted) -> None:
        name = event.graph
        if name == UNNAMED_GRAPH:
            name = self._tools.running_tool_name(event.task_id, event.tool_call_id)
        self._timeline.start_nested_graph(event, name)

    def on_graph_finished(self, event: GraphFinished) -> None:
        self._timeline.end_called_graph(event)
