"""How the writes of a superstep change the channels, their versions and the data of the run."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lgstream._reserved import ERROR, NO_WRITES, PULL, TASKS, branch_channel
from lgstream.channels import EphemeralValue, NamedBarrierValue, Topic
from lgstream.channels.last_value import LastValueAfterFinish
from lgstream.constants import START
from lgstream.engine.apply import InputTask, apply_writes
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.errors import InvalidUpdateError
from lgstream.types import Send
from tests.support.run_states import (
    StubSaver,
    literal_node,
    literal_program,
    literal_state,
    pulled_task,
    sent_task,
    write_channels,
)


def state_of(*names: str, **options: Any) -> RunState:
    return literal_state(literal_program(*map(literal_node, names)), **options)


# Values ---------------------------------------------------------------------------------------------------------------


def test_reducers_receive_the_writes_of_triggered_nodes_by_name() -> None:
    run = state_of("b", "a")
    apply_writes(run, [pulled_task(run, "b", ("log", ["b"])), pulled_task(run, "a", ("log", ["a"]))])
    assert run.read("log") == ["a", "b"]


def test_reducers_receive_the_writes_of_sends_by_index_after_those_of_triggered_nodes() -> None:
    run = state_of("a", "b")
    tasks = [sent_task(run, "a", index, ("log", [index])) for index in (10, 9)]
    apply_writes(run, [*tasks, pulled_task(run, "b", ("log", ["b"]))])
    assert run.read("log") == ["b", 9, 10]


def test_writes_of_one_task_keep_their_order() -> None:
    run = state_of("a")
    apply_writes(run, [pulled_task(run, "a", ("log", [2]), ("count", 1), ("log", [1]))])
    assert run.read("log") == [2, 1]


def test_error_handlers_are_sorted_by_the_text_of_their_paths() -> None:
    run = state_of("a", "b")
    tasks = []
    for name in ("b", "a"):
        path = (PULL, name, "node_error_handler", False)
        task = Task(run, run.program.nodes[name], {}, path, ())
        task.writes.append(("log", [name]))
        tasks.append(task)
    apply_writes(run, tasks)
    assert run.read("log") == ["a", "b"]


def test_two_tasks_cannot_write_the_same_plain_key() -> None:
    run = state_of("a", "b")
    with pytest.raises(InvalidUpdateError):
        apply_writes(run, [pulled_task(run, "a", ("count", 1)), pulled_task(run, "b", ("count", 2))])


def test_an_error_of_a_reducer_is_raised() -> None:
    run = state_of("a")
    with pytest.raises(TypeError):
        apply_writes(run, [pulled_task(run, "a", ("log", 1))])


def test_a_write_to_an_unknown_channel_is_ignored_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    run = state_of("a")
    with caplog.at_level(logging.WARNING):
        updated = apply_writes(run, [pulled_task(run, "a", ("missing", 1), ("count", 1))])
    assert updated == {"count"}
    assert "'missing'" in caplog.text


@pytest.mark.parametrize("channel", [NO_WRITES, ERROR])
def test_a_record_about_the_task_is_not_written_to_a_channel(channel: str, caplog: pytest.LogCaptureFixture) -> None:
    run = state_of("a")
    with caplog.at_level(logging.WARNING):
        assert apply_writes(run, [pulled_task(run, "a", (channel, None))]) == set()
    assert caplog.text == ""


# Versions -------------------------------------------------------------------------------------------------------------


def test_written_channels_get_one_new_version() -> None:
    run = state_of("a")
    run.version = 4
    apply_writes(run, [pulled_task(run, "a", ("log", [1]), ("count", 1))])
    assert (run.version, run.versions) == (5, {"log": 5, "count": 5})


def test_the_first_version_is_one() -> None:
    run = state_of("a")
    apply_writes(run, [pulled_task(run, "a", ("count", 1))])
    assert run.versions == {"count": 1}


def test_other_channels_keep_their_version() -> None:
    run = state_of("a")
    write_channels(run, log=[1])
    apply_writes(run, [pulled_task(run, "a", ("count", 1))])
    assert run.versions == {"log": 1, "count": 2}


def test_a_saver_chooses_the_versions() -> None:
    run = state_of("a", saver=StubSaver())
    apply_writes(run, [pulled_task(run, "a", ("count", 1))])
    assert run.versions == {"count": 10}


def test_the_updated_channels_are_returned_and_kept() -> None:
    run = state_of("a")
    updated = apply_writes(run, [pulled_task(run, "a", ("count", 1), (branch_channel("a"), None))])
    assert updated == run.updated_channels == {"count", branch_channel("a")}


def test_the_same_value_again_counts_as_an_update() -> None:
    run = state_of("a")
    write_channels(run, count=1)
    assert apply_writes(run, [pulled_task(run, "a", ("count", 1))]) == {"count"}


def test_a_task_has_seen_the_versions_of_its_triggers_from_before_the_superstep() -> None:
    run = state_of("a", saver=StubSaver())
    write_channels(run, to_a=None)
    apply_writes(run, [pulled_task(run, "a", (branch_channel("a"), None))])
    assert run.versions_seen["a"] == {branch_channel("a"): 1}


def test_seen_versions_are_not_recorded_if_nothing_reads_them() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    apply_writes(run, [pulled_task(run, "a", ("count", 1))])
    assert "a" not in run.versions_seen


def test_seen_versions_are_recorded_for_triggers_that_last() -> None:
    run = literal_state(literal_program(literal_node("a", triggers=["count"])))
    write_channels(run, count=1)
    apply_writes(run, [pulled_task(run, "a", ("log", [1]))])
    assert run.versions_seen["a"] == {"count": 1}


# Volatile channels ----------------------------------------------------------------------------------------------------


def test_a_trigger_expires_after_the_superstep_that_follows_its_write() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    apply_writes(run, [pulled_task(run, "a", ("count", 1))])
    assert not run.channels[branch_channel("a")].is_available()
    assert branch_channel("a") not in run.available_volatile


def test_a_channel_that_expires_gets_a_new_version_and_is_not_an_update() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    assert apply_writes(run, [pulled_task(run, "a", ("count", 1))]) == {"count"}
    assert run.versions[branch_channel("a")] == run.version == 2


def test_a_trigger_that_is_written_again_stays() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    apply_writes(run, [pulled_task(run, "a", (branch_channel("a"), None))])
    assert run.channels[branch_channel("a")].is_available()
    assert run.available_volatile >= {branch_channel("a")}


def test_writes_from_outside_a_superstep_expire_no_channel() -> None:
    run = state_of("a")
    write_channels(run, to_a=None)
    apply_writes(run, [InputTask([("count", 1)])])
    assert run.channels[branch_channel("a")].is_available()


def test_sends_last_one_superstep() -> None:
    run = state_of("a")
    apply_writes(run, [pulled_task(run, "a", (TASKS, Send("a", 1)), (TASKS, Send("a", 2)))])
    assert [packet.arg for packet in run.channels[TASKS].get()] == [1, 2]
    apply_writes(run, [sent_task(run, "a", 0), sent_task(run, "a", 1)])
    assert not run.channels[TASKS].is_available()


def test_a_topic_that_accumulates_keeps_its_values() -> None:
    program = literal_program(literal_node("a"), channels={"topic": Topic(int, accumulate=True)})
    run = literal_state(program)
    apply_writes(run, [pulled_task(run, "a", ("topic", 1))])
    apply_writes(run, [pulled_task(run, "a", ("topic", 2))])
    assert run.channels["topic"].get() == [1, 2]


def test_a_guarded_channel_refuses_two_writes() -> None:
    run = literal_state(literal_program(literal_node("a"), channels={"guarded": EphemeralValue(int)}))
    with pytest.raises(InvalidUpdateError):
        apply_writes(run, [pulled_task(run, "a", ("guarded", 1), ("guarded", 2))])


def test_the_input_is_a_value_of_the_start_channel() -> None:
    run = state_of("a")
    assert apply_writes(run, [InputTask([(START, {"count": 1})])]) == {START}
    assert run.channels[START].get() == {"count": 1}


# Barriers, consumed triggers, deferred nodes --------------------------------------------------------------------------


def joining_state() -> RunState:
    """Return the state of ``a`` and ``b`` that must both run before ``c``."""
    barrier = NamedBarrierValue(str, {"a", "b"})
    nodes = [literal_node("a"), literal_node("b"), literal_node("c", triggers=["join"])]
    return literal_state(literal_program(*nodes, channels={"join": barrier}))


def test_a_barrier_has_no_value_before_all_names_were_written() -> None:
    run = joining_state()
    assert apply_writes(run, [pulled_task(run, "a", ("join", "a"))]) == set()
    assert not run.channels["join"].is_available()
    assert apply_writes(run, [pulled_task(run, "b", ("join", "b"))]) == {"join"}


def test_a_barrier_is_empty_after_the_task_that_it_triggered() -> None:
    run = joining_state()
    apply_writes(run, [pulled_task(run, "a", ("join", "a")), pulled_task(run, "b", ("join", "b"))])
    apply_writes(run, [pulled_task(run, "c", ("count", 1))])
    assert not run.channels["join"].is_available()
    assert run.versions["join"] == run.version == 2


def test_a_barrier_is_not_emptied_by_tasks_that_it_did_not_trigger() -> None:
    run = joining_state()
    apply_writes(run, [pulled_task(run, "a", ("join", "a")), pulled_task(run, "b", ("join", "b"))])
    apply_writes(run, [pulled_task(run, "a", ("count", 1))])
    assert run.channels["join"].is_available()


def deferred_state() -> RunState:
    """Return the state of ``a``, ``b``, and a deferred node ``last``."""
    nodes = [literal_node("a"), literal_node("b"), literal_node("last", triggers=["defer"])]
    return literal_state(literal_program(*nodes, channels={"defer": LastValueAfterFinish(Any)}))


def test_a_deferred_node_waits_while_another_node_is_triggered() -> None:
    run = deferred_state()
    apply_writes(run, [pulled_task(run, "a", ("defer", None), (branch_channel("b"), None))])
    assert not run.channels["defer"].is_available()


def test_a_deferred_node_is_triggered_when_no_other_node_is() -> None:
    run = deferred_state()
    assert apply_writes(run, [pulled_task(run, "a", ("defer", None))]) == {"defer"}
    assert run.versions["defer"] == run.version


def test_a_deferred_node_is_triggered_later_once_no_other_node_is() -> None:
    run = deferred_state()
    apply_writes(run, [pulled_task(run, "a", ("defer", None), (branch_channel("b"), None))])
    assert apply_writes(run, [pulled_task(run, "b")]) == {"defer"}


def test_the_input_does_not_trigger_deferred_nodes() -> None:
    run = deferred_state()
    apply_writes(run, [InputTask([("defer", None)])])
    assert not run.channels["defer"].is_available()
