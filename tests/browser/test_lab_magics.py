"""%%watch, pictures of graphs and single panels, in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tools.jupyterlab.notebook import Notebook

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
    outputs = [output.get("data", {}) for output in notebook.lab.read_notebook(notebook.name).cells[2].outputs]
    texts = [data["text/plain"] for data in outputs if "text/html" in data]
    assert [topic in text for topic, text in zip(("ice", "cats", "tea"), texts, strict=True)] == [True] * 3


def test_after_lgstream_on_every_cell_is_watched_with_custom_streams_of_langgraph(
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
    urls: list[str] = []
    notebook.page.on("request", lambda request: urls.append(request.url))
    for cell, words in ((1, "write is a graph"), (2, "research is a graph")):
        notebook.run(cell)
        picture = notebook.output(cell).get_by_role("img")
        expect(picture).to_have_attribute("alt", re.compile(words))
        assert picture.evaluate("image => image.naturalWidth") > 100
    assert [url for url in urls if not url.startswith((notebook.lab.url, "data:"))] == []


def test_panels_in_a_box_show_the_run_whose_sinks_they_are(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "from lgstream import GraphView, NamespaceTree, StateView, Timeline, TokenStream\n"
        "from ipywidgets import HBox, VBox\n"
        "panels = [NamespaceTree(), TokenStream(), Timeline(), StateView(), GraphView()]\n"
        "VBox([HBox(panels[:2]), panels[2], HBox(panels[3:])])",
        "joke_writer.invoke({'topic': 'cats'}, sinks=panels);",
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
