"""Where the boxes and arrows of a graph go: layers from top to bottom, after Sugiyama, Tagawa and Toda (1981).

Cycles are broken at the edges that lead back, nodes are put in layers by their longest way from the start, layers are
ordered by barycentres to cross few edges, and each layer is placed as near as can be below what it hangs on (isotonic
regression, so that nothing overlaps). An edge that spans layers has a place in each; a label has one of its own. A
subgraph is laid out first and is then a box in its parent. Pure: the same shape gives the same layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from unicodedata import east_asian_width

from lgstream.events import Edge, Shape
from lgstream.views.text.format import replace_controls, replace_surrogates, truncate

START, END = "__start__", "__end__"
TERMINALS = (START, END)

HEIGHT, PILL = 34.0, 24.0
GAP, LANE, BETWEEN = 28.0, 14.0, 38.0
MARGIN, TITLE = 18.0, 26.0
LOOP = 30.0
PORT = 16.0
SWEEPS = 8


@dataclass(slots=True)
class Box:
    """A node: its middle ``x``, its top ``y``, in pixels. ``inner`` is the layout of a subgraph, inside the box."""

    name: str
    label: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    inner: Layout | None = None
    color: int = 0


@dataclass(slots=True)
class Arrow:
    """An edge: the points it goes through, from its source, and the middle of its label where it has one."""

    edge: Edge
    points: list[tuple[float, float]]
    label: tuple[float, float] | None = None


@dataclass(slots=True)
class Layout:
    """A graph with a place for everything; sizes in pixels."""

    name: str
    boxes: list[Box]
    arrows: list[Arrow]
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True, eq=False)
class Cell:
    """A place in a layer: of a box, or of an edge on its way through."""

    width: float
    height: float
    box: Box | None = None
    x: float = 0.0
    above: list[Cell] = field(default_factory=list)
    below: list[Cell] = field(default_factory=list)
    layer: int = 0


@dataclass(slots=True, eq=False)
class Way:
    """An edge as the layers see it, from the upper cell to the lower one; ``back``: it really leads up."""

    edge: Edge
    cells: list[Cell]
    back: bool
    label: Cell | None = None


def lay_out(shape: Shape) -> Layout:
    """The layout of ``shape``, its subgraphs included."""
    boxes = {box.name: box for box in _boxes(shape)}
    edges = _merged(edge for edge in shape.edges if edge.source in boxes and edge.target in boxes)
    loops = [edge for edge in edges if edge.source == edge.target]
    edges = [edge for edge in edges if edge.source != edge.target]
    cells = {name: Cell(box.width, box.height, box) for name, box in boxes.items()}
    for edge in loops:
        cells[edge.source].width = boxes[edge.source].width + 2 * (LOOP + (text_width(edge.label, 11) + 8))
    ways = _layered(edges, cells)
    layers = _ordered(ways, cells)
    _place(layers)
    tops = _tops(layers)
    layout = Layout(replace_controls(replace_surrogates(shape.name)), list(boxes.values()), [])
    for row, top in zip(layers, tops, strict=True):
        for cell in row:
            if cell.box is not None:
                cell.box.x, cell.box.y = cell.x, top + (_tallest(row) - cell.height) / 2
    layout.arrows = [*_routed(ways, layers, tops), *(_loop(edge, boxes[edge.source]) for edge in loops)]
    _bound(layout, layers, tops)
    return layout


def text_width(text: str, size: float = 13.0) -> float:
    """About how wide ``text`` is in a sans-serif of this size."""
    return sum(size if east_asian_width(char) in "WF" else size * 0.57 for char in text)


def shown(name: str, limit: int = 36) -> str:
    """A name or label on one line."""
    return " ".join(truncate(replace_controls(replace_surrogates(name)), limit).split())


def _boxes(shape: Shape) -> Iterable[Box]:
    ends = {end for edge in shape.edges for end in edge[:2]}
    if START in ends:
        yield Box(START, "START", text_width("START", 11) + 24, PILL)
    for number, node in enumerate(shape.nodes):
        if node.name in TERMINALS:
            continue
        label = shown(node.name)
        width = text_width(label) + 46
        if node.graph is None:
            yield Box(node.name, label, max(width, 64.0), HEIGHT, color=number)
        else:
            inner = lay_out(node.graph)
            size = max(inner.width, width), inner.height + TITLE
            yield Box(node.name, label, *size, inner=inner, color=number)
    if END in ends:
        yield Box(END, "END", text_width("END", 11) + 24, PILL)


def _merged(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for those between the same two nodes, with all their labels."""
    found: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        known = found.get(edge[:2])
        label = shown(edge.label, 32)
        if known is None:
            found[edge[:2]] = edge._replace(label=label)
        else:
            labels = " · ".join(dict.fromkeys(text for text in (known.label, label) if text))
            found[edge[:2]] = known._replace(
                label=shown(labels, 48), conditional=known.conditional and edge.conditional
            )
    return list(found.values())


def _layered(edges: Sequence[Edge], cells: dict[str, Cell]) -> list[Way]:
    """Give every cell its layer, and every edge a cell in each layer that it crosses."""
    back = _leading_back(edges, list(cells))
    down = [(edge, *(edge[1::-1] if edge in back else edge[:2])) for edge in edges]
    below: dict[str, list[tuple[str, int]]] = {name: [] for name in cells}
    waits = dict.fromkeys(cells, 0)
    for edge, upper, lower in down:
        below[upper].append((lower, 2 if edge.label else 1))
        waits[lower] += 1
    free = [name for name in cells if not waits[name]]
    while free:
        name = free.pop(0)
        for lower, span in below[name]:
            cells[lower].layer = max(cells[lower].layer, cells[name].layer + span)
            waits[lower] -= 1
            if not waits[lower]:
                free.append(lower)
    if END in cells:
        cells[END].layer = max(cell.layer for cell in cells.values()) + (len(cells) > 1 and _shares(cells))
    return [_way(edge, cells[upper], cells[lower], edge in back) for edge, upper, lower in down]


def _shares(cells: dict[str, Cell]) -> bool:
    """Whether END is not alone in the lowest layer."""
    lowest = max(cell.layer for cell in cells.values())
    return any(cell.layer == lowest for name, cell in cells.items() if name != END)


def _leading_back(edges: Sequence[Edge], names: Sequence[str]) -> set[Edge]:
    """The edges that close a cycle, as a walk from the first nodes on meets them."""
    leaving: dict[str, list[Edge]] = {name: [] for name in names}
    for edge in edges:
        leaving[edge.source].append(edge)
    back: set[Edge] = set()
    state = dict.fromkeys(names, "new")
    for first in names:
        if state[first] != "new":
            continue
        state[first] = "open"
        stack = [(first, iter(leaving[first]))]
        while stack:
            name, rest = stack[-1]
            if (way := next(rest, None)) is None:
                state[name] = "done"
                stack.pop()
            elif state[way.target] == "open":
                back.add(way)
            elif state[way.target] == "new":
                state[way.target] = "open"
                stack.append((way.target, iter(leaving[way.target])))
    return back


def _way(edge: Edge, upper: Cell, lower: Cell, back: bool) -> Way:
    way = Way(edge, [upper], back)
    middle = (upper.layer + lower.layer) // 2
    for layer in range(upper.layer + 1, lower.layer):
        lane = Cell(LANE, 0.0, layer=layer)
        if edge.label and layer == middle:
            lane.width, lane.height, way.label = text_width(edge.label, 11) + 16, 20.0, lane
        way.cells.append(lane)
    way.cells.append(lower)
    for one, two in zip(way.cells, way.cells[1:], strict=False):
        one.below.append(two)
        two.above.append(one)
    return way


def _ordered(ways: Sequence[Way], cells: dict[str, Cell]) -> list[list[Cell]]:
    """The layers, each in the order in which the fewest edges cross, of those that the sweeps come by."""
    every = [*cells.values(), *(cell for way in ways for cell in way.cells[1:-1])]
    layers: list[list[Cell]] = [[] for _ in range(max((cell.layer for cell in every), default=0) + 1)]
    for cell in every:
        layers[cell.layer].append(cell)
    layers = [layer for layer in layers if layer]
    best, fewest = [list(layer) for layer in layers], _crossings(layers)
    for sweep in range(SWEEPS):
        upward = sweep % 2 == 1
        for layer in reversed(layers) if upward else layers:
            at = {cell: place for row in layers for place, cell in enumerate(row)}
            key = {
                cell: _mean([float(at[n]) for n in (cell.below if upward else cell.above)], at[cell]) for cell in layer
            }
            layer.sort(key=key.__getitem__)
        if (crossings := _crossings(layers)) < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _crossings(layers: Sequence[Sequence[Cell]]) -> int:
    at = {cell: place for row in layers for place, cell in enumerate(row)}
    total = 0
    for row in layers:
        ends = sorted((at[cell], at[lower]) for cell in row for lower in cell.below)
        total += sum(a[1] > b[1] for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def _place(layers: Sequence[Sequence[Cell]]) -> None:
    """The ``x`` of every cell: near those it is connected to, in order, with room between."""
    for row in layers:
        _fit(row, [0.0] * len(row))
    for sweep in range(4 * SWEEPS):
        upward = sweep % 2 == 1
        for row in reversed(layers) if upward else layers:
            near = [cell.below if upward else cell.above for cell in row]
            _fit(row, [_mean([n.x for n in some], cell.x) for some, cell in zip(near, row, strict=True)])


def _fit(row: Sequence[Cell], wished: Sequence[float]) -> None:
    """Place a row as near to where it wishes to be as its order and its gaps allow (pool adjacent violators)."""
    offsets, offset = [], 0.0
    for at, cell in enumerate(row):
        if at:
            offset += (row[at - 1].width + cell.width) / 2 + GAP
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, cells
    for wish, offset, cell in zip(wished, offsets, row, strict=True):
        block = (wish - offset, 1.0 if cell.box is not None else 4.0, 1)  # edges on their way are kept straight
        while blocks and blocks[-1][0] > block[0]:
            mean, weight, size = blocks.pop()
            whole = weight + block[1]
            block = ((mean * weight + block[0] * block[1]) / whole, whole, size + block[2])
        blocks.append(block)
    means = [mean for mean, _, size in blocks for _ in range(size)]
    for cell, mean, offset in zip(row, means, offsets, strict=True):
        cell.x = mean + offset


def _tops(layers: Sequence[Sequence[Cell]]) -> list[float]:
    tops, top = [], MARGIN
    for row in layers:
        tops.append(top)
        top += _tallest(row) + (BETWEEN if any(cell.box for cell in row) else BETWEEN / 2)
    return tops


def _routed(ways: Sequence[Way], layers: Sequence[Sequence[Cell]], tops: Sequence[float]) -> list[Arrow]:
    row_of = {cell: number for number, row in enumerate(layers) for cell in row}
    ports = {**_ports(ways, upper=True), **_ports(ways, upper=False)}
    arrows = []
    for way in ways:
        first, last = way.cells[0], way.cells[-1]
        assert first.box is not None and last.box is not None
        points = [(ports[way, True], first.box.y + first.box.height)]
        for cell in way.cells[1:-1]:
            top = tops[row_of[cell]]
            points += [(cell.x, top), (cell.x, top + _tallest(layers[row_of[cell]]))]
        points.append((ports[way, False], last.box.y))
        label = None
        if way.label is not None:
            row = row_of[way.label]
            label = way.label.x, tops[row] + _tallest(layers[row]) / 2
        arrows.append(Arrow(way.edge, points[::-1] if way.back else points, label))
    return arrows


def _ports(ways: Sequence[Way], upper: bool) -> dict[tuple[Way, bool], float]:
    """Where edges leave the lower side of their upper box, or enter the upper side of their lower one, side by side."""
    sides: dict[Cell, list[Way]] = {}
    for way in ways:
        sides.setdefault(way.cells[0 if upper else -1], []).append(way)
    out: dict[tuple[Way, bool], float] = {}
    for cell, some in sides.items():
        some.sort(key=lambda way: way.cells[1 if upper else -2].x)
        assert cell.box is not None
        step = min(PORT, (cell.box.width - 20) / len(some))
        for number, way in enumerate(some):
            out[way, upper] = cell.x + (number - (len(some) - 1) / 2) * step
    return out


def _loop(edge: Edge, box: Box) -> Arrow:
    right, middle = box.x + box.width / 2, box.y + box.height / 2
    points = [(right, middle - 7), (right + LOOP, middle - 7), (right + LOOP, middle + 7), (right, middle + 7)]
    label = (right + LOOP + text_width(edge.label, 11) / 2 + 4, middle) if edge.label else None
    return Arrow(edge, points, label)


def _bound(layout: Layout, layers: Sequence[Sequence[Cell]], tops: Sequence[float]) -> None:
    """Move everything right of the margin, and measure the whole."""
    cells = [cell for row in layers for cell in row]
    left = min((cell.x - cell.width / 2 for cell in cells), default=0.0) - MARGIN
    right = max((cell.x + cell.width / 2 for cell in cells), default=0.0) + MARGIN
    for box in layout.boxes:
        box.x -= left
    layout.arrows = [
        replace(
            arrow,
            points=[(x - left, y) for x, y in arrow.points],
            label=arrow.label and (arrow.label[0] - left, arrow.label[1]),
        )
        for arrow in layout.arrows
    ]
    layout.width = right - left
    layout.height = (tops[-1] + _tallest(layers[-1]) if layers else 0.0) + MARGIN


def _tallest(row: Sequence[Cell]) -> float:
    return max((cell.height for cell in row), default=0.0)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else float(otherwise)
