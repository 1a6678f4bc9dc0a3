"""What the folds remember about a run: nodes of the tree, runs of graphs, tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lgstream.events import Shape
from lgstream.views.rows import Status, Table


@dataclass(slots=True, eq=False)
class TreeNode:
    """A row of the tree: a graph, a node of a graph, or one of the parallel tasks of a node.

    Attributes:
        id: the id of the row.
        node_path: the node names from the root. Rows of one node share it, and their colour.
        children: rows by node name; several for a node whose tasks ran in parallel.
        extra_subgraphs: rows of further subgraphs called by one task, by their number.
        called_graphs: rows of graphs with names that the tasks of this row call, by name; several for graphs of one
            name that run at once.
        hides_number: True for a called graph that is the only one of its name below the parallel rows of its node; its
            path then names the node without a number.
        namesakes: for each node and name, the rows of called graphs below the parallel rows of the node.
        path_rows: rows of other tables that show the path.
        graph_runs: how often a graph was run here.
    """

    id: str
    parent: TreeNode | None
    node_path: tuple[str, ...]
    name: str
    shape: Shape | None = None
    path: str = ""
    order: int = 0
    children: dict[str, list[TreeNode]] = field(default_factory=dict)
    extra_subgraphs: dict[str, TreeNode] = field(default_factory=dict)
    called_graphs: dict[str, list[TreeNode]] = field(default_factory=dict)
    hides_number: bool = False
    namesakes: dict[tuple[str, str], list[TreeNode]] = field(default_factory=dict)
    path_rows: list[tuple[Table, str]] = field(default_factory=list)
    status: Status = "pending"
    started: float = 0.0
    busy: float = 0.0
    visits: int = 0
    graph_runs: int = 0
    tokens: int = 0


@dataclass(slots=True, eq=False)
class GraphRun:
    """One run of one graph: of the root, or of a subgraph by one task of its parent.

    Attributes:
        task: the task that runs the subgraph; None for the root.
        visit: the number of earlier runs at the same row of the tree.
        step: the number of the latest superstep.
        step_row: the id of its row; ``""`` before the first.
        is_step_open: True while that superstep lasts.
        step_tasks: the tasks of that superstep.
        tasks_per_node: their number for each node.
        running_tasks: tasks that have not ended, by row id.
        end_statuses: how tasks have ended so far.
        state: the state before the superstep, and ``state_previews`` the same as short texts.
    """

    tree_node: TreeNode
    task: TaskRecord | None
    visit: int
    step: int = 0
    step_row: str = ""
    is_step_open: bool = False
    step_tasks: list[TaskRecord] = field(default_factory=list)
    tasks_per_node: dict[str, int] = field(default_factory=dict)
    running_tasks: dict[str, TaskRecord] = field(default_factory=dict)
    end_statuses: set[Status] = field(default_factory=set)
    state: dict[str, Any] = field(default_factory=dict)
    state_previews: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class TaskRecord:
    """One task of a superstep.

    Attributes:
        id: the id of its row; that of the task, with a suffix if the task was resumed.
        written_values: the keys of its update, until its superstep ends.
        has_diff: True once a diff was put.
        run_count: how often it ran from its start: once, and again for each answer to its questions.
    """

    id: str
    node: str
    graph_run: GraphRun
    tree_node: TreeNode
    started: float
    status: Status = "running"
    has_ended: bool = False
    subgraph_runs: list[GraphRun] = field(default_factory=list)
    written_values: dict[str, Any] = field(default_factory=dict)
    has_diff: bool = False
    run_count: int = 1
