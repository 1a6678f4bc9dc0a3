"""The shape of a graph as mermaid text."""

from __future__ import annotations

from collections.abc import Iterator

from lgstream.events import Shape
from lgstream.views.text.format import replace_controls, replace_surrogates, truncate

START, END = "__start__", "__end__"
LABEL = 60
ENTITIES = str.maketrans({c: f"#{ord(c)};" for c in '"#&<>`;\\[](){}|'})


def draw(shape: Shape) -> str:
    """``shape`` as a mermaid flowchart: subgraphs as boxes, conditional edges dotted. Names are escaped."""
    return "\n".join(("flowchart TD", *_lines(shape, "", "  ")))


def _lines(shape: Shape, prefix: str, indent: str) -> Iterator[str]:
    ids = {node.name: f"{prefix}n{number}" for number, node in enumerate(shape.nodes)}
    for name, node in ((START, f"{prefix}start"), (END, f"{prefix}end_")):
        if any(name in edge[:2] for edge in shape.edges):
            ids[name] = node
            yield f"{indent}{node}(({name.strip('_')}))"
    for part in shape.nodes:
        node = ids[part.name]
        if part.graph is None:
            yield f'{indent}{node}["{_label(part.name)}"]'
        else:
            yield f'{indent}subgraph {node}["{_label(part.name)}"]'
            yield from _lines(part.graph, f"{node}_", indent + "  ")
            yield f"{indent}end"
    for edge in shape.edges:
        if edge.source in ids and edge.target in ids:
            arrow = "-.->" if edge.conditional else "-->"
            label = f'|"{_label(edge.label)}"|' if edge.label else ""
            yield f"{indent}{ids[edge.source]} {arrow}{label} {ids[edge.target]}"


def _label(text: str) -> str:
    return truncate(replace_controls(replace_surrogates(text)).replace("\n", " ").replace("\t", " "), LABEL).translate(
        ENTITIES
    )
