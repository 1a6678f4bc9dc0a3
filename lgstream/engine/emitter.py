"""Emits the events of a run, each only if a subscriber receives its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import Any

from lgstream.engine.checkpoints.format import with_checkpoint_map
from lgstream.engine.checkpoints.outcomes import TaskOutcome, outcomes_by_task
from lgstream.engine.output_messages import emit_output_messages
from lgstream.engine.plan import prepare_next_tasks
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.engine.writes import task_result, update_from_writes
from lgstream.errors import outcome_of_graph
from lgstream.events import (
    CheckpointSaved,
    GraphFinished,
    GraphStarted,
    Interrupted,
    Message,
    RunStarted,
    Shape,
    TaskFinished,
    TaskStarted,
    Update,
    Values,
)
from lgstream.inspection.description import text_of
from lgstream.langchain.running_tool import running_tool, running_tool_call
from lgstream.langchain.task_metadata import call_tags, event_tags
from lgstream.types import Interrupt

_CHECKPOINT_KEYS = frozenset(("thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"))

_NOT_COMPUTED: Any = object()

_new = tuple.__new__
"""Creates a named tuple at half the cost of its constructor; used where several are created in every superstep."""


def user_metadata(config: Mapping[str, Any], node_metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the metadata that the user set for a run, and for a node of it."""
    return {
        key: value
        for key, value in {**config["metadata"], **(node_metadata or {})}.items()
        if not (type(key) is str and (key in _CHECKPOINT_KEYS or key.startswith("langgraph_")))
    }


def run_started(
    config: Mapping[str, Any], run_id: str, graph: str, value: Any, shape: Shape | None, resumes: str = ""
) -> RunStarted:
    """Return the RunStarted event of a root run.

    Args:
        config: the complete config of the run.
        run_id: the id of the run.
        graph: the name of the graph.
        value: the input of the run.
        shape: the shape of the graph; None if it is not known.
        resumes: the id of the run that this one resumes; ``""`` for none.
    """
    thread_id = config["configurable"].get("thread_id")
    thread_id = "" if thread_id is None else text_of(str, thread_id)
    metadata, tags = user_metadata(config) or None, event_tags(config.get("tags"))
    return RunStarted(time(), (), run_id, graph, value, shape, thread_id, metadata, tags, resumes)


def task_metadata(task: Task) -> dict[str, Any] | None:
    """Return the user's metadata of the run and the node, with the run's tags; None if there is none."""
    config = task.run.config
    metadata = user_metadata(config, task.node.metadata)
    if tags := call_tags(config.get("tags")):
        metadata["tags"] = list(tags)
    return metadata or None


class EventEmitter:
    """Emits the events of one run. An event without subscribers costs only the test of a flag.

    Events are passed to ``run.emit``. If a single stream is the only consumer, ``options.field_consumer`` may return a
    function that takes the fields of an event class, so that no event is built. Methods receive the run as an argument:
    an attribute would create a reference cycle, and the run would live until the garbage collector finds it.

    Args:
        run: the data of the run.

    Attributes:
        emits_starts: True if TaskStarted events have a subscriber.
        emits_ends: True if the end of a task gives an event that has a subscriber.
        emits_values: True if Values events have a subscriber.
        emits_graphs: True if the run is nested, and its start or end has a subscriber.
    """

    emits_starts = emits_ends = emits_values = emits_graphs = False
    _tool_call_id = ""
    """The tool call around a nested run; known if TaskStarted has a subscriber."""
    _emits_finished = _emits_updates = _emits_messages = _emits_interrupts = _emits_checkpoints = False
    _run_metadata: Any = _NOT_COMPUTED
    _put_values: Callable[..., None] | None = None
    _put_update: Callable[..., None] | None = None
    _put_messages: Callable[..., None] | None = None
    _put_input: Callable[..., None] | None = None

    def __init__(self, run: RunState) -> None:
        wants = run.wants
        if not wants:
            return
        self._emit = run.emit
        self._ns = run.ns
        self._run_id = run.root_run_id
        self.emits_starts = TaskStarted in wants
        if run.parent is not None:
            self.emits_graphs = GraphStarted in wants or GraphFinished in wants
            if self.emits_starts:
                self._tool_call_id = running_tool_call(self._run_id)
        self.emits_values = Values in wants
        self._emits_finished = TaskFinished in wants
        self._emits_updates = Update in wants
        self._emits_messages = Message in wants
        self._emits_interrupts = Interrupted in wants
        self._emits_checkpoints = CheckpointSaved in wants and run.saver is not None
        self.emits_ends = self._emits_finished or self._emits_updates or self._emits_messages
        field_consumer = run.options.field_consumer
        if self.emits_values:
            self._put_values = field_consumer(Values, self._ns, ())
        if self._emits_updates:
            self._put_update = field_consumer(Update, self._ns, ())
        if self._emits_messages:
            self._put_messages = field_consumer(Message, self._ns, ())
        if self.emits_starts:
            self._put_input = field_consumer(TaskStarted, self._ns, ())

    def emit_run_started(self, run: RunState, shape: Shape | None, value: Any, resumes: str) -> None:
        """Emit the RunStarted event of a root run.

        Args:
            run: the run.
            shape: the shape of the graph.
            value: the input of the run.
            resumes: the id of the run that this one resumes; ``""`` for none.
        """
        self._emit(run_started(run.config, self._run_id, run.program.name, value, shape, resumes))

    def emit_graph_started(self, run: RunState) -> None:
        """Emit the GraphStarted event of a nested run."""
        self._emit(GraphStarted(time(), self._ns, *self._graph_cause(run), self._run_id))

    def emit_graph_finished(self, run: RunState, error: BaseException | None) -> None:
        """Emit the GraphFinished event of a nested run that ``error`` has ended, if it is not None."""
        status, error = outcome_of_graph(error)
        graph, task_id, node, tool_call_id = self._graph_cause(run)
        fields = (time(), self._ns, graph, task_id, node, status, error, tool_call_id, self._run_id)
        self._emit(GraphFinished(*fields))

    def _graph_cause(self, run: RunState) -> tuple[str, str, str, str]:
        """Return the name of a nested graph, the id and the node of the task that runs it, and the tool call in it."""
        task = run.parent
        assert task is not None
        tool = running_tool(self._run_id)
        return run.program.name, task.id, task.name, tool.call_id if tool and tool.task_id == task.id else ""

    def emit_tasks_started(self, run: RunState, tasks: Sequence[Task]) -> None:
        """Emit a TaskStarted event for each of these tasks; START's task has no events (reference rule 33)."""
        for task in tasks:
            if not task.node.is_start:
                self.emit_task_started(run, task)

    def emit_task_started(self, run: RunState, task: Task) -> None:
        """Emit the TaskStarted event of a task."""
        if self._put_input is not None:
            self._put_input(task.input)
        elif self.emits_starts:
            fields = (time(), self._ns, run.step, task.id, task.name, task.input, task.triggers)
            self._emit(_new(TaskStarted, (*fields, self._task_metadata(task), self._tool_call_id, self._run_id)))

    def _task_metadata(self, task: Task) -> dict[str, Any] | None:
        if task.node.metadata:
            return task_metadata(task)
        if self._run_metadata is _NOT_COMPUTED:
            self._run_metadata = task_metadata(task)
        return dict(self._run_metadata) if self._run_metadata else None

    def emit_task_ended(self, run: RunState, task: Task, error: BaseException | None) -> None:
        """Emit a task's messages, its update and its end, in this order; START's task has no events."""
        if task.node.is_start:
            return
        if self._emits_messages and error is None:
            emit_output_messages(run, task, self._put_messages)
        if self._emits_updates and (error is None or task.writes):
            self.emit_update(run, task, task.is_cached)
        if self._emits_finished and not task.is_cached:
            result = task_result(task.writes, run.program.stream_key_set)
            fields = (time(), self._ns, run.step, task.id, task.name, result, error, (), self._run_id)
            self._emit(_new(TaskFinished, fields))

    def emit_update(self, run: RunState, task: Task, is_cached: bool) -> None:
        """Emit a task's update of the state."""
        if self._emits_updates and not task.node.is_start:
            data = update_from_writes(task.writes, run.stream_key_set)
            if self._put_update is not None:
                self._put_update(task.name, data, is_cached)
                return
            fields = (time(), self._ns, run.step, task.id, task.name, data, is_cached, self._run_id)
            self._emit(_new(Update, fields))

    def emit_task_interrupted(self, run: RunState, task: Task) -> None:
        """Emit a task's interrupts and its end. For a called task its caller, which stops too, emits them."""
        if task.is_called:
            return
        self.emit_interrupted(run, task.id, task.name, task.interrupts)
        if self._emits_finished:
            place = time(), self._ns, run.step, task.id, task.name
            self._emit(_new(TaskFinished, (*place, {}, None, task.interrupts, self._run_id)))

    def emit_interrupted(self, run: RunState, task_id: str, name: str, interrupts: tuple[Interrupt, ...]) -> None:
        """Emit an Interrupted event; a static breakpoint has an empty task id and name, and no interrupts."""
        if self._emits_interrupts:
            values = run.read(run.stream_keys)
            self._emit(Interrupted(time(), self._ns, run.step, task_id, name, interrupts, values, self._run_id))

    def emit_values(self, run: RunState, step: int) -> None:
        """Emit the state after superstep ``step``."""
        if self._put_values is not None:
            self._put_values(run.read(run.stream_keys))
        elif self.emits_values:
            self._emit(_new(Values, (time(), self._ns, step, run.read(run.stream_keys), self._run_id)))

    def emit_checkpoint(self, run: RunState) -> None:
        """Emit the current checkpoint, with the tasks of the next superstep."""
        if self._emits_checkpoints:
            payload = checkpoint_payload(run, prepare_next_tasks(run, run.updated_channels, reads_input=False))
            self._emit(CheckpointSaved(time(), self._ns, run.step - 1, payload, self._run_id))


def checkpoint_payload(run: RunState, tasks: Sequence[Task]) -> dict[str, Any]:
    """Return the data of a ``checkpoints`` chunk: the checkpoint and its planned tasks (reference rule 35)."""
    session = run.checkpoints
    outcomes = outcomes_by_task(session.pending_writes)
    return {
        "config": with_checkpoint_map(session.checkpoint_config(run, session.checkpoint_id), session.metadata),
        "parent_config": with_checkpoint_map(session.parent_config, session.metadata),
        "values": run.read(run.program.stream_keys),
        "metadata": session.metadata,
        "next": [task.name for task in tasks],
        "tasks": [_task_payload(run, task, outcomes.get(task.id, TaskOutcome())) for task in tasks],
    }


def _task_payload(run: RunState, task: Task, outcome: TaskOutcome) -> Mapping[str, Any]:
    """Return a planned task in the form of a ``checkpoints`` chunk, with the outcome that its saved writes contain."""
    payload: dict[str, Any] = {"id": task.id, "name": task.name}
    if outcome.error is not None:
        payload["error"] = outcome.error
    else:
        result = outcome.result(run.stream_keys)
        if result:
            payload["result"] = result
        payload["interrupts"] = tuple(
            {"value": interrupt.value, "id": interrupt.id, "response_schema": interrupt.response_schema}
            for interrupt in outcome.interrupts
        )
    payload["state"] = None
    if task.node.subgraph is not None and task.node.subgraph.checkpointer is not False:
        thread_id = run.config["configurable"].get("thread_id")
        payload["state"] = {"configurable": {"thread_id": thread_id, "checkpoint_ns": task.ns}}
    return payload
