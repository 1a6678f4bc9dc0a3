"""The quickstart as a new user meets it: the real model, every cell, saved, and opened again without a kernel."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser

from tests.browser.conftest import new_page
from tools.jupyterlab.lab import MIME, Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.model]

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01-quickstart.ipynb"
GRAPHS = ["joke", "writer"]


@dataclass(frozen=True)
class Reading:
    """What came of the quickstart.

    Attributes:
        live: what its views showed while their runs went on, by graph (see ``look`` in lab.js).
        saved: the file.
        reopened: the text of each cell's output in a page that has no kernel.
    """

    live: dict[str, list[dict[str, Any]]]
    saved: NotebookNode
    reopened: list[str]


@pytest.fixture(scope="module")
def reading(lab: Lab, browser: Browser) -> Iterator[Reading]:
    notebook_file = nbformat.read(QUICKSTART, as_version=4)
    for cell in code_cells(notebook_file):
        cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook_file, lab.root / QUICKSTART.name)

    page = new_page(browser)
    notebook = Notebook(page, lab, QUICKSTART.name)
    page.evaluate("lab.record()")
    notebook.run()
    looks = page.evaluate("lab.seen")
    notebook.save()
    lab.end_kernels()
    notebook.open(kernel=False)
    saved = lab.read(QUICKSTART.name)
    numbers = [number for number, cell in enumerate(saved.cells) if cell.cell_type == "code"]
    reopened = [notebook.output(number).inner_text() for number in numbers]
    page.close()
    running = [look for look in looks if look["status"] == "running"]
    live = {graph: [look for look in running if look["graph"] == graph] for graph in GRAPHS}
    yield Reading(live, saved, reopened)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def words(text: str) -> str:
    """Without what Markdown makes of them."""
    return " ".join(re.findall(r"\w+", text))


def test_every_cell_runs(reading: Reading):
    ran = [cell.execution_count for cell in code_cells(reading.saved)]
    assert ran == list(range(1, len(ran) + 1))
    assert "error" not in [output.output_type for cell in code_cells(reading.saved) for output in cell.outputs]


def test_tokens_grow_in_the_page_before_the_run_ends(reading: Reading):
    lengths = [look["tokens"] for look in reading.live["writer"]]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 3


def test_the_tree_is_live(reading: Reading):
    seen = {node for look in reading.live["writer"] for node in look["nodes"]}
    assert seen >= {
        "writer: running",
        "refine_topic: done",
        "write: running",
        "write › write_joke: running",
        "write › write_poem: running",
    }


def test_the_timeline_is_live(reading: Reading):
    looks = reading.live["writer"]
    assert (4, 3) in [(look["bars"], look["growing"]) for look in looks]
    lasting = [sum(look["seconds"]) for look in looks if look["growing"] == 3]
    assert lasting == sorted(lasting)
    assert len(set(lasting)) > 3


def test_what_stays_needs_no_widget(reading: Reading):
    kinds = {kind for cell in code_cells(reading.saved) for output in cell.outputs for kind in output.get("data", {})}
    assert kinds == {"text/html", "text/markdown", "text/plain", MIME}


def test_the_answer_is_there_when_the_notebook_is_opened_without_a_kernel(reading: Reading):
    sources = [cell.source for cell in code_cells(reading.saved)]
    watched, result = sources.index("run.result") - 1, sources.index("run.result")
    joke = ast.literal_eval(code_cells(reading.saved)[result].outputs[0]["data"]["text/plain"])["joke"]
    assert words(joke)[:60] in words(reading.reopened[watched])
    assert "done" in reading.reopened[watched]
