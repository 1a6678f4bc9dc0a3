"""Model calls: text, tool calls, counts."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from lgstream.events import CallFinished, CallStarted, Event, Token
from lgstream.views.fold.run import RunFold
from tests.support.scripted_runs import ScriptedRun, ScriptedTask, fold_tables, joke_run


@pytest.fixture
def work() -> ScriptedTask:
    return ScriptedRun().start_task("writer")


def card(work: ScriptedTask) -> dict[str, Any]:
    """The only card."""
    (row,) = fold_tables(work.script.events)["call"].values()
    return row


def finish(
    work: ScriptedTask, call: str, usage: dict[str, Any] | None = None, error: BaseException | None = None
) -> None:
    work.script.emit(CallFinished, *work.event_fields, call, usage, error)


def test_the_text_is_the_chunks_in_order(work: ScriptedTask) -> None:
    work.stream_call("one two three")
    assert card(work)["text"] == "one two three"


def test_a_card_has_the_times_of_its_call(work: ScriptedTask) -> None:
    work.script.advance(1)
    work.stream_call("one two", first=0.5, gap=0.25)
    row = card(work)
    assert (row["started"], row["first"], row["ended"]) == (1.0, 1.5, 2.0)


def test_flush_puts_the_counts_and_arguments_that_were_held_back(work: ScriptedTask) -> None:
    call = work.start_call()
    work.script.advance(1)
    work.add_chunk(call, "a", tool_call_chunks=[{"name": "search", "args": "x" * 1000, "id": "t1", "index": 0}])
    work.script.advance(1)
    work.add_chunk(call, "b", tool_call_chunks=[{"name": None, "args": "y", "id": None, "index": 0}])
    fold = RunFold()
    for event in work.script.events:
        fold(event)
    (row,) = fold.tables["call"].values()
    assert "y" not in row["tool_calls"][0]["args"]
    fold.flush()
    (row,) = fold.tables["call"].values()
    assert row["tokens"] == 2 and row["tool_calls"][0]["args"].endswith("y")
    fold.take_operations()
    fold.flush()
    assert fold.take_operations() == []


def test_reported_usage_has_precedence_over_the_number_of_chunks(work: ScriptedTask) -> None:
    call = work.start_call()
    work.add_chunk(call, "a")
    finish(work, call, {"input_tokens": 3, "output_tokens": 7, "total_tokens": 10})
    tables = fold_tables(work.script.events)
    assert card(work)["usage"] == {"input": 3, "output": 7, "total": 10}
    assert {card(work)["tokens"], tables["run"]["run"]["tokens"], tables["tree"]["n1"]["tokens"]} == {7}


def test_usage_in_chunks_is_added_up(work: ScriptedTask) -> None:
    call = work.start_call()
    for number in (1, 2):
        counts = {"input_tokens": 5 if number == 1 else 0, "output_tokens": number, "total_tokens": 5 + number}
        work.add_chunk(call, "a", usage_metadata=counts)
    finish(work, call)
    assert card(work)["usage"] == {"input": 5, "output": 3, "total": 13}


def test_without_usage_the_chunks_with_content_are_counted(work: ScriptedTask) -> None:
    call = work.start_call()
    for text in ("a", "", "b"):
        work.add_chunk(call, text)
    finish(work, call)
    assert card(work)["tokens"] == 2


def test_the_rate_is_over_the_time_during_which_a_call_streamed() -> None:
    run = ScriptedRun()
    for step in (1, 2):
        task = run.start_task("writer", step)
        task.stream_call("a b c d e", first=3.0, gap=0.1)
        run.advance(10)
    assert fold_tables(run.finish())["run"]["run"]["rate"] == 10.0


def test_the_rate_counts_the_time_of_simultaneous_calls_once() -> None:
    run = ScriptedRun()
    one, two = run.start_task("one"), run.start_task("two")
    calls = [(task, task.start_call()) for task in (one, two)]
    for _ in range(10):
        for task, call in calls:
            task.add_chunk(call, "x")
        run.advance(0.1)
    for task, call in calls:
        finish(task, call)
    assert fold_tables(run.events)["run"]["run"]["rate"] == 20.0


def test_tool_call_arguments_grow_while_they_are_generated(work: ScriptedTask) -> None:
    call = work.start_call()
    seen = []
    for piece, name in (('{"pla', "get_items"), ('ce": "of', None), ('fice"}', None)):
        work.script.advance(0.2)
        work.add_chunk(call, tool_call_chunks=[{"name": name, "args": piece, "id": name and "t1", "index": 0}])
        seen.append(card(work)["tool_calls"])
    assert [calls[0]["args"] for calls in seen] == ['{"pla', '{"place": "of', '{"place": "office"}']
    assert {(calls[0]["id"], calls[0]["name"]) for calls in seen} == {("t1", "get_items")}


def test_parallel_tool_calls_are_distinguished_by_their_index(work: ScriptedTask) -> None:
    call = work.start_call()
    for args in ("{", "}"):
        work.add_chunk(call, tool_call_chunks=[{"name": "f", "args": args, "id": f"t{i}", "index": i} for i in (0, 1)])
    finish(work, call)
    assert [tool_call["args"] for tool_call in card(work)["tool_calls"]] == ["{}", "{}"]


def test_content_blocks_are_text_reasoning_or_named_parts(work: ScriptedTask) -> None:
    call = work.start_call()
    work.add_chunk(call, [{"type": "reasoning", "reasoning": "hm, "}])
    work.add_chunk(call, [{"type": "thinking", "thinking": "well"}])
    work.add_chunk(call, ["so ", {"type": "text", "text": "yes"}, {"type": "image", "mime_type": "image/png"}])
    work.add_chunk(call, [{"type": "input_audio", "data": "…"}, {"type": "tool_use", "name": "f"}])
    row = card(work)
    assert (row["reasoning"], row["text"], row["parts"]) == ("hm, well", "so yes", ["image/png", "input_audio"])


def test_reasoning_beside_the_content_is_reasoning(work: ScriptedTask) -> None:
    call = work.start_call()
    work.add_chunk(call, "", additional_kwargs={"reasoning_content": "step by step"})
    assert card(work)["reasoning"] == "step by step"


def test_a_failed_call_keeps_its_partial_text(work: ScriptedTask) -> None:
    call = work.start_call()
    work.add_chunk(call, "half an ans")
    finish(work, call, error=TimeoutError("the model went away"))
    row = card(work)
    assert (row["text"], row["error"]) == ("half an ans", "TimeoutError: the model went away")


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (GeneratorExit(), "cut off: its node read no further"),
        (KeyboardInterrupt(), "cut off: interrupted"),
        (asyncio.CancelledError(), "cut off: cancelled"),
    ],
)
def test_the_error_of_a_cancelled_call_is_its_reason(work: ScriptedTask, stop: BaseException, reason: str) -> None:
    call = work.start_call()
    work.add_chunk(call, "half an ans")
    finish(work, call, error=stop)
    assert card(work)["error"] == reason


def test_a_call_without_an_end_event_ends_with_its_task(work: ScriptedTask) -> None:
    call = work.start_call()
    work.add_chunk(call, "a")
    work.script.advance(2)
    work.finish()
    assert card(work)["ended"] == 2.0


def test_a_call_without_a_start_event_takes_its_model_from_the_tokens(work: ScriptedTask) -> None:
    metadata = {"ls_model_name": "gpt-4o-mini", "tags": ["joke"]}
    work.script.emit(Token, *work.event_fields, "c1", AIMessageChunk(content="hi", id="x"), metadata)
    row = card(work)
    assert (row["model"], row["tags"], row["text"]) == ("gpt-4o-mini", ["joke"], "hi")


def test_a_model_called_outside_any_task_belongs_to_its_graph() -> None:
    run = ScriptedRun("router")
    run.emit(CallStarted, (), "", "", "c1", "smollm2", ())
    (row,) = fold_tables(run.events)["call"].values()
    assert (row["row"], row["task"], row["path"]) == ("/", "", "router")


def test_a_lone_surrogate_is_replaced(work: ScriptedTask) -> None:
    call = work.start_call()
    work.add_chunk(call, "\ud83d")
    assert card(work)["text"].encode() == b"?"


def test_cards_are_in_the_order_of_their_calls() -> None:
    rows = list(fold_tables(joke_run())["call"].values())
    assert [row["role"] for row in rows] == ["model", "model", "tool", "model"]


def test_sequence_tags_are_not_shown(work: ScriptedTask) -> None:
    work.start_call(tags=("seq:step:1", "joke"))
    assert card(work)["tags"] == ["joke"]


def test_a_call_with_an_empty_chunk_is_a_card_without_text() -> None:
    run = ScriptedRun()
    task = run.start_task("a")
    call = task.start_call()
    task.add_chunk(call, "")
    events: list[Event] = run.finish()
    (row,) = fold_tables(events)["call"].values()
    assert (row["text"], row["tokens"]) == ("", 0)
    assert AIMessage("").content == row["text"]


def test_reported_costs_are_shown_and_added_up() -> None:
    run = ScriptedRun()
    work = run.start_task("writer")
    for _ in range(2):
        finish(work, work.start_call(), {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12, "cost": 0.0012})
    tables = fold_tables(run.events)
    assert [row["cost"] for row in tables["call"].values()] == [0.0012, 0.0012]
    assert tables["run"]["run"]["cost"] == 0.0024


def test_usage_distinguishes_cached_and_reasoning_tokens() -> None:
    work = ScriptedRun().start_task("writer")
    details = {"input_token_details": {"cache_read": 4}, "output_token_details": {"reasoning": 2, "audio": 0}}
    finish(work, work.start_call(), {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12, **details})
    assert card(work)["usage"] == {"input": 5, "output": 7, "total": 12, "cached": 4, "reasoning": 2}
