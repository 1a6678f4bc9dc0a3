"""Runs that go on after their cell has ended, in notebooks that a program executes: nbclient, nbconvert, nbmake."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

from lgstream import load
from lgstream.views.saved.run_data import RUN_MIME_TYPE
from tests.notebook.conftest import PRELUDE, WAIT

STATIC = {"text/html", "text/markdown", "text/plain", RUN_MIME_TYPE}

GRAPHS = (
    PRELUDE
    + """
from langgraph.graph import StateGraph as Theirs

def speak(*words, pause=0.1):
    async def say(state, writer):
        for word in words:
            writer(word)
            await asyncio.sleep(pause)
        return {"log": [" ".join(words)]}
    return StateGraph(State).add_node(say).add_edge(START, "say").compile(name=words[0])

async def boom(state, writer):
    writer("before")
    await asyncio.sleep(0.2)
    raise ValueError("boom")
"""
)

LET_IT_START = "; await asyncio.sleep(0.05)"


def execute(*cells: str, seconds_before: dict[int, float] | None = None) -> list[Any]:
    """Execute cells in a new kernel, as nbclient does, and return them with their outputs.

    Args:
        *cells: the cells, after a first one with graphs.
        seconds_before: how long the program waits before it sends the cell with this number.
    """
    sources = [GRAPHS, *cells]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])

    async def wait(cell: Any, cell_index: int) -> None:
        await asyncio.sleep((seconds_before or {}).get(cell_index - 1, 0))

    client = NotebookClient(notebook, timeout=WAIT, kernel_name="python3", on_cell_start=wait)
    client.execute()
    executed: list[Any] = notebook.cells[1:]
    return executed


def runs(cell: Any) -> list[str]:
    """Return the finished runs that a cell shows, as text."""
    assert all(output.data.keys() == STATIC for output in cell.outputs if "data" in output), cell.outputs
    return [output.data["text/plain"] for output in cell.outputs if "data" in output]


@pytest.fixture(scope="module")
def cells() -> dict[str, Any]:
    """The executed cells of one notebook, by name."""
    sources = {
        "started": f"task = asyncio.create_task(awatch(speak('late', 'word'), {{'log': []}})){LET_IT_START}",
        "between": "print('between')",
        "awaited": "run = await task; print(run.result)",
        "created": "task = asyncio.create_task(awatch(speak('created', 'only'), {'log': []}))",
        "created, awaited": "run = await task; print(run.result)",
        "two": "tasks = [asyncio.create_task(awatch(speak(w, 'x'), {'log': []})) for w in ('one', 'two')]",
        "two, awaited": "print([run.result['log'] for run in await asyncio.gather(*tasks)])",
        "failing": "task = asyncio.create_task(awatch(graph(boom), {'log': []}))",
        "failing, awaited": "try: await task\nexcept ValueError as error: print(error)",
        "to cancel": f"task = asyncio.create_task(awatch(speak('cancelled', pause=60), {{'log': []}})){LET_IT_START}",
        "cancelling": "task.cancel()\ntry: await task\nexcept asyncio.CancelledError: print('is cancelled')",
        "never started": "task = asyncio.create_task(awatch(speak('unstarted'), {'log': []})); task.cancel();",
        "langgraph": "async def say(state): await asyncio.sleep(0.1); return {'log': ['theirs']}\n"
        "theirs = Theirs(State).add_node(say).add_edge(START, 'say').compile(name='theirs')\n"
        "task = asyncio.create_task(awatch(theirs, {'log': []}))",
        "langgraph, awaited": "print((await task).result)",
        "thread": "import threading\n"
        "started, cell_ended = threading.Event(), threading.Event()\n"
        "def write_later(state, writer): started.set(); cell_ended.wait(); return write(state, writer)\n"
        "thread = threading.Thread(target=lambda: watch(graph(write_later), {'log': ['by thread']})); thread.start()\n"
        "started.wait();",
        "thread, joined": "cell_ended.set(); thread.join()",
        "ends between cells": f"task = asyncio.create_task(awatch(speak('gap'), {{'log': []}})){LET_IT_START}",
        "after the gap": "print('after the gap')",
        "watching": "%load_ext lgstream\n%lgstream on",
        "watched": f"task = asyncio.create_task(speak('watched', 'run').ainvoke({{'log': []}})){LET_IT_START}",
        "watched, awaited": "print(await task)",
        "watched late": "task = asyncio.create_task(speak('unseen', 'start').ainvoke({'log': []}))",
        "watched late, awaited": "print(await task)",
        "last": "task = asyncio.create_task(awatch(speak('last'), {'log': []}))",
        "the very last": "await asyncio.sleep(0.5)",
    }
    names = list(sources)
    executed = execute(*sources.values(), seconds_before={names.index("after the gap"): 0.6})
    return dict(zip(names, executed, strict=True))


def test_a_run_awaited_in_a_later_cell_is_kept_in_its_own(cells: dict[str, Any]):
    (text,) = runs(cells["started"])
    assert "late: done" in text and "late word" in text
    assert runs(cells["between"]) == [] and runs(cells["awaited"]) == []
    assert cells["awaited"].outputs[0].text == "{'log': ['late word']}\n"


@pytest.mark.parametrize("name", ["created", "langgraph", "thread"])
def test_a_run_that_starts_when_its_cell_has_ended_is_kept_in_it(cells: dict[str, Any], name: str):
    (text,) = runs(cells[name])
    assert ": done" in text


def test_two_runs_left_in_one_cell_are_both_kept(cells: dict[str, Any]):
    texts = runs(cells["two"])
    assert ["one: done" in texts[0], "two: done" in texts[1], len(texts)] == [True, True, 2]


def test_an_error_of_a_run_left_running_is_kept(cells: dict[str, Any]):
    (text,) = runs(cells["failing"])
    assert "joke: failed" in text and "boom" in text
    assert cells["failing, awaited"].outputs[0].text == "boom\n"


def test_a_run_cancelled_by_a_later_cell_is_kept_up_to_then(cells: dict[str, Any]):
    (text,) = runs(cells["to cancel"])
    assert "cancelled: stopped" in text
    assert cells["cancelling"].outputs[0].text == "is cancelled\n"


def test_a_run_cancelled_before_it_started_says_so(cells: dict[str, Any]):
    (text,) = [output.data["text/plain"] for output in cells["never started"].outputs]
    assert "unstarted: the live view" in text and "run the cell again" in text


def test_a_run_that_ends_between_two_cells_is_kept(cells: dict[str, Any]):
    (text,) = runs(cells["ends between cells"])
    assert "gap: done" in text
    assert runs(cells["after the gap"]) == []


def test_a_run_that_ends_during_the_last_cell_is_kept(cells: dict[str, Any]):
    (text,) = runs(cells["last"])
    assert "last: done" in text


def test_a_task_left_by_a_watched_cell_is_kept_in_it(cells: dict[str, Any]):
    (text,) = runs(cells["watched"])
    assert "watched: done" in text and runs(cells["watched, awaited"]) == []


def test_a_task_that_starts_after_its_watched_cell_is_kept_in_the_next(cells: dict[str, Any]):
    (text,) = [text for name in ("watched late", "watched late, awaited") for text in runs(cells[name])]
    assert "unseen: done" in text


def test_a_program_that_gives_up_keeps_the_run_so_far():
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source)
            for source in (GRAPHS, "from lgstream.notebook import refresh\nrefresh.REFRESH_SECONDS = 0.1", ENDLESS)
        ]
    )
    with pytest.raises(CellTimeoutError):
        NotebookClient(notebook, timeout=10, timeout_func=lambda cell: 2 if cell.source == ENDLESS else WAIT).execute()
    (output,) = notebook.cells[-1].outputs
    assert output.data.keys() == STATIC
    assert load(output.data[RUN_MIME_TYPE]).status == "unfinished"
    text = " ".join(output.data["text/plain"].split())
    assert "endless: unfinished" in text and "say (custom, 1 write)" in text and "run the cell again" in text


ENDLESS = "await awatch(speak('endless', pause=60), {'log': []})"


def left_run_notebook(path: Path) -> Path:
    sources = [GRAPHS, "task = asyncio.create_task(awatch(speak('late', 'word'), {'log': []}))", "await task;"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)
    return path


KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}

NBCONVERT = ["nbconvert", "--to", "notebook", "--inplace", "--execute"]
NBMAKE = ["pytest", "-p", "nbmake", "--nbmake", "--overwrite", "-p", "no:cacheprovider"]


@pytest.mark.parametrize("command", [NBCONVERT, NBMAKE], ids=["nbconvert", "nbmake"])
def test_other_programs_keep_a_run_left_running_too(command: list[str], tmp_path: Path):
    path = left_run_notebook(tmp_path / "left.ipynb")
    subprocess.run([sys.executable, "-m", *command, path], check=True, cwd=tmp_path)
    (text,) = runs(nbformat.read(path, as_version=4).cells[1])
    assert "late: done" in text
