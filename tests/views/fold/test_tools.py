"""Tools: a card each from their start, with what they write and answer."""

from typing import Any

from langchain_core.messages import ToolMessage

from lgstream.errors import GraphInterrupt
from tests.support.scripted_runs import Script, Work, folded


def cards(work: Work) -> list[dict[str, Any]]:
    return list(folded(work.script.events)["call"].values())


def notes(work: Work) -> list[str]:
    return [row.get("call", "") for row in folded(work.script.events)["note"].values()]


def test_a_tool_that_runs_has_a_card_before_it_answers() -> None:
    task = Script().task("tools")
    task.tool("search", {"query": "eels"})
    (row,) = cards(task)
    assert (row["role"], row["name"], row["args"], row["text"]) == ("tool", "search", '{"query": "eels"}', "")
    assert "ended" not in row


def test_the_answer_goes_to_the_card_of_its_call_however_often_it_is_said() -> None:
    task = Script().task("tools")
    call = task.tool("search", {"query": "eels"})
    task.script.wait(0.5)
    answer = ToolMessage("two eels", tool_call_id=call, name="search")
    task.answer(call, answer)
    said = answer.model_copy(update={"id": "m1"})
    task.message(said)
    task.end({"messages": [said]})
    (row,) = cards(task)
    assert (row["text"], row["status"], row["ended"], row.get("folded")) == ("two eels", "success", 0.5, None)


def test_what_the_one_running_tool_writes_is_its_progress() -> None:
    task = Script().task("tools")
    task.custom("before")
    call = task.tool("search", {})
    task.custom("page 1")
    task.answer(call, "found")
    task.custom("after")
    assert notes(task) == ["", "t1", ""]


def test_which_of_several_running_tools_wrote_is_not_guessed() -> None:
    task = Script().task("tools")
    first = task.tool("search", {}, "a")
    task.tool("search", {}, "b")
    task.custom("whose?")
    task.answer(first, "done")
    task.custom("page 1")
    assert notes(task) == ["", "t2"]


def test_what_a_call_is_said_to_have_written_is_its_progress() -> None:
    task = Script().task("tools")
    for call in ("a", "b"):
        task.tool("search", {}, call)
    task.custom("page 1", "b")
    task.custom("page 1", "a")
    assert notes(task) == ["t2", "t1"]


def test_an_error_is_told_in_its_own_words_also_when_the_model_is_told() -> None:
    task = Script().task("tools")
    call = task.tool("weather", {"city": "Atlantis"})
    task.answer(call, error=ValueError("no such city"))
    task.message(ToolMessage("Error: no such city", tool_call_id=call, name="weather", status="error", id="m1"))
    (row,) = cards(task)
    assert (row["status"], row["error"], row["text"]) == ("error", "ValueError: no such city", "Error: no such city")


def test_a_tool_that_asks_a_human_has_not_failed() -> None:
    task = Script().task("tools")
    task.answer(task.tool("book", {}), error=GraphInterrupt(()))
    (row,) = cards(task)
    assert row["status"] == "waiting" and "error" not in row


def test_a_tool_whose_task_ends_has_ended() -> None:
    task = Script().task("tools")
    task.tool("search", {})
    task.script.wait(1)
    task.fail(ValueError("boom"))
    assert cards(task)[0]["ended"] == 1


def test_a_bare_value_is_the_answer_of_a_tool_called_by_hand() -> None:
    task = Script().task("node")
    task.answer(task.tool("add", {"a": 1}), 3)
    assert cards(task)[0]["text"] == "3"
