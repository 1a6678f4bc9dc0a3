"""Tasks and supersteps: times, the barrier, and how things end."""

import asyncio
from typing import Any

import pytest

from lgstream.events import Event, Interrupted, RunFinished
from tests.support.scripted_runs import Question, Script, folded, joke_run, raised, send_run


def tasks(events: list[Event]) -> dict[str, dict[str, Any]]:
    """Task rows by node, the last of each."""
    return {row["node"]: row for row in folded(events)["task"].values()}


def test_a_task_waits_at_the_barrier_until_its_superstep_ends() -> None:
    run = Script()
    fast, slow = run.task("fast"), run.task("slow")
    run.wait(1)
    fast.end()
    run.wait(2)
    slow.end()
    run.task("next", 2)
    rows = tasks(run.events)
    assert (rows["fast"]["ended"], rows["fast"]["released"]) == (1.0, 3.0)
    assert (rows["slow"]["ended"], rows["slow"]["released"]) == (3.0, 3.0)


def test_the_state_after_a_superstep_ends_it() -> None:
    run = Script()
    run.task("a").end()
    run.wait(1)
    run.values({"x": 1}, 1)
    run.wait(5)
    run.task("b", 2)
    assert tasks(run.events)["a"]["released"] == 1.0


def test_the_end_of_a_subgraph_ends_its_last_superstep() -> None:
    run = Script()
    outer = run.task("outer")
    inner = run.task("inner", 1, outer.inner)
    run.wait(1)
    inner.end()
    run.wait(1)
    outer.end()
    assert tasks(run.events)["inner"]["released"] == 2.0


def test_a_task_of_a_subgraph_names_the_task_that_runs_it() -> None:
    tables = folded(send_run(2))
    parents = {row["parent"] for row in tables["task"].values() if row["node"] == "writer"}
    assert {tables["task"][parent]["node"] for parent in parents} == {"research"}


def test_supersteps_have_a_row_each_per_graph() -> None:
    steps = folded(joke_run())["step"]
    assert [key for key in steps if key.startswith("/@")] == ["/@0", "/@1", "/@2", "/@3"]


def test_a_subgraph_visited_again_has_superstep_rows_of_its_own() -> None:
    run = Script()
    for step in (1, 2):
        outer = run.task("outer", step)
        run.task("inner", 1, outer.inner).end()
        outer.end()
    ids = [key for key in folded(run.finish())["step"] if not key.startswith("/")]
    assert [key.partition("@")[2] for key in ids] == ["1", "1~2"]


def test_a_failing_task_shows_one_line_and_the_traceback() -> None:
    run = Script()
    run.task("bad").fail(raised(ValueError("boom\nsecond line")))
    row = tasks(run.events)["bad"]
    assert (row["status"], row["error"]) == ("failed", "ValueError: boom")
    assert "second line" in row["traceback"]
    assert "in raised" in row["traceback"]


def test_when_the_parent_fails_its_tasks_that_still_run_are_stopped() -> None:
    run = Script()
    outer = run.task("outer")
    bad, sibling = run.task("bad", 1, outer.inner), run.task("sibling", 1, outer.inner)
    error = ValueError("boom")
    bad.fail(error)
    outer.fail(error)
    rows = tasks(run.finish("failed", error=error))
    assert {node: row["status"] for node, row in rows.items()} == {
        "outer": "failed",
        "bad": "failed",
        "sibling": "stopped",
    }
    assert sibling.id


def test_a_task_around_a_failed_one_fails_with_the_run_though_nobody_said_so() -> None:
    run = Script()
    outer = run.task("outer")
    run.task("bad", 1, outer.inner).fail(ValueError("boom"))
    run.task("sibling")
    rows = tasks(run.finish("failed", error=ValueError("boom")))
    assert (rows["outer"]["status"], rows["sibling"]["status"]) == ("failed", "stopped")


def test_a_stopped_run_stops_what_ran() -> None:
    run = Script()
    run.task("inner", 1, run.task("outer").inner)
    rows = tasks(run.finish("stopped"))
    assert {row["status"] for row in rows.values()} == {"stopped"}


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt()])
def test_a_cancelled_task_is_stopped_not_failed(error: BaseException) -> None:
    run = Script()
    run.task("a").fail(error)
    assert tasks(run.events)["a"]["status"] == "stopped"


def test_a_subgraph_task_that_hands_over_to_the_parent_is_done_with_it() -> None:
    run = Script()
    outer = run.task("outer")
    run.task("handover", 1, outer.inner)
    outer.end()
    assert tasks(run.events)["handover"]["status"] == "done"


def test_an_interrupt_shows_its_question_once_and_all_around_it_waits() -> None:
    tables = folded(joke_run("waiting"))
    questions = {row["node"]: row["question"] for row in tables["task"].values() if "question" in row}
    assert questions == {"approve": '{"question": "Publish this poem?", "choices": ["yes", "no"]}'}
    waiting = {row["node"] for row in tables["task"].values() if row["status"] == "waiting"}
    assert waiting == {"approve", "write"}
    assert tables["run"]["run"]["status"] == "waiting"
    assert tables["tree"]["/"]["status"] == "waiting"


def test_the_run_waits_as_soon_as_the_question_is_asked() -> None:
    events = joke_run("waiting")
    first = next(number for number, event in enumerate(events) if isinstance(event, Interrupted))
    assert folded(events[: first + 1])["run"]["run"]["status"] == "waiting"


def test_a_breakpoint_is_told_in_the_note() -> None:
    run = Script()
    run.task("a").end()
    run.say(Interrupted, (), 1, "", "", (), {})
    row = folded(run.finish("interrupted"))["run"]["run"]
    assert (row["status"], row["note"]) == ("waiting", "waits at a breakpoint")


def test_an_update_kept_from_an_earlier_run_ends_its_task() -> None:
    run = Script()
    run.task("kept").update({"x": 1}, cached=True)
    row = tasks(run.events)["kept"]
    assert (row["status"], row["cached"]) == ("done", True)


def test_a_task_that_wrote_nothing_has_no_update() -> None:
    run = Script()
    run.task("quiet").update(None)
    assert not tasks(run.events)["quiet"].get("update")


def test_events_of_a_task_that_was_never_announced_start_it() -> None:
    run = Script()
    run.events.clear()
    stray = run.task("stray", 4, ("outer:o1",))
    run.events.clear()
    stray.custom("hello")
    tables = folded(run.events)
    assert {row["node"] for row in tables["task"].values()} == {"outer", "stray"}
    assert next(iter(tables["note"].values()))["path"] == "outer › stray"


def test_a_run_that_failed_outside_any_task_says_why() -> None:
    run = Script()
    row = folded(run.finish("failed", error=RecursionError("limit of 25 reached")))["run"]["run"]
    assert (row["status"], row["error"]) == ("failed", "RecursionError: limit of 25 reached")


def test_an_interrupt_without_an_id_is_told() -> None:
    run = Script()
    run.task("a").ask(Question("go on?", name=""))
    assert tasks(run.events)["a"]["question"] == "go on?"


def test_the_run_ends_with_its_end() -> None:
    run = Script()
    run.wait(3)
    events = run.finish()
    assert isinstance(events[-1], RunFinished)
    assert folded(events)["run"]["run"]["ended"] == 3.0


def test_tries_that_failed_are_told_with_their_times_and_errors() -> None:
    run = Script()
    task = run.task("flaky")
    run.wait(0.1)
    task.retry(1, ConnectionError("down"), 0.5)
    run.wait(0.6)
    task.retry(2, ConnectionError("still down"), 1)
    run.wait(1.1)
    task.end({"x": 1})
    (row,) = folded(run.events)["task"].values()
    assert row["retries"] == [[0.1, 0.6, "ConnectionError: down"], [0.7, 1.7, "ConnectionError: still down"]]
    assert (row["tries"], row["status"]) == (3, "done")


def test_a_retry_that_is_heard_late_is_told_at_its_own_time() -> None:
    run = Script()
    task = run.task("flaky")
    run.wait(0.1)
    task.retry(1, ConnectionError("down"), 0.5)
    late = run.events.pop()
    task.custom("heard meanwhile")
    run.wait(0.5)
    run.events.append(late)
    (row,) = folded(run.events)["task"].values()
    assert row["retries"][0][:2] == [0.1, 0.6]
