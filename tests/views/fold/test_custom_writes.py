"""Custom writes: a row each, until a run has very many; then those of a flood share rows."""

from __future__ import annotations

from typing import Any

import pytest

from lgstream.events import Custom, Event, RunFinished, RunStarted, TaskStarted
from lgstream.views.fold import custom_writes
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables
from lgstream.views.render.html.page import render_html
from lgstream.views.render.markdown import render_markdown
from lgstream.views.render.text import render_text
from lgstream.views.saved.run_data import save_run

SINGLE = 10


@pytest.fixture(autouse=True)
def few_single_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_writes, "MAX_SINGLE_WRITES", SINGLE)


def run_of(writes: int, seconds_apart: float, task: Any = lambda number: "t") -> list[Event]:
    started: list[Event] = [RunStarted(0.0, (), "run", "g", {}, None)]
    started += [TaskStarted(0.0, (), 1, name, "node", {}, ()) for name in sorted({task(n) for n in range(writes)})]
    customs = [Custom(number * seconds_apart, (), task(number), "node", f"write {number}") for number in range(writes)]
    return [*started, *customs, RunFinished(writes * seconds_apart, (), "run", "done", {}, None)]


def tables_of(events: list[Event]) -> Tables:
    fold = RunFold()
    for event in events:
        fold(event)
    return fold.tables


def notes(tables: Tables) -> list[dict[str, Any]]:
    return list(tables["note"].values())


def test_a_flood_shares_rows_and_keeps_each_write_in_order():
    rows = notes(tables_of(run_of(50_000, 0.000_01)))
    assert [line for row in rows for line in row["text"].split("\n")] == [f"write {n}" for n in range(50_000)]
    assert len(rows) < SINGLE + 400
    assert all("writes" not in row for row in rows[:SINGLE])
    assert sum(row.get("writes", 1) for row in rows) == 50_000


def test_writes_that_come_apart_have_a_row_each():
    rows = notes(tables_of(run_of(100, 0.06)))
    assert [row["text"] for row in rows] == [f"write {n}" for n in range(100)]


def test_tasks_do_not_share_rows():
    rows = notes(tables_of(run_of(100, 0.000_01, lambda number: f"t{number % 2}")))
    assert len(rows) == 100


def test_a_flood_of_long_writes_shares_rows_of_bounded_length():
    events = [event._replace(data="x" * 1_500) if isinstance(event, Custom) else event for event in run_of(200, 0.0)]
    assert max(len(row["text"]) for row in notes(tables_of(events))) <= 2 * 2_000


@pytest.mark.parametrize("render", [render_html, render_markdown, render_text])
def test_static_forms_count_writes_and_not_rows(render: Any):
    assert "50,000 writes" in render(tables_of(run_of(50_000, 0.000_01)))


def test_what_a_saved_run_leaves_out_is_counted_in_writes():
    fold = RunFold()
    for event in run_of(50_000, 0.000_01):
        fold.fold(event)
    saved = save_run(fold.take_operations(), fold.tables, max_chars=5_000)
    assert saved is not None
    number = int(saved["left_out"].split(" writes")[0].split()[-1].replace(",", ""))
    assert number > 1_000
