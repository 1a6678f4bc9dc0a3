"""Commits tasks and supersteps: records their writes, updates the channels, and emits their events. No I/O."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Sequence
from typing import Any

from lgstream._reserved import ERROR, ERROR_SOURCE, INTERRUPT, NO_WRITES, RESUME
from lgstream.engine.apply import apply_writes
from lgstream.engine.emitter import EventEmitter
from lgstream.engine.plan import should_interrupt
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.error_handlers import error_handler_task, has_error_handler
from lgstream.engine.tasks.siblings import stops_siblings
from lgstream.engine.tasks.task import Task
from lgstream.errors import GraphInterrupt, bubbles_up
from lgstream.types import Interrupt


class TaskCommitter:
    """Commits the tasks and supersteps of one run.

    Args:
        state: the data of the run.

    Attributes:
        state: the data of the run.
        emitter: emits the run's events.
        tasks: the tasks of the current superstep.
        status: ``"running"``, ``"done"``, ``"interrupted"``, ``"failed"``, ``"stopped"`` or ``"out_of_steps"``.
        breakpoint: where the run was interrupted: ``"pending"`` (in a task), ``"interrupt_before"``,
            ``"interrupt_after"``.
        has_output: True if a key that ``invoke`` returns was written (reference rule 5).
        has_unfinished_task: True if a task of this superstep ended with an error or an interrupt.
        first_failure: the first error of this superstep that stopped the other tasks; None if there is none.
    """

    status = "running"
    breakpoint = "pending"
    has_output = False
    has_unfinished_task = False
    first_failure: BaseException | None = None

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.tasks: list[Task] = []
        self.emitter = EventEmitter(state)
        options = state.options
        self._result_key_set = (
            state.stream_key_set
            if options.result_keys is options.stream_keys
            else state.program.key_set(options.result_keys)
        )

    def output(self) -> Any:
        """Return the result of ``invoke``: the values of the result keys, or None if none of them was ever written."""
        return self.state.read(self.state.options.result_keys) if self.has_output else None

    def commit_task(self, task: Task, error: BaseException | None) -> Task | None:
        """Record that a task has ended, with its writes or with an error. Can be called from the task's thread.

        Args:
            task: the task.
            error: the error that ended it; None if it succeeded.

        Returns:
            The task of the error handler, which the caller has to run next; None if no error handler is needed.
        """
        handler: Task | None = None
        state = self.state
        if error is not None:
            if has_error_handler(task, error):
                handler = error_handler_task(state, task, error)
                self.tasks.append(handler)
            else:
                task.error = error
                if not task.is_called:
                    task.stops_siblings = stops_siblings(error)
                    self.has_unfinished_task = True
                    if task.stops_siblings and self.first_failure is None:
                        self.first_failure = error
            if isinstance(error, GraphInterrupt):
                self._commit_interrupt(task, error)
                return None
            if bubbles_up(error):
                return None
        if self.emitter.emits_ends:
            self.emitter.emit_task_ended(state, task, error)
        if state.saver is not None:
            self._put_task_writes(task, error, handler is not None)
        return handler

    def _put_task_writes(self, task: Task, error: BaseException | None, is_handled: bool) -> None:
        session = self.state.checkpoints
        if error is None:
            has_output = any(channel != RESUME for channel, _ in task.writes)
            no_writes = () if has_output else ((NO_WRITES, None),)
            session.put_writes(self.state, task.id, [*task.writes, *no_writes], task.path)
        elif isinstance(error, Exception | CancelledError):
            source = [(ERROR_SOURCE, task.name)] if is_handled else []
            session.put_writes(self.state, task.id, [*task.writes, (ERROR, error), *source], task.path)

    def _commit_interrupt(self, task: Task, error: GraphInterrupt) -> None:
        state = self.state
        if task.is_called:  # its interrupt ends the superstep, even if no caller waits for its result
            self.has_unfinished_task = True
            self.tasks.append(task)
        task.interrupts = tuple(error.args[0])
        resume_writes = [write for write in task.writes if write[0] == RESUME]
        task.writes.clear()
        if task.interrupts:
            writes = [(INTERRUPT, list(task.interrupts)), *resume_writes[-1:]]
            state.checkpoints.put_writes(state, task.id, writes, task.path)
            self.has_output = True
            self.emitter.emit_task_interrupted(state, task)

    def run_inline(self, task: Task) -> bool:
        """Run and commit a task that only computes. Return False if it has to be attempted after all."""
        has_ended = task.call_node()
        if has_ended:
            self.commit_task(task, None)
        return has_ended

    def finish_superstep(self) -> None:
        """Apply the writes of the superstep's tasks.

        Raises:
            BaseException: the first error that stopped the other tasks; without one, the first task's error.
            GraphInterrupt: if a task was interrupted, or at a static breakpoint after one of the nodes.
        """
        state, tasks = self.state, self.tasks
        if self.has_unfinished_task:
            self._raise_failure(tasks)
        apply_writes(state, tasks)
        if state.tasks_with_config:
            state.release_tasks()
        if self.emitter.emits_values or not self.has_output:
            self.emit_values_if_written(tasks)
        state.is_replaying = state.is_resuming = False  # graphs that are called from now on start from the beginning
        if state.checkpoints.pending_writes:
            state.checkpoints.pending_writes.clear()
        if state.saver is None:
            state.step += 1
        else:
            self.put_checkpoint("loop")
        breakpoints = state.options.interrupt_after
        if breakpoints and should_interrupt(breakpoints, tasks, state):
            self.status, self.breakpoint = "interrupted", "interrupt_after"
            raise GraphInterrupt

    def _raise_failure(self, tasks: Sequence[Task]) -> None:
        if self.first_failure is not None:
            raise self.first_failure
        interrupts: dict[str, Interrupt] = {}  # by id: a calling task raises the interrupt of its called task again
        for task in tasks:
            if isinstance(task.error, GraphInterrupt):
                interrupts.update((interrupt.id, interrupt) for interrupt in task.error.args[0])
            elif task.error is not None:
                raise task.error
        self.status = "interrupted"
        raise GraphInterrupt(tuple(interrupts.values()))

    def emit_values_if_written(self, tasks: Sequence[Task]) -> None:
        """Emit the state if the tasks wrote to an output key, even an equal value (reference rule 14)."""
        state = self.state
        if self.emitter.emits_values and self._was_written(tasks, state.stream_key_set):
            self.emitter.emit_values(state, state.step)
        if not self.has_output:
            self.has_output = self._was_written(tasks, self._result_key_set)

    def _was_written(self, tasks: Sequence[Task], keys: str | frozenset[str]) -> bool:
        updated_channels = self.state.updated_channels or ()
        key_set = (keys,) if isinstance(keys, str) else keys
        for task in tasks:
            for channel, _ in task.writes:
                if channel in key_set and channel in updated_channels:
                    return True
        return False

    def put_checkpoint(self, source: str) -> None:
        """Save the current state as a checkpoint if there is a saver, and advance to the next superstep.

        Args:
            source: the ``source`` of the checkpoint's metadata: ``"input"``, ``"loop"`` or ``"fork"``.
        """
        state = self.state
        if state.saver is None:
            state.step += 1
            return
        state.checkpoints.put_checkpoint(state, source)
        state.step += 1
        self.emitter.emit_checkpoint(state)
