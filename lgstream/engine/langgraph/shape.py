"""The shape of a compiled langgraph graph: its nodes and edges."""

from __future__ import annotations

from typing import Any

from lgstream._langgraph import is_langgraph_graph
from lgstream.constants import END, START
from lgstream.events import Edge, NodeShape, Shape


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
