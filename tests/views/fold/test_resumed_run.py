"""A run that is resumed after a question is folded as one run."""

from __future__ import annotations

from typing import Any

from lgstream.events import Event, NodeShape, RunStarted, Shape
from lgstream.types import Command
from lgstream.views.fold.interrupts import MAX_JSON_CHARS, open_question
from lgstream.views.fold.run import RunFold
from lgstream.views.render import document, markdown, text
from lgstream.views.render.html import page as html
from tests.support.scripted_runs import ScriptedInterrupt, ScriptedRun, fold_tables

SHAPE = Shape("survey", (NodeShape("write", Shape("writer", (NodeShape("approve"),), ())), NodeShape("other")), ())


def asking(*questions: ScriptedInterrupt) -> ScriptedRun:
    """Return a run in which a node of a subgraph asks while another node ends normally."""
    run = ScriptedRun("survey", {}, SHAPE)
    run.values({"log": []})
    other, write = run.start_task("other", task_id="o"), run.start_task("write", task_id="w")
    run.advance(0.1)
    other.finish({"log": ["other"]})
    run.values({}, 0, write.subgraph_ns)
    approve = run.start_task("approve", 1, write.subgraph_ns, task_id="a")
    run.advance(0.4)
    approve.interrupt(*questions)
    write.interrupt(*questions)
    run.finish("interrupted")
    run.advance(10)
    return run


def resumed(resume: Any = "yes", *questions: ScriptedInterrupt) -> list[Event]:
    """Return the events of the same run, resumed: its tasks start again, except for the one with saved writes."""
    run = asking(*(questions or (ScriptedInterrupt("Publish?"),)))
    run.emit(RunStarted, (), "run-2", "survey", Command(resume=resume), SHAPE)
    run.values({"log": []})
    other, write = run.start_task("other", task_id="o"), run.start_task("write", task_id="w")
    other.update({"log": ["other"]}, cached=True)
    run.values({}, 0, write.subgraph_ns)
    approve = run.start_task("approve", 1, write.subgraph_ns, task_id="a")
    run.advance(0.25)
    approve.finish({"log": ["yes"]})
    run.values({"log": ["yes"]}, 1, write.subgraph_ns)
    write.finish({"log": ["yes"]})
    run.values({"log": ["other", "yes"]}, 1)
    return run.finish("done", {"log": ["other", "yes"]})


def test_only_the_asking_task_has_a_form() -> None:
    tasks = fold_tables(asking(ScriptedInterrupt("Publish?")).events)["task"]
    assert tasks["a"]["ask"] == [{"id": "q1", "value": "Publish?", "schema": None}]
    assert "ask" not in tasks["w"]


def test_resuming_continues_the_visits_of_the_tree() -> None:
    tree = {row["name"]: row for row in fold_tables(resumed())["tree"].values()}
    assert {name: row["status"] for name, row in tree.items()} == dict.fromkeys(tree, "done")
    assert {name: row["visits"] for name, row in tree.items() if name != "survey"} == dict.fromkeys(
        ("write", "approve", "other"), 1
    )


def test_the_time_of_waiting_is_not_busy_time() -> None:
    tree = {row["name"]: row for row in fold_tables(resumed())["tree"].values()}
    assert tree["approve"]["busy"] == 0.65 and tree["survey"]["busy"] == 0.75


def test_a_resumed_task_has_a_second_row_in_the_same_lane() -> None:
    tasks = fold_tables(resumed())["task"]
    assert tasks.keys() == {"o", "w", "a", "w~2", "a~2"}
    assert tasks["a~2"]["row"] == tasks["a"]["row"] and tasks["a~2"]["parent"] == "w~2"
    assert (tasks["a"]["ended"], tasks["a~2"]["started"], tasks["a~2"]["ended"]) == (0.5, 10.5, 10.75)


def test_a_task_with_saved_writes_has_no_second_row() -> None:
    task = fold_tables(resumed())["task"]["o"]
    assert task["ended"] == 0.1 and "cached" not in task


def test_the_answer_is_in_the_row_of_the_question_and_its_form_is_removed() -> None:
    tables = fold_tables(resumed({"q1": {"by": "me"}}))
    assert tables["task"]["a"]["ask"] == [] and tables["task"]["a"]["answer"] == '{"by": "me"}'
    assert document.question_notices(tables) == []


def test_each_of_several_questions_has_its_answer() -> None:
    task = fold_tables(
        resumed({"q1": "yes", "q2": 3}, ScriptedInterrupt("Publish?"), ScriptedInterrupt("How many?", "q2"))
    )["task"]["a"]
    assert task["question"] == "Publish?\n\nHow many?" and task["answer"] == "yes\n\n3"


def test_resuming_does_not_change_the_superstep_before_the_question() -> None:
    steps = fold_tables(resumed())["step"]
    assert steps["/@1"]["ended"] == 0.5 and "values" not in steps["/@1"]
    assert (steps["/@1~2"]["started"], steps["/@1~2"]["ended"]) == (10.5, 10.75)
    assert steps["/@1~2"]["values"] == {"log": '["other", "yes"]'}


def test_the_run_is_running_again_and_then_done() -> None:
    fold = RunFold()
    rows: list[Any] = [op[3] for event in resumed() for op in fold(event) if op[1] == "run"]
    statuses = [row["status"] for row in rows if "status" in row]
    assert statuses == ["running", "waiting", "running", "done"]
    assert fold.tables["run"]["run"]["note"] == ""


def test_a_question_that_is_asked_again_has_a_form_again() -> None:
    run = asking(ScriptedInterrupt("Publish?"))
    run.emit(RunStarted, (), "run-2", "survey", Command(resume={"0" * 32: 1}), SHAPE)
    write = run.start_task("write", task_id="w")
    approve = run.start_task("approve", 1, write.subgraph_ns, task_id="a")
    approve.interrupt(ScriptedInterrupt("Publish?"))
    write.interrupt(ScriptedInterrupt("Publish?"))
    tasks = fold_tables(run.finish("interrupted"))["task"]
    assert tasks["a"]["ask"] == [] and "answer" not in tasks["a"]
    assert [ask["id"] for ask in tasks["a~2"]["ask"]] == ["q1"] and "ask" not in tasks["w~2"]


def test_the_static_forms_contain_question_and_answer() -> None:
    tables = fold_tables(resumed())
    for rendered in (html.render_html(tables), markdown.render_markdown(tables), text.render_text(tables)):
        assert "Publish?" in rendered and "→ yes" in rendered


def test_forms_are_enabled_while_answers_are_accepted_and_removed_one_by_one() -> None:
    fold = RunFold()
    for event in asking(ScriptedInterrupt("a?"), ScriptedInterrupt("b?", "q2")).events:
        fold(event)
    fold.set_accepts_answers(True)
    assert fold.take_operations() == [(0.5, "run", "run", {"asks": True})]
    fold.remove_question("q1")
    assert fold.take_operations() == [(0.5, "task", "a", {"ask": [{"id": "q2", "value": "b?", "schema": None}]})]
    fold.remove_question("unknown")
    assert fold.take_operations() == []


def test_the_value_in_a_form_is_exact_or_missing() -> None:
    assert open_question(ScriptedInterrupt({"edit": [1, None, "é"]}))["value"] == {"edit": [1, None, "é"]}
    for value in ("x" * (MAX_JSON_CHARS + 1), {"f": float("nan")}, object(), "\ud83d"):
        assert open_question(ScriptedInterrupt(value))["value"] is None


def test_the_schema_of_an_answer_may_be_json_or_a_type() -> None:
    question = ScriptedInterrupt("How many?")
    for response_schema, schema in (
        ({"type": "integer"}, {"type": "integer"}),
        (int, {"type": "integer"}),
        (object(), None),
    ):
        question.response_schema = response_schema
        assert open_question(question)["schema"] == schema
