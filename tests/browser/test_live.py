"""Many tokens, and more than one view."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.lab import Notebook

pytestmark = pytest.mark.browser

TOKENS = 20_000


def test_none_of_20_000_custom_tokens_at_full_speed_is_lost(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("run = watch(flood, {'topic': 'cats'})")
    notebook.start(1)
    view = notebook.view(1)
    expect(view.locator(".lgs-note-text").last).to_have_text(f"token {TOKENS - 1}")
    view.evaluate(
        """view => {
            const earlier = view.querySelector(".lgs-earlier");
            while (!earlier.hidden) earlier.click();
        }"""
    )
    assert view.locator(".lgs-note-text").all_text_contents() == [f"token {number}" for number in range(TOKENS)]
    (notebook.lab.root / "all-seen").touch()
    notebook.finish(1)


def test_two_views_of_a_run_both_show_all_of_it(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", "run.widget()", "run.widget()")
    notebook.run()
    views = notebook.view(2), notebook.view(3)
    for view in views:
        expect(view.locator(".lgs-status")).to_have_text("done")
        expect(view.locator(".lgs-card")).to_have_count(2)
        expect(view.locator(".lgs-card").last).to_contain_text("it smelt.")
        expect(view.locator(".lgs-tree .lgs-row")).to_have_count(6)
        expect(view.locator(".lgs-lane")).to_have_count(5)
    assert views[0].inner_text() == views[1].inner_text()


SHIFTS = """() => {  // what moved without being touched; that time goes on moves some on purpose
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) for (const {node} of entry.sources)
            if (node?.parentElement?.closest(".lgs-view")) window.shifts.push(String(node.className ?? node.nodeName));
    }).observe({type: "layout-shift"});
}"""


def test_an_agent_is_seen_at_work(open_notebook: Callable[..., Notebook], model: OpenAIServer):
    notebook = open_notebook("run = watch(agent, {'messages': ['What of eels?']})")
    model.hold(3)  # who speaks, what is called, half of its arguments
    notebook.start(1)
    view = notebook.view(1)
    call = view.locator(".lgs-card .lgs-tool")
    expect(call).to_have_text(re.compile(r'^search \{"query": "where'))
    model.hold(8)  # the other half, and of the answer some words
    expect(call).to_have_text(re.compile(r'^search\(query="where do eels'))
    notebook.page.evaluate(SHIFTS)
    tool = view.locator(".lgs-result")
    expect(tool.locator(".lgs-progress")).to_contain_text("page 2 of 3")
    expect(tool).to_contain_text("running")
    (notebook.lab.root / "page-2-seen").touch()
    expect(tool.locator(".lgs-text")).to_have_text("eels leave at new moon")
    expect(view.locator(".lgs-card").last).to_contain_text("Whiskers")
    shifted = {name.split(" ")[0] for name in notebook.page.evaluate("window.shifts")}
    assert shifted <= {"lgs-playhead", "lgs-handle", "lgs-band", "lgs-bar", "lgs-wait", "lgs-row-facts"}
    model.let_go()
    notebook.finish(1)
    expect(notebook.output(1)).to_contain_text("page 3 of 3")


def test_the_header_stands_still_when_the_run_ends(open_notebook: Callable[..., Notebook], model: OpenAIServer):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})")
    model.hold(50)  # the draft, and the beginning of what it is polished to
    notebook.start(1)
    expect(notebook.view(1).locator(".lgs-card").last).to_contain_text("A tabby")
    running = beginnings(notebook.view(1))
    model.let_go()
    notebook.finish(1)
    expect(notebook.saved(1).locator(".lgs-status")).to_have_text("done")
    assert beginnings(notebook.saved(1)) == running


def beginnings(view: Locator) -> list[int]:
    """Where the parts of the header begin, in whole pixels from the left."""
    places: list[int] = view.evaluate(
        """view => [".lgs-name", ".lgs-elapsed", ".lgs-elapsed + *", ".lgs-facts > :nth-child(3)", ".lgs-filter"]
            .map(part => Math.round(view.querySelector(part).getBoundingClientRect().left))"""
    )
    return places
