"""One run of one graph: a state machine that decides everything and performs nothing.

A driver calls, in this order: :meth:`Run.begin`; then, until :meth:`Run.plan` returns None, it lets every planned task
perform its effects, gives each that ends to :meth:`Run.settle`, and calls :meth:`Run.advance`; last, :meth:`Run.end`.
After each call it does the saving that ``saves`` asks for. Events come out through one function, ``emit``.
"""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from ..channels.base import MISSING
from ..constants import START
from ..errors import EmptyInputError, GraphBubbleUp, GraphInterrupt, GraphRecursionError
from ..events import CheckpointSaved, Event, Interrupted, TaskFinished, TaskStarted, Update, Values
from ..types import CachePolicy, Interrupt
from . import checkpoints
from .apply import NextVersion, apply
from .cache import Key, key_of
from .checkpoints import PendingWrite, Save
from .keys import ERROR, INPUT, INTERRUPT, NO_WRITES, NULL_TASK, PREVIOUS, PUSH, RESUME, RETURN, SEPARATOR, TASKS
from .messages import said
from .plan import Seen, Versions, available, next_tasks, path_text, stops_at, task_id
from .program import Channels, Node, Program, Write
from .resume import answers, command_writes, is_map, open_interrupts
from .task import Task, TaskFuture, is_input, unclaimed
from .writes import is_command, result, shown

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple


@dataclass(slots=True, frozen=True)
class Setup:
    """What the caller of a run has settled: config, who listens, where to save, when to stop.

    ``replays``: the config names an old checkpoint, so that going on from it makes a branch of its own.
    """

    config: dict[str, Any]
    emit: Callable[[Event], None]
    wants: frozenset[type]
    output_keys: str | Sequence[str]
    result_keys: str | Sequence[str]
    parent: Task | None = None
    ns: tuple[str, ...] = ()
    saver: Any = None
    store: Any = None
    cache: Any = None
    context: Any = None
    durability: str = "async"
    interrupt_before: Sequence[str] | str = ()
    interrupt_after: Sequence[str] | str = ()
    replays: bool = False


@dataclass(slots=True)
class InputWrites:
    """The input, or a caller's Command, as the writes of a task without triggers."""

    writes: list[Write]
    name: str = INPUT
    path: tuple[Any, ...] = ()
    triggers: tuple[str, ...] = ()


class Run:
    """See the module. Attributes that tasks and checkpoints read are public; nothing outside the engine writes them."""

    def __init__(self, program: Program, setup: Setup, saved: CheckpointTuple | None) -> None:
        self.program = program
        self.setup = setup
        self.config = setup.config
        self.emit = setup.emit
        self.wants = setup.wants
        self.parent = setup.parent
        self.saver = setup.saver
        self.store = setup.store
        self.context = setup.context
        self.output_keys = setup.output_keys
        self.run_id: UUID = setup.config.get("run_id") or uuid4()
        self.ns = setup.ns
        self.ns_text = SEPARATOR.join(setup.ns)
        self.prefix = f"{self.ns_text}{SEPARATOR}" if setup.ns else ""
        self.task_config = {k: v for k, v in setup.config.items() if k not in ("run_id", "run_name")}
        self.parents: Mapping[str, str] = setup.config["configurable"].get("checkpoint_map") or {} if setup.ns else {}
        self.saves: list[Save] = []
        self.tasks: list[Task] = []
        self.live: set[str] = set()
        self.start: Callable[[Task], TaskFuture[Any]] = _not_running
        self.traced = False
        self.trace_child: Callable[[str], Any] = str
        self.status = "running"
        self.has_output = False
        self.resuming = False
        self.interrupts: tuple[Interrupt, ...] = ()
        self.resume_map: Mapping[str, Any] = setup.parent.run.resume_map if setup.parent else {}
        self._restore(saved)

    # the state ------------------------------------------------------------------------------------------------

    def _restore(self, saved: CheckpointTuple | None) -> None:
        self.pending: list[PendingWrite] = []
        self.versions: Versions = {}
        self.seen: Seen = {INPUT: {}}
        self.updated: set[str] | None = None
        self.checkpoint_metadata: Mapping[str, Any] = {}
        self.parent_config: Any = None
        step = -2
        values: Mapping[str, Any] = {}
        self.checkpoint_id = str(uuid4())
        if saved is not None:
            checkpoint = saved.checkpoint
            self.checkpoint_id = checkpoint["id"]
            self.versions = dict(checkpoint["channel_versions"])
            self.seen = {name: dict(seen) for name, seen in checkpoint["versions_seen"].items()}
            self.pending = [tuple(write) for write in saved.pending_writes or ()]
            self.checkpoint_metadata = saved.metadata
            self.parent_config = saved.parent_config
            step = saved.metadata.get("step", -2)
            values = checkpoint["channel_values"]
            self.updated = set(checkpoint.get("updated_channels") or ()) or None
        self.id_bytes = UUID(self.checkpoint_id).bytes
        self.channels: Channels = checkpoints.restored(self.program, values)
        self.live = {key for key in self.program.told if self.channels[key].is_available()}
        self.step = step + 1
        self.stop = self.step + self.config.get("recursion_limit", 10007) + 1
        self.saved_versions = dict(self.versions)
        previous = self.channels.get(PREVIOUS)
        self.previous = previous.get() if previous is not None and previous.is_available() else None
        saver = self.saver
        self.next_version: NextVersion = (lambda last: saver.get_next_version(last, None)) if saver else _next_int

    def values(self, keys: str | Sequence[str]) -> Any:
        """The values of these keys as they are now; one key given as text gives its bare value."""
        if isinstance(keys, str):
            channel = self.channels[keys]
            return channel.get() if channel.is_available() else None
        return available(self.channels, keys)

    def output(self) -> Any:
        """What ``invoke`` returns: the output keys, or None where nothing was ever written to them (rule 5)."""
        return self.values(self.setup.result_keys) if self.has_output else None

    # the beginning --------------------------------------------------------------------------------------------

    def begin(self, input: Any) -> None:
        """Take the input, or go on from the checkpoint (rule 16).

        Raises EmptyInputError for no input at all, RuntimeError for an answer that no one can take.
        """
        self.resuming = self._is_resuming(input)
        replays = self.resuming and input is None and self.setup.replays
        if is_command(input):
            input = self._take_command(input)
        if self.resuming:
            if replays:  # what was done after that checkpoint, also in part, belongs to the other branch
                self.pending.clear()
            self._apply_unowned()
            known = self.seen.setdefault(INTERRUPT, {})
            known.update({key: self.versions[key] for key in self.channels if key in self.versions})
            self._show_values(self.step - 1)
            if replays:
                self._checkpoint("fork")
            else:
                self._show_checkpoint()
        elif input is not None:
            self._apply_input(input)
        elif self.parent is None or not self.parent.run.resuming:
            raise EmptyInputError(
                f"Received no input for {START}: a fresh run needs one. None as the input goes on with a thread that "
                "has a checkpoint, and this one has none."
            )

    def _is_resuming(self, input: Any) -> bool:
        if not self.versions:
            return False
        if self.parent is not None:
            return self.parent.run.resuming
        return input is None or is_command(input)

    def _take_command(self, command: Any) -> Any:
        """A caller's Command: answers and writes that belong to no task. What is left of it as the input."""
        if command.resume is not None:
            if self.saver is None:
                raise RuntimeError(
                    "Cannot use Command(resume=...) without checkpointer: nothing remembers what was asked. Compile "
                    "the graph with one, e.g. compile(checkpointer=InMemorySaver())."
                )
            if is_map(command.resume):
                self.resume_map = command.resume
            elif len(open_interrupts(self.pending)) > 1:
                raise RuntimeError(
                    "When there are multiple pending interrupts, one resume value is not enough: give each answer by "
                    "its interrupt's id, Command(resume={interrupt.id: answer, ...})."
                )
        writes = command_writes(command, is_map(command.resume))
        if not writes and not self.resume_map:
            raise EmptyInputError("Received an empty Command: give it resume, update or goto.")
        if self.resuming:
            self._remember(NULL_TASK, writes, ())
            return None
        return command

    def _apply_unowned(self) -> None:
        writes = [(channel, value) for id, channel, value in self.pending if id == NULL_TASK and channel != RESUME]
        if writes:
            updated = self._apply([InputWrites(writes)])
            # a goto says what runs next; without one, what was about to run does
            self.updated = updated if not updated.isdisjoint(self.program.triggered) or TASKS in updated else None

    def _apply_input(self, input: Any) -> None:
        # tasks that the thread has not run yet are given up: they count as run, with no writes
        unfinished = next_tasks(self, None) if self.versions else []
        self._apply([*unfinished, InputWrites([(self.program.input_key, input)])])
        self.pending.clear()
        self._checkpoint("input")

    # a superstep ----------------------------------------------------------------------------------------------

    def plan(self) -> list[Task] | None:
        """The tasks to run now, or None when the run is over.

        Raises GraphRecursionError past the limit (rule 48) and GraphInterrupt at a static breakpoint (rule 44).
        """
        if self.step > self.stop:
            self.status = "out_of_steps"
            return None
        self.tasks = next_tasks(self, self.updated)
        if not self.tasks:
            self.status = "done"
            return None
        done = self._known() if self.pending else set()
        if stops_at(self.setup.interrupt_before, self.tasks, self):
            self.status = "interrupted"
            raise GraphInterrupt()
        if TaskStarted in self.wants:
            for task in self.tasks:
                if not is_input(task):
                    self.emit(
                        TaskStarted(time.time(), self.ns, self.step, task.id, task.name, task.input, task.triggers)
                    )
        for task in self.tasks:
            if task.id in done:
                self._show_update(task, cached=True)
        return [task for task in self.tasks if task.id not in done]

    def _known(self) -> set[str]:
        """Give tasks the writes that an earlier try of this superstep saved; their ids."""
        by_id = {task.id: task for task in self.tasks}
        done = set()
        for id, channel, value in self.pending:
            if id in by_id and channel not in (ERROR, INTERRUPT, RESUME):
                done.add(id)
                if channel != NO_WRITES:
                    by_id[id].writes.append((channel, value))
        return done

    def settle(self, task: Task, error: BaseException | None) -> None:
        """A task has ended, with its writes or with an error. May be called from the thread that the task ran in."""
        if isinstance(error, GraphInterrupt):
            self._settle_interrupt(task, error)
            return
        if isinstance(error, GraphBubbleUp):
            task.error = error
            return
        task.error = error
        hidden = is_input(task)
        if error is None and not hidden:
            said(self, task)
        if not hidden and (error is None or task.writes):
            self._show_update(task, task.cached)
        if TaskFinished in self.wants and not hidden and not task.cached:
            written = result(task.writes, self.program.stream_keys)
            self.emit(TaskFinished(time.time(), self.ns, self.step, task.id, task.name, written, error, ()))
        writes = list(task.writes)
        if error is not None:
            if not isinstance(error, Exception | CancelledError):
                return
            writes = [(ERROR, error)]
        self._remember(task.id, writes or [(NO_WRITES, None)], task.path)

    @property
    def failed(self) -> bool:
        """Whether a task of this superstep ended with an error, or asked."""
        return any(task.error is not None for task in self.tasks)

    def _settle_interrupt(self, task: Task, error: GraphInterrupt) -> None:
        task.error = error
        task.interrupts = tuple(error.args[0])
        resumes = [write for write in task.writes if write[0] == RESUME]
        task.writes.clear()
        if not task.interrupts:
            return
        self._remember(task.id, [(INTERRUPT, list(task.interrupts)), *resumes[-1:]], task.path)
        self._emit_interrupt(task.id, task.name, task.interrupts)
        if TaskFinished in self.wants:
            self.emit(
                TaskFinished(time.time(), self.ns, self.step, task.id, task.name, {}, None, task.interrupts)
            )

    def _emit_interrupt(self, id: str, name: str, interrupts: tuple[Interrupt, ...]) -> None:
        self.has_output = True
        if Interrupted in self.wants:
            self.emit(
                Interrupted(time.time(), self.ns, self.step, id, name, interrupts, self.values(self.output_keys))
            )

    def advance(self) -> None:
        """The superstep is over: apply its writes. Raises the first task's error; GraphInterrupt where one asked.

        A breakpoint after one of its nodes raises GraphInterrupt too.
        """
        interrupts: list[Interrupt] = []
        for task in self.tasks:
            if isinstance(task.error, GraphInterrupt):
                interrupts += task.error.args[0]
            elif task.error is not None:
                raise task.error
        if interrupts or any(task.error is not None for task in self.tasks):
            self.status = "interrupted"
            raise GraphInterrupt(tuple(interrupts))
        self.updated = self._apply(self.tasks)
        self._show_if_written(self.tasks)
        self.pending.clear()
        self._checkpoint("loop")
        if stops_at(self.setup.interrupt_after, self.tasks, self):
            self.status = "interrupted"
            raise GraphInterrupt()

    def called(self, parent: Task, node: Node, input: Any) -> Task:
        """A task that another task's function calls; with its writes, if an earlier try of the superstep saved them."""
        path = (PUSH, parent.path, parent.called, True)
        where = f"{parent.ns}{SEPARATOR}{node.name}"
        id = task_id(self.id_bytes, where, self.step, node.name, PUSH, f"{path_text(parent.path)}{parent.called}")
        parent.called += 1
        task = Task(self, node, id, input, path, node.triggers, f"{parent.ns}{SEPARATOR}")
        task.writes += [(channel, value) for i, channel, value in self.pending if i == id and channel == RETURN]
        if TaskStarted in self.wants:
            self.emit(TaskStarted(time.time(), self.ns, self.step, id, node.name, input, node.triggers))
        return task

    def cache_policy(self, task: Task) -> CachePolicy:
        """The cache policy of a task's node."""
        return task.node.cache or self.program.cache_policy or CachePolicy()

    def cache_key(self, task: Task) -> Key | None:
        """Under which key the task's result is cached, or None where it is not."""
        if self.setup.cache is None or (task.node.cache is None and self.program.cache_policy is None):
            return None
        return key_of(task.node, self.cache_policy(task), task.input)

    def _apply(self, tasks: Sequence[Any]) -> set[str]:
        self.updated = apply(
            self.program, self.channels, self.versions, self.seen, tasks, self.next_version, self.live
        )
        return self.updated

    # the end --------------------------------------------------------------------------------------------------

    def end(self, error: BaseException | None) -> BaseException | None:
        """The run is over. Returns the error to raise: none where an interrupt ends the run of the root graph."""
        if isinstance(error, GraphInterrupt):
            self.status = "interrupted"
        elif error is not None:
            self.status = "failed" if isinstance(error, Exception) else "stopped"
        elif self.status == "out_of_steps":
            limit = self.config.get("recursion_limit", 10007)
            error = GraphRecursionError(
                f"Recursion limit of {limit} reached without hitting a stop condition: graph '{self.program.name}' "
                f"took that many supersteps. Raise it with config={{'recursion_limit': ...}}, or end the loop sooner."
            )
        self._save_at_exit()
        if isinstance(error, GraphInterrupt) and self.parent is None:
            self._show_last_values()
            if not error.args[0]:
                self._emit_interrupt("", "", ())
            self.interrupts = tuple(error.args[0])
            return None
        return error

    def _show_last_values(self) -> None:
        """What the siblings of an interrupted task wrote is shown once more, without the question (rule 41)."""
        written = [task for task in self.tasks if task.writes and task.error is None]
        if written and len(written) < len(self.tasks):
            self._apply(self.tasks)
            self._show_if_written(written)

    # showing and saving ---------------------------------------------------------------------------------------

    def _show_if_written(self, tasks: Sequence[Task]) -> None:
        """Show the values if the tasks wrote to a key that is shown; the same value again counts (rule 14)."""
        if _wrote(tasks, self.output_keys):
            self._show_values()
        elif not self.has_output and _wrote(tasks, self.setup.result_keys):
            self.has_output = True

    def _show_values(self, step: int | None = None) -> None:
        self.has_output = True
        if Values in self.wants:
            shown = self.values(self.output_keys)
            self.emit(Values(time.time(), self.ns, self.step if step is None else step, shown))

    def _show_checkpoint(self) -> None:
        if self.saver is not None and CheckpointSaved in self.wants:
            payload = checkpoints.payload(self, next_tasks(self, self.updated, inputs=False))
            self.emit(CheckpointSaved(time.time(), self.ns, self.step - 1, payload))

    def _show_update(self, task: Task, cached: bool = False) -> None:
        if Update in self.wants and not is_input(task):
            data = shown(task.writes, self.output_keys)
            self.emit(Update(time.time(), self.ns, self.step, task.id, task.name, data, cached))

    def _remember(self, id: str, writes: Sequence[Write], path: tuple[Any, ...]) -> None:
        """Keep a task's writes, so that a run that stops in this superstep need not run it again."""
        if self.saver is None:
            if id == NULL_TASK or (writes and writes[0][0] == INTERRUPT):
                self.pending += [(id, channel, value) for channel, value in writes]
            return
        self.pending[:] = [write for write in self.pending if write[0] != id] + [
            (id, channel, value) for channel, value in writes
        ]
        if self.setup.durability != "exit":
            self._save_writes(id, writes, path)

    def _save_writes(self, id: str, writes: Sequence[Write], path: tuple[Any, ...]) -> None:
        config = self.saver_config(self.checkpoint_id)
        self.saves.append(Save("put_writes", (config, list(writes), id, path_text(path) if path else "")))

    def saver_config(self, checkpoint_id: str | None) -> dict[str, Any]:
        """The config that names a checkpoint of this run to the saver."""
        configurable = {**self.config["configurable"], "checkpoint_ns": self.ns_text, "checkpoint_id": checkpoint_id}
        return {**self.config, "configurable": {k: v for k, v in configurable.items() if not k.startswith("__pregel")}}

    def _checkpoint(self, source: str) -> None:
        """The state is a new checkpoint: give it an id, and have it saved."""
        if self.saver is not None:
            self._save_checkpoint(source)
        self.step += 1
        self._show_checkpoint()

    def _save_checkpoint(self, source: str) -> None:
        from langgraph.checkpoint.base.id import uuid6

        before = self.checkpoint_id if self.checkpoint_metadata else None
        parents = dict(self.parents)
        self.checkpoint_metadata = {"source": source, "step": self.step, "parents": parents}
        self.parent_config = (
            checkpoints.config_of(self, before) if before and self.setup.durability != "exit" else None
        )
        self.checkpoint_id = str(uuid6(clock_seq=self.step))
        self.id_bytes = UUID(self.checkpoint_id).bytes
        if self.setup.durability != "exit":
            self._save(before)

    def _save(self, before: str | None) -> None:
        checkpoint = checkpoints.checkpoint_of(self, self.checkpoint_id)
        versions = checkpoints.new_versions(self.saved_versions, self.versions)
        self.saved_versions = dict(self.versions)
        arguments = (self.saver_config(before), checkpoint, self.checkpoint_metadata, versions)
        self.saves.append(Save("put", arguments))

    def _save_at_exit(self) -> None:
        if self.saver is None or self.setup.durability != "exit" or not self.checkpoint_metadata:
            return
        self._save(None)
        for id in dict.fromkeys(write[0] for write in self.pending):
            self._save_writes(id, [(channel, value) for i, channel, value in self.pending if i == id], ())

    # answers to interrupts ------------------------------------------------------------------------------------

    def answers_for(self, task: Task) -> list[Any]:
        """The answers known for a task: saved ones, and one given by its interrupt's id."""
        return answers(self.pending, task, self.resume_map)

    def take_answer(self, task: Task) -> Any:
        """The one answer that was given to whoever asks, here or in a parent; MISSING where there is none."""
        found = unclaimed(self.pending)
        if found is MISSING and self.parent is not None:
            return self.parent.run.take_answer(self.parent)
        return found


def _not_running(task: Task) -> TaskFuture[Any]:
    raise RuntimeError(f"Task '{task.name}' was called after the run of graph '{task.run.program.name}' had ended.")


def _wrote(tasks: Sequence[Task], keys: str | Sequence[str]) -> bool:
    for task in tasks:
        for channel, _ in task.writes:
            if channel == keys if isinstance(keys, str) else channel in keys:
                return True
    return False


def _next_int(last: Any) -> int:
    return 1 if last is None else last + 1
