"""Markdown of any kind becomes HTML at a cost in proportion to its length.

The texts are those of ``widgets/test/dom/pathologicalMarkdown.test.ts``. A piece that is repeated ``"n"`` times fills
the text up to the length that a test asks for.
"""

from __future__ import annotations

import json
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lgstream.views.render.html.prose import MAX_COLUMNS, markdown_to_html

TEXTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "pathological_markdown.json").read_text("utf-8")
)


def text_of(pieces: list[tuple[str, Any]], length: int) -> str:
    fixed = sum(len(piece) * times for piece, times in pieces if times != "n")
    repeated = sum(len(piece) for piece, times in pieces if times == "n")
    n = max((length - fixed) // repeated, 1)
    return "".join(piece * (n if times == "n" else times) for piece, times in pieces)


def calls_for(text: str) -> int:
    """How many functions are called to render ``text``."""
    calls = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        markdown_to_html(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["name"])
def test_four_times_the_text_takes_about_four_times_the_work(case: dict[str, Any]) -> None:
    markdown_to_html("first")
    short, long = calls_for(text_of(case["pieces"], 800)), calls_for(text_of(case["pieces"], 3_200))
    assert long < 6 * short + 150_000  # 10,000 cells of a table are filled up, whatever the length


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: case["name"])
def test_the_largest_text_of_a_card_takes_no_time_that_anyone_notices(case: dict[str, Any]) -> None:
    text = text_of(case["pieces"], 18_000)
    start = time.process_time()
    html = markdown_to_html(text)
    assert time.process_time() - start < 10  # measured: 0.7 s at most, 1.5 s for most on a busy machine
    assert len(html) < 100 * len(text)


class Cells(HTMLParser):
    """The number of cells in each row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1


def table(columns: int, rows: int = 1) -> str:
    return "\n".join(["|a" * columns + "|", "|-" * columns + "|", *(["|b|"] * rows)])


def test_a_table_of_usual_size_is_a_table() -> None:
    assert Cells(markdown_to_html(table(20, rows=30))).rows == [20] * 31


def test_a_table_with_too_many_columns_is_shown_as_it_was_written() -> None:
    html = markdown_to_html(table(MAX_COLUMNS + 1))
    assert Cells(html).rows == []
    assert "|a|a|" in html


def test_short_rows_are_not_filled_up_to_a_hundred_thousand_cells() -> None:
    assert Cells(markdown_to_html(table(40, rows=3_000))).rows == []


def test_text_in_too_many_quotes_is_shown_as_it_was_written() -> None:
    assert "deep" in markdown_to_html("> " * 100 + "deep")


def test_text_in_a_few_quotes_is_quoted() -> None:
    assert markdown_to_html("> " * 5 + "deep").count("<blockquote") == 5
