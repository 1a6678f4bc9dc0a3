"""Stopping a run in a notebook, with the installed ipykernel and with an older one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.kernels import INSTALLED_KERNEL, OLD_KERNEL
from tools.jupyterlab.notebook import Notebook

pytestmark = pytest.mark.browser

FIRST_WORDS = "Why did the ice-cream cone"
KERNELS = pytest.mark.parametrize("kernel", [INSTALLED_KERNEL, OLD_KERNEL])
BLOCKING = "run = watch(joke, {'topic': 'ice cream'})"
AWAITING = "run = await awatch(joke_later, {'topic': 'ice cream'})"


@pytest.fixture(autouse=True)
def stalled_model(model: OpenAIServer) -> None:
    """The model says a few words and then stalls."""
    model.hold(8)


def start(notebook: Notebook, cell: int) -> None:
    """Start the run in this cell, and wait until its first words are shown."""
    notebook.start(cell)
    expect(notebook.live_view(cell).locator(".lgs-card")).to_contain_text(FIRST_WORDS)
    expect(notebook.live_view(cell).locator(".lgs-status")).to_have_text("running")


def expect_stopped(notebook: Notebook, cell: int) -> None:
    """Check that the run was stopped and its tokens so far are still shown."""
    notebook.finish(cell)
    expect(notebook.live_view(cell)).to_have_count(0)
    expect(notebook.saved_view(cell).locator(".lgs-status")).to_have_text("stopped")
    expect(notebook.output(cell)).to_contain_text(FIRST_WORDS)


@KERNELS
def test_interrupting_the_kernel_stops_a_blocking_cell(open_notebook: Callable[..., Notebook], kernel: str):
    notebook = open_notebook(BLOCKING, kernel=kernel)
    start(notebook, 1)
    notebook.interrupt()
    expect_stopped(notebook, 1)
    expect(notebook.output(1)).to_contain_text("KeyboardInterrupt")


@KERNELS
def test_interrupting_the_kernel_stops_an_awaiting_cell(open_notebook: Callable[..., Notebook], kernel: str):
    notebook = open_notebook(AWAITING, kernel=kernel)
    start(notebook, 1)
    notebook.interrupt()
    expect_stopped(notebook, 1)


def test_the_stop_button_stops_an_awaiting_cell(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(AWAITING, "print(run.status, run.result)")
    start(notebook, 1)
    notebook.live_view(1).get_by_role("button", name="Stop").click()
    expect_stopped(notebook, 1)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("stopped None")


@pytest.mark.parametrize(
    ("cell", "kernel"), [(BLOCKING, INSTALLED_KERNEL), (BLOCKING, OLD_KERNEL), (AWAITING, OLD_KERNEL)]
)
def test_a_cell_that_gets_no_button_messages_says_how_to_stop_it(
    open_notebook: Callable[..., Notebook], cell: str, kernel: str
):
    notebook = open_notebook(cell, kernel=kernel)
    start(notebook, 1)
    expect(notebook.live_view(1).get_by_role("button", name="Interrupt to stop")).to_be_disabled()
    notebook.interrupt()
    expect_stopped(notebook, 1)


def test_the_old_kernel_has_an_ipykernel_before_7(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import ipykernel; print(ipykernel.__version__)", kernel=OLD_KERNEL)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("6.")
