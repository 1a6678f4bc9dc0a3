"""The layouts that Python and the front end share. ``WRITE_GOLDENS=1`` writes them anew.

``widgets/test/model/graphLayout.test.ts`` checks the same files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lgstream.events import Edge, NodeShape, Shape
from lgstream.views.graph.graph_layout import GraphLayout, layout_graph
from lgstream.views.graph.shape import END, START, shape_json

FIXTURES = Path(__file__).parents[2] / "fixtures" / "graph_layout"


def graph(name: str, nodes: Sequence[str | tuple[str, Shape]], edges: Sequence[tuple[str, ...]]) -> Shape:
    """A shape; an edge with a third element, its label, is conditional."""
    shapes = (NodeShape(node) if isinstance(node, str) else NodeShape(*node) for node in nodes)
    return Shape(name, tuple(shapes), tuple(Edge(edge[0], edge[1], len(edge) > 2, (*edge, "")[2]) for edge in edges))


AGENT = graph(
    "agent",
    ["agent", "tools"],
    [(START, "agent"), ("agent", "tools", ""), ("tools", "agent"), ("agent", END, "")],
)
REVIEW = graph(
    "review",
    ["draft", "polish", "approve"],
    [
        (START, "draft"),
        ("draft", "polish"),
        ("polish", "approve"),
        ("approve", "draft", "again"),
        ("approve", END, "good"),
    ],
)
SHAPES = {
    "empty": graph("empty", [], []),
    "agent": AGENT,
    "chain": graph("chain", ["b", "a"], [(START, "a"), ("a", "b"), ("b", END)]),
    "fan_out": graph(
        "fan_out",
        ["plan", *"abcde", "join"],
        [(START, "plan"), *(("plan", n) for n in "abcde"), *((n, "join") for n in "abcde"), ("join", END)],
    ),
    "retrieval": graph(
        "retrieval",
        ["generate_query_or_respond", "retrieve", "rewrite_question", "generate_answer"],
        [
            (START, "generate_query_or_respond"),
            ("generate_query_or_respond", "retrieve", "tools"),
            ("generate_query_or_respond", END, "__end__"),
            ("retrieve", "generate_answer", "generate_answer"),
            ("retrieve", "rewrite_question", "rewrite_question"),
            ("rewrite_question", "generate_query_or_respond"),
            ("generate_answer", END),
        ],
    ),
    "subgraphs": graph(
        "subgraphs",
        ["supervisor", ("researcher", AGENT), ("coder", graph("coder", [("review", REVIEW)], [])), "critic"],
        [
            (START, "supervisor"),
            ("supervisor", "researcher", "research"),
            ("supervisor", "coder", "code"),
            ("supervisor", "critic", ""),
            ("researcher", "supervisor"),
            ("coder", "supervisor"),
            ("critic", "critic", "once more"),
            ("critic", "supervisor"),
            ("supervisor", END, "FINISH"),
        ],
    ),
    "names": graph(
        "names",
        ["標題產生器", "b 🙂 emoji", "a_very_long_name_of_a_node_that_is_truncated", "tab\there\x07"],
        [
            (START, "標題產生器", "是"),
            ("標題產生器", "b 🙂 emoji", "yes"),
            ("標題產生器", "b 🙂 emoji", "no"),
            ("b 🙂 emoji", "a_very_long_name_of_a_node_that_is_truncated", "a label that is longer than it can be"),
            ("tab\there\x07", "b 🙂 emoji"),
            ("a_very_long_name_of_a_node_that_is_truncated", "not there"),
            ("b 🙂 emoji", "b 🙂 emoji"),
        ],
    ),
    "crossings": graph(
        "crossings",
        list("abcdefghij"),
        [*zip("abcdeabcdejgiabc", "jihgffghijabedef", strict=True)],
    ),
    "too_large_to_arrange": graph(
        "large",
        [f"n{number}" for number in range(80)],
        [(f"n{number}", f"n{number + 1}") for number in range(79)]
        + [(f"n{first}", f"n{last}", "on") for first in range(8) for last in range(72, 80)],
    ),
}
CASES = [(name, ()) for name in SHAPES] + [("subgraphs", ("researcher", "coder/review")), ("subgraphs", ("coder",))]


def as_json(layout: GraphLayout) -> dict[str, Any]:
    boxes = [
        {key: getattr(box, key) for key in ("name", "label", "x", "y", "width", "height")}
        | {"inner": None if box.inner is None else as_json(box.inner)}
        for box in layout.boxes
    ]
    lines = [
        line.edge._asdict() | {"points": line.points, "label_position": line.label_position} for line in layout.lines
    ]
    return {"width": layout.width, "height": layout.height, "boxes": boxes, "lines": lines}


def rounded(value: Any) -> Any:
    """Numbers rounded, as floating-point sums may differ in their last digit."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return round(value, 6) + 0.0 if isinstance(value, float | int) and not isinstance(value, bool) else value


@pytest.mark.parametrize(("name", "closed"), CASES)
def test_layouts_are_those_that_the_front_end_computes(name: str, closed: tuple[str, ...]) -> None:
    layout = rounded(as_json(layout_graph(SHAPES[name], lambda path: path not in closed)))
    file = FIXTURES / f"{'-'.join([name, *closed]).replace('/', '.')}.json"
    if os.environ.get("WRITE_GOLDENS"):
        content = {"shape": shape_json(SHAPES[name]), "closed": closed, "layout": layout}
        file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert layout == json.loads(file.read_text("utf-8"))["layout"]


def test_every_fixture_belongs_to_a_case() -> None:
    assert len(list(FIXTURES.glob("*.json"))) == len(CASES)
