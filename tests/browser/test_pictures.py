"""Screenshots for people to look at; the tests write them to ``shots/``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.notebook import Notebook

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screenshots_of_a_run(
    open_notebook: Callable[..., Notebook], model: OpenAIServer, screenshots: Path, theme: str
):
    """A running view, the static view that replaces it, and the view that ``run.widget()`` shows again."""
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", "run.widget()")
    notebook.hide_sidebar()
    notebook.set_theme(theme)
    model.pace = 0.2
    notebook.start(1)
    expect(notebook.live_view(1).locator(".lgs-card").last).to_contain_text("A tabby sat where sundaes melt")
    notebook.live_view(1).screenshot(path=screenshots / f"live-{theme}.png")
    model.pace = 0.0
    notebook.finish(1)
    expect(notebook.live_view(1)).to_have_count(0)
    notebook.output(1).screenshot(path=screenshots / f"still-{theme}.png")
    notebook.run(2)
    expect(notebook.live_view(2).locator(".lgs-status")).to_have_text("done")
    notebook.live_view(2).screenshot(path=screenshots / f"again-{theme}.png")
    assert all((screenshots / f"{name}-{theme}.png").stat().st_size > 10_000 for name in ("live", "still", "again"))
