"""The namespace tree: rows, names and order."""

from typing import Any

from lgstream.events import Event, NodeShape, Shape
from tests.support.scripted_runs import JOKE_SHAPE, ScriptedRun, fold_tables, joke_run, send_run, wide_run


def tree(events: list[Event]) -> dict[str, dict[str, Any]]:
    """Return the rows of the tree by their path."""
    return {row["path"]: row for row in fold_tables(events)["tree"].values()}


def test_nodes_of_the_shape_are_pending_before_anything_runs() -> None:
    rows = tree(ScriptedRun("joke_writer", shape=JOKE_SHAPE).events)
    assert {path: row["status"] for path, row in rows.items()} == {
        "joke_writer": "running",
        "refine_topic": "pending",
        "write": "pending",
        "write › draft": "pending",
        "write › polish": "pending",
        "write › approve": "pending",
        "publish": "pending",
    }


def test_a_node_with_a_graph_in_the_shape_has_a_subgraph_row() -> None:
    rows = tree(joke_run())
    assert [rows[path]["kind"] for path in ("joke_writer", "write", "write › draft")] == ["graph", "subgraph", "node"]


def test_a_node_becomes_a_subgraph_row_when_it_calls_one() -> None:
    run = ScriptedRun()
    task = run.start_task("caller")
    run.start_task("inner", 1, task.subgraph_ns)
    assert tree(run.events)["caller"]["kind"] == "subgraph"


def test_parallel_tasks_of_a_node_have_numbered_rows_including_the_first() -> None:
    rows = tree(send_run(3))
    assert [path for path in rows if "›" not in path] == [
        "survey", "plan", "research #1", "summary", "research #2", "research #3",
    ]  # fmt: skip


def test_numbered_rows_sort_between_the_node_before_and_the_node_after() -> None:
    rows = [row for row in tree(send_run(3)).values() if row["parent"] == "/"]
    names = [row["name"] for row in sorted(rows, key=lambda row: row["order"])]
    assert names == ["plan", "research #1", "research #2", "research #3", "summary"]


def test_the_second_parallel_task_renames_the_rows_and_cards_of_the_first() -> None:
    run = ScriptedRun()
    first = run.start_task("research")
    inner = run.start_task("writer", 1, first.subgraph_ns)
    inner.stream_call("hello")
    inner.custom("a note")
    run.start_task("research")
    tables = fold_tables(run.events)
    assert "research #1 › writer" in {row["path"] for row in tables["tree"].values()}
    assert [row["path"] for row in (*tables["call"].values(), *tables["note"].values())] == ["research #1 › writer"] * 2


def test_rows_of_one_node_share_their_color() -> None:
    rows = tree(send_run(3))
    writers = {row["color"] for path, row in rows.items() if path.endswith("writer")}
    assert len(writers) == 1
    assert len({row["color"] for path, row in rows.items() if path != "survey"}) == 5


def test_a_later_visit_reuses_the_row() -> None:
    run = ScriptedRun()
    for step in (1, 2, 3):
        task = run.start_task("again", step)
        run.advance(0.5)
        task.finish()
    row = tree(run.events)["again"]
    assert (row["visits"], row["busy"], row["started"]) == (3, 1.5, 1.0)


def test_a_second_subgraph_call_in_one_task_has_its_own_row() -> None:
    run = ScriptedRun()
    task = run.start_task("research")
    for number in range(3):
        with task.subgraph(number) as ns:
            run.start_task("writer", 1, ns).finish()
    task.finish()
    rows = tree(run.finish())
    assert {path for path in rows if path.endswith("writer")} == {
        "research › writer",
        "research › subgraph 2 › writer",
        "research › subgraph 3 › writer",
    }
    assert rows["research › subgraph 2"]["kind"] == "subgraph"
    assert rows["research › subgraph 2"]["status"] == "done"


def test_a_subgraph_with_a_lasting_namespace_belongs_to_its_node() -> None:
    run = ScriptedRun()
    for step in (1, 2):
        task = run.start_task("memory", step)
        inner = run.start_task("recall", step, ("memory",))
        inner.finish()
        task.finish()
    tables = fold_tables(run.finish())
    inner_rows = [row for row in tables["task"].values() if row["node"] == "recall"]
    parents = [tables["task"][row["parent"]]["step"] for row in inner_rows]
    assert parents == [1, 2]


def test_tokens_are_also_counted_in_the_parent_rows() -> None:
    rows = tree(joke_run())
    assert rows["write"]["tokens"] == rows["write › draft"]["tokens"] + rows["write › polish"]["tokens"]
    assert rows["joke_writer"]["tokens"] == rows["write"]["tokens"]


def test_no_name_contains_a_task_id() -> None:
    for row in fold_tables(send_run(3))["tree"].values():
        assert "research-" not in row["path"]


def test_two_thousand_parallel_tasks_have_two_thousand_rows() -> None:
    rows = tree(wide_run(2_000))
    assert rows["worker #2000"]["status"] == "done"
    assert rows["worker #1001"]["status"] == "failed"


def test_names_that_look_like_paths_do_not_collide() -> None:
    run = ScriptedRun(
        "g", shape=Shape("g", (NodeShape("a", Shape("a", (NodeShape("b"),), ())), NodeShape("a › b")), ())
    )
    assert len(fold_tables(run.events)["tree"]) == 4
