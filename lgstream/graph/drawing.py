"""The shape of a compiled graph: nodes, edges and subgraphs, for views and drawings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..constants import END, START
from ..events import Edge, NodeShape, Shape

if TYPE_CHECKING:
    from .compiled import CompiledGraph


def shape_of(graph: CompiledGraph) -> Shape:
    """What is known of the graph before it runs."""
    builder: Any = getattr(graph, "builder", None)
    if builder is None:  # an entrypoint: one node
        names = tuple(graph.program.nodes)
        return Shape(graph.name, tuple(NodeShape(name) for name in names), (Edge(START, names[0]), Edge(names[0], END)))
    nodes = tuple(
        NodeShape(name, shape_of(node.subgraph) if node.is_subgraph else None)
        for name, node in graph.program.nodes.items()
        if name in builder.nodes
    )
    return Shape(graph.name, nodes, tuple(edges_of(builder)))


def edges_of(builder: Any) -> list[Edge]:
    """All edges: plain ones, joins, and where routing functions and Commands may lead.

    A routing function that does not say where it leads is not drawn. A node without a drawn way on leads to END.
    """
    edges = [Edge(start, end) for start, end in sorted(builder.edges)]
    edges += [Edge(start, end) for starts, end in sorted(builder.waiting_edges) for start in starts]
    for source, branches in builder.branches.items():
        for branch in branches.values():
            for answer, end in (branch.ends or {}).items():
                edges.append(Edge(source, end, True, "" if answer == end else str(answer)))
    for name, node in builder.nodes.items():
        edges += [Edge(name, end, True, str(label)) for end, label in node.ends.items()]
    leading = {edge.source for edge in edges}
    edges += [Edge(name, END) for name in builder.nodes if name not in leading]
    return edges


def langchain_graph(graph: CompiledGraph, xray: int | bool = False) -> Any:
    """The shape as langchain's ``Graph``, which draws itself (``draw_mermaid()``, ``to_json()``).

    ``xray`` draws subgraphs too, to that depth (True: all).
    """
    from langchain_core.runnables import RunnableLambda
    from langchain_core.runnables.graph import Graph

    shape = shape_of(graph)
    deeper = xray if isinstance(xray, bool) else xray - 1
    drawn = Graph()
    ends: dict[str, tuple[Any, Any]] = {}
    for name in (START, *(node.name for node in shape.nodes if node.name != START)):
        node = graph.program.nodes.get(name)
        inner = node.subgraph if node is not None and node.is_subgraph else None
        if inner is not None and xray:
            below = langchain_graph(inner, deeper)
            below.trim_first_node()
            below.trim_last_node()
            first, last = drawn.extend(below, prefix=name)
            if first is not None and last is not None:
                ends[name] = (first, last)
                continue
        target = node.target if node is not None else None
        data = inner or RunnableLambda(_nothing, name=name)
        if target is not None and target.is_runnable:
            data = target.function
        added = drawn.add_node(data, name, metadata=_metadata(node))
        ends[name] = (added, added)
    for edge in drawn_edges(shape):
        if edge.target == END and END not in ends:
            added = drawn.add_node(None, END)
            ends[END] = (added, added)
        label = edge.label or None
        drawn.add_edge(ends[edge.source][1], ends[edge.target][0], label, edge.conditional)
    return drawn


def drawn_edges(shape: Shape) -> list[Edge]:
    """The edges that a run can take, in the order of LangGraph's drawings: by their nodes, plain ones to END last."""
    reached, ahead = set[str](), [START]
    while ahead:
        node = ahead.pop()
        if node not in reached:
            reached.add(node)
            ahead += [edge.target for edge in shape.edges if edge.source == node]
    edges = [edge for edge in shape.edges if edge.source in reached]
    return sorted(edges, key=lambda edge: (edge.target == END and not edge.conditional, edge))


def _metadata(node: Any) -> dict[str, Any] | None:
    """What a drawing says of a node beside its name: its metadata, and the tools of a tool node."""
    if node is None:
        return None
    metadata = dict(node.metadata or {})
    tools = getattr(getattr(node.target, "function", None), "tools_by_name", None)
    if tools is not None:
        metadata["__tools"] = list(tools)
    return metadata or None


def _nothing(value: Any) -> Any:
    """Stands for a node in a drawing."""
    return value
