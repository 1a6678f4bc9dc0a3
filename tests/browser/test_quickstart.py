"""The quickstart with the real model: every cell runs, is saved, and is readable when opened without a kernel."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser

from tests.browser.conftest import new_page
from tools.jupyterlab.notebook import RUN_MIME_TYPE, Notebook
from tools.jupyterlab.server import Lab

pytestmark = [pytest.mark.browser, pytest.mark.model]

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01-quickstart.ipynb"
GRAPHS = ["joke", "writer"]


@dataclass(frozen=True)
class Quickstart:
    """The notebook after it ran.

    Attributes:
        live: Snapshots of the live views during the runs, by graph (see ``takeSnapshot`` in lab.js).
        saved: The saved notebook.
        reopened: The text of each cell's output in a page that has no kernel.
    """

    live: dict[str, list[dict[str, Any]]]
    saved: NotebookNode
    reopened: list[str]


@pytest.fixture(scope="module")
def quickstart(lab: Lab, browser: Browser) -> Quickstart:
    notebook_file = nbformat.read(QUICKSTART, as_version=4)
    for cell in code_cells(notebook_file):
        cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook_file, lab.root / QUICKSTART.name)

    page = new_page(browser)
    notebook = Notebook(page, lab, QUICKSTART.name)
    page.evaluate("lab.startRecording()")
    notebook.run()
    snapshots = page.evaluate("lab.snapshots")
    notebook.save()
    lab.shut_down_kernels()
    notebook.open(kernel=False)
    saved = lab.read_notebook(QUICKSTART.name)
    numbers = [number for number, cell in enumerate(saved.cells) if cell.cell_type == "code"]
    reopened = [notebook.output(number).inner_text() for number in numbers]
    page.close()
    running = [snapshot for snapshot in snapshots if snapshot["status"] == "running"]
    live = {graph: [snapshot for snapshot in running if snapshot["graph"] == graph] for graph in GRAPHS}
    return Quickstart(live, saved, reopened)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def words(text: str) -> str:
    """Return the words of a text, without punctuation and Markdown."""
    return " ".join(re.findall(r"\w+", text))


def test_every_cell_runs(quickstart: Quickstart):
    counts = [cell.execution_count for cell in code_cells(quickstart.saved)]
    assert counts == list(range(1, len(counts) + 1))
    assert "error" not in [output.output_type for cell in code_cells(quickstart.saved) for output in cell.outputs]


def test_tokens_appear_before_the_run_ends(quickstart: Quickstart):
    lengths = [snapshot["tokens"] for snapshot in quickstart.live["writer"]]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 3


def test_the_tree_is_live(quickstart: Quickstart):
    nodes = {node for snapshot in quickstart.live["writer"] for node in snapshot["nodes"]}
    assert nodes >= {
        "writer: running",
        "refine_topic: done",
        "write: running",
        "write › write_joke: running",
        "write › write_poem: running",
    }


def test_the_timeline_is_live(quickstart: Quickstart):
    snapshots = quickstart.live["writer"]
    assert (4, 3) in [(snapshot["bars"], snapshot["liveBars"]) for snapshot in snapshots]
    durations = [sum(snapshot["liveBarSeconds"]) for snapshot in snapshots if snapshot["liveBars"] == 3]
    assert durations == sorted(durations)
    assert len(set(durations)) > 3


def test_saved_outputs_need_no_widget(quickstart: Quickstart):
    kinds = {
        kind for cell in code_cells(quickstart.saved) for output in cell.outputs for kind in output.get("data", {})
    }
    assert kinds == {"text/html", "text/markdown", "text/plain", RUN_MIME_TYPE}


def test_the_answer_is_readable_without_a_kernel(quickstart: Quickstart):
    sources = [cell.source for cell in code_cells(quickstart.saved)]
    watched, result = sources.index("run.result") - 1, sources.index("run.result")
    joke = ast.literal_eval(code_cells(quickstart.saved)[result].outputs[0]["data"]["text/plain"])["joke"]
    assert words(joke)[:60] in words(quickstart.reopened[watched])
    assert "done" in quickstart.reopened[watched]
