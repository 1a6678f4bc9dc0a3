"""The state after each superstep, and each task's diff."""

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from tests.support.scripted_runs import Script, folded


def diffs(run: Script) -> dict[str, list[list[str]]]:
    return {row["node"]: row.get("diff", []) for row in folded(run.events)["task"].values()}


def stated(run: Script) -> list[dict[str, Any]]:
    return [row["values"] for row in folded(run.events)["step"].values() if "values" in row]


def test_a_diff_shows_the_key_before_and_after() -> None:
    run = Script()
    run.values({"topic": "cats"})
    run.task("a").end({"topic": "dogs", "joke": "woof"})
    assert diffs(run) == {"a": [["topic", '"cats"', '"dogs"'], ["joke", "", '"woof"']]}


def test_a_list_that_grew_shows_what_it_grew_by() -> None:
    run = Script()
    run.values({"log": ["one", "two"]})
    run.task("a").end({"log": ["three"]})
    run.values({"log": ["one", "two", "three"]}, 1)
    assert diffs(run)["a"] == [["log", "2 items", '3 items, new: ["three"]']]


def test_messages_are_recognised_by_their_ids() -> None:
    run = Script()
    run.values({"messages": [HumanMessage("hi", id="h")]})
    run.task("a").end({"messages": [AIMessage("hello", id="a")]})
    run.values({"messages": [HumanMessage("hi", id="h"), AIMessage("hello", id="a")]}, 1)
    assert diffs(run)["a"] == [["messages", "1 item", '2 items, new: [{"ai": "hello"}]']]


def test_what_a_reducer_made_of_the_write_is_shown_once_it_is_known() -> None:
    run = Script()
    run.values({"count": 2})
    run.task("a").end({"count": 3})
    assert diffs(run)["a"] == [["count", "2", "3"]]
    run.values({"count": 5}, 1)
    assert diffs(run)["a"] == [["count", "2", "5"]]


def test_a_key_written_as_it_was_is_no_change() -> None:
    run = Script()
    run.values({"x": 1})
    run.task("a").end({"x": 1})
    run.values({"x": 1}, 1)
    assert diffs(run)["a"] == []


def test_the_values_after_each_superstep_are_kept() -> None:
    run = Script()
    run.values({"x": 1})
    run.task("a").end({"x": 2})
    run.values({"x": 2}, 1)
    assert stated(run) == [{"x": "1"}, {"x": "2"}]


def test_the_diff_of_a_subgraphs_task_is_against_the_subgraphs_state() -> None:
    run = Script()
    run.values({"x": 1})
    outer = run.task("outer")
    run.values({"x": 10}, 0, outer.inner)
    run.task("inner", 1, outer.inner).end({"x": 11})
    assert diffs(run)["inner"] == [["x", "10", "11"]]


def test_the_key_that_holds_the_chat_is_named() -> None:
    run = Script()
    run.values({"x": [], "messages": [HumanMessage("hi", id="h")]})
    (row,) = folded(run.events)["step"].values()
    assert row["messages"] == "messages"


def test_a_state_that_is_a_record_is_shown_by_its_fields() -> None:
    @dataclass
    class State:
        topic: str

    run = Script()
    run.values(State("cats"))
    assert stated(run) == [{"topic": '"cats"'}]


def test_a_bare_value_is_shown_too() -> None:
    run = Script()
    run.values(3)
    assert stated(run) == [{"value": "3"}]


def test_several_commands_of_one_task_are_one_diff() -> None:
    run = Script()
    run.task("a").end([{"x": 1}, {"y": 2}])
    assert diffs(run)["a"] == [["x", "", "1"], ["y", "", "2"]]


def test_a_run_without_states_still_shows_its_result() -> None:
    run = Script()
    run.finish(result={"answer": 42})
    assert stated(run) == [{"answer": "42"}]


def test_a_state_of_many_keys_and_huge_values_stays_small() -> None:
    run = Script()
    run.values({f"key{number}": "x" * 1_000_000 for number in range(200)})
    (values,) = stated(run)
    assert len(values) == 40
    assert max(map(len, values.values())) <= 500
