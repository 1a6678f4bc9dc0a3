"""Tasks and supersteps: their times, and how they end."""

import asyncio
from typing import Any

import pytest

from lgstream.events import Event, Interrupted, RunFinished
from tests.support.scripted_runs import ScriptedInterrupt, ScriptedRun, fold_tables, joke_run, send_run, with_traceback


def tasks(events: list[Event]) -> dict[str, dict[str, Any]]:
    """Return the last task row of each node."""
    return {row["node"]: row for row in fold_tables(events)["task"].values()}


def test_a_task_waits_at_the_barrier_until_its_superstep_ends() -> None:
    run = ScriptedRun()
    fast, slow = run.start_task("fast"), run.start_task("slow")
    run.advance(1)
    fast.finish()
    run.advance(2)
    slow.finish()
    run.start_task("next", 2)
    rows = tasks(run.events)
    assert (rows["fast"]["ended"], rows["fast"]["released"]) == (1.0, 3.0)
    assert (rows["slow"]["ended"], rows["slow"]["released"]) == (3.0, 3.0)


def test_the_state_after_a_superstep_ends_it() -> None:
    run = ScriptedRun()
    run.start_task("a").finish()
    run.advance(1)
    run.values({"x": 1}, 1)
    run.advance(5)
    run.start_task("b", 2)
    assert tasks(run.events)["a"]["released"] == 1.0


def test_the_end_of_a_subgraph_ends_its_last_superstep() -> None:
    run = ScriptedRun()
    outer = run.start_task("outer")
    inner = run.start_task("inner", 1, outer.subgraph_ns)
    run.advance(1)
    inner.finish()
    run.advance(1)
    outer.finish()
    assert tasks(run.events)["inner"]["released"] == 2.0


def test_a_task_in_a_subgraph_names_the_task_that_runs_the_subgraph() -> None:
    tables = fold_tables(send_run(2))
    parents = {row["parent"] for row in tables["task"].values() if row["node"] == "writer"}
    assert {tables["task"][parent]["node"] for parent in parents} == {"research"}


def test_each_superstep_of_each_graph_has_a_row() -> None:
    steps = fold_tables(joke_run())["step"]
    assert [key for key in steps if key.startswith("/@")] == ["/@0", "/@1", "/@2", "/@3"]


def test_a_second_visit_of_a_subgraph_has_new_superstep_rows() -> None:
    run = ScriptedRun()
    for step in (1, 2):
        outer = run.start_task("outer", step)
        run.start_task("inner", 1, outer.subgraph_ns).finish()
        outer.finish()
    ids = [key for key in fold_tables(run.finish())["step"] if not key.startswith("/")]
    assert [key.partition("@")[2] for key in ids] == ["1", "1~2"]


def test_a_failing_task_shows_one_line_and_the_traceback() -> None:
    run = ScriptedRun()
    run.start_task("bad").fail(with_traceback(ValueError("boom\nsecond line")))
    row = tasks(run.events)["bad"]
    assert (row["status"], row["error"]) == ("failed", "ValueError: boom")
    assert "second line" in row["traceback"]
    assert "in with_traceback" in row["traceback"]


def test_tasks_that_run_when_the_parent_fails_are_stopped() -> None:
    run = ScriptedRun()
    outer = run.start_task("outer")
    bad, sibling = run.start_task("bad", 1, outer.subgraph_ns), run.start_task("sibling", 1, outer.subgraph_ns)
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


def test_a_task_around_a_failed_one_fails_with_the_run_without_an_event_of_its_own() -> None:
    run = ScriptedRun()
    outer = run.start_task("outer")
    run.start_task("bad", 1, outer.subgraph_ns).fail(ValueError("boom"))
    run.start_task("sibling")
    rows = tasks(run.finish("failed", error=ValueError("boom")))
    assert (rows["outer"]["status"], rows["sibling"]["status"]) == ("failed", "stopped")


def test_a_stopped_run_stops_its_running_tasks() -> None:
    run = ScriptedRun()
    run.start_task("inner", 1, run.start_task("outer").subgraph_ns)
    rows = tasks(run.finish("stopped"))
    assert {row["status"] for row in rows.values()} == {"stopped"}


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt()])
def test_a_cancelled_task_is_stopped_not_failed(error: BaseException) -> None:
    run = ScriptedRun()
    run.start_task("a").fail(error)
    assert tasks(run.events)["a"]["status"] == "stopped"


def test_a_stopped_task_shows_the_note_that_its_function_goes_on() -> None:
    error = asyncio.CancelledError()
    error.add_note("its function was still running")
    run = ScriptedRun()
    run.start_task("a").fail(error)
    assert tasks(run.events)["a"]["error"] == "CancelledError: its function was still running"


def test_a_task_in_a_subgraph_that_hands_over_to_the_parent_is_done() -> None:
    run = ScriptedRun()
    outer = run.start_task("outer")
    run.start_task("handover", 1, outer.subgraph_ns)
    outer.finish()
    assert tasks(run.events)["handover"]["status"] == "done"


def test_an_interrupt_shows_its_question_once_and_the_tasks_around_it_wait() -> None:
    tables = fold_tables(joke_run("waiting"))
    questions = {row["node"]: row["question"] for row in tables["task"].values() if "question" in row}
    assert questions == {"approve": '{"question": "Publish this poem?", "choices": ["yes", "no"]}'}
    waiting = {row["node"] for row in tables["task"].values() if row["status"] == "waiting"}
    assert waiting == {"approve", "write"}
    assert tables["run"]["run"]["status"] == "waiting"
    assert tables["tree"]["/"]["status"] == "waiting"


def test_the_run_waits_as_soon_as_the_question_is_asked() -> None:
    events = joke_run("waiting")
    first = next(number for number, event in enumerate(events) if isinstance(event, Interrupted))
    assert fold_tables(events[: first + 1])["run"]["run"]["status"] == "waiting"


def test_the_note_of_the_run_names_the_breakpoint() -> None:
    run = ScriptedRun()
    run.start_task("a").finish()
    run.emit(Interrupted, (), 1, "", "", (), {})
    row = fold_tables(run.finish("interrupted"))["run"]["run"]
    assert (row["status"], row["note"]) == ("waiting", "waits at a breakpoint")


def test_a_cached_update_ends_its_task() -> None:
    run = ScriptedRun()
    run.start_task("kept").update({"x": 1}, cached=True)
    row = tasks(run.events)["kept"]
    assert (row["status"], row["cached"]) == ("done", True)


def test_a_task_that_wrote_nothing_has_no_update() -> None:
    run = ScriptedRun()
    run.start_task("quiet").update(None)
    assert not tasks(run.events)["quiet"].get("update")


def test_events_of_a_task_that_was_never_announced_start_it() -> None:
    run = ScriptedRun()
    run.events.clear()
    stray = run.start_task("stray", 4, ("outer:o1",))
    run.events.clear()
    stray.custom("hello")
    tables = fold_tables(run.events)
    assert {row["node"] for row in tables["task"].values()} == {"outer", "stray"}
    assert next(iter(tables["note"].values()))["path"] == "outer › stray"


def test_a_run_that_failed_outside_any_task_has_its_error() -> None:
    run = ScriptedRun()
    row = fold_tables(run.finish("failed", error=RecursionError("limit of 25 reached")))["run"]["run"]
    assert (row["status"], row["error"]) == ("failed", "RecursionError: limit of 25 reached")


def test_an_interrupt_without_an_id_is_shown() -> None:
    run = ScriptedRun()
    run.start_task("a").interrupt(ScriptedInterrupt("go on?", name=""))
    assert tasks(run.events)["a"]["question"] == "go on?"


def test_the_end_of_the_run_sets_its_status_and_time() -> None:
    run = ScriptedRun()
    run.advance(3)
    events = run.finish()
    assert isinstance(events[-1], RunFinished)
    assert fold_tables(events)["run"]["run"]["ended"] == 3.0


def test_failed_attempts_are_listed_with_their_times_and_errors() -> None:
    run = ScriptedRun()
    task = run.start_task("flaky")
    run.advance(0.1)
    task.retry(1, ConnectionError("down"), 0.5)
    run.advance(0.6)
    task.retry(2, ConnectionError("still down"), 1)
    run.advance(1.1)
    task.finish({"x": 1})
    (row,) = fold_tables(run.events)["task"].values()
    assert row["retries"] == [[0.1, 0.6, "ConnectionError: down"], [0.7, 1.7, "ConnectionError: still down"]]
    assert (row["tries"], row["status"]) == (3, "done")


def test_a_late_retry_event_has_its_own_time() -> None:
    run = ScriptedRun()
    task = run.start_task("flaky")
    run.advance(0.1)
    task.retry(1, ConnectionError("down"), 0.5)
    late = run.events.pop()
    task.custom("heard meanwhile")
    run.advance(0.5)
    run.events.append(late)
    (row,) = fold_tables(run.events)["task"].values()
    assert row["retries"][0][:2] == [0.1, 0.6]
