"""The shape of a graph as Mermaid text."""

from __future__ import annotations

from collections.abc import Iterator

from lgstream.events import Shape
from lgstream.inspection.text import replace_controls, replace_surrogates, truncate
from lgstream.views.graph.shape import END, START

MAX_LABEL_CHARS = 60

ENTITIES = str.maketrans({c: f"#{ord(c)};" for c in '"#&<>`;\\[](){}|'})
"""Characters that Mermaid would interpret, and what they are written as."""


def mermaid_text(shape: Shape) -> str:
    """Return a shape as a Mermaid flowchart: subgraphs as boxes, conditional edges dotted, names escaped."""
    return "\n".join(("flowchart TD", *_lines(shape, "", "  ")))


def _lines(shape: Shape, id_prefix: str, indent: str) -> Iterator[str]:
    ids = {node.name: f"{id_prefix}n{number}" for number, node in enumerate(shape.nodes)}
    for name, terminal_id in ((START, f"{id_prefix}start"), (END, f"{id_prefix}end_")):
        if any(name in edge[:2] for edge in shape.edges):
            ids[name] = terminal_id
            yield f"{indent}{terminal_id}(({name.strip('_')}))"
    for node in shape.nodes:
        node_id = ids[node.name]
        if node.graph is None:
            yield f'{indent}{node_id}["{_label(node.name)}"]'
        else:
            yield f'{indent}subgraph {node_id}["{_label(node.name)}"]'
            yield from _lines(node.graph, f"{node_id}_", indent + "  ")
            yield f"{indent}end"
    for edge in shape.edges:
        if edge.source in ids and edge.target in ids:
            arrow = "-.->" if edge.conditional else "-->"
            label = f'|"{_label(edge.label)}"|' if edge.label else ""
            yield f"{indent}{ids[edge.source]} {arrow}{label} {ids[edge.target]}"


def _label(text: str) -> str:
    line = replace_controls(replace_surrogates(text)).replace("\n", " ").replace("\t", " ")
    return truncate(line, MAX_LABEL_CHARS).translate(ENTITIES)
