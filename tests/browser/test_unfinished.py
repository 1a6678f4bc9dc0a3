"""Notebooks that are saved, restarted or closed in the middle of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lgstream import load
from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.notebook import RUN_MIME_TYPE, Notebook

pytestmark = pytest.mark.browser

FIRST_WORDS = "Why did the ice-cream cone"
WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json"
BLOCKING = "run = watch(joke_writer, {'topic': 'ice cream'})"


def saved_output(notebook: Notebook, cell: int) -> Any:
    """Save the notebook and return the data of a cell's only output, as it is in the file."""
    notebook.save()
    (output,) = notebook.lab.read_notebook(notebook.name).cells[cell].outputs
    return output.data


def reopen_without_kernel(notebook: Notebook) -> Notebook:
    """Shut the kernel down, and open the notebook as it is saved in the same page."""
    notebook.page.goto("about:blank")
    notebook.lab.shut_down_kernels()
    return Notebook(notebook.page, notebook.lab, notebook.name, kernel=False)


def wait_for_refresh(notebook: Notebook, cell: int, text: str) -> None:
    """Wait until the saved form of the run in a cell's output contains this text."""
    notebook.page.wait_for_function(
        "([cell, text]) => lab.outputData(cell)?.['text/plain'].replace(/\\s+/g, ' ').includes(text)", arg=[cell, text]
    )


def test_a_notebook_saved_in_mid_run_and_restarted_keeps_the_run_so_far(
    open_notebook: Callable[..., Notebook], model: OpenAIServer, screenshots: Path
):
    notebook = open_notebook(BLOCKING)
    model.hold(50)  # the draft, and the beginning of the polished joke
    notebook.start(1)
    live = notebook.live_view(1)
    expect(live.locator(".lgs-card").last).to_contain_text("A tabby")
    wait_for_refresh(notebook, 1, "A tabby")
    data = saved_output(notebook, 1)
    assert data.keys() == {"text/html", "text/markdown", "text/plain", RUN_MIME_TYPE, WIDGET_MIME_TYPE}
    loaded = load(notebook.lab.root / notebook.name)
    assert loaded.status == "unfinished" and "A tabby" in str(loaded)
    live.screenshot(path=screenshots / "mid-run-live.png")
    notebook.restart_kernel()
    expect(live.locator(".lgs-status")).to_have_text("kernel gone")
    expect(live.locator(".lgs-card").last).to_contain_text("A tabby")
    live.screenshot(path=screenshots / "mid-run-kernel-gone.png")
    reopened = reopen_without_kernel(notebook)
    saved = reopened.saved_view(1)
    expect(saved.locator(".lgs-status")).to_have_text("unfinished")
    expect(saved.locator(".lgs-card").last).to_contain_text("A tabby")
    expect(saved).to_contain_text("after the start of the run, before its end.")
    saved.screenshot(path=screenshots / "mid-run-reopened.png")
