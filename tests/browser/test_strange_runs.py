"""Notebooks from strangers, whose saved runs are made to freeze the page."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import new_page
from tools.jupyterlab.notebook import RUN_MIME_TYPE, Notebook
from tools.jupyterlab.server import Lab

pytestmark = pytest.mark.browser

ROOT = {"parent": "", "name": "g", "path": "g", "kind": "graph", "status": "done", "order": 0}
BOMB_MEGABYTES = 1_000


def encode(compressed: bytes) -> str:
    return base64.b64encode(compressed).decode()


def packed(operations: list[Any]) -> str:
    return encode(zlib.compress(json.dumps(operations).encode()))


def bomb() -> str:
    """Return operations that are a gigabyte of spaces."""
    compressor = zlib.compressobj()
    megabyte = b" " * 1_000_000
    return encode(b"".join([*(compressor.compress(megabyte) for _ in range(BOMB_MEGABYTES)), compressor.flush()]))


def chain(levels: int) -> str:
    """Return a tree in which every row is below the one before."""
    rows = [[0, "tree", f"r{n}", {**ROOT, "parent": f"r{n - 1}" if n > 1 else "/"}] for n in range(1, levels)]
    return packed([[0, "tree", "/", ROOT], *rows])


STRANGE_RUNS: dict[str, tuple[Callable[[], str], str]] = {
    "its-own-parent": (lambda: packed([[0, "tree", "", ROOT]]), "operation 0: the id of a tree row is empty"),
    "bomb": (bomb, "its operations are more than 32,000,000 bytes"),
    "deep": (lambda: chain(10_000), "a row is more than 256 levels deep"),
}


@pytest.mark.parametrize("name", STRANGE_RUNS)
def test_a_strange_run_is_refused_with_the_reason_and_the_page_goes_on(
    browser: Browser, lab: Lab, name: str, screenshots: Path
):
    operations, reason = STRANGE_RUNS[name]
    data = {RUN_MIME_TYPE: {"graph": "g", "operations": operations()}, "text/plain": "g: done after 2.4 s"}
    notebook_name = lab.write_notebook(["run", ""])
    saved = lab.read_notebook(notebook_name)
    saved.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    nbformat.write(saved, lab.root / notebook_name)
    page = new_page(browser)
    notebook = Notebook(page, lab, notebook_name, kernel=False)
    notebook.hide_sidebar()
    expect(notebook.output(0).get_by_role("alert")).to_contain_text(f"This saved run cannot be shown: {reason}")
    expect(notebook.output(0)).to_contain_text("done after 2.4 s")
    editor = page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".cm-content")
    editor.click()
    page.keyboard.type("still here")
    expect(editor).to_have_text("still here")
    notebook.output(0).screenshot(path=screenshots / f"strange-{name}.png")
    page.close()
