"""The plain text form."""

from collections.abc import Callable

import pytest

from lgstream.views.render.text import render_text
from tests.support.scripted_runs import folded, hostile_run, joke_run, long_run, send_run, wide_run


@pytest.mark.parametrize("name", ["joke", "waiting", "send"])
def test_the_text_is_the_one_that_was_looked_at(name: str, golden: Callable[[str, str], None]) -> None:
    events = {"joke": joke_run, "waiting": lambda: joke_run("waiting"), "send": send_run}[name]()
    golden(f"{name}.txt", render_text(folded(events)) + "\n")


def test_nothing_in_it_acts_on_a_terminal() -> None:
    text = render_text(folded(hostile_run()))
    assert all(character in "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("events", [lambda: long_run(20_000, 20), lambda: wide_run(2_000), lambda: send_run(50)])
def test_a_long_run_is_bounded(events: Callable[[], list]) -> None:  # type: ignore[type-arg]
    text = render_text(folded(events()))
    assert len(text.encode()) < 45_000
    assert "left out" in text


def test_prose_is_wrapped() -> None:
    assert max(map(len, render_text(folded(long_run(2_000, 2))).splitlines())) <= 120


def test_a_failure_is_told_with_its_traceback() -> None:
    text = render_text(folded(joke_run("failed")))
    assert "Errors\n  write › approve, step 3\n  ConnectionError: the office printer is on fire\n    Traceback" in text


def test_a_run_without_events_is_a_text() -> None:
    assert render_text(folded([])) == "○ graph: starting · 0 ms"
