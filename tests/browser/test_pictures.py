"""Pictures to look at: shots/ has them when the tests have run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.lab import Notebook

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_of_a_run(open_notebook: Callable[..., Notebook], model: OpenAIServer, shots: Path, theme: str):
    """Of one that goes on, of what stays of it in the cell, and of its view brought back."""
    notebook = open_notebook("run = watch(joke_writer, {'topic': 'ice cream'})", "run.widget()")
    notebook.look(theme)
    model.pace = 0.2
    notebook.start(1)
    expect(notebook.view(1).locator(".lgs-card").last).to_contain_text("A tabby sat where sundaes melt")
    notebook.view(1).screenshot(path=shots / f"live-{theme}.png")
    model.pace = 0.0
    notebook.finish(1)
    expect(notebook.view(1)).to_have_count(0)
    notebook.output(1).screenshot(path=shots / f"still-{theme}.png")
    notebook.run(2)
    expect(notebook.view(2).locator(".lgs-status")).to_have_text("done")
    notebook.view(2).screenshot(path=shots / f"again-{theme}.png")
    assert all((shots / f"{name}-{theme}.png").stat().st_size > 10_000 for name in ("live", "still", "again"))
