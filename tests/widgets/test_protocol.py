"""The types of both sides and ``docs/protocol.md`` agree with one table, ``tests/fixtures/protocol.json``.

``widgets/test/protocol/messages.test.ts`` compares the types of the front end with the same table.
"""

from __future__ import annotations

import json
import types
import typing
from pathlib import Path
from typing import Any, Literal

import pytest

from lgstream.views import rows
from lgstream.widgets import protocol
from lgstream.widgets.runview import RunView

ROOT = Path(__file__).parents[2]
PROTOCOL: dict[str, Any] = json.loads((ROOT / "tests" / "fixtures" / "protocol.json").read_text("utf-8"))
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text("utf-8")

MESSAGES: dict[str, Any] = {
    "frame": protocol.FrameMessage,
    "frames": protocol.FramesMessage,
    "resync": protocol.ResyncMessage,
    "stop": protocol.StopMessage,
    "answer": protocol.AnswerMessage,
    "output": protocol.OutputMessage,
    "get_output": protocol.GetOutputMessage,
}
TABLES: dict[str, Any] = {
    "run": rows.RunRow,
    "tree": rows.TreeRow,
    "task": rows.TaskRow,
    "call": rows.CallRow,
    "note": rows.NoteRow,
    "step": rows.StepRow,
}
JSON_TYPES = {str: "string", int: "number", float: "number", bool: "boolean", list: "list", dict: "object"}


def json_type(hint: Any) -> str:
    """The JSON type of a type hint; a TypedDict is an object, None is not counted."""
    if hint is Any:
        return "any"
    origin = typing.get_origin(hint)
    if origin is types.UnionType or origin is typing.Union:
        (inner,) = {json_type(part) for part in typing.get_args(hint) if part is not type(None)}
        return inner
    if origin is Literal:
        return "string"
    return "object" if typing.is_typeddict(hint) else JSON_TYPES[origin or hint]


def fields(typed_dict: Any) -> dict[str, str]:
    return {name: json_type(hint) for name, hint in typing.get_type_hints(typed_dict).items()}


def test_every_message_is_in_the_table() -> None:
    sent = {"Python": protocol.PythonMessage, "front end": protocol.FrontEndMessage}
    for sender, union in sent.items():
        kinds = {kind for kind, message in PROTOCOL["messages"].items() if message["sender"] == sender}
        assert {MESSAGES[kind] for kind in kinds} == set(typing.get_args(union))


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_have_the_fields_of_the_table(kind: str) -> None:
    assert fields(MESSAGES[kind]) == PROTOCOL["messages"][kind]["fields"]
    assert typing.get_args(typing.get_type_hints(MESSAGES[kind])["kind"]) == (kind,)


def test_a_frame_in_frames_is_a_frame_message_without_its_kind() -> None:
    assert fields(protocol.Frame) | {"kind": "string"} == PROTOCOL["messages"]["frame"]["fields"]


def test_traits_are_those_of_the_table() -> None:
    inherited = {name for base in RunView.__bases__ for name in base.class_traits(sync=True)}
    inherited |= {"_esm", "_css"}  # attributes of anywidget, which makes traits of them
    traits = {name: trait for name, trait in RunView.class_traits(sync=True).items() if name not in inherited}
    assert {name: trait.default() for name, trait in traits.items()} == {
        name: trait["default"] for name, trait in PROTOCOL["traits"].items()
    }
    stop_modes = PROTOCOL["traits"]["stop_mode"]["values"]
    assert list(traits["stop_mode"].values) == stop_modes == list(typing.get_args(protocol.StopMode))


@pytest.mark.parametrize("table", TABLES)
def test_rows_have_the_fields_of_the_table(table: str) -> None:
    assert fields(TABLES[table]) == PROTOCOL["tables"][table]


def test_tables_are_those_that_operations_may_name() -> None:
    assert list(typing.get_args(rows.Table)) == list(PROTOCOL["tables"]) == list(TABLES)


def test_the_document_names_every_message_field_and_trait() -> None:
    for kind, message in PROTOCOL["messages"].items():
        section = DOCUMENT.split(f"### `{kind}`", 1)[1].split("\n##", 1)[0]
        assert f"Sender: {message['sender']}." in section
        assert all(f"| `{name}` |" in section for name in message["fields"])
    for name in (*PROTOCOL["traits"], *PROTOCOL["tables"]):
        assert f"| `{name}` |" in DOCUMENT
