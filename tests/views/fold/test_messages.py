"""Whole messages: each is shown once, however often it is reported."""

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage

from lgstream.events import CallFinished
from tests.support.scripted_runs import ScriptedRun, ScriptedTask, fold_tables, send_run


def cards(work: ScriptedTask) -> list[dict[str, Any]]:
    return list(fold_tables(work.script.events)["call"].values())


def test_a_streamed_message_that_the_node_returns_is_one_card() -> None:
    task = ScriptedRun().start_task("writer")
    answer = task.stream_call("hello")
    task.message(answer)
    task.finish({"messages": [answer]})
    (row,) = cards(task)
    assert (row["role"], row["text"], row["folded"]) == ("model", "hello", 1)


def test_a_message_streamed_in_a_subgraph_is_folded_in_the_parents_update() -> None:
    rows = fold_tables(send_run(2))["call"].values()
    assert len(rows) == 3
    assert [row["folded"] for row in rows] == [2, 2, 1]


def test_a_call_that_did_not_stream_shows_its_whole_answer() -> None:
    task = ScriptedRun().start_task("writer")
    call = task.start_call()
    task.script.advance(1)
    usage = {"input_tokens": 1, "output_tokens": 5, "total_tokens": 6}
    task.message(AIMessage("whole", id="m1", usage_metadata=usage), call)
    task.script.emit(CallFinished, *task.event_fields, call, None, None)
    (row,) = cards(task)
    assert (row["role"], row["text"], row["tokens"], row["ended"]) == ("model", "whole", 5, 1.0)
    assert "first" not in row


def test_a_message_returned_by_a_node_has_its_role() -> None:
    task = ScriptedRun().start_task("maker")
    messages = [AIMessage("a", id="1"), HumanMessage("b", id="2"), SystemMessage("c", id="3")]
    for message in messages:
        task.message(message)
    assert [row["role"] for row in cards(task)] == ["assistant", "human", "system"]


def test_a_tool_message_has_the_name_and_status_of_its_tool() -> None:
    task = ScriptedRun().start_task("tools")
    task.message(ToolMessage("no such place", tool_call_id="t1", name="get_items", id="1", status="error"))
    (row,) = cards(task)
    assert {key: row[key] for key in ("role", "name", "status", "answers", "text")} == {
        "role": "tool",
        "name": "get_items",
        "status": "error",
        "answers": "t1",
        "text": "no such place",
    }
    assert row["error"]


def test_a_message_known_only_from_an_update_has_a_card() -> None:
    task = ScriptedRun().start_task("maker")
    task.finish({"messages": AIMessage("quiet", id="m1")})
    assert [row["text"] for row in cards(task)] == ["quiet"]


def test_input_messages_of_the_graph_have_no_card() -> None:
    run = ScriptedRun()
    question = HumanMessage("hi", id="h1")
    run.values({"messages": [question]})
    task = run.start_task("echo")
    task.message(question)
    task.finish({"messages": [question]})
    assert cards(task) == []


def test_messages_with_the_same_id_are_one_card_whatever_their_text() -> None:
    task = ScriptedRun().start_task("maker")
    task.message(AIMessage("first", id="m1"))
    task.script.start_task("next", 2).message(AIMessage("second", id="m1"))
    (row,) = cards(task)
    assert (row["text"], row["folded"]) == ("first", 1)


def test_each_message_without_an_id_has_a_card() -> None:
    task = ScriptedRun().start_task("maker")
    task.message(AIMessage("one"))
    task.message(AIMessage("two"))
    assert [row["text"] for row in cards(task)] == ["one", "two"]


def test_a_remove_message_has_no_card() -> None:
    task = ScriptedRun().start_task("cleaner")
    task.finish({"messages": [RemoveMessage(id="m1")]})
    assert cards(task) == []


def test_the_tool_calls_of_a_whole_message_are_shown() -> None:
    task = ScriptedRun().start_task("agent")
    task.message(AIMessage("", id="m1", tool_calls=[{"name": "f", "args": {"n": 1}, "id": "t1"}]))
    assert cards(task)[0]["tool_calls"] == [{"id": "t1", "name": "f", "args": '{"n": 1}'}]


def test_a_huge_message_is_truncated() -> None:
    task = ScriptedRun().start_task("maker")
    task.message(AIMessage("x" * 20_000_000, id="m1"))
    assert len(cards(task)[0]["text"]) == 100_000
