"""The whole fold: for any events, its tables are what its operations lead to."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, RemoveMessage, ToolMessage

from lgstream import events as ev
from lgstream.views.fold.message_content import text_only
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import empty_tables
from lgstream.views.render.html.page import render_html
from lgstream.views.render.markdown import render_markdown
from lgstream.views.render.text import render_text
from tests.support.scripted_runs import (
    ScriptedInterrupt,
    ScriptedRun,
    hostile_run,
    joke_run,
    long_run,
    send_run,
    wide_run,
)

RUNS: dict[str, Callable[[], list[ev.Event]]] = {
    "joke": joke_run,
    "waiting": lambda: joke_run("waiting"),
    "failed": lambda: joke_run("failed"),
    "running": lambda: joke_run("running"),
    "send": send_run,
    "hostile": hostile_run,
    "long": lambda: long_run(2_000, 4),
    "wide": lambda: wide_run(200),
}

nodes = st.sampled_from(["a", "b"])
tasks = st.sampled_from(["t1", "t2", "t3", ""])
spaces = st.sampled_from([(), ("a:t1",), ("a:t1", "1"), ("a:t1", "b:t2"), ("b",), ("x:unknown",), ("1",)])
steps = st.integers(0, 3)
ids = st.sampled_from(["m1", "m2", None])
texts = st.sampled_from(["", "hi", "# x\n", "\ud83d", "é" * 30])
MESSAGES = (
    lambda text, name: AIMessage(text, id=name),
    lambda text, name: AIMessageChunk(content=text, id=name),
    lambda text, name: HumanMessage(text, id=name),
    lambda text, name: ToolMessage(text, tool_call_id="c", id=name),
    lambda text, name: RemoveMessage(id=name or "m1"),
)
messages = st.builds(lambda kind, text, name: MESSAGES[kind](text, name), st.integers(0, 4), texts, ids)
datas = st.one_of(
    st.none(),
    st.integers(),
    st.dictionaries(nodes, st.one_of(texts, st.integers(), messages, st.lists(messages, max_size=3)), max_size=3),
    st.lists(st.dictionaries(nodes, texts), max_size=2),
)
chunks = st.builds(
    lambda text, args: AIMessageChunk(
        content=text,
        id="m1",
        tool_call_chunks=[{"name": "f", "args": args, "id": "c", "index": 0}] if args else [],
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3} if args == "usage" else None,
    ),
    st.one_of(texts, st.just([{"type": "text", "text": "x"}, {"type": "image_url"}])),
    st.sampled_from(["", "{}", "usage"]),
)
errors = st.one_of(st.none(), st.builds(ValueError, texts))
calls = st.sampled_from(["c1", "c2"])
asked = st.lists(st.builds(ScriptedInterrupt, texts, st.sampled_from(["q1", "q2"])), max_size=2).map(tuple)
place = (spaces, tasks, nodes)
EVENTS: list[st.SearchStrategy[Any]] = [
    st.tuples(st.just(ev.TaskStarted), st.tuples(spaces, steps, tasks, nodes, datas, st.just(("start",)))),
    st.tuples(st.just(ev.CallStarted), st.tuples(*place, calls, texts, st.just(("tag",)))),
    st.tuples(st.just(ev.Token), st.tuples(*place, calls, chunks, st.just({}))),
    st.tuples(st.just(ev.Message), st.tuples(*place, st.one_of(calls, st.just("")), messages, st.just({}))),
    st.tuples(st.just(ev.CallFinished), st.tuples(*place, calls, st.just({"output_tokens": 4}), errors)),
    st.tuples(st.just(ev.ToolStarted), st.tuples(*place, calls, texts, datas)),
    st.tuples(st.just(ev.ToolFinished), st.tuples(*place, calls, st.one_of(datas, messages, texts), errors)),
    st.tuples(st.just(ev.Custom), st.tuples(*place, datas)),
    st.tuples(
        st.just(ev.TaskRetried),
        st.tuples(spaces, steps, tasks, nodes, st.integers(1, 9), st.builds(ValueError, texts), st.floats(0, 1)),
    ),
    st.tuples(st.just(ev.Update), st.tuples(spaces, steps, tasks, nodes, datas, st.booleans())),
    st.tuples(st.just(ev.TaskFinished), st.tuples(spaces, steps, tasks, nodes, st.just({}), errors, asked)),
    st.tuples(st.just(ev.Interrupted), st.tuples(spaces, steps, tasks, nodes, asked, datas)),
    st.tuples(st.just(ev.Values), st.tuples(spaces, steps, datas)),
    st.tuples(st.just(ev.CheckpointSaved), st.tuples(spaces, steps, st.just({}))),
    st.tuples(
        st.just(ev.RunFinished),
        st.tuples(
            st.just(()), st.just("r"), st.sampled_from(["done", "failed", "stopped", "interrupted"]), datas, errors
        ),
    ),
]


@given(st.lists(st.tuples(st.floats(0, 0.2), st.one_of(EVENTS)), max_size=25))
@settings(max_examples=300, deadline=None)
def test_for_any_events_the_tables_are_the_replay_of_the_operations(timed_events: list[Any]) -> None:
    fold, replayed, time, last = RunFold(), empty_tables(), 100.0, 0.0
    for wait, (kind, fields) in timed_events:
        time += wait
        operations = fold(kind(time, *fields))
        sent = json.loads(json.dumps(operations, ensure_ascii=False).encode())
        apply_operations(replayed, sent)
        assert replayed == fold.tables
        assert all(last <= operation[0] for operation in operations)
        last = max([last, *(operation[0] for operation in operations)])


@given(st.lists(st.tuples(st.floats(0, 0.2), st.one_of(EVENTS)), max_size=25))
@settings(max_examples=100, deadline=None)
def test_every_row_refers_to_existing_rows(timed_events: list[Any]) -> None:
    fold, time = RunFold(), 100.0
    for wait, (kind, fields) in timed_events:
        time += wait
        fold(kind(time, *fields))
    tables = fold.tables
    assert {row["parent"] for row in tables["tree"].values()} <= {*tables["tree"], ""}
    for table in (tables["task"], tables["call"], tables["note"], tables["step"]):
        assert {row["row"] for row in table.values()} <= set(tables["tree"])


@given(st.lists(st.tuples(st.floats(0, 0.2), chunks), min_size=1, max_size=25), st.integers(1, 25))
@settings(max_examples=200, deadline=None)
def test_tokens_folded_together_lead_to_the_same_rows_as_one_by_one(timed_events: list[Any], many: int) -> None:
    time, tokens = 100.0, []
    for wait, message in timed_events:
        time += wait
        tokens.append(ev.Token(time, (), "t1", "a", "c1", message, {}))
    end = ev.RunFinished(time, (), "r", "done", None, None)
    alone, together = RunFold(), RunFold()
    for token in tokens:
        alone(token)
    for at in range(0, len(tokens), many):
        part = tokens[at : at + many]
        texts = [text_only(token.message) for token in part]
        if None in texts:
            for token in part:
                together(token)
        else:
            together.fold_text_tokens(part, [text for text in texts if text is not None])
    alone(end)
    together(end)
    assert together.tables == alone.tables


@pytest.mark.parametrize("name", RUNS)
def test_a_run_replayed_in_frames_has_the_same_rows(name: str) -> None:
    fold, operations = RunFold(), []
    for event in RUNS[name]():
        operations += fold(event)
    replayed = empty_tables()
    for start in range(0, len(operations), 50):
        apply_operations(replayed, operations[start : start + 50])
    assert replayed == fold.tables


@pytest.mark.parametrize("name", RUNS)
def test_folding_twice_makes_the_same_operations(name: str) -> None:
    events = RUNS[name]()
    first, second = RunFold(), RunFold()
    assert [first(event) for event in events] == [second(event) for event in events]


def test_a_token_costs_one_add_and_the_counts_come_ten_times_a_second() -> None:
    fold = RunFold()
    operations = [operation for event in long_run(20_000, 1) for operation in fold(event)]
    adds = sum(len(operation) == 5 for operation in operations)
    seconds = operations[-1][0]
    assert adds == 20_000
    assert len(operations) - adds < 4 * seconds / 0.1 + 50


def test_the_cost_of_growing_arguments_is_proportional_to_their_length() -> None:
    def written(pieces: int) -> int:
        run = ScriptedRun()
        task = run.start_task("a")
        call = task.start_call()
        for _ in range(pieces):
            run.advance(0.2)
            task.add_chunk(call, tool_call_chunks=[{"name": None, "args": "x" * 10, "id": None, "index": 0}])
        fold = RunFold()
        return sum(len(json.dumps(fold(event))) for event in run.events)

    assert written(1600) < 6 * written(400)


def test_times_do_not_decrease_when_the_clock_is_set_back() -> None:
    run = ScriptedRun()
    task = run.start_task("a")
    run.advance(2)
    task.custom("late")
    run.advance(-1)
    task.custom("set back")
    fold = RunFold()
    times = [operation[0] for event in run.events for operation in fold(event)]
    assert times == sorted(times)


@given(st.lists(st.tuples(st.floats(0, 0.2), st.one_of(EVENTS)), max_size=25))
@settings(max_examples=100, deadline=None)
def test_every_static_form_can_be_rendered_at_any_moment(timed_events: list[Any]) -> None:
    fold, time = RunFold(), 100.0
    for wait, (kind, fields) in timed_events:
        time += wait
        fold(kind(time, *fields))
    for render in (render_html, render_markdown, render_text):
        assert render(fold.tables).encode()
