"""Tasks and supersteps: when each task ran, how it ended, and how long it waited for the others of its superstep."""

from __future__ import annotations

from typing import Any

from lgstream.events import (
    CheckpointSaved,
    GraphFinished,
    GraphStarted,
    Interrupted,
    Namespace,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskRetried,
    TaskStarted,
    Update,
    Values,
)  # fmt: skip
from lgstream.inspection.description import MAX_LINE_CHARS, error_line
from lgstream.inspection.fields import instance_fields
from lgstream.inspection.json_preview import json_block
from lgstream.inspection.text import bounded_text
from lgstream.views.fold.interrupts import answer_texts, interrupt_id, open_question, question_text
from lgstream.views.fold.nodes import MAX_NODE_NAME_CHARS, TreeFold
from lgstream.views.fold.records import GraphRun, TaskRecord, TreeNode
from lgstream.views.fold.tables import TableStore
from lgstream.views.rows import Status
from lgstream.views.text.tracebacks import cancellation_reason, format_traceback

STATUSES_BY_SEVERITY: tuple[Status, ...] = ("failed", "waiting", "stopped")
"""A subgraph has the first of these statuses that one of its tasks has; else it is done."""

MAX_RETRIES_SHOWN = 50
MAX_QUESTIONS_SHOWN = 10

ROW_STATUSES: dict[str, Status] = {
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "interrupted": "waiting",
}
"""The status of a row for the status of a :class:`RunFinished`."""


class TimelineFold:
    """Maintains the tables ``task`` and ``step``, and finds the task and the graph run that an event belongs to.

    A task or namespace that was never announced (because the sink was attached late, or an adapter does not see
    everything) starts with its first event, so that nothing is dropped for lack of a beginning.
    """

    def __init__(self, store: TableStore, tree: TreeFold) -> None:
        self._store = store
        self._tree = tree
        self.root = _new_graph_run(tree.root, None)
        self._graph_runs: dict[Namespace, GraphRun] = {(): self.root}
        self._tasks: dict[str, TaskRecord] = {}
        self._asking_tasks: dict[str, TaskRecord] = {}  # by interrupt id
        self._resumable_tasks: dict[str, TaskRecord] = {}  # by task id: those that run again in a resumed run
        self._has_started = False

    def on_run_started(self, event: RunStarted) -> None:
        if self._has_started:
            self._resume_run(event)
        self._has_started = True
        self._tree.set_shape(event.graph, event.shape)

    def start_nested_graph(self, event: GraphStarted, name: str) -> None:
        """Start a nested graph: in the row of its node, or in a row of its own below it if a task calls the graph.

        Args:
            event: the start of the graph.
            name: the name of the row; ``""`` if the graph has none.
        """
        task = self._tasks.get(event.task_id)
        if event.ns in self._graph_runs or task is None or name in ("", task.node):
            self.graph_run(event.ns)
            return
        shape = task.tree_node.shape
        if shape is not None and shape.name == event.graph:  # it is the node itself
            self.graph_run(event.ns)
            return
        tree_node = self._tree.called_graph(task.tree_node, name)
        self._tree.start_visit(tree_node)
        graph_run = self._graph_runs[event.ns] = _new_graph_run(tree_node, task)
        task.subgraph_runs.append(graph_run)

    def end_called_graph(self, event: GraphFinished) -> None:
        """End a graph that has a row of its own; one in the row of its node ends with its task."""
        graph_run = self._graph_runs.get(event.ns)
        if graph_run is None or graph_run.task is None or graph_run.tree_node is graph_run.task.tree_node:
            return
        self._end_graph_run(graph_run, ROW_STATUSES.get(event.status, "done"))

    def on_task_started(self, event: TaskStarted) -> None:
        earlier_task = self._resumable_tasks.pop(event.task_id, None)
        if earlier_task is None and event.task_id in self._tasks:
            return
        graph_run = self.graph_run(event.ns)
        if event.step != graph_run.step or not graph_run.is_step_open:
            self._start_superstep(graph_run, event.step)
        task = self._start_task(graph_run, event.task_id, event.node, earlier_task)
        triggers = [bounded_text(str(name), 200) for name in event.triggers[:20]]
        self._store.put("task", task.id, triggers=triggers, input=json_block(event.input))

    def on_task_retried(self, event: TaskRetried) -> None:
        task = self.task_of(event)
        if task is None:
            return
        row: Any = self._store.tables["task"][task.id]
        retries = row.get("retries", [])
        if len(retries) < MAX_RETRIES_SHOWN:
            failed = self._store.seconds_since_start(event.time)
            retry = [failed, round(failed + event.wait, 4), error_line(event.error)]
            self._store.put("task", task.id, retries=[*retries, retry], tries=event.attempt + 1)
        else:
            self._store.put("task", task.id, tries=event.attempt + 1)

    def on_update(self, event: Update) -> None:
        task = self.task_of(event)
        if task is None:
            return
        self._store.put("task", task.id, update="" if event.data is None else json_block(event.data))
        if event.cached and not task.has_ended:  # a task with saved writes does not run: there is no TaskFinished
            self._store.put("task", task.id, cached=True)
            self._end_task(task, "done")

    def on_task_finished(self, event: TaskFinished) -> None:
        task = self.task_of(event)
        if task is None or task.has_ended:
            return
        if event.error is not None:
            is_cancelled = cancellation_reason(event.error) != ""
            text = error_line(event.error)
            if is_cancelled and (note := _first_note(event.error)):  # such as: its function still runs
                text = bounded_text(f"{text}: {note}", MAX_LINE_CHARS)
            self._store.put("task", task.id, error=text, traceback=format_traceback(event.error))
            self._end_task(task, "stopped" if is_cancelled else "failed")
        elif event.interrupts:
            self._show_questions(task, event.interrupts)
            self._end_task(task, "waiting")
        else:
            self._end_task(task, "done")

    def on_interrupted(self, event: Interrupted) -> None:
        task = self.task_of(event) if event.task_id else None
        if task is not None and not task.has_ended:
            task.status = "waiting"
            self._store.put("task", task.id, status="waiting")
            self._tree.set_status(task.tree_node, "waiting")
            self._show_questions(task, event.interrupts)

    def on_state_known(self, event: Values | CheckpointSaved) -> None:
        """End the superstep that led to this state, unless one of its tasks still runs."""
        graph_run = self.graph_run(event.ns)
        is_running = any(task.status == "running" for task in graph_run.running_tasks.values())
        if graph_run.is_step_open and not is_running:
            self._end_superstep(graph_run)

    def on_run_finished(self, event: RunFinished) -> None:
        status = ROW_STATUSES.get(event.status, "done")
        self._end_graph_run(self.root, status)
        self._tree.finish_visit(self._tree.root, status)

    def graph_run(self, ns: Namespace) -> GraphRun:
        """Return the run of the graph at ``ns``, starting it if it is new."""
        graph_run = self._graph_runs.get(ns)
        if graph_run is None:
            return self._start_graph_run(ns)
        if graph_run.task is not None and graph_run.task.has_ended:
            self._restart_graph_run(graph_run, ns)
        return graph_run

    def task_of(self, event: Any) -> TaskRecord | None:
        """Return the task of an event, starting it if it is new; None if the event names no task.

        Args:
            event: any event with ``ns``, ``task_id`` and ``node``.
        """
        task = self._tasks.get(event.task_id)
        if task is not None:
            return task
        if not event.task_id or not event.node:
            return None
        graph_run = self.graph_run(event.ns)
        if not graph_run.is_step_open:
            self._start_superstep(graph_run, getattr(event, "step", graph_run.step + 1))
        return self._start_task(graph_run, event.task_id, event.node)

    def task_and_node_of(self, event: Any) -> tuple[TaskRecord | None, TreeNode]:
        """Return the task of an event and its row of the tree; without a task, None and the row of the graph."""
        task = self.task_of(event)
        return task, task.tree_node if task is not None else self.graph_run(event.ns).tree_node

    def remove_question(self, question_id: str) -> None:
        """Close a question that was answered, although the run has not continued yet."""
        task = self._asking_tasks.get(question_id)
        if task is not None:
            row: Any = self._store.tables["task"][task.id]
            open_questions = [question for question in row["ask"] if question["id"] != question_id]
            self._store.put("task", task.id, ask=open_questions)

    def add_step_row(self, graph_run: GraphRun, step: int) -> None:
        """Put the row of a superstep; from the second visit of a graph on, its id contains the visit."""
        visit = f"~{graph_run.visit + 1}" if graph_run.visit else ""
        graph_run.step = step
        graph_run.step_row = f"{graph_run.tree_node.id}@{step}{visit}"
        self._store.put("step", graph_run.step_row, row=graph_run.tree_node.id, step=step, started=self._store.now)
        if graph_run is self.root:
            self._store.put("run", "run", step=step)

    def _start_superstep(self, graph_run: GraphRun, step: int) -> None:
        self._end_superstep(graph_run)
        graph_run.is_step_open = True
        graph_run.step_tasks = []
        graph_run.tasks_per_node = {}
        self.add_step_row(graph_run, step)

    def _end_superstep(self, graph_run: GraphRun) -> None:
        if not graph_run.is_step_open:
            return
        graph_run.is_step_open = False
        self._store.put("step", graph_run.step_row, ended=self._store.now)
        for task in graph_run.step_tasks:
            if task.has_ended:
                self._store.put("task", task.id, released=self._store.now)

    def _start_task(
        self, graph_run: GraphRun, task_id: str, node: str, earlier_task: TaskRecord | None = None
    ) -> TaskRecord:
        """Put the row of a task; a task that is resumed, as ``earlier_task`` asked, has the same row of the tree."""
        index = graph_run.tasks_per_node.get(node, 0)
        graph_run.tasks_per_node[node] = index + 1
        if earlier_task is None:
            tree_node = self._tree.parallel_node(graph_run.tree_node, node, index)
            task = TaskRecord(task_id, node, graph_run, tree_node, self._store.now)
            self._tree.start_visit(tree_node)
        else:
            tree_node, run_count = earlier_task.tree_node, earlier_task.run_count + 1
            row_id = f"{task_id}~{run_count}"
            task = TaskRecord(row_id, node, graph_run, tree_node, self._store.now, run_count=run_count)
            self._tree.resume_visit(tree_node)
        self._tasks[task_id] = graph_run.running_tasks[task.id] = task
        graph_run.step_tasks.append(task)
        self._store.put(
            "task", task.id, row=tree_node.id, node=bounded_text(node, MAX_NODE_NAME_CHARS), step=graph_run.step,
            parent=graph_run.task.id if graph_run.task else "", started=task.started, status="running",
        )  # fmt: skip
        return task

    def _resume_run(self, event: RunStarted) -> None:
        """Note the answers and close the questions; what follows is put in further rows of tasks and supersteps."""
        answers = answer_texts(event.input, self._asking_tasks)
        answers_by_task: dict[str, list[str]] = {}
        for question_id, task in self._asking_tasks.items():
            self._store.put("task", task.id, ask=[])
            if question_id in answers:
                answers_by_task.setdefault(task.id, []).append(answers[question_id])
        for row_id, texts in answers_by_task.items():
            self._store.put("task", row_id, answer="\n\n".join(texts))
        self._asking_tasks.clear()
        for task_id, task in self._tasks.items():
            if task.status == "waiting":
                task.status = "done"
                self._resumable_tasks[task_id] = task
                self._store.put("task", task.id, status="done")
                self._tree.set_status(task.tree_node, "done")
        for graph_run in self._graph_runs.values():
            graph_run.end_statuses.clear()
            graph_run.visit = graph_run.tree_node.graph_runs
            graph_run.tree_node.graph_runs += 1
        self._tree.resume_visit(self._tree.root)

    def _restart_graph_run(self, graph_run: GraphRun, ns: Namespace) -> None:
        """Continue a subgraph with a lasting namespace in a later task: in another visit, or in a resumed run."""
        parent_run = self.graph_run(ns[:-1])
        task = parent_run.task if ns[-1].isdecimal() else self._calling_task(parent_run, ns[-1])
        if task is None or task is graph_run.task:
            return
        graph_run.task = task
        task.subgraph_runs.append(graph_run)
        if graph_run.tree_node is not task.tree_node:
            self._tree.resume_visit(graph_run.tree_node)

    def _start_graph_run(self, ns: Namespace) -> GraphRun:
        *parent_ns, name = ns
        parent_run = self.graph_run(tuple(parent_ns))
        if name.isdecimal() and parent_run.task is not None:
            task = parent_run.task
            tree_node = self._tree.extra_subgraph(task.tree_node, name)
            self._tree.start_visit(tree_node)
        else:
            task = self._calling_task(parent_run, name)
            tree_node = self._tree.mark_as_subgraph(task.tree_node)
        graph_run = self._graph_runs[ns] = _new_graph_run(tree_node, task)
        task.subgraph_runs.append(graph_run)
        return graph_run

    def _calling_task(self, parent_run: GraphRun, name: str) -> TaskRecord:
        """Return the task that runs a subgraph, by the last part of the subgraph's namespace.

        That is ``node:task_id``, or only ``node`` if the subgraph has the same namespace in every task.
        """
        node, _, task_id = name.rpartition(":")
        if task_id in self._tasks:
            return self._tasks[task_id]
        if not node:
            node = name
            for task in reversed(parent_run.step_tasks):
                if task.node == node:
                    return task
        if not parent_run.is_step_open:
            self._start_superstep(parent_run, parent_run.step + 1)
        return self._start_task(parent_run, task_id if task_id != name else f"{name}@{len(self._tasks)}", node)

    def _show_questions(self, task: TaskRecord, interrupts: tuple[Any, ...]) -> None:
        """Put questions into the row of the task that asked; the tasks around it report the same interrupts again."""
        new_interrupts = [interrupt for interrupt in interrupts if interrupt_id(interrupt) not in self._asking_tasks][
            :MAX_QUESTIONS_SHOWN
        ]
        if not new_interrupts:
            return
        self._asking_tasks.update((interrupt_id(interrupt), task) for interrupt in new_interrupts)
        text = "\n\n".join(question_text(interrupt) for interrupt in new_interrupts)
        questions = [open_question(interrupt) for interrupt in new_interrupts]
        self._store.put("task", task.id, question=text, ask=questions)
        self._store.put("run", "run", note=f"waits for an answer at {task.tree_node.path}")

    def _end_task(self, task: TaskRecord, status: Status) -> None:
        for graph_run in task.subgraph_runs:
            self._end_graph_run(graph_run, status)
        task.status = status
        task.has_ended = True
        task.graph_run.running_tasks.pop(task.id, None)
        task.graph_run.end_statuses.add(status)
        self._store.put("task", task.id, status=status, ended=self._store.now)
        self._tree.finish_visit(task.tree_node, status)

    def _end_graph_run(self, graph_run: GraphRun, status: Status) -> None:
        """End a run of a graph, its running tasks and its last superstep, as its task or run ends with ``status``."""
        for task in list(graph_run.running_tasks.values()):
            for subgraph_run in task.subgraph_runs:
                self._end_graph_run(subgraph_run, status)
            self._end_task(task, _status_at_parent_end(task, status))
        self._end_superstep(graph_run)
        graph_run.state = {}
        tree_node = graph_run.tree_node
        if graph_run.task is not None and tree_node is not graph_run.task.tree_node and tree_node.status == "running":
            severest = (severe for severe in STATUSES_BY_SEVERITY if severe in graph_run.end_statuses)
            self._tree.finish_visit(tree_node, next(severest, "done"))


def _new_graph_run(tree_node: TreeNode, task: TaskRecord | None) -> GraphRun:
    tree_node.graph_runs += 1
    return GraphRun(tree_node, task, tree_node.graph_runs - 1)


def _first_note(error: BaseException) -> str:
    notes = instance_fields(error).get("__notes__")
    return notes[0] if type(notes) is list and notes and type(notes[0]) is str else ""


def _status_at_parent_end(task: TaskRecord, status: Status) -> Status:
    """Return how a task ended that was still running when the graph around it ended as ``status``."""
    if status == "done":
        return "done"  # for example, the node of a subgraph that passed control to the parent graph
    if status in ("failed", "waiting"):
        is_cause = task.status == status or any(status in graph_run.end_statuses for graph_run in task.subgraph_runs)
        return status if is_cause else "stopped"
    return "stopped"
