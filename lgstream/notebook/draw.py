"""Draw a compiled graph of lgstream or of langgraph."""

from __future__ import annotations

from typing import Any

from lgstream.notebook.backend import backend_for
from lgstream.views.graph.svg import GraphPicture


def draw(graph: Any, *, xray: bool = True) -> GraphPicture:
    """Return a picture of a compiled graph of lgstream or of langgraph, drawn without network access.

    As the last line of a cell, the picture is displayed.

    Args:
        graph: a compiled graph.
        xray: draw the contents of subgraphs too.

    Returns:
        The picture, as SVG and as text.

    Raises:
        TypeError: if ``graph`` is not a compiled graph, or ``xray`` is not a bool.
    """
    shape = backend_for(graph, "draw()").shape(graph)
    if xray not in (True, False):
        raise TypeError(f"xray is {xray!r}, and must be True or False: draw() shows all levels of subgraphs or none.")
    if not xray:
        shape = shape._replace(nodes=tuple(node._replace(graph=None) for node in shape.nodes))
    return GraphPicture(shape)
