"""Layouts of any graph: nothing overlaps, every edge is drawn, and the same graph has the same drawing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from lgstream.events import Edge, NodeShape, Shape
from lgstream.views.graph.graph_layout import MARGIN, TITLE_HEIGHT, GraphLayout, NodeBox, layout_graph
from lgstream.views.graph.shape import END, MAX_EDGES, MAX_NODES, START
from lgstream.views.graph.svg import svg_document

NAMES = [f"node_{number}" for number in range(9)]


@st.composite
def shapes(draw_one: st.DrawFn, depth: int = 2) -> Shape:
    """Any graph: cycles, loops, parallel and unreachable nodes, subgraphs."""
    names = draw_one(st.lists(st.sampled_from(NAMES), unique=True, max_size=8))
    inner = st.one_of(st.none(), shapes(depth - 1)) if depth else st.none()
    nodes = tuple(NodeShape(name, draw_one(inner)) for name in names)
    ends = st.sampled_from([*names, "not there"])
    labels = st.sampled_from(["", "", "yes", "a label that is rather long", "標籤"])
    edge = st.builds(Edge, st.one_of(st.just(START), ends), st.one_of(st.just(END), ends), st.booleans(), labels)
    return Shape("any", nodes, tuple(draw_one(st.lists(edge, max_size=16))))


def layouts(layout: GraphLayout) -> Iterator[GraphLayout]:
    yield layout
    for box in layout.boxes:
        if box.inner is not None:
            yield from layouts(box.inner)


def apart(one: NodeBox, two: NodeBox) -> bool:
    across = abs(one.x - two.x) >= (one.width + two.width) / 2 - 1e-6
    return across or one.y >= two.y + two.height - 1e-6 or two.y >= one.y + one.height - 1e-6


@settings(max_examples=200, deadline=None)
@given(shapes())
def test_no_boxes_overlap_and_all_are_inside(shape: Shape) -> None:
    for layout in layouts(layout_graph(shape)):
        for number, one in enumerate(layout.boxes):
            assert all(apart(one, two) for two in layout.boxes[number + 1 :])
            assert one.x - one.width / 2 >= MARGIN - 1e-6 and one.x + one.width / 2 <= layout.width - MARGIN + 1e-6
            assert one.y >= MARGIN - 1e-6 and one.y + one.height <= layout.height - MARGIN + 1e-6
            if one.inner is not None:
                assert one.inner.width <= one.width and one.inner.height + TITLE_HEIGHT <= one.height


@settings(max_examples=200, deadline=None)
@given(shapes(depth=1))
def test_every_edge_between_existing_nodes_is_drawn(shape: Shape) -> None:
    layout = layout_graph(shape)
    boxes = {box.name: box for box in layout.boxes}
    wanted = {edge[:2] for edge in shape.edges if edge.source in boxes and edge.target in boxes}
    assert {line.edge[:2] for line in layout.lines} == wanted
    for line in layout.lines:
        assert (line.label_position is None) == (not line.edge.label)
        for name, (x, y) in ((line.edge.source, line.points[0]), (line.edge.target, line.points[-1])):
            box = boxes[name]
            assert abs(x - box.x) <= box.width / 2 + 1e-6 and box.y - 1e-6 <= y <= box.y + box.height + 1e-6


@settings(max_examples=50, deadline=None)
@given(shapes(depth=1))
def test_no_edge_passes_through_a_box_that_it_does_not_join(shape: Shape) -> None:
    layout = layout_graph(shape)
    for line in layout.lines:
        for box in layout.boxes:
            if box.name not in line.edge[:2]:
                for x, y in line.points[1:-1]:
                    inside = abs(x - box.x) < box.width / 2 - 1e-6 and box.y + 1e-6 < y < box.y + box.height - 1e-6
                    assert not inside


@settings(max_examples=50, deadline=None)
@given(shapes())
def test_the_same_graph_has_the_same_drawing(shape: Shape) -> None:
    assert svg_document(shape) == svg_document(shape)


def test_later_nodes_are_further_down() -> None:
    shape = Shape("line", (NodeShape("b"), NodeShape("a")), (Edge(START, "a"), Edge("a", "b"), Edge("b", END)))
    tops = {box.name: box.y for box in layout_graph(shape).boxes}
    assert tops[START] < tops["a"] < tops["b"] < tops[END]


def test_an_edge_that_leads_back_points_up() -> None:
    shape = Shape("loop", (NodeShape("a"), NodeShape("b")), (Edge(START, "a"), Edge("a", "b"), Edge("b", "a", True)))
    back = next(line for line in layout_graph(shape).lines if line.edge.source == "b")
    assert back.points[0][1] > back.points[-1][1]


def test_a_hundred_nodes_in_a_row_and_side_by_side_are_drawn() -> None:
    names = [f"n{number}" for number in range(100)]
    nodes = tuple(NodeShape(name) for name in names)
    row = Shape("row", nodes, tuple(Edge(one, two) for one, two in pairwise(names)))
    fan = Shape("fan", nodes, tuple(Edge(names[0], name) for name in names[1:]))
    assert len(layout_graph(row).lines) == len(layout_graph(fan).lines) == 99


def test_the_largest_graph_that_is_shown_does_not_hang():
    names = [f"n{number}" for number in range(MAX_NODES)]
    long_edges = ((one, two) for number, one in enumerate(names) for two in reversed(names[number + 2 :]))
    pairs = [*pairwise(names), *islice(long_edges, MAX_EDGES - MAX_NODES + 1)]
    shape = Shape("large", tuple(map(NodeShape, names)), tuple(Edge(*pair) for pair in pairs))
    before = perf_counter()
    assert len(layout_graph(shape).lines) == MAX_EDGES
    assert perf_counter() - before < 5  # 0.1 s; a slot for each layer that an edge passes would take 70 s


def test_crossings_are_counted_in_less_than_quadratic_time():
    names = [f"n{number}" for number in range(160)]
    pairs = islice(((one, two) for one in names[:80] for two in reversed(names[80:])), 3_800)
    shape = Shape("bipartite", tuple(map(NodeShape, names)), tuple(Edge(*pair) for pair in pairs))
    before = perf_counter()
    layout_graph(shape)
    assert perf_counter() - before < 4  # 0.3 s
