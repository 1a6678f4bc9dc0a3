"""The plain text form."""

from collections.abc import Callable
from typing import Any

import pytest

from lgstream.views.fold.tables import empty_tables
from lgstream.views.render.html.page import render_html
from lgstream.views.render.markdown import render_markdown
from lgstream.views.render.text import render_text
from tests.support.scripted_runs import fold_tables, hostile_run, joke_run, long_run, send_run, wide_run


@pytest.mark.parametrize("name", ["joke", "waiting", "send"])
def test_the_text_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    events = {"joke": joke_run, "waiting": lambda: joke_run("waiting"), "send": send_run}[name]()
    golden(f"{name}.txt", render_text(fold_tables(events)) + "\n")


def test_the_text_has_no_control_characters() -> None:
    text = render_text(fold_tables(hostile_run()))
    assert all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("events", [lambda: long_run(20_000, 20), lambda: wide_run(2_000), lambda: send_run(50)])
def test_a_long_run_is_bounded(events: Callable[[], list]) -> None:
    text = render_text(fold_tables(events()))
    assert len(text.encode()) < 45_000
    assert "left out" in text


def test_long_lines_are_wrapped() -> None:
    assert max(map(len, render_text(fold_tables(long_run(2_000, 2))).splitlines())) <= 120


def test_an_error_is_shown_with_its_traceback() -> None:
    text = render_text(fold_tables(joke_run("failed")))
    assert "Errors\n  write › approve, step 3\n  ConnectionError: the office printer is on fire\n    Traceback" in text


def test_a_run_without_events_is_a_text() -> None:
    assert render_text(fold_tables([])) == "○ graph: starting · 0 ms"


class CountedNote(dict[str, Any]):
    """A row that counts how often its text is read."""

    reads = 0

    def __getitem__(self, name: str) -> Any:
        CountedNote.reads += name == "text"
        return super().__getitem__(name)


@pytest.mark.parametrize("render", [render_text, render_markdown, render_html])
def test_of_many_custom_writes_only_those_that_are_shown_are_read(render: Callable[[Any], str]) -> None:
    notes = {str(n): CountedNote(row="/", task="t", path="say", text="word", at=n) for n in range(1_000)}
    root = {"name": "g", "parent": "", "kind": "graph", "status": "running"}
    CountedNote.reads = 0
    assert "more writes left out" in render({**empty_tables(), "note": notes, "tree": {"/": root}})
    assert CountedNote.reads < 200
