"""Transport: frames are numbered and bounded, and sent again on request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.tables import empty_tables
from lgstream.views.rows import Operation
from lgstream.widgets.transport import MAX_FRAME_BYTES, Transport

SLACK = 200
"""Bytes of a message besides its operations."""


def add(text: str, row: str = "c1", field: str = "text", t: float = 0.0) -> Operation:
    return (t, "call", row, field, text)


def put(row: str = "c1", t: float = 0.0, **fields: Any) -> Operation:
    return (t, "call", row, fields)


def sent_by(*pushes: list[Operation]) -> list[dict[str, Any]]:
    sent: list[Any] = []
    transport = Transport(sent.append)
    for ops in pushes:
        transport.push(ops)
    return json.loads(json.dumps(sent))


def frames_of(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    for message in messages:
        frames += message["frames"] if message["kind"] == "frames" else [message]
    return frames


def rows_of(messages: list[dict[str, Any]]) -> Any:
    return apply_operations(empty_tables(), [tuple(op) for frame in frames_of(messages) for op in frame["ops"]])


def test_frames_are_numbered_from_one():
    sent = sent_by([put(model="m")], [add("a")], [add("b")])
    assert [(message["kind"], message["seq"]) for message in sent] == [("frame", 1), ("frame", 2), ("frame", 3)]


def test_without_operations_no_frame_is_sent():
    assert sent_by([]) == []


def test_operations_are_sent_as_they_are():
    ops = [add("a"), add("b", t=0.04), put(tokens=2, t=0.05)]
    (frame,) = sent_by(ops)
    assert frame["ops"] == [list(op) for op in ops]


def test_the_operations_that_were_sent_are_available():
    transport = Transport(lambda message: None)
    transport.push([put(model="m")])
    transport.push([add("a"), add("b")])
    assert transport.operations == [put(model="m"), add("a"), add("b")]


def test_a_frame_is_bounded_however_much_is_pushed():
    sent = sent_by([add("x" * 50_000, f"c{n}") for n in range(20)])
    assert len(sent) > 1
    assert all(len(json.dumps(message)) <= MAX_FRAME_BYTES + SLACK for message in sent)


@pytest.mark.parametrize("character", ["x", "é", "\n", "\x00", "🙂", '"'])
def test_one_long_text_is_sent_in_bounded_frames(character: str):
    text = character * 300_000
    sent = sent_by([put(model="m", text=text), add(text)])
    assert all(len(json.dumps(message, ensure_ascii=False).encode()) <= MAX_FRAME_BYTES + SLACK for message in sent)
    assert rows_of(sent)["call"]["c1"] == {"model": "m", "text": text * 2}


def test_a_lone_surrogate_is_replaced():
    (frame,) = sent_by([add("ok \ud83d")])
    assert json.dumps(frame, ensure_ascii=False).encode() and frame["ops"][0][4].startswith("ok ")


def test_20_000_tokens_in_frames_arrive_complete():
    tokens = [add(f"token{n} ", t=n / 2000) for n in range(20_000)]
    sent = sent_by([put(text="")], *(tokens[at : at + 100] for at in range(0, 20_000, 100)))
    assert len(sent) == 201
    assert rows_of(sent)["call"]["c1"]["text"] == "".join(f"token{n} " for n in range(20_000))


def test_a_resync_sends_exactly_what_is_missing():
    sent: list[Any] = []
    transport = Transport(sent.append)
    for n in range(10):
        transport.push([add(str(n))])
    frames = frames_of(sent)
    sent.clear()
    transport.resync(7)
    assert [message["kind"] for message in sent] == ["frames"]
    assert frames_of(sent) == [{"seq": frame["seq"], "ops": frame["ops"]} for frame in frames[7:]]


@pytest.mark.parametrize("after", [3, 99])
def test_a_resync_sends_nothing_if_nothing_is_missing(after: int):
    sent: list[Any] = []
    transport = Transport(sent.append)
    for n in range(3):
        transport.push([add(str(n))])
    sent.clear()
    transport.resync(after)
    assert sent == []


@pytest.mark.parametrize("after", [0, -5])
def test_a_resync_from_the_start_sends_everything_in_bounded_messages(after: int):
    sent: list[Any] = []
    transport = Transport(sent.append)
    for n in range(30):
        transport.push([add("x" * 10_000, f"c{n}")])
    first = [frame["ops"] for frame in frames_of(sent)]
    sent.clear()
    transport.resync(after)
    assert [frame["seq"] for frame in frames_of(sent)] == list(range(1, 31))
    assert [frame["ops"] for frame in frames_of(sent)] == first
    assert 1 < len(sent) < 10
    assert all(len(json.dumps(message)) <= MAX_FRAME_BYTES + SLACK + 30 * 30 for message in sent)


def test_frames_that_could_not_be_sent_are_sent_by_a_resync():
    sent: list[Any] = []

    def send(message: Any) -> None:
        if message["kind"] == "frame":
            raise OSError("closed")
        sent.append(message)

    transport = Transport(send)
    with pytest.raises(OSError, match="closed"):
        transport.push([add("x" * 100_000, f"c{n}") for n in range(3)])
    transport.resync(0)
    assert len(rows_of(sent)["call"]) == 3
