"""The decisions of one run: a state machine that performs no I/O.

A driver calls :meth:`RunLoop.begin` first. Then, until :meth:`RunLoop.plan` returns None, it runs the planned tasks in
the way that :func:`~lgstream.engine.execution_choice.choose_execution` returns, passes each task that has ended to
:meth:`RunLoop.commit_task`, and calls :meth:`RunLoop.finish_superstep`. Last, it calls :meth:`RunLoop.end`. After each
of these calls it makes the saves that ``state.checkpoints.take_saves()`` returns. Events are passed to ``state.emit``;
see :class:`~lgstream.engine.emitter.EventEmitter`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lgstream._reserved import ERROR, INTERRUPT, NAMESPACE_SEPARATOR, NULL_TASK_ID, PULL, PUSH, RESUME, RETURN, TASKS
from lgstream.constants import START
from lgstream.engine.apply import InputTask, apply_writes
from lgstream.engine.checkpoints.start_point import FROM_LATEST, ReplayState
from lgstream.engine.commit import TaskCommitter
from lgstream.engine.plan import prepare_next_tasks, should_interrupt
from lgstream.engine.program import Node
from lgstream.engine.tasks.error_handlers import resumed_error_handlers
from lgstream.engine.tasks.interrupts import (
    command_writes,
    is_resume_map,
    open_interrupt_ids,
    open_interrupts_by_task,
)
from lgstream.engine.tasks.task import Task
from lgstream.engine.writes import is_command
from lgstream.errors import EmptyInputError, GraphDrained, GraphInterrupt, GraphRecursionError, is_failure
from lgstream.events import RunStarted
from lgstream.types import Interrupt


class RunLoop(TaskCommitter):
    """Makes the decisions of one run; see the module docstring.

    Args:
        state: the data of the run.

    Attributes:
        interrupts: the interrupts that ended the root run.
    """

    interrupts: tuple[Interrupt, ...] = ()

    # The beginning --------------------------------------------------------------------------------------------------

    def begin(self, value: Any) -> None:
        """Apply the input, or continue from the checkpoint (reference rule 16).

        Args:
            value: the input; None or a Command to continue.

        Raises:
            EmptyInputError: if there is no input and no checkpoint.
            RuntimeError: if a Command has a resume value that cannot be assigned to an interrupt.
        """
        state = self.state
        start = state.options.start_point
        session = state.checkpoints
        if self.emitter.emits_graphs:
            self.emitter.emit_graph_started(state)
        if session.is_new_thread and start is FROM_LATEST and value is not None and not is_command(value):
            self._apply_input(value)
            return
        state.is_resuming = self.resumes(value)
        is_time_travel = self._is_time_travel(value)
        state.is_replaying = is_time_travel or start.is_past
        is_edited = session.metadata.get("source") in ("update", "fork")  # created to be continued from
        is_fork = state.is_resuming and is_time_travel and (start.is_past or not is_edited)
        fork_parent = session.parent_config if is_fork and is_edited else None
        if is_time_travel:
            session.pending_writes.drop_channel(RESUME)
        if is_command(value):
            value = self._apply_command(value, is_fork)
        self._apply_command_writes()
        if state.is_resuming:
            self._resume(is_fork)
        elif value is not None:
            self._apply_input(value)
        elif state.parent is None or start.is_replayed:
            raise EmptyInputError(
                f"Received no input for {START}: a new run needs one. None as the input continues a thread that has a "
                "checkpoint, and this one has none."
            )
        if state.parent is None and is_time_travel:
            state.replay = ReplayState(self._replayed_checkpoint_id(fork_parent))

    def resumes(self, value: Any) -> bool:
        """Return True if a run with this input continues from its checkpoint instead of starting with an input."""
        state = self.state
        if not state.versions:
            return False
        if state.parent is not None and not state.options.start_point.is_replayed:
            is_resuming = state.parent.run.is_resuming
            if is_resuming is not None:
                return is_resuming
        return value is None or is_command(value)

    def interrupted_run_id(self, value: Any) -> str:
        """Return the id of the run that a run with this input resumes; ``""`` if there is none, or it is not known."""
        return self.state.checkpoints.interrupted_run_id if self.resumes(value) else ""

    def _is_time_travel(self, value: Any) -> bool:
        """Return True if the run replays from a named checkpoint, instead of resuming its interrupts."""
        start = self.state.options.start_point
        if self.state.parent is not None:
            return start.is_named or start.is_replayed
        return start.is_named and not (is_command(value) and value.resume is not None)

    def _resume(self, is_fork: bool) -> None:
        """Continue from the checkpoint; a fork continues in a new branch of the thread, with new tasks."""
        state = self.state
        seen_versions = state.versions_seen.setdefault(INTERRUPT, {})
        seen_versions.update({key: state.versions[key] for key in state.program.channels if key in state.versions})
        self.has_output = True
        self.emitter.emit_values(state, state.step - 1)
        if is_fork:
            state.checkpoints.pending_writes.drop_channel(INTERRUPT)
            self.put_checkpoint("fork")
        else:
            self.emitter.emit_checkpoint(state)

    def _replayed_checkpoint_id(self, fork_parent: Any) -> str:
        """Return the id of the checkpoint before which subgraphs start: the one that is replayed, not a fork of it."""
        session = self.state.checkpoints
        if fork_parent is None and session.metadata.get("source") in ("update", "fork"):
            fork_parent = session.parent_config
        return str(fork_parent["configurable"]["checkpoint_id"]) if fork_parent is not None else session.checkpoint_id

    def _apply_command(self, command: Any, is_fork: bool) -> Any:
        """Apply a caller's Command: its resume values, and its writes, which belong to no task.

        Returns:
            The input that is left: None if the run resumes, else the Command.
        """
        state = self.state
        has_resume_map = is_resume_map(command.resume)
        if command.resume is not None:
            if state.saver is None:
                raise RuntimeError(
                    "Cannot use Command(resume=...) without checkpointer: the interrupt was not saved. Compile the "
                    "graph with one, for example compile(checkpointer=InMemorySaver())."
                )
            if has_resume_map:
                state.resume_map = command.resume
            elif len(open_interrupt_ids(state.checkpoints.pending_writes)) > 1:
                raise RuntimeError(
                    "Several interrupts are pending, and one resume value resumes only one of them. Pass a value for "
                    "each by the interrupt's id: Command(resume={interrupt.id: value, ...})."
                )
        writes = command_writes(command, has_resume_map)
        if not writes and not has_resume_map:
            raise EmptyInputError("Received an empty Command: pass resume, update or goto.")
        if state.is_resuming:
            state.checkpoints.put_writes(state, NULL_TASK_ID, writes, saves=not is_fork)
            return None
        return command

    def _apply_command_writes(self) -> None:
        state = self.state
        writes = state.checkpoints.pending_writes.of_command()
        if not writes:
            return
        previous_channels = state.updated_channels
        updated_channels = apply_writes(state, [InputTask(writes)])
        if not updated_channels.isdisjoint(state.program.nodes_by_trigger) or TASKS in updated_channels:
            self._skip_interrupted_tasks()
        # the tasks that were about to run still run, together with the targets of the Command
        state.updated_channels = None if previous_channels is None else previous_channels | updated_channels

    def _skip_interrupted_tasks(self) -> None:
        """Mark the interrupted tasks as done: a goto without a resume value abandons them."""
        state = self.state
        pending_writes = state.checkpoints.pending_writes
        has_resume_value = any(task_id == NULL_TASK_ID and channel == RESUME for task_id, channel, _ in pending_writes)
        if state.resume_map or has_resume_value:
            return
        interrupts_by_task = open_interrupts_by_task(pending_writes)
        for task in prepare_next_tasks(state, None, reads_input=False):
            if task.id in interrupts_by_task:
                seen_versions = {key: state.versions[key] for key in task.triggers if key in state.versions}
                state.versions_seen[task.name] = seen_versions

    def _apply_input(self, value: Any) -> None:
        if self._run_start_inline(value):
            return
        state = self.state
        # tasks that the thread has planned but not run are skipped: they count as done, without writes
        skipped_tasks = prepare_next_tasks(state, None) if state.versions else []
        apply_writes(state, [*skipped_tasks, InputTask([(state.program.input_key, value)])])
        state.checkpoints.pending_writes.clear()
        self.put_checkpoint("input")

    def _run_start_inline(self, value: Any) -> bool:
        """Apply the input and run START in one step, if there is no saver, breakpoint or conditional edge at START.

        Returns:
            False if that is not possible; nothing has changed then.
        """
        state, options = self.state, self.state.options
        node = state.program.nodes.get(START)
        breakpoints = options.interrupt_before or options.interrupt_after
        if state.saver is not None or breakpoints or not state.can_run_inline:
            return False
        if node is None or node.branches or not node.is_start:
            return False
        task = Task(state, node, value, (PULL, START), node.triggers)
        if not task.call_node():
            return False
        state.step += 1
        apply_writes(state, [task])
        self.emit_values_if_written([task])
        state.step += 1
        return True

    # A superstep ----------------------------------------------------------------------------------------------------

    def plan(self) -> list[Task] | None:
        """Return the tasks to run now, or None if the run is over.

        Raises:
            GraphInterrupt: at a static breakpoint before one of them (reference rule 44).
            GraphDrained: if the caller requested the end of the run through its RunControl.
        """
        state = self.state
        options = state.options
        tasks = prepare_next_tasks(state, state.updated_channels)
        self.tasks = [*tasks]  # error handlers are added to it
        if state.step > state.last_step:
            self.status = "out_of_steps"
            return None
        if not tasks:
            self.status = "done"
            return None
        finished_ids: Collection[str] = ()
        if state.checkpoints.pending_writes and not state.is_replaying:
            self.tasks += resumed_error_handlers(state, tasks)
            finished_ids = state.checkpoints.pending_writes.restore(self.tasks)
            tasks = [*self.tasks]
        if options.interrupt_before and should_interrupt(options.interrupt_before, tasks, state):
            self.status, self.breakpoint = "interrupted", "interrupt_before"
            raise GraphInterrupt
        if state.control.drain_reason is not None:
            raise GraphDrained(state.control.drain_reason)
        self.has_unfinished_task, self.first_failure = False, None
        if self.emitter.emits_starts:
            self.emitter.emit_tasks_started(state, tasks)
        if not finished_ids:
            return tasks
        for task in tasks:
            if task.id in finished_ids and not (task.writes and task.writes[0][0] == ERROR):
                self.emitter.emit_update(state, task, is_cached=True)
        return [task for task in tasks if task.id not in finished_ids]

    def add_called_task(self, caller: Task, node: Node, value: Any) -> Task:
        """Create the task that another task calls, with its writes if they were saved before the run stopped."""
        task = Task(self.state, node, value, (PUSH, caller.path, caller.called_count, True), node.triggers)
        caller.called_count += 1
        task.caller = caller
        task.ns_prefix = f"{caller.ns}{NAMESPACE_SEPARATOR}"
        task.writes += [
            (channel, result)
            for task_id, channel, result in self.state.checkpoints.pending_writes
            if task_id == task.id and channel == RETURN
        ]
        self.emitter.emit_task_started(self.state, task)
        return task

    # The end --------------------------------------------------------------------------------------------------------

    def end(self, error: BaseException | None) -> BaseException | None:
        """End the run.

        Args:
            error: the exception that ended it; None if no task is left or the recursion limit is reached.

        Returns:
            The error to raise; None if the root graph was interrupted.
        """
        state = self.state
        has_stopped = error is not None
        state.release_tasks()
        vars(state).pop("call_task", None)  # no task can be called any more; the method would keep the run alive
        if isinstance(error, GraphInterrupt):
            self.status = "interrupted"
        elif error is not None:
            self.status = "failed" if is_failure(error) else "stopped"
        elif self.status == "out_of_steps":
            error = GraphRecursionError(
                f"Recursion limit of {state.options.recursion_limit} reached without hitting a stop condition: graph "
                f"'{state.program.name}' took that many supersteps. Raise it with config={{'recursion_limit': ...}}, "
                "or end the loop sooner."
            )
        if self.emitter.emits_graphs:
            self.emitter.emit_graph_finished(state, error)
        state.checkpoints.save_at_exit(state, state.ns if state.saver is not None else (), has_stopped)
        if isinstance(error, GraphInterrupt) and state.parent is None:
            self._emit_last_values()
            if not error.args[0]:
                self.emitter.emit_interrupted(state, "", "", ())
            self.interrupts = tuple(error.args[0])
            if state.saver is not None and RunStarted in state.wants:
                state.checkpoints.save_interrupted_run_id(state, state.run_id)
            return None
        return error

    def keeps_final_chunks(self, error: BaseException | None) -> bool:
        """Return True if the chunks that remain at the end of the run are to be yielded: the run did not fail."""
        return error is None or isinstance(error, GraphInterrupt | GraphDrained) or self.status == "out_of_steps"

    def _emit_last_values(self) -> None:
        """Emit the values that the other tasks of an interrupted superstep wrote (reference rule 41)."""
        tasks_with_writes = [task for task in self.tasks if task.writes and task.error is None]
        if tasks_with_writes and len(tasks_with_writes) < len(self.tasks):
            apply_writes(self.state, [task for task in self.tasks if not task.is_called])
            self.emit_values_if_written(tasks_with_writes)
