"""encode and decode: recorded values survive the round trip."""

from __future__ import annotations

import importlib
import json
import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core import messages as lc
from pydantic import BaseModel

from lgstream import events as ev
from lgstream.sinks.json_codec import (
    FORMAT_VERSION,
    RecordedError,
    RecordedObject,
    TokenMetadata,
    decode,
    decode_event,
    encode,
    encode_event,
)
from lgstream.types import Send

SHAPE = ev.Shape("g", (ev.NodeShape("a", ev.Shape("s", (), ())),), (ev.Edge("__start__", "a", True, "yes"),))
CHUNK = lc.AIMessageChunk(
    content="hi",
    id="lc_run--1",
    usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    chunk_position="last",
    tool_call_chunks=[{"name": "f", "args": "{", "id": "1", "index": 0, "type": "tool_call_chunk"}],
)
EVENTS: list[ev.Event] = [
    ev.RunStarted(1.5, (), "run", "g", {"x": [1, None, "é"]}, SHAPE, "th", {"user": 1}, ("tag",), "run0"),
    ev.GraphStarted(1.5, ("n:1",), "s", "1", "n", "c", "run"),
    ev.TaskStarted(1.5, ("n:1", "2"), 1, "t", "a", {"x": 1}, ("branch:to:a",), None, "c", "run"),
    ev.CallStarted(
        1.5,
        (),
        "t",
        "a",
        "c",
        "model",
        ("tag",),
        [lc.HumanMessage("q")],
        "openai",
        {"temperature": 0.5},
        [{"name": "f"}],
        "c",
        "run",
    ),
    ev.Token(1.5, (), "t", "a", "c", CHUNK, {"langgraph_triggers": ("x",), "langgraph_path": ("__pregel_pull", "a")}),
    ev.Message(1.5, (), "t", "a", "c", lc.AIMessage("hi", id="1"), {}),
    ev.CallFinished(1.5, (), "t", "a", "c", {"total_tokens": 3}, None, "stop", "model-2", "run"),
    ev.ToolStarted(1.5, (), "t", "a", "c", "f", {"x": 1}, ("slow",), "c0", "run"),
    ev.ToolOutputDelta(1.5, (), "t", "a", "c", "Found: ", "run"),
    ev.ToolFinished(1.5, (), "t", "a", "c", lc.ToolMessage("r", tool_call_id="c"), None),
    ev.RetrieverStarted(1.5, (), "t", "a", "c", "papers", "owls", "c", "run"),
    ev.RetrieverFinished(1.5, (), "t", "a", "c", [{"page_content": "x"}], None, "run"),
    ev.Custom(1.5, (), "t", "a", {1: {"$": "x"}, (2, 3): {4}}),
    ev.TaskRetried(1.5, (), 1, "t", "a", 1, None, 0.5),  # type: ignore[arg-type]  # exceptions are not decoded as equal objects
    ev.Routed(1.5, (), 1, "t", "a", "route", ("b", Send("c", {"x": 1}), "__end__"), "run"),
    ev.Update(1.5, (), 1, "t", "a", {"x": 2}, False),
    ev.TaskFinished(1.5, (), 1, "t", "a", {"x": 2}, None, ()),
    ev.Interrupted(1.5, (), 1, "t", "a", ({"value": "?"},), {"x": 1}),
    ev.Values(1.5, (), 0, {"x": b"\xff\x00"}),
    ev.CheckpointSaved(1.5, (), -1, {"next": ["a"]}),
    ev.GraphFinished(1.5, ("n:1",), "s", "1", "n", "done", None, "c", "run"),
    ev.RunFinished(1.5, (), "run", "done", {"x": 2}, None),
]
MESSAGES = [
    CHUNK,
    lc.HumanMessage("q"),
    lc.AIMessage([{"type": "text", "text": "x"}], tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1"}]),
    lc.ToolMessage("r", tool_call_id="1", artifact=(1, 2)),
    lc.SystemMessage("s", additional_kwargs={"cache": True}),
    lc.RemoveMessage(id="3"),
    lc.ChatMessage(content="x", role="critic"),
    lc.FunctionMessage(content="c", name="n"),
]


@dataclass
class Point:
    x: int
    y: Any


class Model(BaseModel):
    name: str


class Color(Enum):
    RED = "red"


def round_trip(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


def test_there_is_a_sample_of_every_event_kind():
    assert [type(event) for event in EVENTS] == list(ev.KINDS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_come_back_equal(event: ev.Event):
    decoded = decode_event(json.loads(json.dumps(encode_event(event))))
    assert decoded == event and type(decoded) is type(event)


def test_fields_with_their_default_are_left_out():
    assert "tool_call_id" not in encode_event(ev.TaskStarted(1.5, (), 1, "t", "a", None, ()))


def test_a_run_of_a_newer_format_is_refused_by_name():
    data = encode_event(EVENTS[0]) | {"format": FORMAT_VERSION + 1}
    with pytest.raises(ValueError, match=f"format {FORMAT_VERSION + 1}, which a newer version of lgstream wrote"):
        decode_event(data)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_come_back_equal(message: lc.BaseMessage):
    decoded = round_trip(message)
    assert decoded == message and type(decoded) is type(message)


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("$"), inner),
    max_leaves=20,
)


@given(json_data)
def test_json_data_comes_back_equal(value: Any):
    assert round_trip(value) == value


def test_nan_and_infinity_come_back():
    assert math.isnan(round_trip(math.nan)) and round_trip(-math.inf) == -math.inf


def test_a_users_message_class_comes_back_as_the_langchain_class_it_derives_from():
    class Note(lc.HumanMessage):
        importance: int = 3

    assert round_trip(Note(content="x", importance=9)) == lc.HumanMessage("x")


def test_an_exception_keeps_name_message_args_notes_and_traceback():
    try:
        raise KeyError("missing", 3)
    except KeyError as raised:
        error = raised
    error.add_note("During task")
    decoded = round_trip(error)
    assert isinstance(decoded, RecordedError) and type(decoded).__name__ == "KeyError"
    assert (decoded.type, str(decoded), decoded.args) == ("builtins.KeyError", str(error), ("missing", 3))
    assert decoded.__notes__ == ["During task"]
    assert "raise KeyError" in decoded.traceback


def test_objects_come_back_as_a_record_with_their_fields():
    decoded = round_trip({"point": Point(1, Point(2, (3,))), "model": Model(name="m")})
    assert isinstance(decoded["point"], RecordedObject) and decoded["point"].y.y == (3,)
    assert decoded["model"].type.endswith("Model") and decoded["model"].name == "m"
    assert repr(decoded["model"]) == "Model(name='m')"


def test_values_that_json_cannot_hold_come_back_as_their_repr():
    decoded = round_trip([Color.RED, object])
    assert [repr(item) for item in decoded] == ["<Color.RED: 'red'>", "<class 'object'>"]
    assert all(isinstance(item, RecordedObject) for item in decoded)


def test_a_repr_that_raises_does_not_stop_recording():
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert "cannot be shown: RuntimeError" in round_trip(Broken()).text


def test_a_class_named_in_a_file_is_not_imported():
    data = {"$": "object", "type": "subprocess.Popen", "fields": {"args": ["true"]}}
    assert decode(data) == RecordedObject("subprocess.Popen", fields={"args": ["true"]})


@pytest.mark.parametrize("package", ["lgstream", "langgraph"])
def test_interrupts_sends_commands_and_overwrites_come_back_equal(package: str):
    types = importlib.import_module(f"{package}.types")
    send = types.Send("a", {"x": (1,)})
    values = [types.Interrupt("sure?", id="1"), types.Command(update={"x": 1}, goto=[send]), types.Overwrite([1])]
    assert round_trip(values) == values


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "Nonsense"}, "'kind' is 'Nonsense'"),
        ([], "Not an event"),
        ({"kind": "Custom", "time": 1}, "Not a valid Custom"),
        ({"kind": "Custom", "time": {"$": "what"}}, "Unknown tag 'what'"),
        ({"kind": "Custom", "time": {"$": "tuple"}}, "tagged 'tuple'"),
        ({"kind": "Custom", "time": {"$": "message", "type": "sys", "fields": {}}}, "No langchain message class"),
    ],
)
def test_data_that_is_not_an_event_is_rejected(data: Any, message: str):
    with pytest.raises(ValueError, match=message):
        decode_event(data)


def test_the_metadata_that_tokens_share_are_encoded_once():
    class Counted(dict[str, object]):
        looks = 0

        def __repr__(self) -> str:
            type(self).looks += 1
            return "counted"

        def items(self) -> Any:
            return super().items()  # overrides a method, so that its repr is encoded

    shared: Any = {"langgraph_step": 1, "seen": Counted()}
    encoder = TokenMetadata()
    tokens = [ev.Token(1.0, (), "t", "node", "c", "owl", shared, "run") for _ in range(5)]
    first, *others = [encode_event(token, None, encoder) for token in tokens]
    assert Counted.looks == 1 and all(other == first for other in others)
    assert decode_event(first) == decode_event(encode_event(tokens[0]))
