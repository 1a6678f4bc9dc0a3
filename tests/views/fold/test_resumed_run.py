"""A run that is resumed after a question is, folded, one run."""

from __future__ import annotations

from typing import Any

from lgstream.events import Event, NodeShape, RunStarted, Shape
from lgstream.types import Command
from lgstream.views.fold.interrupts import MAX_JSON_CHARS, open_question
from lgstream.views.fold.run import RunFold
from lgstream.views.render import document as outline
from lgstream.views.render import markdown, text
from lgstream.views.render.html import page as html
from tests.support.scripted_runs import Question, Script, folded

SHAPE = Shape("survey", (NodeShape("write", Shape("writer", (NodeShape("approve"),), ())), NodeShape("other")), ())


def asking(*questions: Question) -> Script:
    """A subgraph's node asks, beside another node that ends well."""
    run = Script("survey", {}, SHAPE)
    run.values({"log": []})
    other, write = run.task("other", task_id="o"), run.task("write", task_id="w")
    run.wait(0.1)
    other.end({"log": ["other"]})
    run.values({}, 0, write.inner)
    approve = run.task("approve", 1, write.inner, task_id="a")
    run.wait(0.4)
    approve.ask(*questions)
    write.ask(*questions)
    run.finish("interrupted")
    run.wait(10)
    return run


def resumed(resume: Any = "yes", *questions: Question) -> list[Event]:
    """The same, answered: the tasks start again under their ids, the other one's writes were kept."""
    run = asking(*(questions or (Question("Publish?"),)))
    run.say(RunStarted, (), "run-2", "survey", Command(resume=resume), SHAPE)
    run.values({"log": []})
    other, write = run.task("other", task_id="o"), run.task("write", task_id="w")
    other.update({"log": ["other"]}, cached=True)
    run.values({}, 0, write.inner)
    approve = run.task("approve", 1, write.inner, task_id="a")
    run.wait(0.25)
    approve.end({"log": ["yes"]})
    run.values({"log": ["yes"]}, 1, write.inner)
    write.end({"log": ["yes"]})
    run.values({"log": ["other", "yes"]}, 1)
    return run.finish("done", {"log": ["other", "yes"]})


def test_the_asking_task_has_a_form_and_only_it() -> None:
    tasks = folded(asking(Question("Publish?")).events)["task"]
    assert tasks["a"]["ask"] == [{"id": "q1", "value": "Publish?", "schema": None}]
    assert "ask" not in tasks["w"]


def test_the_tree_goes_on_from_waiting_without_a_further_visit() -> None:
    tree = {row["name"]: row for row in folded(resumed())["tree"].values()}
    assert {name: row["status"] for name, row in tree.items()} == dict.fromkeys(tree, "done")
    assert {name: row["visits"] for name, row in tree.items() if name != "survey"} == dict.fromkeys(
        ("write", "approve", "other"), 1
    )


def test_the_time_of_waiting_is_nobody_s_work() -> None:
    tree = {row["name"]: row for row in folded(resumed())["tree"].values()}
    assert tree["approve"]["busy"] == 0.65 and tree["survey"]["busy"] == 0.75


def test_the_second_try_is_a_row_of_its_own_in_the_same_lane() -> None:
    tasks = folded(resumed())["task"]
    assert tasks.keys() == {"o", "w", "a", "w~2", "a~2"}
    assert tasks["a~2"]["row"] == tasks["a"]["row"] and tasks["a~2"]["parent"] == "w~2"
    assert (tasks["a"]["ended"], tasks["a~2"]["started"], tasks["a~2"]["ended"]) == (0.5, 10.5, 10.75)


def test_what_was_kept_from_before_is_not_told_again() -> None:
    task = folded(resumed())["task"]["o"]
    assert task["ended"] == 0.1 and "cached" not in task


def test_the_answer_stands_beside_the_question_and_no_form_is_left() -> None:
    tables = folded(resumed({"q1": {"by": "me"}}))
    assert tables["task"]["a"]["ask"] == [] and tables["task"]["a"]["answer"] == '{"by": "me"}'
    assert outline.question_notices(tables) == []


def test_of_several_questions_each_has_its_answer() -> None:
    task = folded(resumed({"q1": "yes", "q2": 3}, Question("Publish?"), Question("How many?", "q2")))["task"]["a"]
    assert task["question"] == "Publish?\n\nHow many?" and task["answer"] == "yes\n\n3"


def test_the_superstep_before_the_question_keeps_its_time_and_its_state() -> None:
    steps = folded(resumed())["step"]
    assert steps["/@1"]["ended"] == 0.5 and "values" not in steps["/@1"]
    assert (steps["/@1~2"]["started"], steps["/@1~2"]["ended"]) == (10.5, 10.75)
    assert steps["/@1~2"]["values"] == {"log": '["other", "yes"]'}


def test_the_run_is_running_again_and_then_done() -> None:
    fold = RunFold()
    statuses = [op[3]["status"] for event in resumed() for op in fold(event) if op[1] == "run" and "status" in op[3]]
    assert statuses == ["running", "waiting", "running", "done"]
    assert fold.tables["run"]["run"]["note"] == ""


def test_a_question_asked_again_has_a_form_again() -> None:
    run = asking(Question("Publish?"))
    run.say(RunStarted, (), "run-2", "survey", Command(resume={"0" * 32: 1}), SHAPE)
    write = run.task("write", task_id="w")
    approve = run.task("approve", 1, write.inner, task_id="a")
    approve.ask(Question("Publish?"))
    write.ask(Question("Publish?"))
    tasks = folded(run.finish("interrupted"))["task"]
    assert tasks["a"]["ask"] == [] and "answer" not in tasks["a"]
    assert [ask["id"] for ask in tasks["a~2"]["ask"]] == ["q1"] and "ask" not in tasks["w~2"]


def test_the_static_forms_tell_question_and_answer() -> None:
    tables = folded(resumed())
    for told in (html.render_html(tables), markdown.render_markdown(tables), text.render_text(tables)):
        assert "Publish?" in told and "→ yes" in told


def test_forms_can_be_sent_while_someone_waits_and_one_by_one_they_go() -> None:
    fold = RunFold()
    for event in asking(Question("a?"), Question("b?", "q2")).events:
        fold(event)
    fold.set_accepts_answers(True)
    assert fold.take_operations() == [(0.5, "run", "run", {"asks": True})]
    fold.remove_question("q1")
    assert fold.take_operations() == [(0.5, "task", "a", {"ask": [{"id": "q2", "value": "b?", "schema": None}]})]
    fold.remove_question("unknown")
    assert fold.take_operations() == []


def test_a_value_is_given_to_a_form_whole_or_not_at_all() -> None:
    assert open_question(Question({"edit": [1, None, "é"]}))["value"] == {"edit": [1, None, "é"]}
    for value in ("x" * (MAX_JSON_CHARS + 1), {"f": float("nan")}, object(), "\ud83d"):
        assert open_question(Question(value))["value"] is None


def test_the_schema_of_an_answer_may_be_json_or_a_type() -> None:
    question = Question("How many?")
    for given, found in (({"type": "integer"}, {"type": "integer"}), (int, {"type": "integer"}), (object(), None)):
        question.response_schema = given  # type: ignore[attr-defined]
        assert open_question(question)["schema"] == found
