"""Interrupt and restart a real kernel while a run is watched: the cell ends, its output stays, the next cell runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import start_new_kernel

from tests.notebook.conftest import PRELUDE, WAIT, Kernel

if TYPE_CHECKING:
    from tests.notebook.conftest import Cell

NODES = """
import threading
cleaned_up = []

def blocks(state, writer):
    writer("a note")
    print("ready", flush=True)
    time.sleep(60)

async def waits(state, writer):
    writer("a note")
    print("ready", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        cleaned_up.append(True)

async def waits_beside(state):
    await asyncio.sleep(60)

def parallel(*nodes):
    builder = StateGraph(State)
    for node in nodes:
        builder.add_node(node).add_edge(START, node.__name__)
    return builder.compile(name="joke")

def workers():
    deadline = time.monotonic() + 10
    while threads_of_runs() and time.monotonic() < deadline:  # an idle thread of the sinks ends after a second
        time.sleep(0.01)
    return threads_of_runs()

def threads_of_runs():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lgstream-worker")]
"""

CELLS = {
    "watch-sync": "watch(graph(blocks), {'log': []})",
    "watch-async": "watch(graph(waits), {'log': []})",
    "watch-parallel-async": "watch(parallel(waits, waits_beside), {'log': []})",
    "awatch-async": "await awatch(graph(waits), {'log': []})",
    "awatch-parallel-async": "await awatch(parallel(waits, waits_beside), {'log': []})",
    "magic-async": "%%watch\ngraph(waits).invoke({'log': []})",
    "magic-awaited": "%%watch\nawait graph(waits).ainvoke({'log': []})",
    "watch-parallel-sync": "watch(parallel(blocks, waits_beside), {'log': []})",
    "awatch-sync": "await awatch(graph(blocks), {'log': []})",
}

GO_ON = ("watch-parallel-sync", "awatch-sync")
"""The cells in which a sync node runs in a thread, where it goes on."""


@pytest.fixture(scope="module")
def own_kernel() -> Iterator[Kernel]:
    manager, client = start_new_kernel(startup_timeout=WAIT)
    try:
        kernel = Kernel(manager, client)
        prepare(kernel)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def prepare(kernel: Kernel) -> None:
    assert kernel.run(f"{PRELUDE}{NODES}\n%load_ext lgstream").error is None


def run_until_ready(kernel: Kernel, code: str) -> tuple[str, Cell]:
    cell_id = kernel.start(code)
    return cell_id, kernel.finish(cell_id, until="ready")


@pytest.mark.parametrize("name", CELLS)
def test_an_interrupt_ends_the_cell_and_leaves_what_was_shown(own_kernel: Kernel, name: str) -> None:
    own_kernel.run("cleaned_up.clear()")
    cell_id, cell = run_until_ready(own_kernel, CELLS[name])
    time.sleep(0.2)
    start = time.monotonic()
    own_kernel.interrupt()
    own_kernel.finish(cell_id, cell=cell)
    assert time.monotonic() - start < 30  # the nodes sleep for 60 s
    assert cell.error in ("KeyboardInterrupt", "CancelledError")
    text = " ".join(cell.outputs[0]["text/plain"].split())
    assert text.startswith("■ joke: stopped")
    assert "a note" in text
    assert ("its function was still running in its thread" in text) is (name in GO_ON)
    if name not in GO_ON:
        expected = [True] if "(waits" in CELLS[name] else []
        assert own_kernel.run("print(cleaned_up, workers())").text == f"{expected} []\n"


def test_a_restart_in_mid_run_leaves_a_kernel_that_runs_cells(own_kernel: Kernel) -> None:
    run_until_ready(own_kernel, CELLS["watch-parallel-sync"])
    own_kernel.manager.restart_kernel(now=True)
    own_kernel.client.wait_for_ready(timeout=WAIT)
    prepare(own_kernel)
    cell = own_kernel.run("run = watch(graph(write), {'log': []}); print(run.status, workers())")
    assert cell.text == "done []\n"
