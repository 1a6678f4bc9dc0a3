"""The drawing of a graph as SVG, made without a network or a browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from typing import Any

from lgstream.events import Shape
from lgstream.views.colors import NODE_COLORS
from lgstream.views.graph.graph_layout import (
    LABEL_FONT_SIZE,
    LOOP_HALF_HEIGHT,
    TITLE_HEIGHT,
    EdgeLine,
    GraphLayout,
    NodeBox,
    layout_graph,
    one_line,
    text_width,
)
from lgstream.views.graph.layered_layout import Point
from lgstream.views.graph.shape import END, START

SCALE = 1.15
"""The picture is larger than the layout, which is made for a narrow panel of the front end."""

HEAD_LENGTH, HEAD_HALF_WIDTH = 7.0, 3.5
"""The arrow head at the end of an edge, in pixels of the layout."""

LINE_END_GAP = 5.0
"""Pixels before its end at which a line stops: the arrow head covers the rest."""

LABEL_GROUND_PADDING, LABEL_GROUND_HEIGHT = 4.0, 15.0
MAX_TEXT_NAME_CHARS = 120

STYLE = """
svg{--bg:#fff;--ink:#1b1f24;--dim:#5c6570;--line:#8d97a3;--rim:#e3e6ea;--frame:#f6f8fa}
@media (prefers-color-scheme:dark){
svg{--bg:#171b20;--ink:#e4e8ec;--dim:#a2abb6;--line:#7d8793;--rim:#2b3138;--frame:#1e242b}
}
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink)}
text{text-anchor:middle;dominant-baseline:central}
.n{text-anchor:start}
.t{font-weight:600;text-anchor:start}.s{font-size:11px;fill:var(--dim)}
.e{fill:none;stroke:var(--line);stroke-width:1.3}.c{stroke-dasharray:5 4}.h{fill:var(--line)}
.p{fill:var(--rim)}.g{fill:var(--bg);stroke:var(--rim)}.f{fill:var(--frame)}
.l{fill:var(--bg)}.f~g .l{fill:var(--frame)}
""".replace("\n", "")


class GraphPicture:
    """The drawing of a graph, shown by a notebook cell or written to a file as ``svg``.

    Attributes:
        svg: the picture, with colours for light and dark and with its own background.
        text: the same in words: one line per edge, subgraphs indented.
    """

    def __init__(self, shape: Shape) -> None:
        self.svg = svg_document(shape)
        self.text = "\n".join(text_lines(shape))

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        data = base64.b64encode(self.svg.encode()).decode()
        alt = escape(self.text, quote=True).replace("\n", "&#10;")
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" style="max-width:100%;height:auto">'
        return {"text/html": image, "text/plain": self.text}


def svg_document(shape: Shape) -> str:
    """Return the drawing of a graph as an SVG document."""
    layout = layout_graph(shape)
    width, height = round(layout.width), round(layout.height)
    size = f'width="{round(width * SCALE)}" height="{round(height * SCALE)}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(layout.name)}</title><style>{STYLE}</style>",
        f'<rect class="g" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        *_elements(layout),
        "</svg>",
    ]
    return "".join(parts)


def text_lines(shape: Shape, indent: str = "") -> Iterator[str]:
    """Describe a shape in words, one line at a time."""
    yield f"{indent}{one_line(shape.name, MAX_TEXT_NAME_CHARS)}"
    terminals = {START: "START", END: "END"}
    for edge in shape.edges:
        source, target = (terminals.get(name) or one_line(name, MAX_TEXT_NAME_CHARS) for name in edge[:2])
        label = f"  ({one_line(edge.label, MAX_TEXT_NAME_CHARS)})" if edge.label else ""
        yield f"{indent}  {source} {'⇢' if edge.conditional else '→'} {target}{label}"
    for node in shape.nodes:
        if node.graph is not None:
            yield f"{indent}  {one_line(node.name, MAX_TEXT_NAME_CHARS)} is a graph:"
            yield from text_lines(node.graph, indent + "    ")


def _elements(layout: GraphLayout) -> Iterator[str]:
    for box in layout.boxes:
        yield _box_element(box)
    for line in layout.lines:
        yield _line_element(line)
    for line in layout.lines:
        if line.label_position is not None:
            yield _label_element(line.edge.label, line.label_position)


def _label_element(label: str, position: Point) -> str:
    x, y = position
    width = text_width(label, LABEL_FONT_SIZE) + 2 * LABEL_GROUND_PADDING
    ground = _rect("l", x - width / 2, y - LABEL_GROUND_HEIGHT / 2, width, LABEL_GROUND_HEIGHT, 4)
    return f'{ground}<text class="s" x="{x:.1f}" y="{y:.1f}">{escape(label)}</text>'


def _box_element(box: NodeBox) -> str:
    left = box.x - box.width / 2
    middle = box.y + box.height / 2
    label = escape(box.label)
    if box.name in (START, END):
        pill = _rect("p", left, box.y, box.width, box.height, box.height / 2)
        return f'{pill}<text class="s" x="{box.x:.1f}" y="{middle:.1f}">{label}</text>'
    color = NODE_COLORS[box.color % len(NODE_COLORS)]
    square = f'<rect fill="{color}" width="8" height="8" rx="2" '
    if box.inner is None:
        place = f'x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        frame = f'<rect {place} rx="6" fill="{color}" fill-opacity="0.12" stroke="{color}" stroke-opacity="0.65"/>'
        text_left = box.x - text_width(box.label, 12.0) / 2 + 8
        dot = f'{square}x="{text_left - 15:.1f}" y="{middle - 4:.1f}"/>'
        return f'{frame}{dot}<text class="n" x="{text_left:.1f}" y="{middle:.1f}">{label}</text>'
    frame = _rect("f", left, box.y, box.width, box.height, 8, f'stroke="{color}" stroke-opacity="0.65"')
    title = f'{square}x="{left + 11:.1f}" y="{box.y + 10:.1f}"/>'
    title += f'<text class="t" x="{left + 25:.1f}" y="{box.y + 14:.1f}">{label}</text>'
    shift = left + (box.width - box.inner.width) / 2, box.y + TITLE_HEIGHT
    inner = "".join(_elements(box.inner))
    return f'{frame}{title}<g transform="translate({shift[0]:.1f} {shift[1]:.1f})">{inner}</g>'


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: float, attributes: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {place} rx="{radius:.1f}" {attributes}/>'


def _line_element(line: EdgeLine) -> str:
    kind = "e c" if line.edge.conditional else "e"
    path, head = _loop_path(line.points) if line.edge.source == line.edge.target else _edge_path(line.points)
    return f'<path class="{kind}" d="{path}"/><path class="h" d="{head}"/>'


def _loop_path(points: list[Point]) -> tuple[str, str]:
    (x, y), (bend, top), (_, bottom), (tip_x, tip_y) = points
    lift = LOOP_HALF_HEIGHT * 1.5
    curve = f"{bend:.1f} {top - lift:.1f} {bend:.1f} {bottom + lift:.1f} {tip_x + LINE_END_GAP:.1f} {tip_y:.1f}"
    head = f"M{tip_x:.1f} {tip_y:.1f}l{HEAD_LENGTH} {-HEAD_HALF_WIDTH}v{2 * HEAD_HALF_WIDTH}z"
    return f"M{x:.1f} {y:.1f}C{curve}", head


def _edge_path(points: list[Point]) -> tuple[str, str]:
    """Return the paths of an edge and its head; every segment leaves and reaches its points vertically."""
    (x, y), (tip_x, tip_y) = points[0], points[-1]
    direction = 1 if tip_y > points[-2][1] else -1  # -1: upwards
    path = f"M{x:.1f} {y:.1f}"
    for (x1, y1), (x2, y2) in zip(points, [*points[1:-1], (tip_x, tip_y - LINE_END_GAP * direction)], strict=False):
        half = (y1 + y2) / 2
        path += f"L{x2:.1f} {y2:.1f}" if x1 == x2 else f"C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {y2:.1f}"
    head = f"M{tip_x:.1f} {tip_y:.1f}l{-HEAD_HALF_WIDTH} {-HEAD_LENGTH * direction}h{2 * HEAD_HALF_WIDTH}z"
    return path, head
