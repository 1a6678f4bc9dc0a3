"""read_jsonl: of a damaged file, what can be read is read, and the rest is named."""

from __future__ import annotations

import errno
import gzip
import json
import logging
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lgstream.events import Custom, Event, RunFinished, RunStarted, TaskFinished, TaskStarted
from lgstream.notebook import load_all
from lgstream.sinks import Jsonl, jsonl_reader, read_jsonl
from lgstream.sinks.json_codec import encode_event
from tests.support.scripted_runs import hostile_run, joke_run

RUN: list[Event] = [
    RunStarted(1.0, (), "run", "g", {}, None),
    *(Custom(1.1, (), "t", "a", {"number": number, "kind": "Custom"}) for number in range(20)),
    RunFinished(1.2, (), "run", "done", {}, None),
]
LINES = [json.dumps(encode_event(event), separators=(",", ":")).encode() + b"\n" for event in RUN]


def read(path: Path, data: bytes) -> list[Event]:
    path.write_bytes(data)
    return list(read_jsonl(path))


def record(path: Path) -> None:
    sink = Jsonl(path)
    for event in RUN:
        sink(event)


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b'{"kind":"Nonsense"}',
        b'{"kind":["Custom"]}',
        b"[]",
        b"5",
        b'{"kind":"Custom","time":{"$":"what"}}',
        b'{"kind":"Custom","time":{"$":["what"]}}',
        b'{"kind":"Custom","time":{"$":"exception","type":5}}',
        b'{"kind":"RunStarted","format":"x"}',
        b'{"kind":"RunStarted","format":99}',
        b"[" * 100_000,
        b'{"kind":"Custom","time":' + b"9" * 5000 + b"}",
        b"\xff\xfe",
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_the_others_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, line: bytes
):
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        assert read(tmp_path / "run.jsonl", b"".join([*LINES[:3], line, b"\n", *LINES[3:]])) == RUN
    assert f"{tmp_path / 'run.jsonl'}, line 4: " in caplog.text and len(caplog.records) == 1


def test_a_run_in_a_newer_format_is_named_once_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    newer = [
        b'{"kind":"RunStarted","format":99,"time":"noon","run_id":"new"}\n',
        b'{"kind":"Custom","time":5.0,"ns":[],"task_id":"t","node":"a","data":1,"run_id":"new"}\n',
        b'{"kind":"Mood","run_id":"new"}\n',
    ]
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        assert read(tmp_path / "run.jsonl", b"".join([*LINES[:3], *newer, *LINES[3:]])) == RUN
    (message,) = [record.getMessage() for record in caplog.records]
    assert "line 4: The run is in format 99, which a newer version of lgstream wrote" in message
    assert message.endswith("Update lgstream to read it. The run is left out.")
    with pytest.raises(ValueError, match="Update lgstream"):
        read(tmp_path / "run.jsonl", b"".join(newer))


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("time", '"noon"', "str"),
        ("time", "NaN", "float"),
        ("time", "1e300", "float"),
        ("time", "true", "bool"),
        ("ns", '"a"', "str"),
        ("ns", "[[]]", "tuple"),
        ("step", "1.5", "float"),
        ("node", "null", "NoneType"),
        ("task_id", "[]", "list"),
        ("triggers", "{}", "dict"),
        ("metadata", "[]", "list"),
        ("run_id", "5", "int"),
    ],
)
def test_a_line_with_a_field_of_a_wrong_kind_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, field: str, value: str, kind: str
):
    event = TaskStarted(1.0, ("a",), 1, "t", "node", {}, ("x",), {}, run_id="run")
    line = json.dumps(encode_event(event) | {field: "?"}).replace('"?"', value).encode() + b"\n"
    assert read(tmp_path / "run.jsonl", json.dumps(encode_event(event)).encode()) == [event]
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        assert read(tmp_path / "run.jsonl", b"".join([*LINES[:3], line, *LINES[3:]])) == RUN
    assert f"line 4: The field '{field}' of a TaskStarted cannot be a {kind}. The line is left out." in caplog.text


@pytest.mark.parametrize("nodes", ["5", "[5]", '{"$":"tuple","items":[5]}', '{"$":"tuple","items":["a"]}'])
def test_a_shape_with_parts_of_a_wrong_kind_is_refused(tmp_path: Path, nodes: str):
    shape = '{"$":"object","type":"lgstream.events.shapes.Shape","fields":{"name":"g","nodes":%s,"edges":%s}}'
    edges = '{"$":"tuple","items":[]}'
    line = json.dumps(encode_event(RUN[0]) | {"shape": "?"}).replace('"?"', shape % (nodes, edges)).encode()
    with pytest.raises(ValueError, match="nodes"):
        read(tmp_path / "run.jsonl", line)


def test_what_stands_for_a_value_that_could_not_be_recorded_has_the_kind_of_its_field(tmp_path: Path):
    class Shy(Exception):
        args = property(lambda self: 1 / 0)

    class Shown(dict[str, int]):
        def items(self) -> Any:
            raise ValueError

    events: list[Event] = [
        RunStarted(1.0, (), "run", "g", {}, None, metadata=MappingProxyType({"a": 1}), tags=(5,)),  # type: ignore[arg-type]
        TaskFinished(1.0, (), 1, "t", "a", Shown(), Shy("boom"), ()),
        TaskFinished(1.0, (), 1, "t", "a", {}, None, ()),
    ]
    started, failed, finished = read(
        tmp_path / "run.jsonl", b"\n".join(json.dumps(encode_event(event)).encode() for event in events)
    )
    assert isinstance(started, RunStarted) and started.metadata == {} and started.tags == ("5",)
    assert isinstance(failed, TaskFinished) and isinstance(failed.result, dict) and isinstance(failed.error, Exception)
    assert finished == events[2]


@pytest.mark.parametrize("data", [b"\n".join(LINES), b"\xef\xbb\xbf" + b"".join(LINES), b"\r\n".join(LINES) + b" \n\n"])
def test_blank_lines_and_a_byte_order_mark_are_no_problem(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes
):
    assert read(tmp_path / "run.jsonl", data) == RUN
    assert not caplog.records


def test_an_unknown_field_is_named_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    line = json.dumps(encode_event(RUN[-1]) | {"mood": {"$": "what"}}).encode()
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        assert read(tmp_path / "run.jsonl", line) == [RUN[-1]]
    assert "line 1 has a field 'mood'" in caplog.text


@pytest.mark.parametrize("cut", [1, 2, 20, 40])
def test_an_event_appended_to_a_line_that_is_cut_off_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, cut: int
):
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        events = read(tmp_path / "run.jsonl", b"".join([*LINES[:4], LINES[4][:-cut], *LINES]))
    assert events == RUN[:4] + RUN
    assert "line 5 is cut off after" in caplog.text


def test_the_sink_begins_a_new_line_after_one_that_is_cut_off(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(LINES[0] + LINES[1][:-5])
    record(path)
    assert path.read_bytes().endswith(LINES[1][:-5] + b"\n" + b"".join(LINES))
    assert list(read_jsonl(path)) == RUN[:1] + RUN


def test_the_sink_begins_a_new_line_after_a_write_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sink = Jsonl(tmp_path / "run.jsonl")
    sink(RUN[0])
    file = sink._line_file
    assert file is not None

    def write(line: bytes) -> None:
        file._file.write(line[:10])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(file, "write", write)
    with pytest.raises(OSError, match="full"):
        sink(RUN[1])
    sink(RUN[2])
    assert list(read_jsonl(tmp_path / "run.jsonl")) == [RUN[0], RUN[2]]


def test_a_file_without_any_event_is_refused_by_its_first_line(tmp_path: Path):
    with pytest.raises(ValueError, match=r"run\.jsonl, line 2: Not an event"):
        read(tmp_path / "run.jsonl", b"\n[]\n{}\n")


def test_many_problems_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        read(tmp_path / "run.jsonl", LINES[0] + b"x\n" * 1000)
    assert len(caplog.records) == 21 and "980 more problems" in caplog.text


def test_a_line_that_is_too_long_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jsonl_reader, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(jsonl_reader, "_CHUNK_BYTES", 300)
    assert read(tmp_path / "run.jsonl", LINES[0] + b"x" * 5000 + b"\n" + LINES[1]) == RUN[:2]
    assert read(tmp_path / "run.jsonl", gzip.compress(LINES[0] + b"x" * 50_000 + b"\n" + LINES[1])) == RUN[:2]


def test_a_file_compressed_by_another_program_is_read(tmp_path: Path):
    data = gzip.compress(b"".join(LINES[:5])) + gzip.compress(b"".join(LINES[5:]))
    assert read(tmp_path / "run.jsonl", data) == RUN


@pytest.mark.parametrize("chunk_bytes", [7, 64, 1_000_000])
@pytest.mark.parametrize("cut", [1, 8, 9, 30, 200])
def test_a_run_after_a_compressed_one_that_is_cut_off_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int, chunk_bytes: int
):
    monkeypatch.setattr(jsonl_reader, "_CHUNK_BYTES", chunk_bytes)
    path = tmp_path / "run.jsonl.gz"
    record(path)
    path.write_bytes(path.read_bytes()[:-cut])
    record(path)
    events = list(read_jsonl(path))
    assert events[-len(RUN) :] == RUN
    assert events[: -len(RUN)] == RUN[: len(events) - len(RUN)] and len(events) > len(RUN) + 5


def test_what_comes_before_and_after_damaged_compressed_data_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "run.jsonl.gz"
    record(path)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2 :] = b"\xff" * (len(damaged) - len(damaged) // 2)
    path.write_bytes(damaged)
    record(path)
    with caplog.at_level(logging.WARNING, "lgstream.sinks"):
        events = list(read_jsonl(path))
    assert events[:5] == RUN[:5] and events[-len(RUN) :] == RUN
    assert "run.jsonl.gz contains compressed data that are damaged" in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    is_compressed=st.booleans(),
    edits=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 30), st.binary(max_size=8)), max_size=4),
)
def test_no_damage_raises_anything_but_value_error(
    tmp_path: Path, is_compressed: bool, edits: list[tuple[int, int, bytes]]
):
    data = b"".join(LINES)
    data = gzip.compress(data) if is_compressed else data
    for start, length, replacement in edits:
        data = data[:start] + replacement + data[start + length :]
    try:
        events = read(tmp_path / "run.jsonl", data)
    except ValueError:
        return
    assert len(events) <= len(RUN) + len(edits)


VALUES: list[Any] = [
    None, True, 5, -1, 1e300, "", [], {}, "x", [1], ["a"], {"a": 1}, {"$": "tuple", "items": [1, "a"]}, 10**400,
    {"$": "float", "value": "nan"}, {"$": "repr", "type": "a.b", "repr": "<b>"}, {"$": "same", "path": ["ns"]},
    {"$": "object", "type": "a.B", "fields": {"x": 1}}, {"$": "set", "items": [1]}, "\ud800", [[[]]],
    {"$": "message", "type": "AIMessageChunk", "fields": {"content": "x"}},
    {"$": "exception", "type": "ValueError", "message": "m", "args": [], "notes": [], "traceback": ""},
]  # fmt: skip
RECORDED = [encode_event(event) for event in (*joke_run(), *hostile_run())]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(RECORDED) - 1), st.integers(0, 20), st.sampled_from(VALUES)), max_size=20))
def test_no_value_in_any_field_breaks_the_views(tmp_path: Path, edits: list[tuple[int, int, Any]]):
    lines = [dict(line) for line in RECORDED]
    for number, field, value in edits:
        names = list(lines[number])
        lines[number][names[field % len(names)]] = value
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    for run in load_all(path):
        assert run.mime_bundle()["text/plain"] == str(run)
