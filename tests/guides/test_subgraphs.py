"""The guide “How to stream from subgraphs” prints what it shows."""

from __future__ import annotations

import ast

import pytest

from tests.guides.cells import Output

GUIDE = "subgraphs"


def test_updates_of_the_parent(outputs: dict[str, Output]) -> None:
    assert (
        outputs["updates of the parent"].printed
        == "{'node_1': {'foo': 'hi! foo'}}\n{'node_2': {'foo': 'hi! foobar'}}\n"
    )


@pytest.mark.parametrize("cell", ["introduction", "updates of the subgraph"])
def test_updates_of_the_subgraph_have_its_namespace(outputs: dict[str, Output], cell: str) -> None:
    chunks = [ast.literal_eval(line) for line in outputs[cell].printed.splitlines()]
    assert [update for _, update in chunks] == [
        {"node_1": {"foo": "hi! foo"}},
        {"subgraph_node_1": {"bar": "bar"}},
        {"subgraph_node_2": {"foo": "hi! foobar"}},
        {"node_2": {"foo": "hi! foobar"}},
    ]
    inside = chunks[1][0]
    assert [ns for ns, _ in chunks] == [(), inside, inside, ()]
    assert len(inside) == 1 and inside[0].startswith("node_2:")
