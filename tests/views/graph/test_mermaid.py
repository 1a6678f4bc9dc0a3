"""The graph as Mermaid text."""

from lgstream.events import Edge, NodeShape, Shape
from lgstream.views.graph.mermaid import mermaid_text
from tests.support.scripted_runs import JOKE_SHAPE


def test_a_graph_with_a_subgraph_and_a_conditional_edge() -> None:
    assert mermaid_text(JOKE_SHAPE).splitlines() == [
        "flowchart TD",
        "  start((start))",
        "  end_((end))",
        '  n0["refine_topic"]',
        '  subgraph n1["write"]',
        '    n1_n0["draft"]',
        '    n1_n1["polish"]',
        '    n1_n2["approve"]',
        "  end",
        '  n2["publish"]',
        "  start --> n0",
        "  n0 --> n1",
        '  n1 -.->|"good enough"| n2',
        "  n2 --> end_",
    ]


def test_names_cannot_break_out_of_their_label() -> None:
    name = 'a"]; click n0 href "javascript:alert(1)" <b>\n  x --> y'
    (line,) = mermaid_text(Shape("g", (NodeShape(name),), ())).splitlines()[1:]
    assert line.count('"') == 2
    assert not set("<>;|{}") & set(line.replace(";", "", line.count("#")))


def test_an_edge_to_a_missing_node_is_left_out() -> None:
    assert "nowhere" not in mermaid_text(Shape("g", (NodeShape("a"),), (Edge("a", "nowhere"),)))
