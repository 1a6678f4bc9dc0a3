"""The guide “How to stream LLM tokens from your graph” prints what it promises."""

from __future__ import annotations

import pytest

from tests.guides.cells import Output
from tests.guides.model import JOKE, POEM, barred, contents
from tests.support.openai_server import OpenAIServer

GUIDE = "stream_tokens"

SAID = ["Writing joke...\n", "\n\nWriting poem...\n"]


def tokens(printed: str) -> str:
    """``printed`` without what the node itself prints, wherever between the tokens that falls."""
    for line in SAID:
        assert printed.count(line) == 1
        printed = printed.replace(line, "")
    return printed


def test_the_introduction_prints_messages(shown: dict[str, Output]) -> None:
    assert contents(shown["introduction"].printed) == JOKE


def test_tokens_of_two_models(shown: dict[str, Output]) -> None:
    assert tokens(shown["messages"].printed) == barred(JOKE, POEM)


def test_metadata_of_a_token(shown: dict[str, Output]) -> None:
    metadata = shown["metadata of messages"].value
    assert (metadata["langgraph_node"], metadata["langgraph_step"]) == ("call_model", 1)
    assert metadata["tags"] == ["poem"]


def test_tokens_can_be_filtered_by_tag(shown: dict[str, Output]) -> None:
    assert tokens(shown["filter by tag"].printed) == barred(JOKE)


def test_tokens_without_langchain(shown: dict[str, Output]) -> None:
    assert tokens(shown["custom"].printed) == barred(JOKE, POEM)


def test_metadata_of_custom_data(shown: dict[str, Output]) -> None:
    metadata = shown["metadata of custom data"].value
    assert (metadata["langgraph_node"], metadata["tags"]) == ("call_model", ["poem"])


def test_tags_without_langchain(shown: dict[str, Output]) -> None:
    assert tokens(shown["filter custom data by tag"].printed) == barred(POEM)


@pytest.mark.usefixtures("shown")
def test_every_request_streams(model: OpenAIServer) -> None:
    assert [request["stream"] for request in model.requests] == [True] * 9
