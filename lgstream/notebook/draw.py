"""``draw``: a graph as a picture, of either package."""

from __future__ import annotations

from typing import Any

from lgstream.adapters.langgraph.shape import is_langgraph_graph, langgraph_shape
from lgstream.views.graph.svg import Picture


def draw(graph: Any, *, xray: bool = True) -> Picture:
    """The picture of a compiled graph of lgstream or of langgraph, made offline: the last line of a cell shows it.

    Args:
        xray: draw the insides of subgraphs too.

    Raises:
        TypeError: ``graph`` is no compiled graph.
    """
    from lgstream.graph.compiled import CompiledGraph
    from lgstream.graph.drawing import graph_shape

    if isinstance(graph, CompiledGraph):
        shape = graph_shape(graph)
    elif is_langgraph_graph(graph):
        shape = langgraph_shape(graph)
    else:
        hint = " Compile it first: builder.compile()." if hasattr(graph, "compile") else ""
        kind = type(graph).__qualname__
        raise TypeError(f"draw() takes compiled graphs of lgstream and of langgraph, and this is a {kind}.{hint}")
    if not xray:
        shape = shape._replace(nodes=tuple(node._replace(graph=None) for node in shape.nodes))
    return Picture(shape)
