"""Pictures to look at: shots/ has them when the tests have run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openai_server import OpenAIServer
from playwright.sync_api import expect

from .lab import Notebook

pytestmark = pytest.mark.browser


THEMES = ["light", "dark"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_of_a_run(open_notebook: Callable[..., Notebook], model: OpenAIServer, shots: Path, theme: str):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})")
    notebook.look(theme)
    model.pace = 0.2
    notebook.start(1)
    view = notebook.view(1)
    expect(view.locator(".lgs-card").last).to_contain_text("A tabby sat where sundaes melt")
    view.screenshot(path=shots / f"live-{theme}.png")
    model.pace = 0.0
    notebook.finish(1)
    assert (shots / f"live-{theme}.png").stat().st_size > 10_000


@pytest.mark.parametrize("theme", THEMES)
def test_a_picture_of_what_stays(open_notebook: Callable[..., Notebook], shots: Path, theme: str):
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", "run.widget()")
    notebook.look(theme)
    notebook.run()
    notebook.output(1).screenshot(path=shots / f"still-{theme}.png")
    expect(notebook.view(2).locator(".lgs-status")).to_have_text("done")
    notebook.view(2).screenshot(path=shots / f"again-{theme}.png")
    assert (shots / f"still-{theme}.png").stat().st_size > 10_000
