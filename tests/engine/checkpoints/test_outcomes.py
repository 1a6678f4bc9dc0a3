"""The outcomes of tasks, read from their saved writes."""

from __future__ import annotations

import pytest

from lgstream._reserved import ERROR, ERROR_SOURCE, INTERRUPT, NO_WRITES, NULL_TASK_ID, RESUME, RETURN, branch_channel
from lgstream.engine.checkpoints.outcomes import TaskOutcome, outcomes_by_task
from lgstream.types import Interrupt

QUESTION = Interrupt("sure?", "id-1")
KEYS = ("log", "count")


def outcome_of(*writes: tuple[str, object]) -> TaskOutcome:
    (outcome,) = outcomes_by_task([("task", channel, value) for channel, value in writes]).values()
    return outcome


def test_writes_are_grouped_by_task() -> None:
    outcomes = outcomes_by_task([("a", "count", 1), ("b", "count", 2), ("a", "log", [3])])
    assert {task_id: outcome.output for task_id, outcome in outcomes.items()} == {
        "a": [("count", 1), ("log", [3])],
        "b": [("count", 2)],
    }


def test_the_writes_of_a_command_belong_to_no_task() -> None:
    assert outcomes_by_task([(NULL_TASK_ID, RESUME, "yes")]) == {}


def test_an_interrupted_task_has_open_interrupts_and_no_result() -> None:
    outcome = outcome_of((INTERRUPT, [QUESTION]))
    assert outcome.open_interrupts == outcome.interrupts == (QUESTION,)
    assert outcome.result(KEYS) is None


def test_the_interrupts_of_a_finished_task_are_not_open() -> None:
    outcome = outcome_of((INTERRUPT, [QUESTION]), ("count", 1))
    assert outcome.interrupts == (QUESTION,)
    assert outcome.open_interrupts == ()


def test_a_saved_answer_does_not_finish_a_task() -> None:
    outcome = outcome_of((INTERRUPT, [QUESTION]), (RESUME, ["yes"]))
    assert outcome.open_interrupts == (QUESTION,)


def test_a_failed_task_has_its_error() -> None:
    error = ValueError("broken")
    outcome = outcome_of((ERROR, error), (ERROR_SOURCE, "node"))
    assert outcome.error is error
    assert outcome.output == []


def test_the_first_of_several_errors_counts() -> None:
    assert outcome_of((ERROR, "first"), (ERROR, "second")).error == "first"


def test_a_task_that_wrote_nothing_has_an_empty_result() -> None:
    assert outcome_of((NO_WRITES, None)).result(KEYS) == {}


@pytest.mark.parametrize(("keys", "expected"), [(KEYS, {"count": 1}), (("log",), {}), ("count", 1), ("log", None)])
def test_a_result_has_the_keys_that_are_shown(keys: str | tuple[str, ...], expected: object) -> None:
    assert outcome_of(("count", 1), (branch_channel("a"), None)).result(keys) == expected


def test_the_result_of_a_task_function_is_its_return_value() -> None:
    assert outcome_of((RETURN, 7)).result(KEYS) == 7
