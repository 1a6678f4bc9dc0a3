"""The shape of a graph: its nodes and edges, as far as they are known before it runs."""

from __future__ import annotations

from typing import NamedTuple


class Edge(NamedTuple):
    """An edge of a :class:`Shape`.

    Attributes:
        source: the node where the edge starts; ``"__start__"`` for START.
        target: the node where the edge ends; ``"__end__"`` for END.
        conditional: True if a routing function decides whether the edge is taken.
        label: the text on the edge; ``""`` for none.
    """

    source: str
    target: str
    conditional: bool = False
    label: str = ""


class NodeShape(NamedTuple):
    """A node of a :class:`Shape`.

    Attributes:
        name: the name of the node.
        graph: the shape of the node's subgraph; None if the node is not a subgraph.
    """

    name: str
    graph: Shape | None = None


class Shape(NamedTuple):
    """The nodes and edges of a graph, as far as they are known before it runs. START and END appear only in edges.

    Attributes:
        name: the name of the graph.
        nodes: the nodes, in the order in which they were added.
        edges: the edges that can be drawn.
    """

    name: str
    nodes: tuple[NodeShape, ...]
    edges: tuple[Edge, ...]
