"""A thread that one package began is resumed by the other, from SQLite; also where langgraph is not installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from tests.differential.packages import PackageName, package
from tests.differential.thread_transfer import THREADS, begin, resume

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("first", "second"), [("langgraph", "lgstream"), ("lgstream", "langgraph")])
@pytest.mark.parametrize("name", THREADS)
def test_a_thread_is_resumed_by_the_other_package(
    tmp_path: Path, name: str, first: PackageName, second: PackageName
) -> None:
    with SqliteSaver.from_conn_string(str(tmp_path / "threads.db")) as transferred, InMemorySaver() as local:
        begin(package(first), transferred, name)
        begin(package("langgraph"), local, name)
        (_, result), (_, expected) = (
            resume(package(second), transferred, name),
            resume(package("langgraph"), local, name),
        )
    assert result == expected


def begin_all(path: Path) -> Path:
    """Begin all threads with langgraph in a new database, and return its path."""
    with SqliteSaver.from_conn_string(str(path)) as saver:
        for name in THREADS:
            begin(package("langgraph"), saver, name)
    return path


def resume_all(lg: PackageName, path: Path) -> dict[str, Any]:
    with SqliteSaver.from_conn_string(str(path)) as saver:
        return {name: resume(package(lg), saver, name) for name in THREADS}


def test_interrupts_of_a_transferred_thread_are_the_same(tmp_path: Path) -> None:
    path = begin_all(tmp_path / "threads.db")
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    assert resume_all("lgstream", copy) == resume_all("langgraph", path)


def test_threads_of_langgraph_are_resumed_where_it_is_not_installed(tmp_path: Path) -> None:
    path = begin_all(tmp_path / "threads.db")
    program = [sys.executable, "-m", "tests.differential.thread_transfer", str(shutil.copy(path, tmp_path / "copy.db"))]
    process = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == resume_all("langgraph", path)
