"""The shape of a compiled graph: nodes, edges and subgraphs, for views and drawings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream._reserved import branch_channel
from lgstream.channels import LastValueAfterFinish
from lgstream.constants import END, START
from lgstream.engine.program import Node
from lgstream.events import Edge, NodeShape, Shape
from lgstream.graph.edge_discovery import walked

if TYPE_CHECKING:
    from lgstream.graph.definition import GraphDefinition


def shape_of(graph: GraphDefinition) -> Shape:
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


def langchain_graph(graph: GraphDefinition, xray: int | bool = False) -> Any:
    """The graph as langchain's ``Graph``, which draws itself (``draw_mermaid()``, ``to_json()``).

    ``xray`` draws subgraphs too, to that depth (True: all).
    """
    from langchain_core.runnables import RunnableLambda
    from langchain_core.runnables.graph import Graph

    drawn = Graph()
    nodes: dict[str, Any] = {}
    for name, node in graph.program.nodes.items():
        target = node.target
        data = target.function if target is not None and target.is_runnable else RunnableLambda(_nothing, name=name)
        nodes[name] = drawn.add_node(data, name, metadata=_metadata(graph, node))
    edges = walked(graph)
    for name in (START, END):
        if name not in nodes and any(name in edge[:2] for edge in edges):
            nodes[name] = drawn.add_node(None, name)
    for edge in edges:
        drawn.add_edge(nodes[edge.source], nodes[edge.target], edge.label or None, edge.conditional)
    if xray:
        deeper = xray if isinstance(xray, bool) else xray - 1
        for name, subgraph in graph.get_subgraphs():
            _open(drawn, name, langchain_graph(subgraph, deeper))
    return drawn


def _open(drawn: Any, name: str, inner: Any) -> None:
    """Draw a subgraph in the place of its node."""
    if len(inner.nodes) < 2 or not (inner.first_node() and inner.last_node()):
        return
    inner.trim_first_node()
    inner.trim_last_node()
    del drawn.nodes[name]
    first, last = drawn.extend(inner, prefix=name)
    for index, edge in enumerate(drawn.edges):
        if edge.source == name:
            edge = edge.copy(source=last.id)
        if edge.target == name:
            edge = edge.copy(target=first.id)
        drawn.edges[index] = edge


def _metadata(graph: GraphDefinition, node: Node) -> dict[str, Any] | None:
    """What a drawing says of a node beside its name: its metadata, when it runs and stops, a tool node's tools."""
    metadata = dict(node.metadata or {})
    if isinstance(graph.program.channels.get(branch_channel(node.name)), LastValueAfterFinish):
        metadata["defer"] = True
    stops = {"before": graph.interrupt_before_nodes, "after": graph.interrupt_after_nodes}
    where = [when for when, names in stops.items() if node.name in names]
    if where:
        metadata["__interrupt"] = ",".join(where)
    tools = getattr(getattr(node.target, "function", None), "tools_by_name", None)
    if tools is not None:
        metadata["__tools"] = list(tools)
    return metadata or None


def _nothing(value: Any) -> Any:
    """Stands for a node in a drawing."""
    return value
