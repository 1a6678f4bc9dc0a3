"""The state after each superstep, and each task's diff."""

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from tests.support.scripted_runs import ScriptedRun, fold_tables


def diffs(run: ScriptedRun) -> dict[str, list[list[str]]]:
    return {row["node"]: row.get("diff", []) for row in fold_tables(run.events)["task"].values()}


def stated(run: ScriptedRun) -> list[dict[str, Any]]:
    return [row["values"] for row in fold_tables(run.events)["step"].values() if "values" in row]


def test_a_diff_shows_the_key_before_and_after() -> None:
    run = ScriptedRun()
    run.values({"topic": "cats"})
    run.start_task("a").finish({"topic": "dogs", "joke": "woof"})
    assert diffs(run) == {"a": [["topic", '"cats"', '"dogs"'], ["joke", "", '"woof"']]}


def test_the_diff_of_a_list_that_grew_shows_the_new_items() -> None:
    run = ScriptedRun()
    run.values({"log": ["one", "two"]})
    run.start_task("a").finish({"log": ["three"]})
    run.values({"log": ["one", "two", "three"]}, 1)
    assert diffs(run)["a"] == [["log", "2 items", '3 items, new: ["three"]']]


def test_messages_in_a_diff_are_compared_by_their_ids() -> None:
    run = ScriptedRun()
    run.values({"messages": [HumanMessage("hi", id="h")]})
    run.start_task("a").finish({"messages": [AIMessage("hello", id="a")]})
    run.values({"messages": [HumanMessage("hi", id="h"), AIMessage("hello", id="a")]}, 1)
    assert diffs(run)["a"] == [["messages", "1 item", '2 items, new: [{"ai": "hello"}]']]


def test_a_diff_shows_the_result_of_a_reducer_once_it_is_known() -> None:
    run = ScriptedRun()
    run.values({"count": 2})
    run.start_task("a").finish({"count": 3})
    assert diffs(run)["a"] == [["count", "2", "3"]]
    run.values({"count": 5}, 1)
    assert diffs(run)["a"] == [["count", "2", "5"]]


def test_a_key_written_with_its_old_value_is_not_in_the_diff() -> None:
    run = ScriptedRun()
    run.values({"x": 1})
    run.start_task("a").finish({"x": 1})
    run.values({"x": 1}, 1)
    assert diffs(run)["a"] == []


def test_each_superstep_has_the_state_after_it() -> None:
    run = ScriptedRun()
    run.values({"x": 1})
    run.start_task("a").finish({"x": 2})
    run.values({"x": 2}, 1)
    assert stated(run) == [{"x": "1"}, {"x": "2"}]


def test_the_diff_of_a_task_in_a_subgraph_compares_with_the_state_of_the_subgraph() -> None:
    run = ScriptedRun()
    run.values({"x": 1})
    outer = run.start_task("outer")
    run.values({"x": 10}, 0, outer.subgraph_ns)
    run.start_task("inner", 1, outer.subgraph_ns).finish({"x": 11})
    assert diffs(run)["inner"] == [["x", "10", "11"]]


def test_the_key_with_chat_messages_is_named() -> None:
    run = ScriptedRun()
    run.values({"x": [], "messages": [HumanMessage("hi", id="h")]})
    (row,) = fold_tables(run.events)["step"].values()
    assert row["messages"] == "messages"


def test_a_state_that_is_a_record_has_its_fields_as_keys() -> None:
    @dataclass
    class State:
        topic: str

    run = ScriptedRun()
    run.values(State("cats"))
    assert stated(run) == [{"topic": '"cats"'}]


def test_a_state_without_keys_is_shown() -> None:
    run = ScriptedRun()
    run.values(3)
    assert stated(run) == [{"value": "3"}]


def test_several_updates_of_one_task_are_one_diff() -> None:
    run = ScriptedRun()
    run.start_task("a").finish([{"x": 1}, {"y": 2}])
    assert diffs(run)["a"] == [["x", "", "1"], ["y", "", "2"]]


def test_a_run_without_values_events_shows_its_result() -> None:
    run = ScriptedRun()
    run.finish(result={"answer": 42})
    assert stated(run) == [{"answer": "42"}]


def test_a_state_with_many_keys_and_huge_values_is_bounded() -> None:
    run = ScriptedRun()
    run.values({f"key{number}": "x" * 1_000_000 for number in range(200)})
    (values,) = stated(run)
    assert len(values) == 40
    assert max(map(len, values.values())) <= 500
