"""Load runs from notebooks and JSONL files."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, TypedDict

import nbformat
import pytest
from langgraph.checkpoint.memory import InMemorySaver

import lgstream
from lgstream.graph import START, StateGraph
from lgstream.notebook import load, load_all, watch
from lgstream.sinks import Collect, Jsonl
from lgstream.types import Command, interrupt
from lgstream.views.saved.run_data import RUN_MIME_TYPE


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def write(state: State) -> State:
    return {"log": ["written"]}


def fail(state: State) -> State:
    raise ValueError("boom")


def ask(state: State) -> State:
    return {"log": [interrupt("sure?")]}


def graph(node: Any, name: str = "joke") -> Any:
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile(InMemorySaver(), name=name)


THREAD: Any = {"configurable": {"thread_id": "1"}}


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a notebook with one cell per graph, each of which watched its graph."""

    def notebook(*graphs: Any) -> Path:
        cells = [nbformat.v4.new_markdown_cell("# Runs")]
        for compiled in graphs:
            run = watch(compiled, {"log": []}, THREAD)
            output = nbformat.v4.new_output("display_data", data=run._repr_mimebundle_())
            cells.append(nbformat.v4.new_code_cell("watch()", outputs=[output]))
        path = tmp_path / "runs.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    return notebook


def test_a_run_from_a_notebook_looks_as_before(notebook: Callable[..., Path]):
    path = notebook(graph(write))
    saved = nbformat.read(path, as_version=4).cells[1].outputs[0].data
    run = load(path)
    assert run.status == "done"
    assert {**run.mime_bundle()} == json.loads(json.dumps(saved))
    assert repr(run) == "<Run done, from a notebook>"
    assert run.events == [] and run.result is None


def test_a_loaded_run_has_a_live_view(notebook: Callable[..., Path]):
    view = load(str(notebook(graph(write)))).widget()
    assert any(op[-1].get("status") == "done" for op in json.loads(view.ops_final) if op[1] == "run")


def test_a_run_is_loaded_from_the_data_of_an_output():
    run = watch(graph(write), {"log": []}, THREAD)
    assert str(load(run.mime_bundle()[RUN_MIME_TYPE])) == str(run)


def test_a_loaded_run_that_waits_has_the_status_interrupted(notebook: Callable[..., Path]):
    run = load(notebook(graph(ask)))
    assert run.status == "interrupted" and "sure?" in str(run)
    with pytest.raises(ValueError, match="not started by watch"):
        run.resume("yes")


def test_one_of_several_runs_is_selected_by_index(notebook: Callable[..., Path]):
    path = notebook(graph(write, "first"), graph(ask, "second"))
    assert [run.status for run in load_all(path)] == ["done", "interrupted"]
    assert [load(path, which).status for which in (0, 1, -1)] == ["done", "interrupted", "interrupted"]
    with pytest.raises(ValueError, match=r"holds 2 runs, give which=: 0: first in cell 1, done; 1: second in cell 2"):
        load(path)
    with pytest.raises(ValueError, match="selects none"):
        load(path, 2)


def test_a_recorded_run_has_its_events_and_its_result(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    watched = watch(graph(write), {"log": []}, THREAD, sinks=[Jsonl(path)])
    run = load(path)
    assert run.events == watched.events and run.result == {"log": ["written"]}
    assert str(run) == str(watched)


def test_a_recorded_run_has_its_error(tmp_path: Path):
    with pytest.raises(ValueError, match="boom"):
        watch(graph(fail), {"log": []}, THREAD, sinks=[Jsonl(tmp_path / "run.jsonl")])
    run = load(tmp_path / "run.jsonl")
    assert run.status == "failed" and str(run.error) == "boom"


def test_a_resumed_run_is_one_run_and_the_next_is_another(tmp_path: Path):
    sink = Jsonl(tmp_path / "runs.jsonl")
    asks = graph(ask)
    asks.invoke({"log": []}, THREAD, sinks=[sink])
    asks.invoke(Command(resume="yes"), THREAD, sinks=[sink])
    graph(write, "next").invoke({"log": []}, THREAD, sinks=[sink])
    one, two = load_all(tmp_path / "runs.jsonl")
    assert one.result == {"log": ["yes"]} and "yes" in str(one)
    assert str(two).startswith("✓ next: done")


def test_interleaved_runs_are_loaded_as_one_run_each(tmp_path: Path):
    first, second, asks = Collect(), Collect(), graph(ask)
    asks.invoke({"log": []}, THREAD, sinks=[first])
    asks.invoke(Command(resume="yes"), THREAD, sinks=[second])
    other = [event._replace(run_id="other") for event in first.events]
    sink = Jsonl(tmp_path / "runs.jsonl")
    for event in (*chain.from_iterable(zip(first.events, other, strict=True)), *second.events):
        sink(event)
    one, two = load_all(tmp_path / "runs.jsonl")
    assert one.events == first.events + second.events and two.events == other


def test_the_last_run_of_a_recording_is_loaded_unless_another_is_asked_for(tmp_path: Path):
    path = tmp_path / "runs.jsonl"
    for name in ("first", "second", "third"):  # as a cell that is run again
        graph(write, name).invoke({"log": []}, THREAD, sinks=[Jsonl(path)])
    assert str(load(path)).startswith("✓ third: done")
    assert str(load(path, which=0)).startswith("✓ first: done")
    with pytest.raises(ValueError, match=r"holds 3 runs, and which= selects none of them: 0: first, done; 1: second"):
        load(path, which=3)


def test_a_recorded_run_whose_start_is_lost_is_a_run_of_its_own(tmp_path: Path):
    path = tmp_path / "runs.jsonl"
    for name in ("first", "second"):
        graph(write, name).invoke({"log": []}, THREAD, sinks=[Jsonl(path)])
    lines = path.read_text("utf-8").splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if '"RunStarted"' in line]
    for lost, statuses in ((starts[0], ["graph", "second"]), (starts[1], ["first", "graph"])):
        path.write_text("".join([*lines[:lost], "torn\n", *lines[lost + 1 :]]), "utf-8")
        runs = load_all(path)
        assert [str(run).splitlines()[0].split(":")[0] for run in runs] == [f"✓ {name}" for name in statuses]


def test_a_recorded_event_that_cannot_be_shown_is_left_out_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "run.jsonl"
    graph(write).invoke({"log": []}, THREAD, sinks=[Jsonl(path)])
    start, *rest = path.read_text("utf-8").splitlines(keepends=True)
    bad = {"kind": "Message", "time": 1.0, "ns": [], "task_id": "t", "node": "a", "call_id": "", "message": 5}
    path.write_text("".join([start, *[json.dumps({**bad, "metadata": {}}) + "\n"] * 3, *rest]), "utf-8")
    assert "written" in str(load(path))
    assert [record.getMessage() for record in caplog.records] == [
        "A Message could not be shown, and is left out.",
        "2 more events could not be shown.",
    ]


def test_a_run_of_format_1_is_loaded_with_the_run_that_resumes_it():
    (run,) = load_all(Path(__file__).parents[1] / "fixtures" / "format_1.jsonl")
    assert run.status == "done" and "Yes." in str(run)


def test_the_error_for_a_file_without_runs_explains_how_runs_get_there(notebook: Callable[..., Path], tmp_path: Path):
    with pytest.raises(ValueError, match=r"runs\.ipynb holds no run\. A notebook does when"):
        load(notebook())
    (tmp_path / "empty.jsonl").write_text("")
    assert load_all(tmp_path / "empty.jsonl") == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 5}'])
def test_the_error_for_an_invalid_notebook_names_the_file(tmp_path: Path, text: str):
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"broken\.ipynb is not a readable notebook"):
        load(path)


def test_damaged_data_is_rejected():
    with pytest.raises(ValueError, match="This is no saved run"):
        load({"operations": "x"})


def test_load_is_exported_by_the_package():
    assert lgstream.load is load and lgstream.load_all is load_all
