"""What a run tells: its events, each made only where somebody wants its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time
from typing import TYPE_CHECKING, Any

from lgstream.engine.checkpoints import format as checkpoints
from lgstream.engine.message_events import said
from lgstream.engine.plan import next_tasks
from lgstream.engine.writes import result, shown
from lgstream.events import CheckpointSaved, Interrupted, Message, TaskFinished, TaskStarted, Update, Values
from lgstream.types import Interrupt

if TYPE_CHECKING:
    from lgstream.engine.run_loop import Run
    from lgstream.engine.tasks.task import Task


_OWN = frozenset(("thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"))

_UNKNOWN: Any = object()
_new = tuple.__new__  # a named tuple at half the cost


def of_user(task: Task) -> dict[str, Any] | None:
    """What the user told of a task: the run's metadata and tags, and the node's metadata."""
    config = task.run.config
    told = {
        key: value
        for key, value in {**config["metadata"], **(task.node.metadata or {})}.items()
        if key not in _OWN and not key.startswith("langgraph_")
    }
    tags = [tag for tag in config.get("tags") or () if not tag.startswith("seq:step")]
    if tags:
        told["tags"] = tags
    return told or None


class Told:
    """The events of one run. What nobody wants costs a test of a flag.

    Every method is given the run: one that it held would live on, as it would hold the run, until the collector comes.
    """

    shows_starts = shows_ends = shows_values = False
    _ends = _updates = _messages = _interrupts = _checkpoints = False
    _of_run: Any = _UNKNOWN
    _put_values: Callable[[Any], None] | None = None
    _put_update: Callable[[str, Any, bool], None] | None = None

    def __init__(self, run: Run) -> None:
        wants = run.wants
        if not wants:
            return
        self._emit = run.emit
        self._ns = run.ns
        self._named = run.setup.names_tasks
        self.shows_starts = TaskStarted in wants
        self._ends = TaskFinished in wants
        self._updates = Update in wants
        self._messages = Message in wants
        self.shows_values = Values in wants
        if run.setup.straight is not None and run.parent is None:
            self._put_values, self._put_update = run.setup.straight.values(), run.setup.straight.updates()
        self.shows_ends = self._ends or self._updates or self._messages
        self._interrupts = Interrupted in wants
        self._checkpoints = CheckpointSaved in wants and run.saver is not None

    def started(self, run: Run, tasks: Sequence[Task]) -> None:
        """Tasks are about to run; START's has no events (rule 33)."""
        for task in tasks:
            if not task.node.hidden:
                self.called(run, task)

    def called(self, run: Run, task: Task) -> None:
        """A task starts."""
        if self.shows_starts:
            step, told = run.step, self._of_user(task)
            of_task = task.id, task.name, task.input, task.triggers, told
            self._emit(_new(TaskStarted, (time(), self._ns, step, *of_task)))

    def _of_user(self, task: Task) -> dict[str, Any] | None:
        if task.node.metadata:
            return of_user(task)
        if self._of_run is _UNKNOWN:
            self._of_run = of_user(task)
        return dict(self._of_run) if self._of_run else None

    def settled(self, run: Run, task: Task, error: BaseException | None) -> None:
        """A task has ended: its messages and its update, if it wrote any, then its end; START's has no events."""
        if task.node.hidden:
            return
        if self._messages and error is None:
            said(run, task)
        if self._updates and (error is None or task.writes):
            self.update(run, task, task.cached)
        if self._ends and not task.cached:
            written = result(task.writes, run.program.stream_names)
            self._emit(_new(TaskFinished, (time(), self._ns, run.step, task.id, task.name, written, error, ())))

    def update(self, run: Run, task: Task, cached: bool) -> None:
        """What a task wrote."""
        if self._updates and not task.node.hidden:
            data = shown(task.writes, run.output_names)
            if self._put_update is not None:
                self._put_update(task.name, data, cached)
                return
            id = task.id if self._named else ""
            self._emit(_new(Update, (time(), self._ns, run.step, id, task.name, data, cached)))

    def asked(self, run: Run, task: Task) -> None:
        """A task stopped to ask: its questions, then its end. A called task's are its caller's, who stops with it."""
        if task.is_called:
            return
        self.interrupted(run, task.id, task.name, task.interrupts)
        if self._ends:
            step = run.step
            self._emit(TaskFinished(time(), self._ns, step, task.id, task.name, {}, None, task.interrupts))

    def interrupted(self, run: Run, id: str, name: str, interrupts: tuple[Interrupt, ...]) -> None:
        """Questions, or a static breakpoint: no task and no questions."""
        if self._interrupts:
            values = run.values(run.output_keys)
            self._emit(Interrupted(time(), self._ns, run.step, id, name, interrupts, values))

    def values(self, run: Run, step: int) -> None:
        """The state after superstep ``step``."""
        if self._put_values is not None:
            self._put_values(run.values(run.output_keys))
        elif self.shows_values:
            self._emit(_new(Values, (time(), self._ns, step, run.values(run.output_keys))))

    def checkpoint(self, run: Run) -> None:
        """The current checkpoint, with the tasks that come next."""
        if self._checkpoints:
            payload = checkpoints.payload(run, next_tasks(run, run.updated, inputs=False))
            self._emit(CheckpointSaved(time(), self._ns, run.step - 1, payload))
