"""Runs that the reader stops, with the newest ipykernel and with an older one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.openai_server import OpenAIServer
from tools.jupyterlab.kernels import NEWEST, OLDER
from tools.jupyterlab.lab import Notebook

pytestmark = pytest.mark.browser

ARRIVED = "Why did the ice-cream cone"
KERNELS = pytest.mark.parametrize("kernel", [NEWEST, OLDER])
BLOCKING = "run = watch(joke, {'topic': 'ice cream'})"
AWAITING = "run = await awatch(joke_later, {'topic': 'ice cream'})"


@pytest.fixture(autouse=True)
def at_a_loss(model: OpenAIServer) -> None:
    """The model says a few words, and then nothing more."""
    model.hold(8)


def started(notebook: Notebook, cell: int) -> None:
    """The run in this cell is under way, and its first words are shown."""
    notebook.start(cell)
    expect(notebook.view(cell).locator(".lgs-card")).to_contain_text(ARRIVED)
    expect(notebook.view(cell).locator(".lgs-status")).to_have_text("running")


def left_stopped(notebook: Notebook, cell: int) -> None:
    """The run was stopped, and what had arrived stays."""
    notebook.finish(cell)
    expect(notebook.view(cell)).to_have_count(0)
    expect(notebook.saved(cell).locator(".lgs-status")).to_have_text("stopped")
    expect(notebook.output(cell)).to_contain_text(ARRIVED)


@KERNELS
def test_interrupting_the_kernel_stops_a_blocking_cell(open_notebook: Callable[..., Notebook], kernel: str):
    notebook = open_notebook(BLOCKING, kernel=kernel)
    started(notebook, 1)
    notebook.interrupt()
    left_stopped(notebook, 1)
    expect(notebook.output(1)).to_contain_text("KeyboardInterrupt")


@KERNELS
def test_interrupting_the_kernel_stops_an_awaiting_cell(open_notebook: Callable[..., Notebook], kernel: str):
    notebook = open_notebook(AWAITING, kernel=kernel)
    started(notebook, 1)
    notebook.interrupt()
    left_stopped(notebook, 1)


def test_the_stop_button_stops_an_awaiting_cell(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(AWAITING, "print(run.status, run.result)")
    started(notebook, 1)
    notebook.view(1).get_by_role("button", name="Stop").click()
    left_stopped(notebook, 1)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("stopped None")


@pytest.mark.parametrize(("cell", "kernel"), [(BLOCKING, NEWEST), (BLOCKING, OLDER), (AWAITING, OLDER)])
def test_a_cell_that_hears_no_button_says_how_it_is_stopped(
    open_notebook: Callable[..., Notebook], cell: str, kernel: str
):
    notebook = open_notebook(cell, kernel=kernel)
    started(notebook, 1)
    expect(notebook.view(1).get_by_role("button", name="Interrupt to stop")).to_be_disabled()
    notebook.interrupt()
    left_stopped(notebook, 1)


def test_the_older_kernel_is_older(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import ipykernel; print(ipykernel.__version__)", kernel=OLDER)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("6.")
