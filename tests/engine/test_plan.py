"""Which tasks run next, and when a static breakpoint stops them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lgstream._reserved import INTERRUPT, PULL, PUSH, TASKS, branch_channel
from lgstream.engine.plan import prepare_next_tasks, should_interrupt
from lgstream.engine.program import StateReader
from lgstream.engine.run_state import RunState
from lgstream.types import Send, TimeoutPolicy
from tests.support.run_states import literal_node, literal_program, literal_state, pulled_task, write_channels


def state_of(*names: str) -> RunState:
    return literal_state(literal_program(*map(literal_node, names)))


def names_of(tasks: Any) -> list[str]:
    return [task.name for task in tasks]


# Triggered nodes ------------------------------------------------------------------------------------------------------


def test_nothing_runs_before_the_first_write() -> None:
    assert prepare_next_tasks(state_of("a"), None) == []


def test_a_node_runs_when_its_trigger_was_written() -> None:
    run = state_of("a", "b")
    write_channels(run, to_a=None)
    (task,) = prepare_next_tasks(run, None)
    assert (task.name, task.path, task.triggers) == ("a", (PULL, "a"), (branch_channel("a"),))


def test_a_node_does_not_run_again_for_a_version_that_it_has_seen() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    run.versions_seen["a"] = dict(run.versions)
    assert prepare_next_tasks(run, None) == []


def test_a_node_runs_again_for_a_newer_version_of_its_trigger() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    run.versions_seen["a"] = dict(run.versions)
    write_channels(run, to_a=None)
    assert names_of(prepare_next_tasks(run, None)) == ["a"]


def test_a_node_does_not_run_for_a_trigger_whose_value_has_expired() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    run.channels[branch_channel("a")].update([])
    assert prepare_next_tasks(run, None) == []


def test_one_of_several_triggers_is_enough() -> None:
    node = literal_node("a", triggers=["left", "right"])
    run = literal_state(literal_program(node))
    write_channels(run, right=None)
    assert names_of(prepare_next_tasks(run, None)) == ["a"]


def test_two_triggers_of_a_node_make_one_task() -> None:
    run = literal_state(literal_program(literal_node("a", triggers=["left", "right"])))
    write_channels(run, left=None, right=None)
    assert names_of(prepare_next_tasks(run, ["left", "right"])) == ["a"]


def test_triggered_nodes_run_in_the_order_of_their_names() -> None:
    run = state_of("c", "a", "b")
    write_channels(run, to_b=None, to_c=None, to_a=None)
    updated = [branch_channel(name) for name in "bca"]
    assert names_of(prepare_next_tasks(run, updated)) == ["a", "b", "c"]


def test_unknown_updates_let_all_nodes_be_checked_in_the_order_of_the_graph() -> None:
    run = state_of("c", "a")
    write_channels(run, to_a=None, to_c=None)
    assert names_of(prepare_next_tasks(run, None)) == ["c", "a"]


def test_a_node_is_not_checked_if_no_trigger_of_it_was_updated() -> None:
    run = state_of("a", "b")
    write_channels(run, to_a=None, to_b=None)
    assert names_of(prepare_next_tasks(run, [branch_channel("b")])) == ["b"]


# Inputs ---------------------------------------------------------------------------------------------------------------


def test_a_task_receives_the_keys_that_have_a_value() -> None:
    run = state_of("a")
    write_channels(run, to_a=None, count=3)
    (task,) = prepare_next_tasks(run, None)
    assert task.input == {"log": [], "count": 3}


def test_a_task_that_is_only_listed_has_no_input() -> None:
    run = state_of("a")
    write_channels(run, to_a=None, count=3)
    (task,) = prepare_next_tasks(run, None, reads_input=False)
    assert task.input is None


def test_an_error_in_building_the_input_names_the_node() -> None:
    def refuse(values: dict[str, Any]) -> Any:
        raise ValueError("not a state")

    node = literal_node("a").copy({"reader": StateReader(("log",), make_instance=refuse)})
    run = literal_state(literal_program(node))
    write_channels(run, to_a=None)
    with pytest.raises(ValueError, match="not a state") as caught:
        prepare_next_tasks(run, None)
    assert "'a'" in caught.value.__notes__[0]


# Sends ----------------------------------------------------------------------------------------------------------------


def send(run: RunState, *sends: Send) -> None:
    run.channels[TASKS].update(list(sends))
    run.available_volatile.add(TASKS)


def test_sends_run_before_triggered_nodes_in_the_order_they_were_sent() -> None:
    run = state_of("a", "b")
    write_channels(run, to_a=None)
    send(run, Send("b", 1), Send("a", 2), Send("b", 3))
    assert [(task.name, task.path) for task in prepare_next_tasks(run, None)] == [
        ("b", (PUSH, 0, False)),
        ("a", (PUSH, 1, False)),
        ("b", (PUSH, 2, False)),
        ("a", (PULL, "a")),
    ]


def test_the_input_of_a_send_is_its_argument() -> None:
    run = state_of("a")
    send(run, Send("a", {"any": "thing"}))
    (task,) = prepare_next_tasks(run, None)
    assert task.input == {"any": "thing"}


def test_a_send_to_an_unknown_node_is_ignored_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    run = state_of("a")
    send(run, Send("missing", 1), Send("a", 2))
    with caplog.at_level(logging.WARNING):
        tasks = prepare_next_tasks(run, None)
    assert [(task.name, task.path) for task in tasks] == [("a", (PUSH, 1, False))]
    assert "'missing'" in caplog.text


def test_the_timeout_of_a_send_replaces_that_of_the_node() -> None:
    run = literal_state(literal_program(literal_node("a", timeout=TimeoutPolicy(run_timeout=9))))
    send(run, Send("a", 1, timeout=2), Send("a", 1))
    assert [task.timeout for task in prepare_next_tasks(run, None)] == [
        TimeoutPolicy(run_timeout=2),
        TimeoutPolicy(run_timeout=9),
    ]


# Static breakpoints ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"), [(["a"], True), (["b"], False), (["b", "a"], True), ("*", True), ([], False), ((), False)]
)
def test_a_breakpoint_applies_to_the_tasks_it_names(names: Any, expected: bool) -> None:
    run = state_of("a", "b")
    write_channels(run, to_a=None)
    assert should_interrupt(names, [pulled_task(run, "a")], run) is expected


def test_a_breakpoint_at_all_nodes_leaves_start_out() -> None:
    run = state_of("a")
    write_channels(run, __start__={})
    assert not should_interrupt("*", [pulled_task(run, "__start__")], run)


def test_a_breakpoint_does_not_apply_twice_to_the_same_state() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    run.versions_seen[INTERRUPT] = dict(run.versions)
    assert not should_interrupt(["a"], [pulled_task(run, "a")], run)


@pytest.mark.parametrize("update", [{"to_a": None}, {"count": 1}])
def test_a_breakpoint_applies_again_once_a_channel_has_changed(update: dict[str, Any]) -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    run.versions_seen[INTERRUPT] = dict(run.versions)
    write_channels(run, **update)
    assert should_interrupt(["a"], [pulled_task(run, "a")], run)
