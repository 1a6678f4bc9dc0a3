"""The thread of a run: its checkpoint, the pending writes of its superstep, and the saves that a driver has to make."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from langgraph.checkpoint.base import CheckpointTuple

from lgstream._reserved import ERROR, ERROR_SOURCE, INTERRUPT, NO_WRITES, NULL_TASK_ID, RESUME, branch_channel
from lgstream.channels import UntrackedValue
from lgstream.engine.checkpoints.session import accepts_task_path
from lgstream.engine.run_state import RunState
from lgstream.types import Interrupt
from tests.support.run_states import (
    StubSaver,
    literal_node,
    literal_program,
    literal_state,
    pulled_task,
    write_channels,
)

QUESTION = Interrupt("sure?", "id-1")
SAVED_ID = "1ef663ba-28fe-6528-8002-5a559208592c"


def saved_tuple(*pending_writes: tuple[str, str, Any]) -> CheckpointTuple:
    """Return a saved checkpoint of superstep 1, in which ``count`` is 1 and ``a`` is about to run."""
    trigger = branch_channel("a")
    return CheckpointTuple(
        config={"configurable": {"thread_id": "1", "checkpoint_id": SAVED_ID}},
        checkpoint={
            "v": 4,
            "ts": "2026-01-01T00:00:00+00:00",
            "id": SAVED_ID,
            "channel_values": {"count": 1, trigger: None},
            "channel_versions": {"count": 3, trigger: 4},
            "versions_seen": {"a": {trigger: 2}},
            "updated_channels": [trigger],
        },
        metadata={"source": "loop", "step": 1, "parents": {}},
        parent_config={"configurable": {"thread_id": "1", "checkpoint_id": "before"}},
        pending_writes=list(pending_writes),
    )


def state_of(**options: Any) -> RunState:
    return literal_state(literal_program(literal_node("a"), literal_node("b")), **options)


def saved_methods(run: RunState) -> list[str]:
    return [save.function.__name__ for save in run.checkpoints.take_saves()]


# Where a run starts ---------------------------------------------------------------------------------------------------


def test_a_run_without_a_checkpoint_starts_a_new_thread() -> None:
    run = state_of()
    assert run.checkpoints.is_new_thread
    assert (run.step, run.versions) == (-1, {})


def test_a_run_continues_from_its_checkpoint() -> None:
    run = state_of(saved=saved_tuple())
    assert not run.checkpoints.is_new_thread
    assert run.checkpoints.checkpoint_id == SAVED_ID
    assert (run.step, run.version, run.read("count")) == (2, 4, 1)
    assert run.updated_channels == run.available_volatile == {branch_channel("a")}


def test_the_pending_writes_of_the_checkpoint_are_read() -> None:
    run = state_of(saved=saved_tuple(("task", "count", 2), ("task", INTERRUPT, [QUESTION])))
    assert run.checkpoints.pending_writes == [("task", "count", 2), ("task", INTERRUPT, [QUESTION])]


def test_the_id_of_a_checkpoint_that_is_not_saved_stays_the_same() -> None:
    session = state_of().checkpoints
    assert session.current_id_bytes() == session.current_id_bytes()
    assert UUID(session.checkpoint_id).bytes == session.current_id_bytes()


# Pending writes -------------------------------------------------------------------------------------------------------


def test_without_a_saver_only_interrupts_and_the_writes_of_commands_are_kept() -> None:
    run = state_of()
    run.checkpoints.put_writes(run, "a", [("count", 1)])
    run.checkpoints.put_writes(run, "b", [(INTERRUPT, [QUESTION])])
    run.checkpoints.put_writes(run, NULL_TASK_ID, [("count", 2)])
    assert run.checkpoints.pending_writes == [("b", INTERRUPT, [QUESTION]), (NULL_TASK_ID, "count", 2)]


def test_with_a_saver_all_writes_are_kept_and_saved() -> None:
    run = state_of(saver=StubSaver())
    run.checkpoints.put_writes(run, "a", [("count", 1)], ("path",))
    assert run.checkpoints.pending_writes == [("a", "count", 1)]
    (save,) = run.checkpoints.take_saves()
    assert save.function == run.saver.put_writes
    assert save.args[1:] == ([("count", 1)], "a", "~path")


def test_new_writes_of_a_task_replace_its_earlier_ones() -> None:
    run = state_of(saver=StubSaver())
    run.checkpoints.put_writes(run, "a", [(INTERRUPT, [QUESTION])])
    run.checkpoints.put_writes(run, "b", [("count", 1)])
    run.checkpoints.put_writes(run, "a", [("count", 2)])
    assert run.checkpoints.pending_writes == [("b", "count", 1), ("a", "count", 2)]


def test_the_writes_of_commands_add_up_and_the_last_answer_comes_last() -> None:
    run = state_of(saver=StubSaver())
    run.checkpoints.put_writes(run, NULL_TASK_ID, [(RESUME, "no"), ("count", 1)])
    run.checkpoints.put_writes(run, NULL_TASK_ID, [(RESUME, "yes"), ("log", [2])])
    assert [write[1:] for write in run.checkpoints.pending_writes] == [("count", 1), ("log", [2]), (RESUME, "yes")]


def test_writes_of_a_fork_are_kept_but_not_saved() -> None:
    run = state_of(saver=StubSaver())
    run.checkpoints.put_writes(run, NULL_TASK_ID, [("count", 1)], saves=False)
    assert run.checkpoints.pending_writes == [(NULL_TASK_ID, "count", 1)]
    assert run.checkpoints.take_saves() == []


def test_untracked_keys_are_not_saved() -> None:
    program = literal_program(literal_node("a"), channels={"secret": UntrackedValue(int)})
    run = literal_state(program, saver=StubSaver())
    run.checkpoints.put_writes(run, "a", [("secret", 1), ("count", 2)])
    (save,) = run.checkpoints.take_saves()
    assert save.args[1] == [("count", 2)]


def test_saves_are_taken_once_in_their_order() -> None:
    run = state_of(saver=StubSaver())
    run.checkpoints.put_checkpoint(run, "input")
    run.checkpoints.put_writes(run, "a", [("count", 1)])
    assert saved_methods(run) == ["put", "put_writes"]
    assert saved_methods(run) == []


def test_writes_to_one_channel_can_be_dropped() -> None:
    run = state_of(saved=saved_tuple(("task", RESUME, ["yes"]), ("task", "count", 2)))
    run.checkpoints.pending_writes.drop_channel(RESUME)
    assert run.checkpoints.pending_writes == [("task", "count", 2)]


def test_the_writes_of_commands_do_not_include_answers() -> None:
    run = state_of(saved=saved_tuple((NULL_TASK_ID, "count", 2), (NULL_TASK_ID, RESUME, "yes"), ("task", "log", [1])))
    assert run.checkpoints.pending_writes.of_command() == [("count", 2)]


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ([("count", 2), ("log", [1])], [("count", 2), ("log", [1])]),
        ([(NO_WRITES, None)], []),
        ([(RESUME, ["yes"]), ("count", 2)], [("count", 2)]),
    ],
)
def test_a_finished_task_gets_its_writes_back(writes: list[tuple[str, Any]], expected: list[tuple[str, Any]]) -> None:
    run = state_of()
    task = pulled_task(run, "a")
    run.checkpoints.pending_writes += [(task.id, channel, value) for channel, value in writes]
    assert run.checkpoints.pending_writes.restore([task, pulled_task(run, "b")]) == {task.id}
    assert task.writes == expected


@pytest.mark.parametrize(
    "writes", [[], [(INTERRUPT, [QUESTION]), (RESUME, ["yes"])], [(ERROR, "broken"), (ERROR_SOURCE, "a")]], ids=str
)
def test_an_interrupted_or_failed_task_is_not_finished(writes: list[tuple[str, Any]]) -> None:
    run = state_of()
    task = pulled_task(run, "a")
    run.checkpoints.pending_writes += [(task.id, channel, value) for channel, value in writes]
    assert run.checkpoints.pending_writes.restore([task]) == set()
    assert task.writes == []


def test_a_task_whose_error_handler_took_over_is_finished() -> None:
    run = state_of()
    task = pulled_task(run, "a", (ERROR, "broken"))
    assert run.checkpoints.pending_writes.restore([task]) == {task.id}


# Checkpoints ----------------------------------------------------------------------------------------------------------


def test_without_a_saver_there_are_no_checkpoints() -> None:
    run = state_of()
    run.checkpoints.put_checkpoint(run, "loop")
    assert run.checkpoints.metadata == {}


def test_a_checkpoint_has_a_new_id_and_the_superstep_it_follows() -> None:
    run = state_of(saver=StubSaver(), saved=saved_tuple())
    run.checkpoints.put_checkpoint(run, "loop")
    assert run.checkpoints.checkpoint_id != SAVED_ID
    assert run.checkpoints.metadata == {"source": "loop", "step": 2, "parents": {}}


def test_the_parent_of_a_checkpoint_is_the_one_before() -> None:
    run = state_of(saver=StubSaver(), saved=saved_tuple())
    run.checkpoints.put_checkpoint(run, "loop")
    assert run.checkpoints.parent_config["configurable"]["checkpoint_id"] == SAVED_ID


def test_the_first_checkpoint_has_no_parent() -> None:
    run = state_of(saver=StubSaver())
    run.checkpoints.put_checkpoint(run, "input")
    assert run.checkpoints.parent_config is None


def test_a_checkpoint_contains_the_channels_that_were_written() -> None:
    run = state_of(saver=StubSaver())
    write_channels(run, count=1)
    run.checkpoints.put_checkpoint(run, "loop")
    (save,) = run.checkpoints.take_saves()
    checkpoint = save.args[1]
    assert checkpoint["channel_values"] == {"count": 1}
    assert checkpoint["channel_versions"] == {"count": 1}


def test_the_saver_receives_the_versions_that_changed_since_the_checkpoint_before() -> None:
    run = state_of(saver=StubSaver(), saved=saved_tuple())
    write_channels(run, log=[1])
    run.checkpoints.put_checkpoint(run, "loop")
    (save,) = run.checkpoints.take_saves()
    assert save.args[3] == {"log": 5}


# Durability "exit" ----------------------------------------------------------------------------------------------------


def test_nothing_is_saved_before_the_exit() -> None:
    run = state_of(saver=StubSaver(), durability="exit")
    run.checkpoints.put_checkpoint(run, "input")
    run.checkpoints.put_writes(run, "a", [("count", 1)])
    assert saved_methods(run) == []


def test_the_last_checkpoint_and_the_pending_writes_are_saved_at_the_exit() -> None:
    run = state_of(saver=StubSaver(), durability="exit")
    for source in ("input", "loop"):
        run.checkpoints.put_checkpoint(run, source)
    run.checkpoints.put_writes(run, "a", [("count", 1)])
    run.checkpoints.save_at_exit(run, (), has_stopped=True)
    put, put_writes = run.checkpoints.take_saves()
    assert put.args[2]["source"] == "loop"
    assert put_writes.args[1] == [("count", 1)]


def test_a_checkpoint_that_was_saved_already_is_not_saved_again_at_the_exit() -> None:
    run = state_of(saver=StubSaver(), durability="exit", saved=saved_tuple())
    run.checkpoints.put_writes(run, "a", [("count", 1)])
    run.checkpoints.save_at_exit(run, (), has_stopped=True)
    assert saved_methods(run) == ["put_writes"]


@pytest.mark.parametrize(("ns", "has_stopped", "is_saved"), [
    (("inner:1",), False, False), (("inner:1",), True, True), (("inner",), False, True), ((), False, True),
])  # fmt: skip
def test_a_subgraph_that_is_done_is_saved_only_if_it_keeps_its_state(
    ns: tuple[str, ...], has_stopped: bool, is_saved: bool
) -> None:
    run = state_of(saver=StubSaver(), durability="exit")
    run.checkpoints.put_checkpoint(run, "loop")
    run.checkpoints.save_at_exit(run, ns, has_stopped)
    assert bool(run.checkpoints.take_saves()) is is_saved


# Savers ---------------------------------------------------------------------------------------------------------------


def test_a_saver_may_have_no_parameter_for_the_path_of_a_task() -> None:
    class OldSaver(StubSaver):
        def put_writes(self, config: Any, writes: Any, task_id: str) -> None:  # type: ignore[override]
            raise AssertionError

    assert accepts_task_path(StubSaver)
    assert not accepts_task_path(OldSaver)


def test_the_path_of_a_task_is_left_out_for_such_a_saver() -> None:
    class OldSaver(StubSaver):
        def put_writes(self, config: Any, writes: Any, task_id: str) -> None:  # type: ignore[override]
            raise AssertionError

    run = state_of(saver=OldSaver())
    run.checkpoints.put_writes(run, "a", [("count", 1)], ("path",))
    (save,) = run.checkpoints.take_saves()
    assert save.args[1:] == ([("count", 1)], "a")
