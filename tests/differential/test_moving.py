"""A thread that one package began is gone on with by the other, from SQLite; also where langgraph is not installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .moving import THREADS, begin, go_on
from .packages import PackageName, package

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(("first", "second"), [("langgraph", "lgstream"), ("lgstream", "langgraph")])
@pytest.mark.parametrize("name", THREADS)
def test_a_thread_goes_on_in_the_other_package(
    tmp_path: Path, name: str, first: PackageName, second: PackageName
) -> None:
    moved, stayed = str(tmp_path / "moved.db"), str(tmp_path / "stayed.db")
    begin(package(first), moved, name)
    begin(package("langgraph"), stayed, name)
    (_, result), (_, expected) = go_on(package(second), moved, name), go_on(package("langgraph"), stayed, name)
    assert result == expected


def test_the_questions_of_a_moved_thread_are_the_same(tmp_path: Path) -> None:
    for name in THREADS:
        begin(package("langgraph"), str(tmp_path / "threads.db"), name)
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "threads.db").read_bytes())
    for name in THREADS:
        stayed = go_on(package("langgraph"), str(tmp_path / "threads.db"), name)
        assert go_on(package("lgstream"), str(copy), name) == stayed


def test_threads_of_langgraph_go_on_where_it_is_not_installed(tmp_path: Path) -> None:
    path, copy = tmp_path / "threads.db", tmp_path / "copy.db"
    for name in THREADS:
        begin(package("langgraph"), str(path), name)
    copy.write_bytes(path.read_bytes())
    program = [sys.executable, "-m", "differential.moving", str(copy)]
    done = subprocess.run(program, cwd=TESTS, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: go_on(package("langgraph"), str(path), name) for name in THREADS}
