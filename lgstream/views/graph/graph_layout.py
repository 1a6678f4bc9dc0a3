"""Lay out the drawing of a graph: boxes, edges and labels, with subgraphs as boxes that contain their own layout.

``widgets/src/model/graphLayout.ts`` mirrors this module, so that the static picture and the front end draw a graph
alike; see :mod:`lgstream.views.graph.layered_layout`. The same shape always gives the same layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lgstream.events import Edge, Shape
from lgstream.inspection.text import replace_controls, replace_surrogates
from lgstream.views.graph.layered_layout import LayerEdge, Point, Slot, place_in_layers
from lgstream.views.graph.shape import END, START

MARGIN = 12.0
"""Pixels around a graph, also around one inside the box of a subgraph."""

TITLE_HEIGHT = 24.0
"""Pixels for the title of a subgraph at the top of its box."""

NODE_HEIGHT = 28.0
MIN_NODE_WIDTH = 64.0
NODE_PADDING = 64.0
"""Pixels of a node's box besides its name: for its colour, its status and how often it ran."""

SUBGRAPH_PADDING = 80.0
"""The same for a subgraph, with a control to open and close it."""

TERMINAL_WIDTH, TERMINAL_HEIGHT = 54.0, 22.0

LOOP_WIDTH = 26.0
"""Pixels to the right of a box that an edge from the box to itself takes."""

LOOP_HALF_HEIGHT = 7.0
LOOP_LABEL_GAP = 4.0
LABEL_PADDING = 16.0

NAME_FONT_SIZE, LABEL_FONT_SIZE = 12.0, 11.0
AVERAGE_CHAR_WIDTH = 0.57
"""Estimated width of a character, in font sizes: nothing is measured, as there may be no browser."""

MAX_NAME_CHARS = 36
MAX_LABEL_CHARS = 32
MAX_MERGED_LABEL_CHARS = 48

WIDE_CHARS = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd]"
)
"""Characters about as wide as the font size: Chinese, Japanese and Korean, and emoji."""


@dataclass(slots=True)
class NodeBox:
    """The box of a node.

    Attributes:
        name: the name of the node, :data:`START` or :data:`END`.
        label: the name as it is shown.
        width: in pixels.
        height: in pixels.
        x: the centre.
        y: the top.
        color: the number of its colour.
        inner: the layout of an open subgraph, inside the box below the title; None otherwise.
    """

    name: str
    label: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    color: int = 0
    inner: GraphLayout | None = None


@dataclass(slots=True)
class EdgeLine:
    """An edge: the points that it passes, from its source to its target, and the centre of its label if it has one."""

    edge: Edge
    points: list[Point]
    label_position: Point | None = None


@dataclass(slots=True)
class GraphLayout:
    """A graph with positions for everything, in pixels from its top left corner."""

    name: str
    boxes: list[NodeBox]
    lines: list[EdgeLine]
    width: float
    height: float


def layout_graph(shape: Shape, is_open: Callable[[str], bool] = lambda path: True, path: str = "") -> GraphLayout:
    """Lay out a graph.

    Args:
        shape: its nodes and edges.
        is_open: called with the path of a subgraph (the names of nodes from the top, joined by ``/``); if it returns
            False, the subgraph is drawn as a closed box.
        path: the path of this graph; ``""`` for the root graph.
    """
    boxes = {box.name: box for box in _boxes(shape, is_open, path)}
    edges = _merge_parallel(edge for edge in shape.edges if edge.source in boxes and edge.target in boxes)
    loops = [edge for edge in edges if edge.source == edge.target]
    edges = [edge for edge in edges if edge.source != edge.target]
    slots = {name: Slot(box.width, box.height, is_box=True) for name, box in boxes.items()}
    for edge in loops:
        label_width = text_width(edge.label, LABEL_FONT_SIZE) + LOOP_LABEL_GAP if edge.label else 0.0
        slots[edge.source].right_space = LOOP_WIDTH + label_width
    layer_edges = [LayerEdge(edge.source, edge.target, _label_width(edge.label)) for edge in edges]
    routes, width, height = place_in_layers(slots, layer_edges, END if END in boxes else None)
    for name, box in boxes.items():
        box.x, box.y = slots[name].x + MARGIN, slots[name].y + MARGIN
    lines = [
        EdgeLine(edge, [_inside_margin(point) for point in points], label and _inside_margin(label))
        for edge, (points, label) in zip(edges, routes, strict=True)
    ]
    lines += [_loop(edge, boxes[edge.source]) for edge in loops]
    name = replace_controls(replace_surrogates(shape.name))
    return GraphLayout(name, list(boxes.values()), lines, width + 2 * MARGIN, height + 2 * MARGIN)


def text_width(text: str, font_size: float) -> float:
    """Estimate the width of ``text`` in a sans-serif font of this size."""
    wide = len(WIDE_CHARS.findall(text))
    return font_size * wide + font_size * AVERAGE_CHAR_WIDTH * (len(text) - wide)


def one_line(text: str, max_chars: int) -> str:
    """Return ``text`` on one line of at most ``max_chars`` characters, without control characters."""
    line = " ".join(replace_controls(replace_surrogates(text)).split())
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"


def _boxes(shape: Shape, is_open: Callable[[str], bool], path: str) -> Iterator[NodeBox]:
    ends = {end for edge in shape.edges for end in edge[:2]}
    if START in ends:
        yield NodeBox(START, "START", TERMINAL_WIDTH, TERMINAL_HEIGHT)
    for number, node in enumerate(shape.nodes):
        if node.name in (START, END):
            continue
        label = one_line(node.name, MAX_NAME_CHARS)
        name_width = text_width(label, NAME_FONT_SIZE)
        if node.graph is None:
            yield NodeBox(node.name, label, max(name_width + NODE_PADDING, MIN_NODE_WIDTH), NODE_HEIGHT, color=number)
            continue
        width, node_path = name_width + SUBGRAPH_PADDING, f"{path}/{node.name}" if path else node.name
        if is_open(node_path):
            inner = layout_graph(node.graph, is_open, node_path)
            width, height = max(inner.width, width), inner.height + TITLE_HEIGHT
            yield NodeBox(node.name, label, width, height, color=number, inner=inner)
        else:
            yield NodeBox(node.name, label, width, NODE_HEIGHT, color=number)
    if END in ends:
        yield NodeBox(END, "END", TERMINAL_WIDTH, TERMINAL_HEIGHT)


def _merge_parallel(edges: Iterable[Edge]) -> list[Edge]:
    """Merge edges between the same two nodes into one with all their labels; conditional if all of them are."""
    merged: dict[tuple[str, str], Edge] = {}
    labels: dict[tuple[str, str], dict[str, None]] = {}
    for edge in edges:
        known = merged.get(edge[:2])
        conditional = edge.conditional and (known is None or known.conditional)
        merged[edge[:2]] = edge._replace(conditional=conditional)
        labels.setdefault(edge[:2], {})[one_line(edge.label, MAX_LABEL_CHARS)] = None
    return [
        edge._replace(label=one_line(" · ".join(filter(None, labels[ends])), MAX_MERGED_LABEL_CHARS))
        for ends, edge in merged.items()
    ]


def _label_width(label: str) -> float:
    return text_width(label, LABEL_FONT_SIZE) + LABEL_PADDING if label else 0.0


def _loop(edge: Edge, box: NodeBox) -> EdgeLine:
    """Return the edge from a box to itself: four points at the right side, with the label beside them."""
    right, middle = box.x + box.width / 2, box.y + box.height / 2
    top, bottom = middle - LOOP_HALF_HEIGHT, middle + LOOP_HALF_HEIGHT
    points = [(right, top), (right + LOOP_WIDTH, top), (right + LOOP_WIDTH, bottom), (right, bottom)]
    label_x = right + LOOP_WIDTH + LOOP_LABEL_GAP + text_width(edge.label, LABEL_FONT_SIZE) / 2
    return EdgeLine(edge, points, (label_x, middle) if edge.label else None)


def _inside_margin(point: Point) -> Point:
    return point[0] + MARGIN, point[1] + MARGIN
