"""Interrupting and restarting the kernel, as the notebook's menu does, in the middle of each kind of cell."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tools.jupyterlab.notebook import Notebook

pytestmark = pytest.mark.browser

GRAPHS = """
import asyncio, time
from graphs import START, State, StateGraph, awatch, watch

def wait(state, writer):
    writer("begun")
    time.sleep(60)

async def await_(state, writer):
    writer("begun")
    await asyncio.sleep(60)

blocks, awaits = [StateGraph(State).add_node("wait", node).add_edge(START, "wait").compile() for node in (wait, await_)]
%load_ext lgstream
"""
CELLS = {
    "watch, sync node": "run = watch(blocks, {})",
    "watch, async node": "run = watch(awaits, {})",
    "awatch": "run = await awatch(awaits, {})",
    "watch magic": "%%watch\nblocks.invoke({})",
}


def start(notebook: Notebook, cell: int) -> None:
    notebook.start(cell)
    expect(notebook.live_view(cell).get_by_text("begun", exact=True)).to_be_visible()


def test_an_interrupt_stops_each_kind_of_cell_and_keeps_what_came(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(GRAPHS, *CELLS.values())
    notebook.run(1)
    statuses = []
    for cell in range(2, 2 + len(CELLS)):
        start(notebook, cell)
        notebook.interrupt()
        notebook.finish(cell)
        expect(notebook.saved_view(cell).get_by_text("begun", exact=True)).to_be_visible()
        statuses.append(notebook.saved_view(cell).locator(".lgs-status").inner_text())
    assert dict(zip(CELLS, statuses, strict=True)) == dict.fromkeys(CELLS, "stopped")


def test_a_restart_ends_each_kind_of_cell_and_keeps_what_came(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(GRAPHS, *CELLS.values())
    for cell in range(2, 2 + len(CELLS)):
        notebook.run(1)
        start(notebook, cell)
        notebook.restart_kernel()
        expect(notebook.live_view(cell).locator(".lgs-status")).to_have_text("kernel gone")
    views = [notebook.live_view(cell) for cell in range(2, 2 + len(CELLS))]
    assert all("begun" in view.inner_text() for view in views)
