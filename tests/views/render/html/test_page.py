"""The static HTML is safe, small, and readable with and without styles."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from lgstream.events import CallFinished, CheckpointSaved, Event, Interrupted
from lgstream.views.render.html import prose as prose_module
from lgstream.views.render.html.page import render_html
from lgstream.views.render.html.prose import is_allowed_link, markdown_to_html
from lgstream.views.text.format import describe_join
from tests.support.scripted_runs import (
    HOSTILE,
    ScriptedRun,
    fold_tables,
    hostile_run,
    joke_run,
    long_run,
    send_run,
    wide_run,
)

LIMIT = 200_000
LAYOUT = {"div", "span", "h5", "h6", "ul", "ol", "li", "p", "pre", "details", "summary", "blockquote", "hr", "br"}
TAGS = LAYOUT | {"strong", "b", "em", "s", "code", "a", "table", "thead", "tbody", "tr", "th", "td"}
VOID = {"br", "hr"}
ATTRIBUTES = {"style", "title", "href", "rel", "start"}

LENGTH = r"(0|-?\d+(\.\d+)?(px|%))"
COLOR = r"(#[0-9a-f]{6}|rgba\(128,128,128,0\.\d+\)|transparent)"
FORMS = {
    "align-items": "baseline|stretch",
    "background-color": COLOR,
    "border": rf"0|[12]px (solid|dashed) {COLOR}",
    "border-(left|top)": rf"[13]px solid {COLOR}",
    "border-collapse": "collapse",
    "border-radius": LENGTH,
    "box-sizing": "border-box",
    "color": COLOR,
    "cursor": "pointer",
    "display": "flex|inline-block",
    "flex": rf"\d \d {LENGTH}",
    "flex-wrap": "wrap",
    "font-family": "ui-monospace,Menlo,Consolas,monospace",
    "font-size": LENGTH,
    "font-style": "italic",
    "font-weight": r"\d00",
    "gap": rf"{LENGTH}( {LENGTH})?",
    "justify-content": "space-between",
    "line-height": rf"{LENGTH}|\d(\.\d+)?",
    "list-style-type": "none",
    "(margin|padding)(-left|-right)?": rf"{LENGTH}( {LENGTH}){{0,3}}",
    "(min-|max-)?(width|height)": LENGTH,
    "(left|top)": LENGTH,
    "opacity": r"0\.\d+",
    "overflow": "hidden|auto",
    "overflow-wrap": "break-word",
    "position": "relative|absolute",
    "text-align": "left|right|center",
    "text-overflow": "ellipsis",
    "white-space": "normal|nowrap|pre-wrap",
}
"""The declarations in use, in forms that passed JupyterLab's sanitiser: it drops var(), inherit, currentColor, calc()
with var() and whatever else its own patterns do not know. Its patterns for "background" and "list-style" alone take it
100 ms to compile, while the page stands still."""


class Page(HTMLParser):
    """Parses the view and collects its elements, styles and texts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        for name, value in attrs:
            if name == "style":
                self.styles |= set((value or "").split(";"))
            if name == "href":
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def bare(html: str) -> str:
    """Return the text of the view without styles, a line for each block."""
    blocks = re.sub(r"<(/?(div|li|ul|ol|p|pre|h5|h6|details|summary|blockquote|table|tr)|br)\b[^>]*>", "\n", html)
    text = "".join(Page(re.sub(r"</?(?!br)[a-z0-9]+[^>]*>", "", blocks)).text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


RUNS: dict[str, Callable[[], list[Event]]] = {
    "joke": joke_run,
    "waiting": lambda: joke_run("waiting"),
    "failed": lambda: joke_run("failed"),
    "running": lambda: joke_run("running"),
    "send": send_run,
    "hostile": hostile_run,
    "empty": list,
    "wide": lambda: wide_run(300),
    "long": lambda: long_run(5_000, 20),
}


@pytest.fixture(params=RUNS)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render_html(fold_tables(RUNS[request.param]())))


def test_every_element_is_closed_in_its_order(page: Page) -> None:
    assert page.open == []


def test_the_page_uses_only_elements_and_attributes_that_sanitizers_keep(page: Page) -> None:
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


def test_every_style_passes_jupyterlabs_sanitizer(page: Page) -> None:
    forms = [(re.compile(name), re.compile(form)) for name, form in FORMS.items()]
    for style in page.styles - {""}:
        name, _, value = style.partition(":")
        assert any(n.fullmatch(name) and v.fullmatch(value) for n, v in forms), style


def test_hostile_text_is_escaped() -> None:
    page = Page(render_html(fold_tables(hostile_run())))
    assert "script" not in page.tags and "img" not in page.tags
    assert all(link.startswith(("https://example.org", "https://evil.example/p.png")) for link in page.links)
    text = "".join(page.text)
    assert "<script>alert(1)</script>" in text
    assert "\x1b" not in text and "\x00" not in text and "\u202e" not in text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "//evil",
     "/lab/api", "file:///etc/passwd", "blob:x", " javascript:x"],
)  # fmt: skip
def test_a_link_with_another_scheme_is_not_a_link(url: str) -> None:
    assert not is_allowed_link(url)
    assert Page(markdown_to_html(f"[click]({url}) <{url}>\n\n[r]\n\n[r]: {url}")).links == []


@pytest.mark.parametrize("url", ["https://example.org/?a=1&b=2", "http://example.org", "mailto:a@example.org"])
def test_a_link_to_the_web_is_a_link(url: str) -> None:
    assert Page(markdown_to_html(f"[click]({url})")).links == [url]


def test_an_image_is_a_link() -> None:
    page = Page(markdown_to_html("![a cat](https://example.org/cat.png)"))
    assert page.links == ["https://example.org/cat.png"]
    assert page.text == ["image: a cat", "\n"]


def test_headings_of_an_answer_are_paragraphs() -> None:
    assert not {"h1", "h2", "h3"} & Page(markdown_to_html("# One\n\nTwo\n===\n")).tags


def test_markdown_is_rendered() -> None:
    page = Page(
        markdown_to_html("**bold** and `code`\n\n- one\n- two\n\n```python\nx = 1 < 2\n```\n\n| a |\n|---|\n| b |\n")
    )
    assert {"strong", "code", "ul", "li", "pre", "table", "td"} <= page.tags


def test_without_the_markdown_library_the_text_is_shown_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    prose_module._renderer.cache_clear()
    monkeypatch.setitem(sys.modules, "markdown_it", None)
    try:
        page = Page(markdown_to_html(f"**bold** {HOSTILE}"))
    finally:
        prose_module._renderer.cache_clear()
    assert page.tags == {"div"}
    assert page.text[0].startswith("**bold** <script>")


def one_answer(text: str) -> list[Event]:
    run = ScriptedRun()
    task = run.start_task("writer")
    call = task.start_call()
    task.add_chunk(call, text)
    task.message(AIMessage(text, id="whole"))
    return run.finish()


@pytest.mark.parametrize(
    "events",
    [
        lambda: long_run(20_000, 20),
        lambda: long_run(20_000, 1),
        lambda: wide_run(2_000),
        lambda: send_run(100),
        lambda: one_answer("<&\"'" * 100_000),
        lambda: one_answer("\N{CAT FACE}" * 100_000),
        lambda: one_answer("|a" * 100 + "\n" + "|-" * 100 + "\n" + ("|b" * 100 + "\n") * 1_000),
        lambda: one_answer("*a* `b` [c](https://example.org)\n\n" * 10_000),
    ],
    ids=["20 calls", "1 call", "2,000 tasks", "100 subgraphs", "markup", "wide characters", "table", "links"],
)
def test_the_page_is_bounded_and_names_what_it_leaves_out(events: Any) -> None:
    html = render_html(fold_tables(events()))
    assert len(html.encode()) <= LIMIT
    assert "left out" in html


def test_a_long_answer_has_its_beginning_and_its_end() -> None:
    words = " ".join(f"word{number}" for number in range(50_000))
    text = bare(render_html(fold_tables(one_answer(words))))
    assert "word0 word1" in text
    assert "word49999" in text


def test_the_last_of_many_calls_is_shown() -> None:
    run = ScriptedRun()
    for step in range(1, 500):
        run.start_task("writer", step).stream_call(f"answer {step} " + "x" * 2_000, usage=False)
    text = bare(render_html(fold_tables(run.finish())))
    assert "answer 499" in text and "answer 1 " in text
    assert "more cards left out" in text


def test_the_failed_one_of_many_tasks_is_shown() -> None:
    text = bare(render_html(fold_tables(wide_run(2_000))))
    assert "ValueError: worker 1000 broke" in text
    assert "worker #1001" in text


def test_an_error_is_shown_where_it_was_raised_and_once() -> None:
    text = bare(render_html(fold_tables(joke_run("failed"))))
    before_nodes = text[: text.index("Nodes")]
    assert before_nodes.count("ConnectionError: the office printer is on fire") == 2  # the line, and the traceback's
    assert "write › approve, step 3" in before_nodes
    assert "in with_traceback" in before_nodes


def test_a_question_is_shown_first() -> None:
    text = bare(render_html(fold_tables(joke_run("waiting"))))
    assert "Publish this poem?" in text[: text.index("Nodes")]


def test_a_tools_answer_follows_its_call() -> None:
    text = bare(render_html(fold_tables(joke_run())))
    assert 'get_items(place="office")\n→ books, pencils, pictures' in text
    assert text.count("books, pencils, pictures") == 1


def test_a_tool_without_a_tool_call_a_retry_and_a_cost_are_shown() -> None:
    run = ScriptedRun()
    task = run.start_task("node")
    run.advance(0.1)
    task.retry(1, ConnectionError("down"), 0.5)
    task.finish_tool(task.start_tool("add", {"a": 1}), 3)
    usage = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12, "cost": 0.0012}
    run.emit(CallFinished, *task.event_fields, task.start_call(), usage, None)
    task.finish()
    text = bare(render_html(fold_tables(run.finish())))
    for words in ("add(a=1)", "→ 3", "tried 2 times", "at 100 ms: ConnectionError: down", "$0.0012"):
        assert words in text


def test_a_breakpoint_is_shown_once_with_the_next_nodes() -> None:
    run = ScriptedRun()
    run.start_task("a").finish()
    run.emit(CheckpointSaved, (), 1, {"values": {}, "next": ["publish"]})
    run.emit(Interrupted, (), 2, "", "", (), {"x": 1})
    text = bare(render_html(fold_tables(run.finish("interrupted"))))
    assert text.count("at a breakpoint before publish") == 1


@pytest.mark.parametrize(
    ("triggers", "text"),
    [
        (("branch:to:write",), ""),
        (("__pregel_push",), ""),
        (("branch:to:write", "join:outline+facts:write"), "after outline and facts"),
    ],
)
def test_a_task_names_the_several_nodes_that_it_waited_for(triggers: tuple[str, ...], text: str) -> None:
    assert describe_join(triggers) == text


def test_a_run_without_events_is_a_page() -> None:
    assert "starting" in bare(render_html(fold_tables([])))


@pytest.mark.parametrize("name", ["joke", "waiting", "send"])
def test_the_page_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    html = render_html(fold_tables(RUNS[name]()))
    golden(f"{name}.html", re.sub(r"><(?=(div|ul|li|h5|h6|details|p|pre)\b)", ">\n<", html) + "\n")


@pytest.mark.parametrize("name", ["joke", "waiting", "send"])
def test_the_page_without_styles_is_the_golden_text(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.bare.txt", bare(render_html(fold_tables(RUNS[name]()))))
