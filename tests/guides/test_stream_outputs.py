"""The guide “Stream outputs” prints what it shows."""

from __future__ import annotations

import ast

import pytest

from tests.guides.cells import Output
from tests.guides.model import JOKE, with_bars
from tests.support.openai_server import OpenAIServer

GUIDE = "stream_outputs"

UPDATES = """\
{'refine_topic': {'topic': 'ice cream and cats'}}
{'generate_joke': {'joke': 'This is a joke about ice cream and cats'}}
"""


@pytest.mark.parametrize("cell", ["one mode, sync", "one mode, async", "two modes, async", "updates"])
def test_updates(outputs: dict[str, Output], cell: str) -> None:
    assert outputs[cell].printed == UPDATES


def test_chunks_of_several_modes_name_their_mode(outputs: dict[str, Output]) -> None:
    chunks = [ast.literal_eval(line) for line in outputs["two modes, sync"].printed.splitlines()]
    assert chunks == [("updates", ast.literal_eval(line)) for line in UPDATES.splitlines()]


def test_values(outputs: dict[str, Output]) -> None:
    assert outputs["values"].printed == (
        "{'topic': 'ice cream'}\n"
        "{'topic': 'ice cream and cats'}\n"
        "{'topic': 'ice cream and cats', 'joke': 'This is a joke about ice cream and cats'}\n"
    )


def test_debug(outputs: dict[str, Output]) -> None:
    chunks = [ast.literal_eval(line) for line in outputs["debug"].printed.splitlines()]
    assert [(chunk["step"], chunk["type"], chunk["payload"]["name"]) for chunk in chunks] == [
        (1, "task", "refine_topic"),
        (1, "task_result", "refine_topic"),
        (2, "task", "generate_joke"),
        (2, "task_result", "generate_joke"),
    ]
    assert chunks[2]["payload"]["input"] == {"topic": "ice cream and cats"}
    assert chunks[3]["payload"]["result"] == {"joke": "This is a joke about ice cream and cats"}


def test_tokens(outputs: dict[str, Output]) -> None:
    assert outputs["messages"].printed == with_bars(JOKE)


def test_the_model_is_called_with_streaming(outputs: dict[str, Output], model: OpenAIServer) -> None:
    summaries = [(request["model"], request["messages"][0]["content"], request["stream"]) for request in model.requests]
    assert summaries == [("gpt-4o-mini", "Generate a joke about ice cream and cats", True)]


def test_metadata_of_a_token(outputs: dict[str, Output]) -> None:
    metadata = outputs["metadata of messages"].value
    assert metadata["langgraph_node"] == "generate_joke"
    assert metadata["langgraph_step"] == 2
    assert metadata["langgraph_triggers"] == ("branch:to:generate_joke",)
    assert (metadata["ls_provider"], metadata["ls_model_name"]) == ("openai", "gpt-4o-mini")


def test_custom_data(outputs: dict[str, Output]) -> None:
    assert outputs["custom"].printed == "{'custom_key': 'Writing custom data while generating a joke'}\n"


def test_modes_together(outputs: dict[str, Output]) -> None:
    refined, joke = UPDATES.splitlines()
    custom = outputs["custom"].printed.strip()
    chunks = [("updates", refined), ("custom", custom), ("updates", joke)]
    assert outputs["multiple modes"].printed == "".join(f"Stream mode: {mode}\n{chunk}\n\n\n" for mode, chunk in chunks)
