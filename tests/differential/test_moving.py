"""A thread that one package began is gone on with by the other, from SQLite; also where langgraph is not installed."""

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

from tests.differential.moving import THREADS, begin, go_on
from tests.differential.packages import PackageName, package

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("first", "second"), [("langgraph", "lgstream"), ("lgstream", "langgraph")])
@pytest.mark.parametrize("name", THREADS)
def test_a_thread_goes_on_in_the_other_package(
    tmp_path: Path, name: str, first: PackageName, second: PackageName
) -> None:
    with SqliteSaver.from_conn_string(str(tmp_path / "threads.db")) as moves, InMemorySaver() as stays:
        begin(package(first), moves, name)
        begin(package("langgraph"), stays, name)
        (_, result), (_, expected) = go_on(package(second), moves, name), go_on(package("langgraph"), stays, name)
    assert result == expected


def begun(path: Path) -> Path:
    """A database with all threads, as langgraph left them."""
    with SqliteSaver.from_conn_string(str(path)) as saver:
        for name in THREADS:
            begin(package("langgraph"), saver, name)
    return path


def ended(lg: PackageName, path: Path) -> dict[str, Any]:
    with SqliteSaver.from_conn_string(str(path)) as saver:
        return {name: go_on(package(lg), saver, name) for name in THREADS}


def test_the_questions_of_a_moved_thread_are_the_same(tmp_path: Path) -> None:
    path = begun(tmp_path / "threads.db")
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    assert ended("lgstream", copy) == ended("langgraph", path)


def test_threads_of_langgraph_go_on_where_it_is_not_installed(tmp_path: Path) -> None:
    path = begun(tmp_path / "threads.db")
    program = [sys.executable, "-m", "tests.differential.moving", str(shutil.copy(path, tmp_path / "copy.db"))]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ended("langgraph", path)
