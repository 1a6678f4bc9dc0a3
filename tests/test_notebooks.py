"""The committed notebooks: executed, readable on a code host, without paths of the machine that ran them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lgstream.views.saved.run_data import RUN_MIME_TYPE, read_operations

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
REMEDY = "run `make outputs` and commit the notebook"

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def outputs(path: Path) -> list[Any]:
    return [output for cell in code_cells(path) for output in cell.outputs]


def test_every_cell_was_run_from_top_to_bottom(path: Path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), REMEDY


def test_no_cell_failed(path: Path):
    assert not [output.ename for output in outputs(path) if output.output_type == "error"], REMEDY


def test_each_watched_run_is_saved(path: Path):
    watched = [cell for cell in code_cells(path) if re.search(r"\bwatch\(", cell.source)]
    assert watched
    for cell in watched:
        (view,) = [output.data for output in cell.outputs if output.output_type == "display_data"]
        assert {"text/html", "text/markdown", "text/plain", RUN_MIME_TYPE} == set(view), REMEDY
        assert view["text/plain"].startswith("✓"), view["text/plain"]


def test_the_notebook_is_small_and_has_no_paths_of_a_machine(path: Path):
    text = path.read_text("utf-8")
    assert len(text) < 200_000
    packed = [output.data[RUN_MIME_TYPE] for output in outputs(path) if RUN_MIME_TYPE in output.get("data", {})]
    contents = text + str([read_operations(run) for run in packed])
    assert not re.findall(r"/(?:home|root|tmp|Users)/[\w./-]*|127\.0\.0\.1|localhost", contents)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata
