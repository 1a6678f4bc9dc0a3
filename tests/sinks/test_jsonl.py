"""Jsonl and read_jsonl: write a run to a file and read it back."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

import pytest

from lgstream.events import Custom, Event, RunFinished, RunStarted
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect, Jsonl, read_jsonl
from lgstream.sinks.jsonl import IfExists
from lgstream.types import StreamWriter

FIXTURES = Path(__file__).parents[1] / "fixtures"


class State(TypedDict):
    x: int


RUN: list[Event] = [
    RunStarted(1.0, (), "run", "g", {}, None),
    Custom(1.1, (), "t", "a", "日本 \ud800 \u2028"),
    RunFinished(1.2, (), "run", "done", {}, None),
]


NAMES = ["run.jsonl", "run.jsonl.gz"]


def record(path: Path, events: list[Event], if_exists: IfExists = "append") -> Path:
    sink = Jsonl(path, if_exists=if_exists)
    for event in events:
        sink(event)
    assert sink.path is not None
    return sink.path


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_read_back_equal(tmp_path: Path, name: str):
    assert list(read_jsonl(record(tmp_path / name, RUN))) == RUN


@pytest.mark.parametrize("name", NAMES)
def test_each_event_is_written_immediately(tmp_path: Path, name: str):
    sink = Jsonl(tmp_path / name)
    for count, event in enumerate(RUN, 1):
        sink(event)
        assert len(list(read_jsonl(tmp_path / name))) == count


@pytest.mark.parametrize("name", NAMES)
def test_runs_are_appended_also_by_another_sink(tmp_path: Path, name: str):
    record(tmp_path / name, RUN + RUN)
    record(tmp_path / name, RUN)
    assert list(read_jsonl(tmp_path / name)) == RUN * 3


@pytest.mark.parametrize("name", NAMES)
def test_a_new_file_gets_a_number(tmp_path: Path, name: str):
    paths = [record(tmp_path / name, RUN, "new") for _ in range(3)]
    ending = name.removeprefix("run")
    assert [path.name for path in paths] == [name, f"run-2{ending}", f"run-3{ending}"]
    assert all(list(read_jsonl(path)) == RUN for path in paths)


def test_a_file_is_replaced_or_refused_if_asked(tmp_path: Path):
    path = record(tmp_path / "run.jsonl", RUN + RUN)
    with pytest.raises(FileExistsError):
        Jsonl(path, if_exists="fail")
    record(path, RUN, "replace")
    assert list(read_jsonl(path)) == RUN
    record(tmp_path / "other.jsonl", RUN, "fail")


def test_misuse_is_named():
    with pytest.raises(ValueError, match="if_exists is 'w', and must be one of append, new, replace, fail"):
        Jsonl("run.jsonl", if_exists="w")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a path or a text file open for writing, not 5"):
        Jsonl(5)  # type: ignore[arg-type]


def test_the_file_is_utf_8_whatever_the_text(tmp_path: Path):
    path = record(tmp_path / "run.jsonl", RUN)
    assert "日本" not in path.read_text("utf-8")  # in one line with a surrogate
    assert list(read_jsonl(path)) == RUN


def test_a_file_of_format_1_can_be_read():
    events = list(read_jsonl(FIXTURES / "format_1.jsonl"))
    assert len(events) == 47
    first, last = events[0], events[-1]
    assert isinstance(first, RunStarted) and (first.graph, first.thread_id, first.resumes) == ("research", "", "")
    assert isinstance(last, RunFinished) and [message.text for message in last.result["messages"]][-1] == "Yes."
    assert {event.run_id for event in events if not isinstance(event, RunStarted | RunFinished)} == {""}


def test_runs_that_write_at_the_same_time_are_told_apart(tmp_path: Path):
    sink = Jsonl(tmp_path / "runs.jsonl")
    everyone_is_here = threading.Barrier(8)

    def node(state: State, writer: StreamWriter) -> State:
        everyone_is_here.wait(10)
        writer(state["x"])
        return {"x": state["x"]}

    graph = StateGraph(State).add_node(node).add_edge(START, "node").compile()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: graph.invoke({"x": number}, sinks=[sink]), range(8)))
    runs: dict[str, list[Event]] = {}
    for event in read_jsonl(tmp_path / "runs.jsonl"):
        runs.setdefault(event.run_id, []).append(event)
    assert len(runs) == 8
    for events in runs.values():
        assert isinstance(events[0], RunStarted) and isinstance(events[-1], RunFinished)
        assert [event.data for event in events if isinstance(event, Custom)] == [events[0].input["x"]]


def test_a_path_that_cannot_be_written_is_rejected_immediately(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Jsonl(tmp_path / "missing" / "run.jsonl")


def test_an_open_file_is_written_in_ascii_and_left_open():
    file = io.StringIO()
    sink = Jsonl(file)
    for event in RUN:
        sink(event)
    assert file.getvalue().isascii() and file.getvalue().count("\n") == 3


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_last_line_that_is_cut_off_is_skipped_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: int
):
    path = tmp_path / "run.jsonl"
    sink = Jsonl(path)
    for event in RUN[:2]:
        sink(event)
    path.write_bytes(path.read_bytes()[:-cut])
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        events = list(read_jsonl(path))
    if cut == 1:  # only the line end is missing
        assert events == RUN[:2] and not caplog.records
    else:
        assert events == RUN[:1]
        assert "line 2 is cut off" in caplog.text


def test_a_bad_line_in_the_middle_is_named_in_the_error(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps({"kind": "Nonsense"}) + "\n\n")
    with pytest.raises(ValueError, match=r"run\.jsonl, line 1: Not an event"):
        list(read_jsonl(path))


def test_collect_stores_the_events():
    sink = Collect()
    for event in RUN:
        sink(event)
    assert sink.events == RUN


WRITER = """
import sys
from lgstream.events import Custom, RunStarted
from lgstream.sinks import Jsonl

sink = Jsonl(sys.argv[1])
sink(RunStarted(1.0, (), "run", "g", {}, None))
for number in range(10**9):
    sink(Custom(1.0, (), "t", "node", {"number": number, "text": "x" * (number % 300)}, run_id="run"))
    print(number, flush=True)
"""


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_before_kill_9_is_read_back(tmp_path: Path, name: str):
    path = tmp_path / name
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) == 500:
                writer.kill()
                break
        told = [500, *map(int, writer.stdout.read().splitlines())]
    numbers = [event.data["number"] for event in read_jsonl(path) if isinstance(event, Custom)]
    assert numbers == list(range(len(numbers))) and len(numbers) > max(told)
    record(path, RUN)  # a run that starts again
    assert list(read_jsonl(path))[-len(RUN) :] == RUN
