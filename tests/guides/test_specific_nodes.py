"""The guide “How to stream LLM tokens from specific nodes” prints what it shows."""

from __future__ import annotations

from tests.guides.cells import Output
from tests.guides.model import JOKE, POEM, contents, with_bars

GUIDE = "specific_nodes"


def test_the_introduction_prints_one_nodes_messages(outputs: dict[str, Output]) -> None:
    assert contents(outputs["introduction"].printed) == JOKE


def test_tokens_of_one_of_two_nodes_at_once(outputs: dict[str, Output]) -> None:
    assert outputs["tokens of one node"].printed == with_bars(POEM)
