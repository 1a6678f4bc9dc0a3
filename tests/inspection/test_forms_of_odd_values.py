"""Every form of a run gives output for any value, reads no object's own containers, and shows the rest of the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lgstream.events import (
    Custom,
    Event,
    Interrupted,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    Update,
    Values,
)
from lgstream.sinks import Console, Jsonl, json_encoding, read_jsonl
from lgstream.types import Interrupt
from lgstream.views.fold.run import RunFold
from lgstream.views.render.html.page import render_html
from lgstream.views.render.markdown import render_markdown
from lgstream.views.render.text import render_text
from lgstream.views.saved.run_data import read_operations, save_run
from tests.support.odd_values import ODD_VALUES, HoldingError, ReadCount

MAX_EVENT_CHARS = 300_000
"""Characters of one event in any form, with the budgets of the tests."""


@pytest.fixture(autouse=True)
def small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_encoding, "MAX_NODES", 2_000)
    monkeypatch.setattr(json_encoding, "MAX_CHARS", 100_000)


def events_with(value: Any) -> list[Event]:
    """Return the events of a run in which ``value`` is at every place where a value of the user can be."""
    place = 1, "task", "node"
    error = value if issubclass(type(value), BaseException) else HoldingError(value)
    return [
        RunStarted(0.0, (), "run", "graph", {"value": value}, None, metadata={"value": value}),
        Values(0.1, (), 0, {"value": value}),
        TaskStarted(0.2, (), *place, {"value": value}, ()),
        Custom(0.3, (), "task", "node", value),
        ToolStarted(0.4, (), "task", "node", "call", "tool", {"value": value}),
        ToolOutputDelta(0.5, (), "task", "node", "call", value),
        ToolFinished(0.6, (), "task", "node", "call", value, None),
        Update(0.7, (), *place, {"value": value}, False),
        Update(0.7, (), *place, value, False),
        Values(0.8, (), 1, {"value": value}),
        Values(0.8, (), 1, value),
        TaskFinished(0.9, (), *place, {"value": value}, None, ()),
        Interrupted(1.0, (), 2, "task 2", "node", (Interrupt(value, "0" * 32),), value),
        TaskFinished(1.1, (), 3, "task 3", "node", {}, error, ()),
        Custom(1.2, (), "task", "node", "the last write"),
        RunFinished(1.3, (), "run", "failed", value, error),
    ]


def as_json_lines(events: list[Event], directory: Path) -> str:
    sink = Jsonl(directory / "run.jsonl")
    for event in events:
        sink(event)
    assert [type(event) for event in read_jsonl(directory / "run.jsonl")] == [type(event) for event in events]
    return (directory / "run.jsonl").read_text("utf-8")


def as_console(events: list[Event], directory: Path) -> str:
    with (directory / "console.txt").open("w", encoding="ascii") as file:
        sink = Console(file)
        for event in events:
            sink(event)
    return (directory / "console.txt").read_text("ascii")


def as_rows(events: list[Event], directory: Path) -> str:
    fold = RunFold()
    for event in events:
        fold.fold(event)
    return json.dumps(fold.take_operations(), ensure_ascii=False, allow_nan=False).encode().decode()


def as_saved_run(events: list[Event], directory: Path) -> str:
    fold = RunFold()
    for event in events:
        fold.fold(event)
    saved = save_run(fold.take_operations(), fold.tables)
    assert saved is not None
    documents = [render_html(fold.tables), render_markdown(fold.tables), render_text(fold.tables)]
    return "".join([json.dumps(read_operations(saved), ensure_ascii=False), *documents]).encode().decode()


FORMS = [as_json_lines, as_console, as_rows, as_saved_run]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ODD_VALUES)
def test_a_form_shows_the_run_whatever_its_values_are(
    name: str, form: Callable[[list[Event], Path], str], tmp_path: Path
):
    events = events_with(ODD_VALUES[name]())
    ReadCount.reads.clear()
    text = form(events, tmp_path)
    assert "the last write" in text
    assert ReadCount.reads == []
    assert len(text) < len(events) * MAX_EVENT_CHARS
