"""A tab that is closed and opened again, and a page that is loaded again, in the middle of a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from lgstream import load
from tests.browser.conftest import new_page
from tools.jupyterlab.notebook import Notebook

pytestmark = pytest.mark.browser

GRAPH = """
import asyncio
from pathlib import Path
from langgraph.checkpoint.memory import InMemorySaver
from graphs import START, State, StateGraph, awatch
from lgstream.types import interrupt

def ask(state):
    return {"joke": interrupt("Your name?")}

async def count(state, writer):
    for number in range(10_000):
        writer(f"number {number}")
        await asyncio.sleep(0.02)
        if Path("seen-again").exists():
            return writer(f"{number + 1} numbers")

builder = StateGraph(State).add_node("ask", ask).add_node("count", count)
builder.add_edge(START, "ask").add_edge(START, "count")
asks = builder.compile(name="asks", checkpointer=InMemorySaver())
counts = StateGraph(State).add_node("count", count).add_edge(START, "count").compile(name="counts")
Path("seen-again").unlink(missing_ok=True)
"""
CELL = "run = await awatch(asks, {}, {'configurable': {'thread_id': '1'}})\nprint(run.result)"


def test_a_tab_opened_again_in_mid_run_shows_all_of_it_and_its_form_can_be_answered(
    open_notebook: Callable[..., Notebook], browser: Browser
):
    first = open_notebook(GRAPH, CELL)
    first.run(1)
    first.start(2)
    expect(first.live_view(2).get_by_text("number 20", exact=True)).to_be_visible()
    expect(first.live_view(2).get_by_label("Questions to you")).to_contain_text("Your name?")
    first.save()
    first.page.close()
    page = new_page(browser)
    try:
        second = Notebook(page, first.lab, first.name, idle=False)
        view = second.live_view(2)
        expect(view.get_by_label("Questions to you").get_by_role("textbox")).to_be_visible()
        (second.lab.root / "seen-again").touch()
        expect(view.locator(".lgs-note-text").last).to_contain_text(" numbers")
        view.evaluate(
            "view => { for (const earlier of [view.querySelector('.lgs-earlier')]) "
            "while (earlier !== null && !earlier.hidden) earlier.click(); }"
        )
        *numbers, count = view.locator(".lgs-note-text").all_text_contents()
        assert numbers == [f"number {number}" for number in range(len(numbers))]
        assert count == f"{len(numbers)} numbers"
        view.get_by_label("Questions to you").get_by_role("textbox").fill("Ada")
        view.get_by_role("button", name="Send").click()
        expect(view.locator(".lgs-status")).to_have_text("done")
    finally:
        page.close()


@pytest.mark.parametrize("is_async", [False, True], ids=["watch", "awatch"])
def test_a_page_loaded_again_in_mid_run_saves_what_comes_after(open_notebook: Callable[..., Notebook], is_async: bool):
    call = "await awatch(counts, {})" if is_async else "watch(counts, {})"
    notebook = open_notebook(GRAPH, f"run = {call}")
    notebook.run(1)
    notebook.start(2)
    expect(notebook.live_view(2).get_by_text("number 20", exact=True)).to_be_visible()
    notebook.save()
    notebook.open(idle=False)
    if is_async:  # a kernel with a blocking cell answers the page when the cell ends
        reloaded = notebook.page.wait_for_function("lab.outputData(2)?.['text/plain']").json_value()
        notebook.page.wait_for_function("before => lab.outputData(2)['text/plain'] !== before", arg=reloaded)
    (notebook.lab.root / "seen-again").touch()
    expect(notebook.saved_view(2).locator(".lgs-status")).to_have_text("done")
    notebook.save()
    loaded = load(notebook.lab.root / notebook.name)
    assert loaded.status == "done"
    assert " numbers" in str(loaded)
