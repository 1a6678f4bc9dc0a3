"""The saved run: all of it in few bytes, bounded, and read back without trust."""

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
from lgstream.views.saved import bundle as view_saved
from lgstream.views.saved.bundle import (
    MAX_IDLE_SECONDS,
    MAX_JSON_BYTES,
    MAX_SAVED_CHARS,
    read_operations,
    save_run,
    time_resolution,
)
from tests.support.scripted_runs import (
    Question,
    Script,
    folded,
    hostile_run,
    joke_run,
    long_run,
    raised,
    send_run,
    wide_run,
)

PACKED = view_saved._compress

SHARED = Path(__file__).parents[1] / "goldens" / "joke.run.json"

STATIC = 200_000
"""Bytes that the forms for reading may take together."""


def saved(events: list[Event], most: int = MAX_SAVED_CHARS) -> dict[str, Any]:
    fold = RunFold()
    ops = [op for event in events for op in fold(event)]
    data = save_run(ops, fold.tables, most)
    assert data is not None
    return data


def shown(data: Any) -> Tables:
    return apply_operations(empty_tables(), read_operations(json.loads(json.dumps(data))))


@pytest.mark.parametrize("run", [joke_run, send_run, hostile_run, long_run, wide_run])
def test_what_is_read_back_is_what_was_shown(run: Callable[[], list[Event]]):
    events = run()
    tables = json.loads(json.dumps(folded(events), ensure_ascii=False).encode(errors="replace"))
    assert shown(saved(events)) == tables


def test_it_says_what_it_is_without_being_unpacked():
    data = saved(joke_run("failed"))
    assert data | {"operations": ""} == {
        "graph": "joke_writer", "status": "failed", "seconds": 1.513, "left_out": "", "operations": ""
    }  # fmt: skip


def test_it_tells_when_the_words_came():
    times = [op[0] for op in read_operations(saved(long_run(2_000, 1))) if len(op) == 5]
    assert times[0] < 0.1 and times[-1] > 1.9 and len(times) > 30


def test_a_short_run_takes_a_few_kilobytes():
    assert len(json.dumps(saved(joke_run()))) < 6_000


def test_20_000_tokens_are_saved_whole_and_leave_room():
    words = random.Random(1).choices([noise(1, seed)[:5] for seed in range(2_000)], k=20_000)
    run = Script()
    run.task("writer").stream(" ".join(words))
    data = saved(run.finish())
    assert data["left_out"] == "" and len(data["operations"]) < MAX_SAVED_CHARS // 3


def test_the_time_in_which_a_human_was_asked_does_not_make_the_rest_coarse():
    run = Script()
    run.task("a").stream("one two three")
    run.wait(86_400)
    run.task("b").stream("one two three")
    fold = RunFold()
    ops = [op for event in run.finish() for op in fold(event)]
    assert time_resolution(ops) == 0.05 < MAX_IDLE_SECONDS


def noise(words: int, seed: int = 0) -> str:
    """Text that no packing makes much shorter."""
    return base64.b64encode(random.Random(seed).randbytes(words * 4)).decode().replace("+", " ")


def chatty() -> list[Event]:
    run = Script()
    task = run.task("writer")
    call = task.call()
    task.chunk(call, f"first {noise(20_000)}")
    task.chunk(call, " last")
    return run.finish()


def returned() -> list[Event]:
    run = Script()
    for number in range(20):
        run.task("writer").message(AIMessage(f"first {noise(2_000, number)} last", id=f"m{number}"))
    return run.finish()


def circling(times: int = 150) -> list[Event]:
    """An agent's loop; each of its steps has a state of its own, and the middle one fails."""
    run = Script()
    for step in range(times):
        task = run.task("agent", step, given={"notes": noise(500, step)})
        task.stream(noise(100, step), gap=0.001)
        if step == times // 2:
            task.fail(raised(ValueError("boom")))
        else:
            task.end({"notes": noise(400, step)})
        run.values({"notes": noise(300, step)}, step)
    return run.finish("failed", error=ValueError("boom"))


def noted() -> list[Event]:
    run = Script()
    task = run.task("writer")
    for number in range(6_000):
        run.wait(0.0001)
        task.custom(f"{number} {number * 7919 % 10_007}")
    return run.finish()


FEW = 40_000
"""Characters that the long runs below may take."""

BIG = {
    "one answer": (chatty, "parts of long texts and values"),
    "messages": (returned, "parts of long texts and values"),
    "loop": (circling, "tasks, "),
    "writes": (noted, "writes"),
    "wide": (lambda: wide_run(1_000), "tasks, "),
}


@pytest.mark.parametrize("name", BIG)
def test_a_run_that_does_not_fit_is_cut_and_says_so(name: str):
    make, told = BIG[name]
    data = saved(make(), FEW)
    assert FEW // 4 < len(data["operations"]) <= FEW
    assert told in data["left_out"]
    assert shown(data)["run"]["run"]["left_out"] == data["left_out"]


@pytest.mark.parametrize("name", BIG)
def test_a_run_that_does_not_fit_is_packed_a_few_times_only(name: str, monkeypatch: pytest.MonkeyPatch):
    tries = []
    monkeypatch.setattr(view_saved, "_compress", lambda ops, most: tries.append(packed := PACKED(ops, most)) or packed)
    data = saved(BIG[name][0](), FEW)
    assert data["operations"] in [packed for packed, _ in tries]
    assert len(tries) <= 4


@pytest.mark.parametrize("make", [chatty, returned])
def test_of_a_long_text_both_ends_are_kept(make: Callable[[], list[Event]]):
    for row in shown(saved(make(), FEW))["call"].values():
        assert row["text"].startswith("first ")
        assert re.search(r"… [\d,]+ characters left out …", row["text"])
    assert shown(saved(chatty(), FEW))["call"].popitem()[1]["text"].endswith(" last")


def test_of_many_rows_those_that_failed_are_kept_and_every_row_has_its_place():
    tables = shown(saved(wide_run(1_000), FEW))
    assert [row["node"] for row in tables["task"].values() if row["status"] == "failed"] == ["worker"]
    assert all(row["row"] in tables["tree"] for row in tables["task"].values())
    assert all(row["parent"] in tables["tree"] for row in tables["tree"].values() if row["parent"])


@pytest.mark.parametrize("render", [render_html, render_markdown, render_text])
def test_every_form_of_what_was_cut_says_so(render: Callable[[Tables], str]):
    assert "Left out when the run was saved: " in render(shown(saved(noted(), FEW)))


def test_reading_forms_take_at_most_200_kb_together():
    for events in (full(), long_run(2_000), wide_run(500), send_run(50), circling(50)):
        tables = folded(events)
        assert sum(len(render(tables).encode()) for render in (render_html, render_markdown, render_text)) <= STATIC


def full() -> list[Event]:
    """A run with more than enough of everything, all of which must be escaped."""
    run = Script("full", {"x": "<" * 5_000})
    for number in range(40):
        task = run.task(f"node{number}", number + 1, given={"a": "<&>" * 2_000})
        task.stream("*<a>* " * 800, gap=0.001, usage=False)
        task.custom("x<" * 300)
        run.values({f"key{key}": "<&é" * 400 for key in range(40)}, number + 1)
        if number % 3 == 0:
            task.fail(raised(ValueError(f"boom {number} " + "<" * 400)))
        elif number % 3 == 1:
            task.ask(Question({"q": "<" * 3_000}, f"q{number}"))
        else:
            task.end({"b": "é" * 4_000})
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
        ({"operations": packed([[0, "call"]])}, "no operation"),
        ({"operations": packed([["0", "call", "c", {}]])}, "no operation"),
        ({"operations": packed([[0, "call", "c", "text", 5]])}, "no operation"),
    ],
)
def test_what_is_no_saved_run_is_refused_with_the_reason(data: Any, says: str):
    with pytest.raises(ValueError, match=f"This is no saved run: .*{says}.*A run is what an output"):
        read_operations(data)


def test_tables_of_a_newer_lgstream_are_passed_over():
    ops = [[0, "run", "run", {"graph": "g"}], [1, "memory", "m", {"x": 1}]]
    assert read_operations({"operations": packed(ops)}) == [(0, "run", "run", {"graph": "g"})]


def test_the_front_ends_tests_read_what_is_saved_here():
    """widgets/test/protocol/saved.test.ts reads the file; compared unpacked, as zlib builds compress differently."""
    if os.environ.get("WRITE_GOLDENS"):
        SHARED.write_text(json.dumps(saved(joke_run())) + "\n", encoding="utf-8")
    assert read_operations(json.loads(SHARED.read_text("utf-8"))) == read_operations(saved(joke_run()))
