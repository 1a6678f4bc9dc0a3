"""The guide “How to stream LLM tokens from your graph” prints what it shows."""

from __future__ import annotations

import pytest

from tests.guides.cells import Output
from tests.guides.model import JOKE, POEM, contents, with_bars
from tests.support.openai_server import OpenAIServer

GUIDE = "stream_tokens"

PRINTED_BY_NODES = ["Writing joke...\n", "\n\nWriting poem...\n"]


def tokens(printed: str) -> str:
    """Return the output without what the node itself prints between the tokens."""
    for line in PRINTED_BY_NODES:
        assert printed.count(line) == 1
        printed = printed.replace(line, "")
    return printed


def test_the_introduction_prints_messages(outputs: dict[str, Output]) -> None:
    assert contents(outputs["introduction"].printed) == JOKE


def test_tokens_of_two_models(outputs: dict[str, Output]) -> None:
    assert tokens(outputs["messages"].printed) == with_bars(JOKE, POEM)


def test_metadata_of_a_token(outputs: dict[str, Output]) -> None:
    metadata = outputs["metadata of messages"].value
    assert (metadata["langgraph_node"], metadata["langgraph_step"]) == ("call_model", 1)
    assert metadata["tags"] == ["poem"]


def test_tokens_can_be_filtered_by_tag(outputs: dict[str, Output]) -> None:
    assert tokens(outputs["filter by tag"].printed) == with_bars(JOKE)


def test_tokens_without_langchain(outputs: dict[str, Output]) -> None:
    assert tokens(outputs["custom"].printed) == with_bars(JOKE, POEM)


def test_metadata_of_custom_data(outputs: dict[str, Output]) -> None:
    metadata = outputs["metadata of custom data"].value
    assert (metadata["langgraph_node"], metadata["tags"]) == ("call_model", ["poem"])


def test_tags_without_langchain(outputs: dict[str, Output]) -> None:
    assert tokens(outputs["filter custom data by tag"].printed) == with_bars(POEM)


@pytest.mark.usefixtures("outputs")
def test_every_request_streams(model: OpenAIServer) -> None:
    assert [request["stream"] for request in model.requests] == [True] * 9
