"""%%watch, pictures of graphs and the parts, in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tools.jupyterlab.lab import Notebook

pytestmark = pytest.mark.browser


def test_a_watched_cell_shows_its_runs_in_order(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "%load_ext lgstream",
        "%%watch\nfor topic in ('ice', 'cats'):\n    joke_writer.invoke({'topic': topic})\n"
        "(await joke_later.ainvoke({'topic': 'tea'}))['topic']",
    )
    notebook.run()
    cell = notebook.page.locator(".jp-Notebook .jp-Cell").nth(2)
    expect(cell.locator(".lgs-status", has_text="done")).to_have_count(3)
    notebook.save()
    kept = [output.get("data", {}) for output in notebook.lab.read(notebook.name).cells[2].outputs]
    told = [data["text/plain"] for data in kept if "text/html" in data]
    assert [topic in text for topic, text in zip(("ice", "cats", "tea"), told, strict=True)] == [True] * 3


def test_every_cell_is_watched_after_lgstream_on_and_langgraphs_custom_streams_too(
    open_notebook: Callable[..., Notebook],
):
    notebook = open_notebook(
        "%load_ext lgstream\n%lgstream on",
        "print(list(survey('langgraph').stream({'topic': 'the sea'}, stream_mode='custom', subgraphs=True))[-1][1])",
    )
    notebook.run()
    output = notebook.page.locator(".jp-Notebook .jp-Cell").nth(2)
    view = output.locator(".lgs-view")
    expect(view.locator(".lgs-status")).to_have_text("done")
    for topic in ("tides", "eels", "amber"):
        expect(view).to_contain_text(f"looking for {topic}")
    expect(output).to_contain_text("looking for")


def test_pictures_of_graphs_of_both_packages_need_no_network(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("joke_writer", "from lgstream import draw\ndraw(survey('langgraph'))")
    asked: list[str] = []
    notebook.page.on("request", lambda request: asked.append(request.url))
    for cell, words in ((1, "write is a graph"), (2, "research is a graph")):
        notebook.run(cell)
        picture = notebook.output(cell).get_by_role("img")
        expect(picture).to_have_attribute("alt", re.compile(words))
        assert picture.evaluate("image => image.naturalWidth") > 100
    assert [url for url in asked if not url.startswith((notebook.lab.url, "data:"))] == []


def test_parts_in_a_box_draw_the_run_that_they_are_sinks_of(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "from lgstream import GraphView, NamespaceTree, StateView, Timeline, TokenStream\n"
        "from ipywidgets import HBox, VBox\n"
        "parts = [NamespaceTree(), TokenStream(), Timeline(), StateView(), GraphView()]\n"
        "VBox([HBox(parts[:2]), parts[2], HBox(parts[3:])])",
        "joke_writer.invoke({'topic': 'cats'}, sinks=parts);",
    )
    notebook.run()
    output = notebook.output(1)
    expect(output.locator(".lgs-part")).to_have_count(5)
    expect(output.locator(".lgs-tree .lgs-row")).to_have_count(6)
    expect(output.locator(".lgs-card").first).to_be_visible()
    expect(output.locator(".lgs-lane")).to_have_count(5)
    expect(output.locator(".lgs-part").last).to_contain_text("refine_topic")
    widths = output.locator(".lgs-part").evaluate_all("parts => parts.map(part => part.clientWidth)")
    assert min(widths) > 300
