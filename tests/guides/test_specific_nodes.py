"""The guide “How to stream LLM tokens from specific nodes” prints what it promises."""

from __future__ import annotations

from tests.guides.cells import Output
from tests.guides.model import JOKE, POEM, barred, contents

GUIDE = "specific_nodes"


def test_the_introduction_prints_one_nodes_messages(shown: dict[str, Output]) -> None:
    assert contents(shown["introduction"].printed) == JOKE


def test_tokens_of_one_of_two_nodes_at_once(shown: dict[str, Output]) -> None:
    assert shown["tokens of one node"].printed == barred(POEM)
