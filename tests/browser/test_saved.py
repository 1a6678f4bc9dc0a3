"""A run that is saved in its notebook, opened again where there is no kernel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openai_server import OpenAIServer
from playwright.sync_api import Locator, expect

from .lab import JUPYTERLAB, NOTEBOOK_7, App, Notebook

pytestmark = pytest.mark.browser

APPS = pytest.mark.parametrize("app", [JUPYTERLAB, NOTEBOOK_7], ids=lambda app: app.name)
ANSWER = "and licked the sprinkles that it smelt."


def reopened(notebook: Notebook) -> Notebook:
    """The notebook saved, and open in a page without a kernel."""
    notebook.save()
    notebook.lab.end_kernels()
    notebook.open(kernel=False)
    return notebook


def shows_the_run(view: Locator) -> None:
    expect(view.locator(".lgs-status")).to_have_text("done")
    expect(view.locator(".lgs-tree .lgs-row")).to_have_count(6)
    expect(view.locator(".lgs-card")).to_have_count(2)
    expect(view.locator(".lgs-card").last).to_contain_text(ANSWER)
    expect(view.locator(".lgs-lane")).to_have_count(5)


@APPS
def test_a_saved_run_is_shown_with_a_scrubber_that_works(
    open_notebook: Callable[..., Notebook], app: App, model: OpenAIServer, shots: Path
):
    model.pace = 0.05
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", app=app)
    notebook.run(1)
    view = reopened(notebook).saved(1)
    shows_the_run(view)
    view.screenshot(path=shots / f"saved-{app.name}.png")
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
