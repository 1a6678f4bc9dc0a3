"""A graph as a picture: SVG made here, without a network or a browser."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from typing import Any

from lgstream.events import Shape
from lgstream.views.graph.layout import END, LOOP, START, TITLE, Arrow, Box, Layout, lay_out, shown
from lgstream.views.render.html.markup import NODE_COLORS

STYLE = """
svg{--bg:#fff;--ink:#1b1f24;--dim:#5c6570;--line:#8d97a3;--rim:#e3e6ea;--frame:#f6f8fa}
@media (prefers-color-scheme:dark){
svg{--bg:#171b20;--ink:#e4e8ec;--dim:#a2abb6;--line:#7d8793;--rim:#2b3138;--frame:#1e242b}
}
text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink)}
text{text-anchor:middle;dominant-baseline:central}
.n{text-anchor:start}
.t{font-weight:600;text-anchor:start}.s{font-size:11px;fill:var(--dim)}
.e{fill:none;stroke:var(--line);stroke-width:1.4}.c{stroke-dasharray:5 4}.h{fill:var(--line)}
.p{fill:var(--rim)}.g{fill:var(--bg);stroke:var(--rim)}.f{fill:var(--frame)}
.l{fill:var(--bg)}.f~g .l{fill:var(--frame)}
""".replace("\n", "")


class Picture:
    """The drawing of a graph: shown by a cell, or written to a file as ``svg``.

    Attributes:
        svg: the picture, with colours for light and dark and a ground of its own.
        text: the same in words: an arrow a line, subgraphs indented.
    """

    def __init__(self, shape: Shape) -> None:
        self.svg = draw(shape)
        self.text = "\n".join(told(shape))

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        data = base64.b64encode(self.svg.encode()).decode()
        alt = escape(self.text, quote=True).replace("\n", "&#10;")
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" style="max-width:100%;height:auto">'
        return {"text/html": image, "text/plain": self.text}


def draw(shape: Shape) -> str:
    """``shape`` as an SVG document."""
    layout = lay_out(shape)
    width, height = round(layout.width), round(layout.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img"><title>{escape(layout.name)}</title><style>{STYLE}</style>',
        f'<rect class="g" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        *_drawn(layout),
        "</svg>",
    ]
    return "".join(parts)


def told(shape: Shape, indent: str = "") -> Iterator[str]:
    """``shape`` in words, a line at a time."""
    yield f"{indent}{shown(shape.name, 120)}"
    ends = {START: "START", END: "END"}
    for edge in shape.edges:
        source, target = (ends.get(name) or shown(name, 120) for name in edge[:2])
        label = f"  ({shown(edge.label, 120)})" if edge.label else ""
        yield f"{indent}  {source} {'⇢' if edge.conditional else '→'} {target}{label}"
    for node in shape.nodes:
        if node.graph is not None:
            yield f"{indent}  {shown(node.name, 120)} is a graph:"
            yield from told(node.graph, indent + "    ")


def _drawn(layout: Layout) -> Iterator[str]:
    for box in layout.boxes:
        yield _box(box)
    for arrow in layout.arrows:
        yield _arrow(arrow)
    for arrow in layout.arrows:
        if arrow.label is not None:
            x, y = arrow.label
            half = len(arrow.edge.label) * 3.2 + 5
            yield f'<rect class="l" x="{x - half:.1f}" y="{y - 8:.1f}" width="{2 * half:.1f}" height="16" rx="4"/>'
            yield f'<text class="s" x="{x:.1f}" y="{y:.1f}">{escape(arrow.edge.label)}</text>'


def _box(box: Box) -> str:
    left = box.x - box.width / 2
    place = f'x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    label = escape(box.label)
    middle = box.y + box.height / 2
    if box.name in (START, END):
        pill = f'<rect class="p" {place} rx="{box.height / 2:.1f}"/>'
        return f'{pill}<text class="s" x="{box.x:.1f}" y="{middle:.1f}">{label}</text>'
    color = NODE_COLORS[box.color % len(NODE_COLORS)]
    key = f'<rect fill="{color}" width="8" height="8" rx="2" '
    if box.inner is None:
        body = f'<rect {place} rx="7" fill="{color}" fill-opacity="0.12" stroke="{color}" stroke-opacity="0.65"/>'
        dot = f'{key}x="{left + 11:.1f}" y="{middle - 4:.1f}"/>'
        return f'{body}{dot}<text class="n" x="{left + 26:.1f}" y="{middle:.1f}">{label}</text>'
    body = f'<rect class="f" {place} rx="9" stroke="{color}" stroke-opacity="0.65"/>'
    title = f'{key}x="{left + 12:.1f}" y="{box.y + 12:.1f}"/>'
    title += f'<text class="t" x="{left + 26:.1f}" y="{box.y + 16:.1f}">{label}</text>'
    shift = left + (box.width - box.inner.width) / 2, box.y + TITLE
    inner = "".join(_drawn(box.inner))
    return f'{body}{title}<g transform="translate({shift[0]:.1f} {shift[1]:.1f})">{inner}</g>'


def _arrow(arrow: Arrow) -> str:
    points = arrow.points
    kind = "e c" if arrow.edge.conditional else "e"
    (x, y), (tip_x, tip_y) = points[0], points[-1]
    if arrow.edge.source == arrow.edge.target:
        (bend, top), (_, low) = points[1], points[2]
        third = LOOP / 3
        path = f"M{x:.1f} {y:.1f}C{bend:.1f} {top - third:.1f} {bend:.1f} {low + third:.1f} {tip_x + 6:.1f} {tip_y:.1f}"
        head = f"M{tip_x:.1f} {tip_y:.1f}l8 -4v8z"
    else:
        rise = 1 if tip_y > points[-2][1] else -1  # -1: it leads up
        path = f"M{x:.1f} {y:.1f}"
        for (x1, y1), (x2, y2) in zip(points, [*points[1:-1], (tip_x, tip_y - 6 * rise)], strict=False):
            half = (y1 + y2) / 2
            path += f"L{x2:.1f} {y2:.1f}" if x1 == x2 else f"C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {y2:.1f}"
        head = f"M{tip_x:.1f} {tip_y:.1f}l-4 {-8 * rise}h8z"
    return f'<path class="{kind}" d="{path}"/><path class="h" d="{head}"/>'
