"""The rows of graphs that nodes and tools call have the names of the graphs."""

from __future__ import annotations

from typing import Any

from lgstream.events import Event, GraphFinished, GraphStarted, NodeShape, Shape
from tests.support.scripted_runs import ScriptedRun, ScriptedTask, fold_tables


def call_graph(task: ScriptedTask, graph: str, number: int = 0, tool_call_id: str = "", status: str = "done") -> None:
    """Run a graph with one node, ``model``, in a task."""
    run = task.script
    with task.subgraph(number) as ns:
        run.emit(GraphStarted, ns, graph, task.id, task.node, tool_call_id)
        run.start_task("model", 1, ns).finish()
        run.advance(1.0)
        run.emit(GraphFinished, ns, graph, task.id, task.node, status, None, tool_call_id)


def paths(events: list[Event]) -> list[str]:
    return [row["path"] for row in fold_tables(events)["tree"].values()]


def test_graphs_that_tools_of_one_task_call_have_their_names() -> None:
    run = ScriptedRun()
    task = run.start_task("tools")
    call_graph(task, "zoologist")
    call_graph(task, "botanist", 1)
    task.finish()
    assert paths(run.finish())[1:] == [
        "tools",
        "tools › zoologist",
        "tools › zoologist › model",
        "tools › botanist",
        "tools › botanist › model",
    ]


def test_graphs_in_parallel_tasks_have_their_names_instead_of_numbers() -> None:
    run = ScriptedRun()
    tasks = [run.start_task("tools"), run.start_task("tools")]
    call_graph(tasks[0], "zoologist")
    call_graph(tasks[1], "botanist")
    found = paths(run.finish())
    assert "tools › zoologist › model" in found and "tools › botanist › model" in found


def test_graphs_of_one_name_in_parallel_tasks_keep_the_numbers_of_their_tasks() -> None:
    run = ScriptedRun()
    first = run.start_task("tools")
    call_graph(first, "zoologist")
    assert "tools › zoologist › model" in paths(run.events)
    call_graph(run.start_task("tools"), "zoologist")
    found = paths(run.finish())
    assert {path for path in found if path.endswith("model")} == {
        "tools #1 › zoologist › model",
        "tools #2 › zoologist › model",
    }


def test_a_graph_without_a_name_has_that_of_its_tool() -> None:
    run = ScriptedRun()
    task = run.start_task("tools")
    call_graph(task, "LangGraph", tool_call_id=task.start_tool("ask_zoologist", {}))
    assert "tools › ask_zoologist › model" in paths(run.finish())


def test_a_graph_without_any_name_is_in_the_row_of_its_node() -> None:
    run = ScriptedRun()
    call_graph(run.start_task("research"), "LangGraph")
    assert "research › model" in paths(run.finish())


def test_a_graph_that_is_a_node_is_in_the_row_of_its_node() -> None:
    shape = Shape("graph", (NodeShape("research", Shape("writer", (NodeShape("model"),), ())),), ())
    run = ScriptedRun(shape=shape)
    call_graph(run.start_task("research"), "writer")
    assert paths(run.finish()) == ["graph", "research", "research › model"]


def test_a_later_call_of_a_graph_has_the_same_row() -> None:
    run = ScriptedRun()
    for step in (1, 2):
        task = run.start_task("tools", step)
        call_graph(task, "zoologist")
        task.finish()
    rows: dict[str, Any] = {row["path"]: row for row in fold_tables(run.finish())["tree"].values()}
    assert rows["tools › zoologist"]["visits"] == 2 and rows["tools › zoologist › model"]["visits"] == 2


def test_graphs_of_one_name_that_run_at_once_in_a_task_have_a_row_each() -> None:
    run = ScriptedRun()
    task = run.start_task("tools")
    for number in range(2):
        with task.subgraph(number) as ns:
            run.emit(GraphStarted, ns, "zoologist", task.id, "tools")
    assert paths(run.finish())[-2:] == ["tools › zoologist", "tools › zoologist #2"]


def test_the_row_of_a_called_graph_ends_with_the_graph() -> None:
    run = ScriptedRun()
    task = run.start_task("tools")
    call_graph(task, "zoologist")
    run.advance(5.0)
    task.finish()
    rows: dict[str, Any] = {row["path"]: row for row in fold_tables(run.finish())["tree"].values()}
    row = rows["tools › zoologist"]
    assert (row["status"], row["ended"], row["busy"]) == ("done", 1.0, 1.0)
