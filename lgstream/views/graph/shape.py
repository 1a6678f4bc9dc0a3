"""The shape of a graph as JSON, which the front end draws."""

from __future__ import annotations

from typing import Any

from lgstream.events import Shape
from lgstream.inspection.text import bounded_text

START, END = "__start__", "__end__"
"""The ends of a graph, as its edges name them."""

MAX_NODES = 300
"""Shapes with more nodes, those of subgraphs included, are left out: a drawing of them would not be readable."""

MAX_EDGES = 2_000
MAX_NAME_CHARS, MAX_LABEL_CHARS = 120, 60


def shape_json(shape: Shape) -> dict[str, Any] | None:
    """Return a shape as JSON, or None if it is too large to be drawn.

    Returns:
        ``{"name": str, "nodes": [{"name": str, "graph"?: ...}], "edges": [[source, target, conditional, label]]}``,
        where ``graph`` is the shape of a subgraph.
    """
    nodes, edges = count_nodes_and_edges(shape)
    return _to_json(shape) if nodes <= MAX_NODES and edges <= MAX_EDGES else None


def count_nodes_and_edges(shape: Shape) -> tuple[int, int]:
    """Return the number of nodes and of edges, those of subgraphs included."""
    inner = [count_nodes_and_edges(node.graph) for node in shape.nodes if node.graph is not None]
    return len(shape.nodes) + sum(nodes for nodes, _ in inner), len(shape.edges) + sum(edges for _, edges in inner)


def _to_json(shape: Shape) -> dict[str, Any]:
    nodes = [
        {"name": _name(node.name)} | ({"graph": _to_json(node.graph)} if node.graph is not None else {})
        for node in shape.nodes
    ]
    edges = [
        [_name(edge.source), _name(edge.target), edge.conditional, bounded_text(edge.label, MAX_LABEL_CHARS)]
        for edge in shape.edges
    ]
    return {"name": _name(shape.name), "nodes": nodes, "edges": edges}


def _name(text: str) -> str:
    return bounded_text(text, MAX_NAME_CHARS)
