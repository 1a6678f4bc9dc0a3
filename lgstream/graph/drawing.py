"""The shape of a compiled graph: nodes, edges and subgraphs, for views and drawings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..constants import END
from ..events import Edge, NodeShape, Shape

if TYPE_CHECKING:
    from .compiled import CompiledGraph


def shape_of(graph: CompiledGraph) -> Shape:
    """What is known of the graph before it runs."""
    builder: Any = getattr(graph, "builder", None)
    if builder is None:
        return Shape(graph.name, tuple(NodeShape(name) for name in graph.program.nodes), ())
    nodes = tuple(
        NodeShape(name, shape_of(node.subgraph) if node.subgraph is not None else None)
        for name, node in graph.program.nodes.items()
        if name in builder.nodes
    )
    return Shape(graph.name, nodes, tuple(edges_of(builder)))


def edges_of(builder: Any) -> list[Edge]:
    """All edges: plain ones, joins, and where routing functions and Commands may lead.

    A routing function that does not say where it leads may lead anywhere. A node without a way on leads to END.
    """
    edges = [Edge(start, end) for start, end in sorted(builder.edges)]
    edges += [Edge(start, end) for starts, end in sorted(builder.waiting_edges) for start in starts]
    for source, branches in builder.branches.items():
        for branch in branches.values():
            ends = branch.ends if branch.ends is not None else {n: n for n in [*builder.nodes, END] if n != source}
            for answer, end in ends.items():
                edges.append(Edge(source, end, True, "" if answer == end else str(answer)))
    for name, node in builder.nodes.items():
        edges += [Edge(name, end, True, str(label)) for end, label in node.ends.items()]
    leading = {edge.source for edge in edges}
    edges += [Edge(name, END) for name in builder.nodes if name not in leading]
    return edges
