"""The Markdown form."""

from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from lgstream.views.render.markdown import render_markdown
from tests.support.scripted_runs import fold_tables, hostile_run, joke_run, long_run, send_run, wide_run


@pytest.mark.parametrize("name", ["joke", "waiting", "send"])
def test_the_text_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    events = {"joke": joke_run, "waiting": lambda: joke_run("waiting"), "send": send_run}[name]()
    golden(f"{name}.md", render_markdown(fold_tables(events)))


def test_hostile_text_is_code_or_escaped() -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).parse(render_markdown(fold_tables(hostile_run())))
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_block", "link_open"} & {token.type for token in tokens}
    assert not {"html_inline", "link_open", "image"} & set(inline)


def test_no_code_fence_is_closed_by_its_content() -> None:
    tokens = MarkdownIt("commonmark").parse(render_markdown(fold_tables(hostile_run())))
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings == ["Errors", "Nodes", "Output", "State"]


@pytest.mark.parametrize("events", [lambda: long_run(20_000, 20), lambda: wide_run(2_000)])
def test_a_long_run_is_bounded(events: Callable[[], list]) -> None:
    text = render_markdown(fold_tables(events()))
    assert len(text.encode()) < 65_000
    assert "left out" in text


def test_a_run_without_events_is_a_text() -> None:
    assert "starting" in render_markdown(fold_tables([]))
