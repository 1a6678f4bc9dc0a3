"""Model calls: text, tool calls, counts."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from lgstream.events import CallFinished, CallStarted, Event, Token
from lgstream.views.fold.run import RunFold
from tests.support.scripted_runs import Script, Work, folded, joke_run


@pytest.fixture
def work() -> Work:
    return Script().task("writer")


def card(work: Work) -> dict[str, Any]:
    """The only card."""
    (row,) = folded(work.script.events)["call"].values()
    return row


def finish(work: Work, call: str, usage: dict[str, Any] | None = None, error: BaseException | None = None) -> None:
    work.script.say(CallFinished, *work.place, call, usage, error)


def test_the_text_is_the_chunks_in_order(work: Work) -> None:
    work.stream("one two three")
    assert card(work)["text"] == "one two three"


def test_a_card_knows_its_times(work: Work) -> None:
    work.script.wait(1)
    work.stream("one two", first=0.5, gap=0.25)
    row = card(work)
    assert (row["started"], row["first"], row["ended"]) == (1.0, 1.5, 2.0)


def test_counts_and_arguments_that_were_held_back_are_put_in_a_pause(work: Work) -> None:
    call = work.call()
    work.script.wait(1)
    work.chunk(call, "a", tool_call_chunks=[{"name": "search", "args": "x" * 1000, "id": "t1", "index": 0}])
    work.script.wait(1)
    work.chunk(call, "b", tool_call_chunks=[{"name": None, "args": "y", "id": None, "index": 0}])
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


def test_the_models_usage_is_believed_over_the_chunks(work: Work) -> None:
    call = work.call()
    work.chunk(call, "a")
    finish(work, call, {"input_tokens": 3, "output_tokens": 7, "total_tokens": 10})
    tables = folded(work.script.events)
    assert card(work)["usage"] == {"input": 3, "output": 7, "total": 10}
    assert {card(work)["tokens"], tables["run"]["run"]["tokens"], tables["tree"]["n1"]["tokens"]} == {7}


def test_usage_in_chunks_is_summed(work: Work) -> None:
    call = work.call()
    for number in (1, 2):
        counts = {"input_tokens": 5 if number == 1 else 0, "output_tokens": number, "total_tokens": 5 + number}
        work.chunk(call, "a", usage_metadata=counts)
    finish(work, call)
    assert card(work)["usage"] == {"input": 5, "output": 3, "total": 13}


def test_without_usage_the_chunks_with_content_are_counted(work: Work) -> None:
    call = work.call()
    for text in ("a", "", "b"):
        work.chunk(call, text)
    finish(work, call)
    assert card(work)["tokens"] == 2


def test_the_rate_is_over_the_time_in_which_a_model_answered() -> None:
    run = Script()
    for step in (1, 2):
        task = run.task("writer", step)
        task.stream("a b c d e", first=3.0, gap=0.1)
        run.wait(10)
    assert folded(run.finish())["run"]["run"]["rate"] == 10.0


def test_two_models_at_once_share_the_time_they_answer() -> None:
    run = Script()
    one, two = run.task("one"), run.task("two")
    calls = [(task, task.call()) for task in (one, two)]
    for _ in range(10):
        for task, call in calls:
            task.chunk(call, "x")
        run.wait(0.1)
    for task, call in calls:
        finish(task, call)
    assert folded(run.events)["run"]["run"]["rate"] == 20.0


def test_tool_call_arguments_grow_while_they_are_generated(work: Work) -> None:
    call = work.call()
    seen = []
    for piece, name in (('{"pla', "get_items"), ('ce": "of', None), ('fice"}', None)):
        work.script.wait(0.2)
        work.chunk(call, tool_call_chunks=[{"name": name, "args": piece, "id": name and "t1", "index": 0}])
        seen.append(card(work)["tool_calls"])
    assert [calls[0]["args"] for calls in seen] == ['{"pla', '{"place": "of', '{"place": "office"}']
    assert {(calls[0]["id"], calls[0]["name"]) for calls in seen} == {("t1", "get_items")}


def test_parallel_tool_calls_are_told_apart_by_their_index(work: Work) -> None:
    call = work.call()
    for args in ("{", "}"):
        work.chunk(call, tool_call_chunks=[{"name": "f", "args": args, "id": f"t{i}", "index": i} for i in (0, 1)])
    finish(work, call)
    assert [made["args"] for made in card(work)["tool_calls"]] == ["{}", "{}"]


def test_content_blocks_are_text_reasoning_and_named_parts(work: Work) -> None:
    call = work.call()
    work.chunk(call, [{"type": "reasoning", "reasoning": "hm, "}])
    work.chunk(call, [{"type": "thinking", "thinking": "well"}])
    work.chunk(call, ["so ", {"type": "text", "text": "yes"}, {"type": "image", "mime_type": "image/png"}])
    work.chunk(call, [{"type": "input_audio", "data": "…"}, {"type": "tool_use", "name": "f"}])
    row = card(work)
    assert (row["reasoning"], row["text"], row["parts"]) == ("hm, well", "so yes", ["image/png", "input_audio"])


def test_reasoning_beside_the_content_is_reasoning(work: Work) -> None:
    call = work.call()
    work.chunk(call, "", additional_kwargs={"reasoning_content": "step by step"})
    assert card(work)["reasoning"] == "step by step"


def test_a_failed_call_keeps_its_partial_text(work: Work) -> None:
    call = work.call()
    work.chunk(call, "half an ans")
    finish(work, call, error=TimeoutError("the model went away"))
    row = card(work)
    assert (row["text"], row["error"]) == ("half an ans", "TimeoutError: the model went away")


@pytest.mark.parametrize(
    ("stop", "told"),
    [
        (GeneratorExit(), "cut off: its node read no further"),
        (KeyboardInterrupt(), "cut off: interrupted"),
        (asyncio.CancelledError(), "cut off: cancelled"),
    ],
)
def test_a_call_that_was_cut_off_says_so_in_words(work: Work, stop: BaseException, told: str) -> None:
    call = work.call()
    work.chunk(call, "half an ans")
    finish(work, call, error=stop)
    assert card(work)["error"] == told


def test_a_call_whose_end_nobody_told_ends_with_its_task(work: Work) -> None:
    call = work.call()
    work.chunk(call, "a")
    work.script.wait(2)
    work.end()
    assert card(work)["ended"] == 2.0


def test_a_call_whose_start_nobody_told_takes_its_model_from_the_tokens(work: Work) -> None:
    metadata = {"ls_model_name": "gpt-4o-mini", "tags": ["joke"]}
    work.script.say(Token, *work.place, "c1", AIMessageChunk(content="hi", id="x"), metadata)
    row = card(work)
    assert (row["model"], row["tags"], row["text"]) == ("gpt-4o-mini", ["joke"], "hi")


def test_a_model_called_outside_any_task_belongs_to_its_graph() -> None:
    run = Script("router")
    run.say(CallStarted, (), "", "", "c1", "smollm2", ())
    (row,) = folded(run.events)["call"].values()
    assert (row["row"], row["task"], row["path"]) == ("/", "", "router")


def test_half_a_surrogate_pair_does_not_break_the_wire(work: Work) -> None:
    call = work.call()
    work.chunk(call, "\ud83d")
    assert card(work)["text"].encode() == b"?"


def test_the_cards_of_one_node_are_in_the_order_of_their_calls() -> None:
    rows = list(folded(joke_run())["call"].values())
    assert [row["role"] for row in rows] == ["model", "model", "tool", "model"]


def test_sequence_tags_are_not_shown(work: Work) -> None:
    work.call(tags=("seq:step:1", "joke"))
    assert card(work)["tags"] == ["joke"]


def test_a_stream_of_nothing_is_a_card_without_text() -> None:
    run = Script()
    task = run.task("a")
    call = task.call()
    task.chunk(call, "")
    events: list[Event] = run.finish()
    (row,) = folded(events)["call"].values()
    assert (row["text"], row["tokens"]) == ("", 0)
    assert AIMessage("").content == row["text"]


def test_a_cost_that_the_provider_tells_is_shown_and_summed() -> None:
    run = Script()
    work = run.task("writer")
    for _ in range(2):
        finish(work, work.call(), {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12, "cost": 0.0012})
    tables = folded(run.events)
    assert [row["cost"] for row in tables["call"].values()] == [0.0012, 0.0012]
    assert tables["run"]["run"]["cost"] == 0.0024


def test_tokens_from_the_cache_and_those_spent_on_reasoning_are_told_apart() -> None:
    work = Script().task("writer")
    details = {"input_token_details": {"cache_read": 4}, "output_token_details": {"reasoning": 2, "audio": 0}}
    finish(work, work.call(), {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12, **details})
    assert card(work)["usage"] == {"input": 5, "output": 7, "total": 12, "cached": 4, "reasoning": 2}
