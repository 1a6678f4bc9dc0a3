"""The shape of a graph, as the front end receives it."""

import json

from lgstream.events import Edge, NodeShape, RunStarted, Shape
from lgstream.views.fold.run import RunFold
from lgstream.views.graph.shape import MAX_NODES, shape_json

INNER = Shape("inner", (NodeShape("draft"),), (Edge("__start__", "draft"), Edge("draft", "__end__", True, "good")))
OUTER = Shape("outer", (NodeShape("plan"), NodeShape("write", INNER)), (Edge("plan", "write"),))


def chain(length: int) -> Shape:
    return Shape("chain", tuple(NodeShape(f"n{n}") for n in range(length)), ())


def test_a_shape_is_plain_json_with_subgraphs_inside_their_nodes() -> None:
    inner = {
        "name": "inner",
        "nodes": [{"name": "draft"}],
        "edges": [["__start__", "draft", False, ""], ["draft", "__end__", True, "good"]],
    }
    expected = {
        "name": "outer",
        "nodes": [{"name": "plan"}, {"name": "write", "graph": inner}],
        "edges": [["plan", "write", False, ""]],
    }
    assert json.loads(json.dumps(shape_json(OUTER))) == expected


def test_a_shape_that_is_too_large_is_left_out() -> None:
    assert shape_json(chain(MAX_NODES)) is not None
    assert shape_json(chain(MAX_NODES + 1)) is None
    nested = Shape("top", (NodeShape("a", chain(MAX_NODES)),), ())
    assert shape_json(nested) is None


def test_names_are_bounded_and_can_be_encoded() -> None:
    shape = shape_json(Shape("g", (NodeShape("x" * 1000 + "\ud83d"),), ()))
    assert shape is not None
    json.dumps(shape, ensure_ascii=False).encode()
    assert len(shape["nodes"][0]["name"]) <= 120


def test_the_run_row_has_the_shape_from_the_start() -> None:
    fold = RunFold()
    fold(RunStarted(0.0, (), "r", "outer", None, OUTER))
    assert fold.tables["run"]["run"]["shape"] == shape_json(OUTER)
