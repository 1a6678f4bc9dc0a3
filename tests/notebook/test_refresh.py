"""The output of a run is refreshed while the run is running, so that a notebook saved at any moment holds it."""

from __future__ import annotations

from queue import Empty
from typing import TYPE_CHECKING, Any

import pytest

from lgstream import load
from lgstream.notebook.refresh import REFRESH_SECONDS, seconds_to_next_refresh
from lgstream.views.saved.run_data import RUN_MIME_TYPE
from tests.notebook.conftest import WAIT

if TYPE_CHECKING:
    from tests.notebook.conftest import Cell, Kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
LIVE = {"text/html", "text/markdown", "text/plain", RUN_MIME_TYPE, WIDGET}

WRITER = """
from pathlib import Path
from lgstream.notebook import refresh
refresh.REFRESH_SECONDS = 0.1

def open_gate(): Path(gate).touch()

def said(word):
    async def say(state, writer):
        writer(word)
        while not Path(gate).exists():
            await asyncio.sleep(0.02)
        return {"log": [word]}
    return StateGraph(State).add_node(say).add_edge(START, "say").compile(name="slow")
"""

CALLS = ["watch(", "await awatch("]


def updates(cell: Cell) -> list[dict[str, Any]]:
    return [content["data"] for content in cell.contents("update_display_data")]


def start(kernel: Kernel, code: str, gate: str) -> tuple[str, Cell]:
    """Start a run that waits for the file ``gate``, and return its cell once the output shows "hello"."""
    assert kernel.run(f"{WRITER}\ngate = {gate!r}").error is None
    running = kernel.start(f"print('begun')\n{code}")
    cell = kernel.finish(running, until="begun")
    while not any("hello" in data["text/plain"] for data in updates(cell)):
        kernel.next_message(running, cell)
    return running, cell


@pytest.mark.parametrize("call", CALLS)
def test_the_output_holds_the_run_so_far_beside_the_live_view(kernel: Kernel, tmp_path: Any, call: str):
    gate = tmp_path / "gate"
    running, cell = start(kernel, f"run = {call}said('hello'), {{'log': []}})", str(gate))
    output = updates(cell)[-1]
    gate.touch()
    kernel.finish(running, cell=cell)
    assert output.keys() == LIVE
    run = load(output[RUN_MIME_TYPE])
    assert run.status == "unfinished" and "hello" in str(run)
    for form in ("text/html", "text/markdown", "text/plain"):
        assert "unfinished" in output[form] and "hello" in output[form] and "before its end" in output[form], form
    assert cell.outputs[0].keys() == LIVE - {WIDGET}
    assert load(cell.outputs[0][RUN_MIME_TYPE]).status == "done"


def test_the_first_output_has_the_mime_type_of_the_refreshes(kernel: Kernel):
    cell = kernel.run("run = watch(graph(write), {'log': []})")
    (first,) = cell.contents("display_data")
    assert first["data"].keys() == {"text/plain", RUN_MIME_TYPE, WIDGET}
    assert load(first["data"][RUN_MIME_TYPE]).status == "unfinished"


def test_an_output_is_not_refreshed_while_nothing_happens(kernel: Kernel, tmp_path: Any):
    gate = tmp_path / "gate"
    running, cell = start(kernel, "run = watch(said('hello'), {'log': []})", str(gate))
    refreshes = len(updates(cell))
    with pytest.raises(Empty):  # many times as long as two refreshes are apart
        while True:
            cell.messages.append(kernel.client.get_iopub_msg(timeout=1.5))
    gate.touch()
    assert len(updates(cell)) <= refreshes + 1
    kernel.finish(running, cell=cell)


def test_a_loaded_run_that_was_not_finished_can_be_shown_again(kernel: Kernel, tmp_path: Any):
    gate = tmp_path / "gate"
    running, cell = start(kernel, "run = watch(said('hello'), {'log': []})", str(gate))
    output = updates(cell)[-1]
    gate.touch()
    kernel.finish(running, cell=cell)
    loaded = load(output[RUN_MIME_TYPE])
    assert load(loaded.mime_bundle()[RUN_MIME_TYPE]).status == "unfinished"


@pytest.mark.parametrize(
    ("work_seconds", "chars", "seconds"),
    [(0.001, 1_000, REFRESH_SECONDS), (0.5, 1_000, 10.0), (0.001, 500_000, 5.0)],
    ids=["a small run: every second", "at most 5 % of the time", "at most 100,000 characters per second"],
)
def test_the_larger_a_run_is_the_rarer_it_is_refreshed(work_seconds: float, chars: int, seconds: float):
    assert seconds_to_next_refresh(work_seconds, chars) == seconds


def requested_output(kernel: Kernel, comm_id: str) -> dict[str, Any]:
    """Ask a view for the output of its run, as a page does that has missed it."""
    kernel.send(comm_id, {"kind": "get_output"})
    while True:
        content = kernel.client.get_iopub_msg(timeout=WAIT)["content"]
        message = content.get("data", {}).get("content", {})
        if content.get("comm_id") == comm_id and message.get("kind") == "output":
            return dict(message)


@pytest.mark.parametrize("persist", ["static", "widget"])
def test_a_view_answers_with_the_output_of_the_finished_run(kernel: Kernel, persist: str):
    cell = kernel.run(f"run = watch(graph(write), {{'log': []}}, persist={persist!r})")
    (first,) = cell.contents("display_data")
    last = cell.contents("update_display_data")[-1]
    output = requested_output(kernel, first["data"][WIDGET]["model_id"])
    assert output["data"] == last["data"] and output["metadata"] == last["metadata"]
    assert output["version"]["id"] == first["metadata"][RUN_MIME_TYPE]["id"]
    assert output["version"]["revision"] > first["metadata"][RUN_MIME_TYPE]["revision"]
