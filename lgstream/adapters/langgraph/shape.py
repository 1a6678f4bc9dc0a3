"""Recognize compiled langgraph graphs and describe their nodes and edges."""

from __future__ import annotations

import sys
from typing import Any

from lgstream.constants import END, START
from lgstream.events import Edge, NodeShape, Shape

__all__ = ["is_langgraph_graph", "langgraph_shape"]


def is_langgraph_graph(graph: Any) -> bool:
    """Return True if ``graph`` is a compiled graph of the ``langgraph`` package. Does not import that package."""
    pregel = sys.modules.get("langgraph.pregel")
    return pregel is not None and isinstance(graph, pregel.Pregel)


def langgraph_shape(graph: Any) -> Shape:
    """Return the shape of a compiled langgraph graph, including those nodes that are compiled graphs themselves."""
    drawing = graph.get_graph()
    nodes = tuple(
        NodeShape(name, langgraph_shape(node.bound) if is_langgraph_graph(node.bound) else None)
        for name, node in graph.nodes.items()
        if name in drawing.nodes and name not in (START, END)
    )
    edges = tuple(
        Edge(edge.source, edge.target, edge.conditional, "" if edge.data is None else str(edge.data))
        for edge in drawing.edges
    )
    return Shape(graph.get_name(), nodes, edges)
