"""The shape of a graph as the plain JSON that the front end draws."""

from __future__ import annotations

from typing import Any

from lgstream.events import Shape
from lgstream.views.text.format import replace_surrogates, truncate

MOST = 300
"""Nodes, with those of subgraphs, up to which a shape is kept: a drawing of more shows nothing."""
EDGES = 2_000
NAME, LABEL = 120, 60


def plain(shape: Shape) -> dict[str, Any] | None:
    """``{"name", "nodes": [{"name", "graph"?}], "edges": [[source, target, conditional, label]]}``; too large: None."""
    nodes, edges = size(shape)
    return _plain(shape) if nodes <= MOST and edges <= EDGES else None


def size(shape: Shape) -> tuple[int, int]:
    """The number of nodes and of edges, with those of subgraphs."""
    below = [size(node.graph) for node in shape.nodes if node.graph is not None]
    nodes = len(shape.nodes) + sum(count for count, _ in below)
    return nodes, len(shape.edges) + sum(count for _, count in below)


def _plain(shape: Shape) -> dict[str, Any]:
    nodes = [
        {"name": _name(node.name)} | ({"graph": _plain(node.graph)} if node.graph is not None else {})
        for node in shape.nodes
    ]
    edges = [
        [_name(edge.source), _name(edge.target), edge.conditional, truncate(replace_surrogates(edge.label), LABEL)]
        for edge in shape.edges
    ]
    return {"name": _name(shape.name), "nodes": nodes, "edges": edges}


def _name(text: str) -> str:
    return truncate(replace_surrogates(text), NAME)
