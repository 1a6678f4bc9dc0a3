"""Tools: a card for each from its start, with its custom writes and its answer."""

from typing import Any

from langchain_core.messages import ToolMessage

from lgstream.errors import GraphInterrupt
from tests.support.scripted_runs import ScriptedRun, ScriptedTask, fold_tables


def cards(work: ScriptedTask) -> list[dict[str, Any]]:
    return list(fold_tables(work.script.events)["call"].values())


def notes(work: ScriptedTask) -> list[str]:
    return [row.get("call", "") for row in fold_tables(work.script.events)["note"].values()]


def test_a_running_tool_has_a_card() -> None:
    task = ScriptedRun().start_task("tools")
    task.start_tool("search", {"query": "eels"})
    (row,) = cards(task)
    assert (row["role"], row["name"], row["args"], row["text"]) == ("tool", "search", '{"query": "eels"}', "")
    assert "ended" not in row


def test_a_repeated_answer_is_in_the_card_of_its_call_once() -> None:
    task = ScriptedRun().start_task("tools")
    call = task.start_tool("search", {"query": "eels"})
    task.script.advance(0.5)
    answer = ToolMessage("two eels", tool_call_id=call, name="search")
    task.finish_tool(call, answer)
    copy = answer.model_copy(update={"id": "m1"})
    task.message(copy)
    task.finish({"messages": [copy]})
    (row,) = cards(task)
    assert (row["text"], row["status"], row["ended"], row.get("folded")) == ("two eels", "success", 0.5, None)


def test_texts_that_a_tool_emits_are_shown_until_its_answer() -> None:
    task = ScriptedRun().start_task("tools")
    call = task.start_tool("search", {})
    task.emit_tool_output(call, "one, ")
    task.emit_tool_output(call, "two")
    (row,) = cards(task)
    assert row["text"] == "one, two"
    task.finish_tool(call, ToolMessage("three", tool_call_id=call))
    (row,) = cards(task)
    assert row["text"] == "three"


def test_the_texts_that_a_tool_emits_are_bounded() -> None:
    task = ScriptedRun().start_task("tools")
    call = task.start_tool("search", {})
    for _ in range(3):
        task.emit_tool_output(call, "x" * 60_000)
    (row,) = cards(task)
    assert len(row["text"]) == 100_000


def test_other_values_that_a_tool_emits_are_its_notes() -> None:
    task = ScriptedRun().start_task("tools")
    first, second = task.start_tool("search", {}, "a"), task.start_tool("search", {}, "b")
    task.emit_tool_output(second, {"page": 1})
    task.emit_tool_output(first, {"page": 2})
    assert notes(task) == ["t2", "t1"]


def test_a_custom_write_belongs_to_the_only_running_tool() -> None:
    task = ScriptedRun().start_task("tools")
    task.custom("before")
    call = task.start_tool("search", {})
    task.custom("page 1")
    task.finish_tool(call, "found")
    task.custom("after")
    assert notes(task) == ["", "t1", ""]


def test_a_custom_write_belongs_to_none_of_several_running_tools() -> None:
    task = ScriptedRun().start_task("tools")
    first = task.start_tool("search", {}, "a")
    task.start_tool("search", {}, "b")
    task.custom("whose?")
    task.finish_tool(first, "done")
    task.custom("page 1")
    assert notes(task) == ["", "t2"]


def test_a_custom_write_with_a_call_id_belongs_to_that_call() -> None:
    task = ScriptedRun().start_task("tools")
    for call in ("a", "b"):
        task.start_tool("search", {}, call)
    task.custom("page 1", "b")
    task.custom("page 1", "a")
    assert notes(task) == ["t2", "t1"]


def test_the_error_of_a_tool_has_precedence_over_its_error_message() -> None:
    task = ScriptedRun().start_task("tools")
    call = task.start_tool("weather", {"city": "Atlantis"})
    task.finish_tool(call, error=ValueError("no such city"))
    task.message(ToolMessage("Error: no such city", tool_call_id=call, name="weather", status="error", id="m1"))
    (row,) = cards(task)
    assert (row["status"], row["error"], row["text"]) == ("error", "ValueError: no such city", "Error: no such city")


def test_a_tool_that_asks_a_human_is_waiting() -> None:
    task = ScriptedRun().start_task("tools")
    task.finish_tool(task.start_tool("book", {}), error=GraphInterrupt(()))
    (row,) = cards(task)
    assert row["status"] == "waiting" and "error" not in row


def test_a_tool_ends_with_its_task() -> None:
    task = ScriptedRun().start_task("tools")
    task.start_tool("search", {})
    task.script.advance(1)
    task.fail(ValueError("boom"))
    assert cards(task)[0]["ended"] == 1


def test_a_returned_value_is_the_answer_of_a_tool_without_a_tool_call() -> None:
    task = ScriptedRun().start_task("node")
    task.finish_tool(task.start_tool("add", {"a": 1}), 3)
    assert cards(task)[0]["text"] == "3"
