"""Place the nodes of a directed graph in layers from top to bottom, after Sugiyama, Tagawa and Toda (1981).

Cycles are broken at the edges that lead back. The layer of a node is its longest distance from the start. The order
within layers follows the barycentres of the neighbours, so that few edges cross. Nodes are then moved towards their
neighbours as far as order and gaps allow. An edge that spans several layers takes a slot in each layer between, and a
label takes a slot of its own. In a graph that is too large for this, boxes keep their order and edges go straight from
box to box.

``widgets/src/model/layeredLayout.ts`` is the same algorithm step by step: the front end draws saved graphs without
Python, and a graph must look the same in both. ``tests/fixtures/graph_layout`` holds layouts that both must produce.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[float, float]

SLOT_GAP = 24.0
"""Pixels between neighbours in a layer."""

BOX_LAYER_GAP = 26.0
"""Pixels between two layers with boxes."""

PASSING_LAYER_GAP = 14.0
"""Pixels between two layers if one of them has no boxes, only edges and labels that pass."""

PASSING_WIDTH = 12.0
"""Pixels that an edge without a label takes in a layer it passes."""

PORT_GAP = 16.0
"""Pixels between the ends of edges at one side of a box, at most."""

PORT_MARGIN = 10.0
"""Pixels at each end of a side of a box where no edge ends."""

LABEL_HEIGHT = 18.0

ORDER_SWEEPS = 8
ALIGN_SWEEPS = 32

MAX_PLACES = 4_000
"""Slots and edges together up to which they are arranged; the cost grows with their number times that of the sweeps."""

PASSING_WEIGHT = 4.0
"""How much more than a box an edge resists being moved: edges that pass layers stay straight."""


class LayerEdge(NamedTuple):
    """An edge between two named slots. ``label_width``: pixels that its label needs; 0 without a label."""

    source: str
    target: str
    label_width: float


class EdgeRoute(NamedTuple):
    """The points of an edge from its source to its target, and the centre of its label if it has one."""

    points: list[Point]
    label_position: Point | None


@dataclass(slots=True, eq=False)
class Slot:
    """A place in a layer, for a box or for an edge that passes.

    Attributes:
        width: in pixels.
        height: in pixels.
        is_box: True for a box, False for an edge that passes.
        right_space: pixels to the right of it that nothing else may take.
        x: the centre, without ``right_space``.
        y: the top.
        layer: the number of the layer, from 0 at the top.
        above: the slots in upper layers that edges connect it to.
        below: the slots in lower layers that edges connect it to.
    """

    width: float
    height: float
    is_box: bool = False
    right_space: float = 0.0
    x: float = 0.0
    y: float = 0.0
    layer: int = 0
    above: list[Slot] = field(default_factory=list)
    below: list[Slot] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Route:
    """An edge as a chain of slots, from the upper end to the lower one. ``is_back``: its source is the lower end."""

    slots: list[Slot]
    is_back: bool
    label: Slot | None = None


def place_in_layers(
    boxes: Mapping[str, Slot], edges: Sequence[LayerEdge], last: str | None = None
) -> tuple[list[EdgeRoute], float, float]:
    """Set ``x`` and ``y`` of all boxes, and route the edges.

    Args:
        boxes: the boxes by name; the order decides where nothing else does.
        edges: edges between different boxes, at most one for each ordered pair.
        last: the name of a box that is placed below all others, if there are others.

    Returns:
        The routes of ``edges``, in their order, and the width and height of the whole.
    """
    back = _back_edges(list(boxes), edges)
    _assign_layers(boxes, edges, back, last)
    is_arranged = len(boxes) + sum(_span(edge, boxes) for edge in edges) <= MAX_PLACES
    routes = [_route(edge, boxes, number in back, takes_slots=is_arranged) for number, edge in enumerate(edges)]
    slots = [*boxes.values(), *(slot for route in routes for slot in route.slots[1:-1])]
    layers = _order_layers(slots, ORDER_SWEEPS if is_arranged else 0)
    _align(layers, ALIGN_SWEEPS if is_arranged else 0)
    width = _move_to_left_edge(layers)
    height = _set_tops(layers)
    return _edge_routes(routes, layers), width, height


def _back_edges(names: Sequence[str], edges: Sequence[LayerEdge]) -> set[int]:
    """Return the numbers of the edges that close a cycle, by a depth-first search from the first names on."""
    outgoing: dict[str, list[int]] = {name: [] for name in names}
    for number, edge in enumerate(edges):
        outgoing[edge.source].append(number)
    back: set[int] = set()
    visited: set[str] = set()
    for first in names:
        if first in visited:
            continue
        visited.add(first)
        on_path = {first}
        stack = [(first, iter(outgoing[first]))]
        while stack:
            name, numbers = stack[-1]
            next_number = next(numbers, None)
            if next_number is None:
                on_path.remove(name)
                stack.pop()
                continue
            target = edges[next_number].target
            if target in on_path:
                back.add(next_number)
            elif target not in visited:
                visited.add(target)
                on_path.add(target)
                stack.append((target, iter(outgoing[target])))
    return back


def _assign_layers(boxes: Mapping[str, Slot], edges: Sequence[LayerEdge], back: set[int], last: str | None) -> None:
    """Set the layer of each box to its longest distance from the start, where an edge with a label counts twice."""
    lower_ends: dict[str, list[tuple[str, int]]] = {name: [] for name in boxes}
    missing = dict.fromkeys(boxes, 0)
    for number, edge in enumerate(edges):
        upper, lower = (edge.target, edge.source) if number in back else (edge.source, edge.target)
        lower_ends[upper].append((lower, 2 if edge.label_width else 1))
        missing[lower] += 1
    ready = [name for name in boxes if not missing[name]]
    for name in ready:
        for lower, distance in lower_ends[name]:
            boxes[lower].layer = max(boxes[lower].layer, boxes[name].layer + distance)
            missing[lower] -= 1
            if not missing[lower]:
                ready.append(lower)
    if last is not None:
        lowest = max((box.layer for name, box in boxes.items() if name != last), default=-1)
        boxes[last].layer = max(boxes[last].layer, lowest + 1)


def _span(edge: LayerEdge, boxes: Mapping[str, Slot]) -> int:
    return abs(boxes[edge.source].layer - boxes[edge.target].layer)


def _route(edge: LayerEdge, boxes: Mapping[str, Slot], is_back: bool, takes_slots: bool) -> _Route:
    """Give the edge a slot in each layer between its ends, if it takes any; the middle one is for its label."""
    ends = boxes[edge.source], boxes[edge.target]
    upper, lower = ends[::-1] if is_back else ends
    route = _Route([upper], is_back)
    middle = (upper.layer + lower.layer) // 2
    for layer in range(upper.layer + 1, lower.layer) if takes_slots else ():
        slot = Slot(PASSING_WIDTH, 0.0, layer=layer)
        if edge.label_width and layer == middle:
            slot.width, slot.height, route.label = edge.label_width, LABEL_HEIGHT, slot
        route.slots.append(slot)
    route.slots.append(lower)
    for above, below in pairwise(route.slots):
        above.below.append(below)
        below.above.append(above)
    return route


def _order_layers(slots: Sequence[Slot], sweeps: int) -> list[list[Slot]]:
    """Return the layers, each in the order with the fewest crossings of those that the sweeps produce."""
    by_number: dict[int, list[Slot]] = {}
    for slot in slots:
        by_number.setdefault(slot.layer, []).append(slot)
    layers = [by_number[number] for number in sorted(by_number)]
    for number, layer in enumerate(layers):
        for slot in layer:
            slot.layer = number
    positions = {slot: position for layer in layers for position, slot in enumerate(layer)}
    best, fewest = [list(layer) for layer in layers], _count_crossings(layers, positions)
    for sweep in range(sweeps):
        if fewest == 0:
            break
        is_upward = sweep % 2 == 1
        for layer in reversed(layers) if is_upward else layers:
            barycentres = {
                slot: _mean([positions[n] for n in (slot.below if is_upward else slot.above)], positions[slot])
                for slot in layer
            }
            layer.sort(key=barycentres.__getitem__)
            positions.update((slot, position) for position, slot in enumerate(layer))
        crossings = _count_crossings(layers, positions)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _count_crossings(layers: Sequence[Sequence[Slot]], positions: Mapping[Slot, int]) -> int:
    crossings = 0
    for layer in layers:
        ends = [positions[lower] for slot in layer for lower in sorted(slot.below, key=positions.__getitem__)]
        crossings += _count_inversions(ends)
    return crossings


def _count_inversions(numbers: Sequence[int]) -> int:
    """Return the number of pairs whose first number is larger, by a Fenwick tree of the numbers so far."""
    tree = [0] * (max(numbers, default=0) + 2)
    inversions = 0
    for seen, number in enumerate(numbers):
        inversions += seen
        index = number + 1
        while index:
            inversions -= tree[index]
            index &= index - 1
        index = number + 1
        while index < len(tree):
            tree[index] += 1
            index += index & -index
    return inversions


def _align(layers: Sequence[Sequence[Slot]], sweeps: int) -> None:
    """Set ``x`` of all slots: near the slots that edges connect them to, in order, and without overlaps."""
    for layer in layers:
        _fit(layer, [0.0] * len(layer))
    for sweep in range(sweeps):
        is_upward = sweep % 2 == 1
        for layer in reversed(layers) if is_upward else layers:
            neighbours = [slot.below if is_upward else slot.above for slot in layer]
            wishes = [_mean([n.x for n in some], slot.x) for some, slot in zip(neighbours, layer, strict=True)]
            _fit(layer, wishes)


def _fit(layer: Sequence[Slot], wishes: Sequence[float]) -> None:
    """Set ``x`` of a layer's slots as near to ``wishes`` as order and gaps allow (pool adjacent violators)."""
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + left.width / 2 + left.right_space + SLOT_GAP + right.width / 2)
    pools: list[tuple[float, float, int]] = []  # mean, weight, number of slots
    for slot, wish, offset in zip(layer, wishes, offsets, strict=True):
        pool = (wish - offset, 1.0 if slot.is_box else PASSING_WEIGHT, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, weight, size = pools.pop()
            total = weight + pool[1]
            pool = ((mean * weight + pool[0] * pool[1]) / total, total, size + pool[2])
        pools.append(pool)
    means = [mean for mean, _, size in pools for _ in range(size)]
    for slot, mean, offset in zip(layer, means, offsets, strict=True):
        slot.x = mean + offset


def _move_to_left_edge(layers: Sequence[Sequence[Slot]]) -> float:
    """Move all slots so that the leftmost begins at 0. Returns the width of the whole."""
    slots = [slot for layer in layers for slot in layer]
    left = min((slot.x - slot.width / 2 for slot in slots), default=0.0)
    right = max((slot.x + slot.width / 2 + slot.right_space for slot in slots), default=0.0)
    for slot in slots:
        slot.x -= left
    return right - left


def _set_tops(layers: Sequence[Sequence[Slot]]) -> float:
    """Set ``y`` of all slots, centred in their layers. Returns the height of the whole."""
    top = 0.0
    for number, layer in enumerate(layers):
        if number:
            has_boxes = _has_boxes(layer) and _has_boxes(layers[number - 1])
            top += BOX_LAYER_GAP if has_boxes else PASSING_LAYER_GAP
        height = max(slot.height for slot in layer)
        for slot in layer:
            slot.y = top + (height - slot.height) / 2
        top += height
    return top


def _has_boxes(layer: Sequence[Slot]) -> bool:
    return any(slot.is_box for slot in layer)


def _edge_routes(routes: Sequence[_Route], layers: Sequence[Sequence[Slot]]) -> list[EdgeRoute]:
    bounds = [
        (min(slot.y for slot in layer), max(slot.y + slot.height for slot in layer)) for layer in layers
    ]  # edges pass a layer straight, from its top to its bottom
    upper_ports, lower_ports = _ports(routes, end=0), _ports(routes, end=-1)
    edge_routes = []
    for number, route in enumerate(routes):
        upper, lower = route.slots[0], route.slots[-1]
        points = [(upper_ports[number], upper.y + upper.height)]
        for slot in route.slots[1:-1]:
            top, bottom = bounds[slot.layer]
            points += [(slot.x, top), (slot.x, bottom)]
        points.append((lower_ports[number], lower.y))
        label = None if route.label is None else (route.label.x, route.label.y + route.label.height / 2)
        edge_routes.append(EdgeRoute(points[::-1] if route.is_back else points, label))
    return edge_routes


def _ports(routes: Sequence[_Route], end: int) -> dict[int, float]:
    """Where edges end at their upper box (``end`` 0) or at their lower box (-1), side by side: ``x`` by edge number."""
    numbers_by_box: dict[Slot, list[int]] = {}
    for number, route in enumerate(routes):
        numbers_by_box.setdefault(route.slots[end], []).append(number)
    neighbour = 1 if end == 0 else -2
    ports: dict[int, float] = {}
    for box, numbers in numbers_by_box.items():
        numbers.sort(key=lambda number: routes[number].slots[neighbour].x)
        step = min(PORT_GAP, (box.width - 2 * PORT_MARGIN) / len(numbers))
        for position, number in enumerate(numbers):
            ports[number] = box.x + (position - (len(numbers) - 1) / 2) * step
    return ports


def _mean(values: Sequence[float], default: float) -> float:
    """Return the mean of ``values``, or ``default``. It sums plainly, as in TypeScript, so that ties stay ties."""
    if not values:
        return float(default)
    total = 0.0
    for value in values:
        total += value
    return total / len(values)
