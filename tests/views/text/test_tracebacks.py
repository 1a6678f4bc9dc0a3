"""Exceptions as bounded text."""

import tracemalloc
from typing import Any

import langgraph.graph
import pytest

import lgstream
from lgstream.inspection.description import error_line
from lgstream.views.text.tracebacks import format_traceback
from tests.support.scripted_runs import with_traceback


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_the_line_is_the_type_and_the_first_line_of_the_message() -> None:
    assert error_line(ValueError("boom\nmore")) == "ValueError: boom"


def test_an_error_without_a_message_is_its_type() -> None:
    assert error_line(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_a_huge_error_message_is_truncated() -> None:
    assert len(error_line(ValueError("x" * 20_000_000))) <= 300
    assert len(format_traceback(with_traceback(ValueError("x" * 20_000_000)))) < 7_000


def test_the_traceback_of_a_huge_message_is_made_with_one_copy_of_it() -> None:
    error = with_traceback(ValueError("x" * 1_000_000))
    tracemalloc.start()
    try:
        text = format_traceback(error)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "ValueError: xxx" in text and peak < 1_500_000


def test_an_error_whose_str_raises_is_formatted() -> None:
    assert error_line(Unspeakable()) == "Unspeakable: <Unspeakable, which cannot be shown: RuntimeError>"


def test_a_deep_traceback_keeps_the_innermost_frames() -> None:
    def deep(number: int) -> None:
        if number == 0:
            raise ValueError("bottom")
        deep(number - 1)

    try:
        deep(200)
    except ValueError as error:
        text = format_traceback(error)
    assert "bottom" in text
    assert len(text) < 7_000


def test_the_traceback_includes_the_cause() -> None:
    error = ValueError("outer")
    error.__cause__ = with_traceback(KeyError("inner"))
    assert "KeyError" in format_traceback(with_traceback(error))


def test_an_error_that_was_never_raised_has_no_traceback() -> None:
    assert format_traceback(ValueError("x")) == ""


@pytest.mark.parametrize("graph_class", [langgraph.graph.StateGraph, lgstream.StateGraph])
def test_frames_of_the_engine_are_left_out_and_the_header_says_so(graph_class: Any) -> None:
    def node(state: dict[str, int]) -> dict[str, int]:
        raise ValueError("in the node")

    builder = graph_class(dict)
    builder.add_node("node", node)
    builder.add_edge("__start__", "node")
    try:
        builder.compile().invoke({})
    except ValueError as error:
        text = format_traceback(error)
    assert text.startswith("Traceback (most recent call last; frames of the graph engine left out):")
    assert 'raise ValueError("in the node")' in text
    text = text.lower().replace(str(__file__).lower(), "")
    assert "langgraph" not in text
    assert "lgstream" not in text
