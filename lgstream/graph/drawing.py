"""The shape of a compiled graph, for views and drawings: its nodes, edges and subgraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream._langgraph import is_langgraph_graph
from lgstream._reserved import branch_channel
from lgstream.channels import LastValueAfterFinish
from lgstream.constants import END, START
from lgstream.engine.langgraph.shape import langgraph_shape
from lgstream.engine.program import Node
from lgstream.events import Edge, NodeShape, Shape
from lgstream.graph.edge_discovery import discover_edges

if TYPE_CHECKING:
    from lgstream.graph.compiled_base import BaseCompiledGraph
    from lgstream.graph.specs import GraphSpec


def graph_shape(graph: BaseCompiledGraph) -> Shape:
    """Return the nodes and edges of a graph as they were added to its builder, with the shapes of its subgraphs."""
    if is_langgraph_graph(graph):
        return langgraph_shape(graph)
    if graph.spec is None:  # an entrypoint: its function is the only node
        (name,) = graph.program.nodes
        return Shape(graph.name, (NodeShape(name),), (Edge(START, name), Edge(name, END)))
    nodes = tuple(
        NodeShape(name, graph_shape(node.subgraph) if node.is_subgraph else None)
        for name, node in graph.program.nodes.items()
        if name in graph.spec.nodes
    )
    return Shape(graph.name, nodes, tuple(declared_edges(graph.spec)))


def declared_edges(spec: GraphSpec) -> list[Edge]:
    """Return all edges of a graph: plain ones, waiting ones, and the declared ends of routing functions and Commands.

    A routing function that does not declare its ends adds no edge. A node without any edge leads to END.
    """
    edges = [Edge(start, end) for start, end in sorted(spec.edges)]
    edges += [Edge(start, end) for starts, end in sorted(spec.waiting_edges) for start in starts]
    for source, branches in spec.branches.items():
        for branch in branches.values():
            for result, end in (branch.ends or {}).items():
                edges.append(Edge(source, end, True, "" if result == end else str(result)))
    for name, node in spec.nodes.items():
        edges += [Edge(name, end, True, str(label)) for end, label in node.ends.items()]
    sources = {edge.source for edge in edges}
    edges += [Edge(name, END) for name in spec.nodes if name not in sources]
    return edges


def langchain_graph(graph: BaseCompiledGraph, xray: int | bool = False) -> Any:
    """Return a graph as langchain's drawable ``Graph``.

    Args:
        graph: The graph.
        xray: The depth to which subgraphs are drawn in place of their nodes; True draws all.
    """
    if is_langgraph_graph(graph):
        return graph.get_graph(xray=xray)  # type: ignore[call-arg]  # its own method has it
    from langchain_core.runnables import RunnableLambda
    from langchain_core.runnables.graph import Graph

    drawing = Graph()
    nodes: dict[str, Any] = {}
    for name, node in graph.program.nodes.items():
        action = node.action
        data = action.function if action is not None and action.is_runnable else RunnableLambda(_identity, name=name)
        nodes[name] = drawing.add_node(data, name, metadata=_drawing_metadata(graph, node))
    edges = discover_edges(graph)
    for name in (START, END):
        if name not in nodes and any(name in edge[:2] for edge in edges):
            nodes[name] = drawing.add_node(None, name)
    for edge in edges:
        drawing.add_edge(nodes[edge.source], nodes[edge.target], edge.label or None, edge.conditional)
    if xray:
        depth = xray - 1 if isinstance(xray, int) and xray is not True else xray
        for name, subgraph in graph.get_subgraphs():
            _replace_node(drawing, name, langchain_graph(subgraph, depth))
    return drawing


def _replace_node(drawing: Any, name: str, subgraph: Any) -> None:
    """Replace a node of a langchain ``Graph`` with the drawing of its subgraph."""
    if len(subgraph.nodes) < 2 or not (subgraph.first_node() and subgraph.last_node()):
        return
    subgraph.trim_first_node()
    subgraph.trim_last_node()
    del drawing.nodes[name]
    first, last = drawing.extend(subgraph, prefix=name)
    for index, edge in enumerate(drawing.edges):
        source = last.id if edge.source == name else edge.source
        target = first.id if edge.target == name else edge.target
        drawing.edges[index] = edge.copy(source=source, target=target)


def _drawing_metadata(graph: BaseCompiledGraph, node: Node) -> dict[str, Any] | None:
    """Return a node's metadata as in LangGraph's drawings: the node's own, and its ``defer``, interrupts and tools."""
    metadata = dict(node.metadata or {})
    if isinstance(graph.program.channels.get(branch_channel(node.name)), LastValueAfterFinish):
        metadata["defer"] = True
    nodes_by_position = {"before": graph.interrupt_before_nodes, "after": graph.interrupt_after_nodes}
    positions = [position for position, names in nodes_by_position.items() if node.name in names]
    if positions:
        metadata["__interrupt"] = ",".join(positions)
    tools = getattr(getattr(node.action, "function", None), "tools_by_name", None)
    if tools is not None:
        metadata["__tools"] = list(tools)
    return metadata or None


def _identity(value: Any) -> Any:
    """Return the value; used in drawings in place of a node's function."""
    return value
