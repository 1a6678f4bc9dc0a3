"""A saved run is complete or names what it lacks, is bounded, and is not trusted when it is read."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from lgstream.events import Event
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables, empty_tables
from lgstream.views.render.html.page import render_html
from lgstream.views.render.markdown import render_markdown
from lgstream.views.render.text import render_text
from lgstream.views.saved import run_data
from lgstream.views.saved.run_data import (
    MAX_IDLE_SECONDS,
    MAX_JSON_BYTES,
    MAX_SAVED_CHARS,
    read_operations,
    save_run,
    time_resolution,
)
from tests.support.scripted_runs import (
    ScriptedInterrupt,
    ScriptedRun,
    fold_tables,
    hostile_run,
    joke_run,
    long_run,
    send_run,
    wide_run,
    with_traceback,
)

PACKED = run_data._compress

SHARED = Path(__file__).parents[1] / "goldens" / "joke.run.json"

STATIC_FORMS_BYTES = 200_000
"""Bytes that the static forms may take together."""


def save_events(events: list[Event], most: int = MAX_SAVED_CHARS) -> dict[str, Any]:
    fold = RunFold()
    ops = [op for event in events for op in fold(event)]
    data = save_run(ops, fold.tables, most)
    assert data is not None
    return data


def tables_of(data: Any) -> Tables:
    return apply_operations(empty_tables(), read_operations(json.loads(json.dumps(data))))


@pytest.mark.parametrize("run", [joke_run, send_run, hostile_run, long_run, wide_run])
def test_a_saved_run_has_the_rows_that_were_shown(run: Callable[[], list[Event]]):
    events = run()
    tables = json.loads(json.dumps(fold_tables(events), ensure_ascii=False).encode(errors="replace"))
    assert tables_of(save_events(events)) == tables


def test_the_facts_of_a_saved_run_are_readable_without_decompression():
    data = save_events(joke_run("failed"))
    assert data | {"operations": ""} == {
        "graph": "joke_writer", "status": "failed", "seconds": 1.513, "left_out": "", "operations": ""
    }  # fmt: skip


def test_a_saved_run_has_the_times_of_its_text():
    times = [op[0] for op in read_operations(save_events(long_run(2_000, 1))) if len(op) == 5]
    assert times[0] < 0.1 and times[-1] > 1.9 and len(times) > 30


def test_a_short_run_takes_a_few_kilobytes():
    assert len(json.dumps(save_events(joke_run()))) < 6_000


def test_20_000_tokens_are_saved_completely_with_space_left():
    words = random.Random(1).choices([noise(1, seed)[:5] for seed in range(2_000)], k=20_000)
    run = ScriptedRun()
    run.start_task("writer").stream_call(" ".join(words))
    data = save_events(run.finish())
    assert data["left_out"] == "" and len(data["operations"]) < MAX_SAVED_CHARS // 3


def test_the_time_of_waiting_for_a_human_does_not_reduce_the_resolution():
    run = ScriptedRun()
    run.start_task("a").stream_call("one two three")
    run.advance(86_400)
    run.start_task("b").stream_call("one two three")
    fold = RunFold()
    ops = [op for event in run.finish() for op in fold(event)]
    assert time_resolution(ops) == 0.05 < MAX_IDLE_SECONDS


def noise(words: int, seed: int = 0) -> str:
    """Return text that hardly compresses."""
    return base64.b64encode(random.Random(seed).randbytes(words * 4)).decode().replace("+", " ")


def chatty() -> list[Event]:
    run = ScriptedRun()
    task = run.start_task("writer")
    call = task.start_call()
    task.add_chunk(call, f"first {noise(20_000)}")
    task.add_chunk(call, " last")
    return run.finish()


def returned() -> list[Event]:
    run = ScriptedRun()
    for number in range(20):
        run.start_task("writer").message(AIMessage(f"first {noise(2_000, number)} last", id=f"m{number}"))
    return run.finish()


def circling(times: int = 150) -> list[Event]:
    """Return a run of an agent's loop with a different state in each step; the middle one fails."""
    run = ScriptedRun()
    for step in range(times):
        task = run.start_task("agent", step, input={"notes": noise(500, step)})
        task.stream_call(noise(100, step), gap=0.001)
        if step == times // 2:
            task.fail(with_traceback(ValueError("boom")))
        else:
            task.finish({"notes": noise(400, step)})
        run.values({"notes": noise(300, step)}, step)
    return run.finish("failed", error=ValueError("boom"))


def noted() -> list[Event]:
    run = ScriptedRun()
    task = run.start_task("writer")
    for number in range(6_000):
        run.advance(0.0001)
        task.custom(f"{number} {number * 7919 % 10_007}")
    return run.finish()


SMALL_MAX_CHARS = 40_000
"""Characters of a saved run that is too small for the runs below."""

BIG = {
    "one answer": (chatty, "parts of long texts and values"),
    "messages": (returned, "parts of long texts and values"),
    "loop": (circling, "tasks, "),
    "writes": (noted, "writes"),
    "wide": (lambda: wide_run(1_000), "tasks, "),
}


@pytest.mark.parametrize("name", BIG)
def test_a_run_that_does_not_fit_is_truncated_and_names_what_is_missing(name: str):
    make, omission = BIG[name]
    data = save_events(make(), SMALL_MAX_CHARS)
    assert SMALL_MAX_CHARS // 4 < len(data["operations"]) <= SMALL_MAX_CHARS
    assert omission in data["left_out"]
    assert tables_of(data)["run"]["run"]["left_out"] == data["left_out"]


@pytest.mark.parametrize("name", BIG)
def test_a_run_that_does_not_fit_is_compressed_only_a_few_times(name: str, monkeypatch: pytest.MonkeyPatch):
    tries = []
    monkeypatch.setattr(run_data, "_compress", lambda ops, most: tries.append(packed := PACKED(ops, most)) or packed)
    data = save_events(BIG[name][0](), SMALL_MAX_CHARS)
    assert data["operations"] in [packed for packed, _ in tries]
    assert len(tries) <= 4


@pytest.mark.parametrize("make", [chatty, returned])
def test_both_ends_of_a_long_text_are_kept(make: Callable[[], list[Event]]):
    for row in tables_of(save_events(make(), SMALL_MAX_CHARS))["call"].values():
        assert row["text"].startswith("first ")
        assert re.search(r"… [\d,]+ characters left out …", row["text"])
    assert tables_of(save_events(chatty(), SMALL_MAX_CHARS))["call"].popitem()[1]["text"].endswith(" last")


def test_failed_rows_are_kept_and_every_row_refers_to_existing_rows():
    tables = tables_of(save_events(wide_run(1_000), SMALL_MAX_CHARS))
    assert [row["node"] for row in tables["task"].values() if row["status"] == "failed"] == ["worker"]
    assert all(row["row"] in tables["tree"] for row in tables["task"].values())
    assert all(row["parent"] in tables["tree"] for row in tables["tree"].values() if row["parent"])


@pytest.mark.parametrize("render", [render_html, render_markdown, render_text])
def test_every_static_form_names_what_a_saved_run_lacks(render: Callable[[Tables], str]):
    assert "Left out when the run was saved: " in render(tables_of(save_events(noted(), SMALL_MAX_CHARS)))


def test_the_static_forms_take_at_most_200_kb_together():
    for events in (full(), long_run(2_000), wide_run(500), send_run(50), circling(50)):
        tables = fold_tables(events)
        assert (
            sum(len(render(tables).encode()) for render in (render_html, render_markdown, render_text))
            <= STATIC_FORMS_BYTES
        )


def full() -> list[Event]:
    """Return a run with too much of everything, all of which must be escaped."""
    run = ScriptedRun("full", {"x": "<" * 5_000})
    for number in range(40):
        task = run.start_task(f"node{number}", number + 1, input={"a": "<&>" * 2_000})
        task.stream_call("*<a>* " * 800, gap=0.001, usage=False)
        task.custom("x<" * 300)
        run.values({f"key{key}": "<&é" * 400 for key in range(40)}, number + 1)
        if number % 3 == 0:
            task.fail(with_traceback(ValueError(f"boom {number} " + "<" * 400)))
        elif number % 3 == 1:
            task.interrupt(ScriptedInterrupt({"q": "<" * 3_000}, f"q{number}"))
        else:
            task.finish({"b": "é" * 4_000})
    return run.finish("failed", error=ValueError("x"))


def packed(ops: Any) -> str:
    return base64.b64encode(zlib.compress(json.dumps(ops).encode())).decode()


def bomb() -> str:
    return base64.b64encode(zlib.compress(b"[" + b" " * (MAX_JSON_BYTES + 10) + b"]")).decode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "NoneType"),
        ({}, "operations"),
        ({"operations": 5}, "int"),
        ({"operations": "%"}, "base64"),
        ({"operations": packed([])[:-8]}, ""),
        ({"operations": bomb()}, "more than"),
        ({"operations": packed({"a": 1})}, ""),
        ({"operations": packed([[0, "call"]])}, "operation 0 is neither a put nor an add"),
        ({"operations": packed([["0", "call", "c", {}]])}, "operation 0 is neither a put nor an add"),
        ({"operations": packed([[0, "call", "c", "text", 5]])}, "operation 0 is neither a put nor an add"),
    ],
)
def test_data_that_is_not_a_saved_run_is_rejected_with_the_reason(data: Any, says: str):
    with pytest.raises(ValueError, match=f"This is no saved run: .*{says}.*A run is what an output"):
        read_operations(data)


def test_unknown_tables_of_a_newer_version_are_skipped():
    ops = [[0, "run", "run", {"graph": "g"}], [1, "memory", "m", {"x": 1}]]
    assert read_operations({"operations": packed(ops)}) == [(0, "run", "run", {"graph": "g"})]


def test_the_front_end_is_tested_with_the_current_format():
    """widgets/test/protocol/saved.test.ts reads the file; compared unpacked, as zlib builds compress differently."""
    if os.environ.get("WRITE_GOLDENS"):
        SHARED.write_text(json.dumps(save_events(joke_run())) + "\n", encoding="utf-8")
    assert read_operations(json.loads(SHARED.read_text("utf-8"))) == read_operations(save_events(joke_run()))
