"""Jsonl and read_jsonl: a run in a file."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest

from lgstream.events import Custom, Event, RunFinished, RunStarted
from lgstream.sinks import Collect, Jsonl, read_jsonl

RUN: list[Event] = [
    RunStarted(1.0, (), "run", "g", {}, None),
    Custom(1.1, (), "t", "a", "日本 \ud800 \u2028"),
    RunFinished(1.2, (), "run", "done", {}, None),
]


def test_a_run_read_back_is_the_run(tmp_path: Path):
    sink = Jsonl(tmp_path / "run.jsonl")
    for event in RUN:
        sink(event)
    assert list(read_jsonl(tmp_path / "run.jsonl")) == RUN


def test_each_event_is_in_the_file_at_once(tmp_path: Path):
    sink = Jsonl(tmp_path / "run.jsonl")
    for count, event in enumerate(RUN, 1):
        sink(event)
        assert len(list(read_jsonl(tmp_path / "run.jsonl"))) == count


def test_a_second_run_is_added_and_a_new_sink_starts_anew(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    sink = Jsonl(path)
    for event in RUN + RUN:
        sink(event)
    assert list(read_jsonl(path)) == RUN + RUN
    Jsonl(path)
    assert list(read_jsonl(path)) == []


def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Jsonl(tmp_path / "missing" / "run.jsonl")


def test_an_open_file_is_written_in_ascii_and_left_open():
    file = io.StringIO()
    sink = Jsonl(file)
    for event in RUN:
        sink(event)
    assert file.getvalue().isascii() and file.getvalue().count("\n") == 3


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_off_last_line_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: int):
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


def test_a_bad_line_in_the_middle_is_named(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps({"kind": "Nonsense"}) + "\n\n")
    with pytest.raises(ValueError, match=r"run\.jsonl, line 1: No event"):
        list(read_jsonl(path))


def test_collect_keeps_the_events():
    sink = Collect()
    for event in RUN:
        sink(event)
    assert sink.events == RUN
