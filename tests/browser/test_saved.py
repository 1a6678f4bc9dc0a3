"""A run that is saved in its notebook, opened again where there is no kernel."""

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
from tools.jupyterlab.lab import JUPYTERLAB, MIME, NOTEBOOK_7, App, Lab, Notebook

pytestmark = pytest.mark.browser

APPS = pytest.mark.parametrize("app", [JUPYTERLAB, NOTEBOOK_7], ids=lambda app: app.name)
ANSWER = "and licked the sprinkles that it smelt."


@pytest.fixture(scope="module")
def saved(lab: Lab, browser: Browser, served: OpenAIServer) -> str:
    """The name of a notebook with a run, as JupyterLab saved it."""
    served.pace = 0.05
    name = lab.write(["from graphs import *", "run = watch(joke_writer, {'topic': 'ice cream'})"])
    page = new_page(browser)
    notebook = Notebook(page, lab, name)
    notebook.run()
    notebook.save()
    page.close()
    lab.end_kernels()
    served.pace = 0.0
    return name


@pytest.fixture
def page(lab: Lab, browser: Browser) -> Iterator[Page]:
    page = new_page(browser)
    yield page
    page.close()
    lab.end_kernels()


def shows_the_run(view: Locator) -> None:
    expect(view.locator(".lgs-status")).to_have_text("done")
    expect(view.locator(".lgs-tree .lgs-row")).to_have_count(6)
    expect(view.locator(".lgs-card")).to_have_count(2)
    expect(view.locator(".lgs-card").last).to_contain_text(ANSWER)
    expect(view.locator(".lgs-lane")).to_have_count(5)


@APPS
def test_it_is_shown_with_a_scrubber_that_works(page: Page, lab: Lab, saved: str, app: App, shots: Path):
    view = Notebook(page, lab, saved, app, kernel=False).saved(1)
    shows_the_run(view)
    slider = view.get_by_role("slider")
    slider.press("Home")
    expect(view.locator(".lgs-status")).to_have_text("running")
    lengths = []
    for _ in range(9):
        slider.press("PageUp")
        lengths.append(len(view.locator(".lgs-list").inner_text()))
        if len(lengths) == 5:
            view.screenshot(path=shots / f"saved-half-{app.name}.png")
    slider.press("End")
    shows_the_run(view)
    lengths.append(len(view.locator(".lgs-list").inner_text()))
    assert lengths == sorted(lengths) and len(set(lengths)) > 4


@APPS
def test_likewise_where_the_notebook_is_not_trusted(page: Page, lab: Lab, saved: str, app: App):
    notebook = Notebook(page, lab, copied(lab, saved), app, kernel=False)
    shows_the_run(notebook.saved(1))
    assert page.evaluate("lab.panel.content.widgets.map(cell => cell.model.trusted)") == [False, False]


def copied(lab: Lab, name: str) -> str:
    """Another notebook with the same outputs, as it comes from elsewhere: JupyterLab has not seen it run."""
    notebook = lab.read(name)
    notebook.cells[1].source += "  # from elsewhere"
    copy = f"{uuid4().hex[:8]}.ipynb"
    nbformat.write(notebook, lab.root / copy)
    return copy


@APPS
def test_without_lgstreams_extension_it_is_the_html(page: Page, lab: Lab, saved: str, app: App, shots: Path):
    page.route("**/lgstream/remoteEntry.js", lambda route: route.abort())
    notebook = Notebook(page, lab, saved, app, kernel=False)
    output = notebook.output(1)
    expect(output).to_contain_text(ANSWER)
    expect(output.get_by_role("heading", name="joke_writer")).to_be_visible()
    expect(notebook.saved(1)).to_have_count(0)
    output.screenshot(path=shots / f"html-{app.name}.png")


def test_nbconvert_shows_the_html_without_a_network(page: Page, lab: Lab, saved: str, shots: Path):
    page.route("**/*", lambda route: route.abort())
    converted, _ = HTMLExporter().from_notebook_node(lab.read(saved))
    page.set_content(converted, wait_until="domcontentloaded")
    output = page.locator(".jp-OutputArea").last
    expect(output).to_contain_text(ANSWER)
    expect(output.get_by_role("heading", name="joke_writer")).to_be_visible()
    expect(output).to_contain_text("step 3")
    output.screenshot(path=shots / "nbconvert.png")


def test_notebook_7_shows_a_run_live_and_keeps_it(open_notebook: Callable[..., Notebook], model: OpenAIServer):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", app=NOTEBOOK_7)
    model.pace = 0.1
    notebook.page.evaluate("lab.record()")
    notebook.run(1)
    running = [look for look in notebook.page.evaluate("lab.seen") if look["status"] == "running"]
    assert len({look["tokens"] for look in running}) > 3
    assert [look["tokens"] for look in running] == sorted(look["tokens"] for look in running)
    shows_the_run(notebook.saved(1))
    notebook.save()
    (shown,) = notebook.lab.read(notebook.name).cells[1].outputs
    assert shown.data.keys() == {"text/html", "text/markdown", "text/plain", MIME}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_of_it(page: Page, lab: Lab, saved: str, shots: Path, theme: str):
    notebook = Notebook(page, lab, saved, kernel=False)
    notebook.look(theme)
    shows_the_run(notebook.saved(1))
    notebook.saved(1).screenshot(path=shots / f"saved-{theme}.png")
    assert (shots / f"saved-{theme}.png").stat().st_size > 10_000
