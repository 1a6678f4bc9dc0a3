"""Tasks and supersteps: who runs, since when, how it ended, and how long it waited at the barrier."""

from __future__ import annotations

from typing import Any

from lgstream.events import (
    CheckpointSaved,
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
from lgstream.views.fold import interrupts as ask
from lgstream.views.fold.nodes import NAME, Tree
from lgstream.views.fold.records import Place, Scope, Task
from lgstream.views.fold.tables import Ledger
from lgstream.views.rows import Status
from lgstream.views.text.format import clean, cut
from lgstream.views.text.json_preview import pretty
from lgstream.views.text.tracebacks import cut_off, one_line, trace

WORST: tuple[Status, ...] = ("failed", "waiting", "stopped")
"""How a graph ended, by the first of these that one of its tasks ended with."""

RETRIES = 50
"""Tries of a task that are told of, the first ones."""

ENDS: dict[str, Status] = {"done": "done", "failed": "failed", "stopped": "stopped", "interrupted": "waiting"}
"""The row status for the status of :class:`RunFinished`."""


class Timeline:
    """Keeps the tables ``task`` and ``step``, and finds the task or the graph that any event belongs to.

    An event of a task or namespace that was never announced (a sink that came late, an adapter that sees less) starts
    it then and there: nothing that happened is dropped for want of a beginning.
    """

    def __init__(self, ledger: Ledger, tree: Tree) -> None:
        self._ledger = ledger
        self._tree = tree
        self.root = _scope(tree.root, None)
        self._scopes: dict[Namespace, Scope] = {(): self.root}
        self._tasks: dict[str, Task] = {}
        self._asked: dict[str, Task] = {}  # interrupt id -> the task that asked
        self._waiting: dict[str, Task] = {}  # by task id: those that go on in a resumed run
        self._planted = False

    def run_started(self, event: RunStarted) -> None:
        if self._planted:
            self._resume(event)
        self._planted = True
        self._tree.plant(event.graph, event.shape)

    def task_started(self, event: TaskStarted) -> None:
        before = self._waiting.pop(event.task_id, None)
        if before is None and event.task_id in self._tasks:
            return
        scope = self.scope(event.ns)
        if event.step != scope.step or not scope.open:
            self._open(scope, event.step)
        task = self._start(scope, event.task_id, event.node, before)
        triggers = [cut(clean(str(name)), 200) for name in event.triggers[:20]]
        self._ledger.put("task", task.id, triggers=triggers, input=pretty(event.input))

    def task_retried(self, event: TaskRetried) -> None:
        task = self.task(event)
        if task is None:
            return
        row: Any = self._ledger.tables["task"][task.id]
        retries = row.get("retries", [])
        if len(retries) < RETRIES:
            failed = self._ledger.since(event.time)
            told = [failed, round(failed + event.wait, 4), one_line(event.error)]
            self._ledger.put("task", task.id, retries=[*retries, told], tries=event.attempt + 1)
        else:
            self._ledger.put("task", task.id, tries=event.attempt + 1)

    def update(self, event: Update) -> None:
        task = self.task(event)
        if task is None:
            return
        self._ledger.put("task", task.id, update="" if event.data is None else pretty(event.data))
        if event.cached and not task.ended:  # its writes were kept from before: there is no TaskFinished
            self._ledger.put("task", task.id, cached=True)
            self._end(task, "done")

    def task_finished(self, event: TaskFinished) -> None:
        task = self.task(event)
        if task is None or task.ended:
            return
        if event.error is not None:
            stopped = cut_off(event.error) != ""
            self._ledger.put("task", task.id, error=one_line(event.error), traceback=trace(event.error))
            self._end(task, "stopped" if stopped else "failed")
        elif event.interrupts:
            self._ask(task, event.interrupts)
            self._end(task, "waiting")
        else:
            self._end(task, "done")

    def interrupted(self, event: Interrupted) -> None:
        task = self.task(event) if event.task_id else None
        if task is not None and not task.ended:
            task.status = "waiting"
            self._ledger.put("task", task.id, status="waiting")
            self._tree.mark(task.place, "waiting")
            self._ask(task, event.interrupts)

    def barrier(self, event: Values | CheckpointSaved) -> None:
        """The state after the superstep is known: it is over, unless a task is still at work."""
        scope = self.scope(event.ns)
        if scope.open and not any(task.status == "running" for task in scope.running.values()):
            self.close(scope)

    def run_finished(self, event: RunFinished) -> None:
        status = ENDS.get(event.status, "done")
        self._settle(self.root, status)
        self._tree.finish(self._tree.root, status)

    def scope(self, ns: Namespace) -> Scope:
        """The run of the graph at ``ns``."""
        known = self._scopes.get(ns)
        if known is None:
            return self._enter(ns)
        if known.task is not None and known.task.ended:
            self._reenter(known, ns)
        return known

    def answered(self, interrupt_id: str) -> None:
        """An answer was given, and the run has yet to go on with it."""
        task = self._asked.get(interrupt_id)
        if task is not None:
            row: Any = self._ledger.tables["task"][task.id]
            self._ledger.put("task", task.id, ask=[each for each in row["ask"] if each["id"] != interrupt_id])

    def task(self, event: Any) -> Task | None:
        """The task of an event that has ``ns``, ``task_id`` and ``node``; None where no task is named."""
        known = self._tasks.get(event.task_id)
        if known is not None:
            return known
        if not event.task_id or not event.node:
            return None
        scope = self.scope(event.ns)
        if not scope.open:
            self._open(scope, getattr(event, "step", scope.step + 1))
        return self._start(scope, event.task_id, event.node)

    def close(self, scope: Scope) -> None:
        """The superstep ends: its tasks are released from the barrier."""
        if not scope.open:
            return
        scope.open = False
        self._ledger.put("step", scope.row, ended=self._ledger.t)
        for task in scope.turn:
            if task.ended:
                self._ledger.put("task", task.id, released=self._ledger.t)

    def step(self, scope: Scope, step: int) -> None:
        """Begin the row of a superstep; its id says which visit of the place it belongs to, after the first."""
        scope.step = step
        scope.row = f"{scope.place.id}@{step}" + (f"~{scope.visit + 1}" if scope.visit else "")
        self._ledger.put("step", scope.row, row=scope.place.id, step=step, started=self._ledger.t)
        if scope is self.root:
            self._ledger.put("run", "run", step=step)

    def _open(self, scope: Scope, step: int) -> None:
        self.close(scope)
        scope.open = True
        scope.turn = []
        scope.counts = {}
        self.step(scope, step)

    def _start(self, scope: Scope, task_id: str, node: str, before: Task | None = None) -> Task:
        """A row for a task; for one that ran ``before`` and asked, a further one at its place."""
        number = scope.counts.get(node, 0)
        scope.counts[node] = number + 1
        if before is None:
            place = self._tree.slot(scope.place, node, number)
            task = Task(task_id, node, scope, place, self._ledger.t)
            self._tree.start(place)
        else:
            place, tries = before.place, before.tries + 1
            task = Task(f"{task_id}~{tries}", node, scope, place, self._ledger.t, tries=tries)
            self._tree.resume(place)
        self._tasks[task_id] = scope.running[task.id] = task
        scope.turn.append(task)
        parent = scope.task.id if scope.task else ""
        self._ledger.put(
            "task", task.id, row=place.id, node=cut(clean(node), NAME), step=scope.step, parent=parent,
            started=task.started, status="running",
        )  # fmt: skip
        return task

    def _resume(self, event: RunStarted) -> None:
        """The run goes on where it waited: what follows is told in further rows of tasks and supersteps."""
        answers = ask.answers(event.input, self._asked)
        told: dict[str, list[str]] = {}
        for interrupt_id, task in self._asked.items():
            self._ledger.put("task", task.id, ask=[])
            if interrupt_id in answers:
                told.setdefault(task.id, []).append(answers[interrupt_id])
        for task_id, words in told.items():
            self._ledger.put("task", task_id, answer="\n\n".join(words))
        self._asked.clear()
        for task_id, task in self._tasks.items():
            if task.status == "waiting":
                task.status = "done"
                self._waiting[task_id] = task
                self._ledger.put("task", task.id, status="done")
                self._tree.mark(task.place, "done")
        for scope in self._scopes.values():
            scope.ended.clear()
            scope.visit, scope.place.runs = scope.place.runs, scope.place.runs + 1
        self._tree.resume(self._tree.root)

    def _reenter(self, scope: Scope, ns: Namespace) -> None:
        """A subgraph that kept its namespace runs again: in another visit of its node, or in a resumed run."""
        outer = self.scope(ns[:-1])
        again = outer.task if ns[-1].isdecimal() else self._caller(outer, ns[-1])
        if again is None or again is scope.task:
            return
        scope.task = again
        again.inner.append(scope)
        if scope.place is not again.place:
            self._tree.resume(scope.place)

    def _enter(self, ns: Namespace) -> Scope:
        *above, last = ns
        outer = self.scope(tuple(above))
        if last.isdecimal() and outer.task is not None:
            task, place = outer.task, self._tree.another(outer.task.place, last)
            self._tree.start(place)
        else:
            task = self._caller(outer, last)
            place = self._tree.subgraph(task.place)
        scope = self._scopes[ns] = _scope(place, task)
        task.inner.append(scope)
        return scope

    def _caller(self, outer: Scope, name: str) -> Task:
        """The task that runs the subgraph: found by its id, or by its node where the subgraph keeps its namespace."""
        node, _, task_id = name.rpartition(":")
        if task_id in self._tasks:
            return self._tasks[task_id]
        if not node:
            node = name
            for task in reversed(outer.turn):
                if task.node == node:
                    return task
        if not outer.open:
            self._open(outer, outer.step + 1)
        return self._start(outer, task_id if task_id != name else f"{name}@{len(self._tasks)}", node)

    def _ask(self, task: Task, interrupts: tuple[Any, ...]) -> None:
        """Show the questions, each at the task that asked: the tasks above it are told of the same interrupt again."""
        new = [interrupt for interrupt in interrupts if ask.name(interrupt) not in self._asked][:10]
        self._asked.update((ask.name(interrupt), task) for interrupt in new)
        if new:
            question = "\n\n".join(ask.question(interrupt) for interrupt in new)
            self._ledger.put("task", task.id, question=question, ask=[ask.form(interrupt) for interrupt in new])
            self._ledger.put("run", "run", note=f"waits for an answer at {task.place.path}")

    def _end(self, task: Task, status: Status) -> None:
        for scope in task.inner:
            self._settle(scope, status)
        task.status = status
        task.ended = True
        task.scope.running.pop(task.id, None)
        task.scope.ended.add(status)
        self._ledger.put("task", task.id, status=status, ended=self._ledger.t)
        self._tree.finish(task.place, status)

    def _settle(self, scope: Scope, status: Status) -> None:
        """The graph's run is over with ``status``: so are its tasks and its last superstep."""
        for task in list(scope.running.values()):
            for inner in task.inner:
                self._settle(inner, status)
            self._end(task, _inherited(task, status))
        self.close(scope)
        scope.values = {}
        if scope.task is not None and scope.place is not scope.task.place and scope.place.status == "running":
            self._tree.finish(scope.place, next((worst for worst in WORST if worst in scope.ended), "done"))


def _scope(place: Place, task: Task | None) -> Scope:
    place.runs += 1
    return Scope(place, task, place.runs - 1)


def _inherited(task: Task, status: Status) -> Status:
    """How a task ended that was still at work when the graph around it ended."""
    if status == "done":
        return "done"  # a subgraph's node that handed over to the parent graph, say
    if status in ("failed", "waiting"):
        within = task.status == status or any(status in scope.ended for scope in task.inner)
        return status if within else "stopped"
    return "stopped"
