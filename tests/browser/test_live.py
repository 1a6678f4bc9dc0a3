"""Live views: many tokens, several views of one run, an agent at work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.notebook import Notebook

pytestmark = pytest.mark.browser

TOKENS = 20_000


def test_no_token_of_20_000_at_full_speed_is_lost(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("run = watch(flood, {'topic': 'cats'})")
    notebook.start(1)
    view = notebook.live_view(1)
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


def test_two_views_of_one_run_both_show_all_of_it(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", "run.widget()", "run.widget()")
    notebook.run()
    views = notebook.live_view(2), notebook.live_view(3)
    for view in views:
        expect(view.locator(".lgs-status")).to_have_text("done")
        expect(view.locator(".lgs-card")).to_have_count(2)
        expect(view.locator(".lgs-card").last).to_contain_text("it smelt.")
        expect(view.locator(".lgs-tree .lgs-row")).to_have_count(6)
        expect(view.locator(".lgs-lane")).to_have_count(5)
    assert views[0].inner_text() == views[1].inner_text()


RECORD_LAYOUT_SHIFTS = """() => {  // elements that moved without user input; some move with time on purpose
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) for (const {node} of entry.sources)
            if (node?.parentElement?.closest(".lgs-view")) window.shifts.push(String(node.className ?? node.nodeName));
    }).observe({type: "layout-shift"});
}"""


def test_an_agents_tool_call_is_shown_while_it_runs(open_notebook: Callable[..., Notebook], model: OpenAIServer):
    notebook = open_notebook("run = watch(agent, {'messages': ['What of eels?']})")
    model.hold(3)  # the role, the name of the tool, half of its arguments
    notebook.start(1)
    view = notebook.live_view(1)
    call = view.locator(".lgs-card .lgs-tool")
    expect(call).to_have_text(re.compile(r'^search \{"query": "where'))
    model.hold(8)  # the other half, and the first words of the answer
    expect(call).to_have_text(re.compile(r'^search\(query="where do eels'))
    notebook.page.evaluate(RECORD_LAYOUT_SHIFTS)
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


def test_the_header_does_not_move_when_the_run_ends(open_notebook: Callable[..., Notebook], model: OpenAIServer):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})")
    model.hold(50)  # the draft, and the beginning of the polished joke
    notebook.start(1)
    expect(notebook.live_view(1).locator(".lgs-card").last).to_contain_text("A tabby")
    positions = header_positions(notebook.live_view(1))
    model.let_go()
    notebook.finish(1)
    expect(notebook.saved_view(1).locator(".lgs-status")).to_have_text("done")
    assert header_positions(notebook.saved_view(1)) == positions


def header_positions(view: Locator) -> list[int]:
    """Return the left edges of the header's parts, in whole pixels."""
    positions: list[int] = view.evaluate(
        """view => [".lgs-name", ".lgs-elapsed", ".lgs-elapsed + *", ".lgs-facts > :nth-child(3)", ".lgs-filter"]
            .map(part => Math.round(view.querySelector(part).getBoundingClientRect().left))"""
    )
    return positions


def test_a_run_left_in_a_task_is_live_and_then_saved_in_its_own_cell(
    open_notebook: Callable[..., Notebook], model: OpenAIServer
):
    notebook = open_notebook(
        "import asyncio\ntask = asyncio.create_task(awatch(joke_later, {'topic': 'ice cream'}))",
        "print('between')",
        "run = await task",
    )
    model.hold(5)  # the role, and some words
    notebook.run(1)
    notebook.run(2)
    notebook.start(3)
    expect(notebook.live_view(1).locator(".lgs-card")).to_contain_text("Why did")
    notebook.save()
    saved = json.loads((notebook.lab.root / notebook.name).read_text())
    text = "".join(saved["cells"][1]["outputs"][0]["data"]["text/plain"])
    assert "joke: " in text and "run the cell again" in text
    model.let_go()
    notebook.finish(3)
    expect(notebook.saved_view(1).locator(".lgs-status")).to_have_text("done")
    expect(notebook.saved_view(1).locator(".lgs-card")).to_contain_text("topping.")
    assert notebook.output(3).inner_text() == ""


def test_a_view_that_is_closed_after_its_run_leaves_the_saved_run_in_its_place(
    open_notebook: Callable[..., Notebook],
):
    notebook = open_notebook(
        "from lgstream.notebook import cell\ncell.KEPT_VIEWS = 0\nrun = watch(joke_writer, {'topic': 'ice cream'})",
        "run.widget()",
    )
    notebook.run()
    for view in (notebook.saved_view(1), notebook.live_view(2)):
        expect(view.locator(".lgs-status")).to_have_text("done")
        expect(view.locator(".lgs-card").last).to_contain_text("it smelt.")
