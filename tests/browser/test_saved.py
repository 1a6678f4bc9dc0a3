"""A run saved in a notebook, opened again without a kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import new_page
from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.notebook import JUPYTERLAB, NOTEBOOK_7, RUN_MIME_TYPE, FrontEnd, Notebook
from tools.jupyterlab.server import Lab

pytestmark = pytest.mark.browser

FRONT_ENDS = pytest.mark.parametrize("front_end", [JUPYTERLAB, NOTEBOOK_7], ids=lambda front_end: front_end.name)
LAST_WORDS = "and licked the sprinkles that it smelt."


@pytest.fixture(scope="module")
def saved_notebook(lab: Lab, browser: Browser, model_server: OpenAIServer) -> str:
    """The name of a notebook with one run, saved by JupyterLab."""
    model_server.pace = 0.05
    name = lab.write_notebook(["from graphs import *", "run = watch(joke_writer, {'topic': 'ice cream'})"])
    page = new_page(browser)
    notebook = Notebook(page, lab, name)
    notebook.run()
    notebook.save()
    page.close()
    lab.shut_down_kernels()
    model_server.pace = 0.0
    return name


@pytest.fixture
def page(lab: Lab, browser: Browser) -> Iterator[Page]:
    page = new_page(browser)
    yield page
    page.close()
    lab.shut_down_kernels()


def expect_the_whole_run(view: Locator) -> None:
    expect(view.locator(".lgs-status")).to_have_text("done")
    expect(view.locator(".lgs-tree .lgs-row")).to_have_count(6)
    expect(view.locator(".lgs-card")).to_have_count(2)
    expect(view.locator(".lgs-card").last).to_contain_text(LAST_WORDS)
    expect(view.locator(".lgs-lane")).to_have_count(5)


@FRONT_ENDS
def test_the_saved_view_has_a_working_scrubber(
    page: Page, lab: Lab, saved_notebook: str, front_end: FrontEnd, screenshots: Path
):
    view = Notebook(page, lab, saved_notebook, front_end, kernel=False).saved_view(1)
    expect_the_whole_run(view)
    slider = view.get_by_role("slider")
    slider.press("Home")
    expect(view.locator(".lgs-status")).to_have_text("running")
    lengths = []
    for _ in range(9):
        slider.press("PageUp")
        lengths.append(len(view.locator(".lgs-list").inner_text()))
        if len(lengths) == 5:
            view.screenshot(path=screenshots / f"saved-half-{front_end.name}.png")
    slider.press("End")
    expect_the_whole_run(view)
    lengths.append(len(view.locator(".lgs-list").inner_text()))
    assert lengths == sorted(lengths) and len(set(lengths)) > 4


@FRONT_ENDS
def test_an_untrusted_notebook_shows_the_saved_view(page: Page, lab: Lab, saved_notebook: str, front_end: FrontEnd):
    notebook = Notebook(page, lab, copy_notebook(lab, saved_notebook), front_end, kernel=False)
    expect_the_whole_run(notebook.saved_view(1))
    assert page.evaluate("lab.panel.content.widgets.map(cell => cell.model.trusted)") == [False, False]


def copy_notebook(lab: Lab, name: str) -> str:
    """Return a notebook with the same outputs that JupyterLab does not trust, because it has not run it."""
    notebook = lab.read_notebook(name)
    notebook.cells[1].source += "  # from elsewhere"
    copy = f"{uuid4().hex[:8]}.ipynb"
    nbformat.write(notebook, lab.root / copy)
    return copy


@FRONT_ENDS
def test_without_the_extension_the_html_is_shown(
    page: Page, lab: Lab, saved_notebook: str, front_end: FrontEnd, screenshots: Path
):
    page.route("**/lgstream/remoteEntry.js", lambda route: route.abort())
    notebook = Notebook(page, lab, saved_notebook, front_end, kernel=False)
    output = notebook.output(1)
    expect(output).to_contain_text(LAST_WORDS)
    expect(output.get_by_role("heading", name="joke_writer")).to_be_visible()
    expect(notebook.saved_view(1)).to_have_count(0)
    output.screenshot(path=screenshots / f"html-{front_end.name}.png")


def test_nbconvert_shows_the_html_without_network_access(page: Page, lab: Lab, saved_notebook: str, screenshots: Path):
    page.route("**/*", lambda route: route.abort())
    converted, _ = HTMLExporter().from_notebook_node(lab.read_notebook(saved_notebook))
    page.set_content(converted, wait_until="domcontentloaded")
    output = page.locator(".jp-OutputArea").last
    expect(output).to_contain_text(LAST_WORDS)
    expect(output.get_by_role("heading", name="joke_writer")).to_be_visible()
    expect(output).to_contain_text("step 3")
    output.screenshot(path=screenshots / "nbconvert.png")


def test_notebook_7_shows_a_run_live_and_saves_it(open_notebook: Callable[..., Notebook], model: OpenAIServer):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", front_end=NOTEBOOK_7)
    model.pace = 0.1
    notebook.page.evaluate("lab.startRecording()")
    notebook.run(1)
    running = [snapshot for snapshot in notebook.page.evaluate("lab.snapshots") if snapshot["status"] == "running"]
    assert len({snapshot["tokens"] for snapshot in running}) > 3
    assert [snapshot["tokens"] for snapshot in running] == sorted(snapshot["tokens"] for snapshot in running)
    expect_the_whole_run(notebook.saved_view(1))
    notebook.save()
    (output,) = notebook.lab.read_notebook(notebook.name).cells[1].outputs
    assert output.data.keys() == {"text/html", "text/markdown", "text/plain", RUN_MIME_TYPE}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screenshot_of_the_saved_view(page: Page, lab: Lab, saved_notebook: str, screenshots: Path, theme: str):
    notebook = Notebook(page, lab, saved_notebook, kernel=False)
    notebook.hide_sidebar()
    notebook.set_theme(theme)
    expect_the_whole_run(notebook.saved_view(1))
    notebook.saved_view(1).screenshot(path=screenshots / f"saved-{theme}.png")
    assert (screenshots / f"saved-{theme}.png").stat().st_size > 10_000
