"""One run of one graph: a state machine that decides everything and performs nothing.

A driver calls, in this order: :meth:`Run.begin`; then, until :meth:`Run.plan` returns None, it lets every planned task
perform its effects, gives each that ends to :meth:`Run.settle`, and calls :meth:`Run.advance`; last, :meth:`Run.end`.
After each call it does the saving that ``kept.saves`` asks for. Events come out through one function, ``setup.emit``.

Longer than other files: it is one state machine, and its states read worse apart.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from lgstream._reserved import (
    ERROR,
    ERROR_SOURCE,
    INPUT,
    INTERRUPT,
    NAMESPACE_SEPARATOR,
    NO_WRITES,
    NULL_TASK_ID,
    PREVIOUS,
    PULL,
    PUSH,
    RESUME,
    RETURN,
    TASKS,
)
from lgstream.channels.base import MISSING
from lgstream.constants import START
from lgstream.engine.apply import apply
from lgstream.engine.checkpoints.format import Restored
from lgstream.engine.checkpoints.session import Kept
from lgstream.engine.checkpoints.start_point import LATEST, Origin, Replay
from lgstream.engine.emitter import Told
from lgstream.engine.plan import Seen, Versions, next_tasks, stops_at
from lgstream.engine.program import Channels, Node, Program, Write, available
from lgstream.engine.run_scope import Placed
from lgstream.engine.tasks.cache import Key, key_of
from lgstream.engine.tasks.error_handlers import handles, taken_over, taking_over
from lgstream.engine.tasks.future import TaskFuture
from lgstream.engine.tasks.interrupts import answers, asking_tasks, command_writes, is_map, open_interrupts
from lgstream.engine.tasks.task import Task, unclaimed
from lgstream.engine.writes import is_command
from lgstream.errors import (
    EmptyInputError,
    GraphBubbleUp,
    GraphDrained,
    GraphInterrupt,
    GraphRecursionError,
    is_failure,
)
from lgstream.events import Event
from lgstream.runtime import RunControl
from lgstream.types import CachePolicy, Interrupt

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langgraph.checkpoint.base import CheckpointTuple

DEFAULT_LIMIT = 10007
"""Supersteps that a run may take where the config does not say (rule 48)."""


class Straight(Protocol):
    """The chunks of the one stream that hears a run: what they are made of goes there with no event in between."""

    def writer(self, ns: tuple[str, ...], callers: tuple[str, ...]) -> Callable[[Any], None]:
        """The stream writer of a namespace, and of the tasks that called the one that writes."""

    def values(self) -> Callable[[Any], None] | None:
        """What takes the state after a superstep; None where more is to be done than to show it."""

    def tokens(self, ns: tuple[str, ...]) -> Callable[[BaseMessage, dict[str, Any]], None] | None:
        """What takes the tokens of a namespace, each with its metadata; None as in :meth:`values`."""

    def updates(self) -> Callable[[str, Any, bool], None] | None:
        """What takes a node's name, its update, and whether that was cached; None as in :meth:`values`."""


@dataclass(slots=True)
class Setup:
    """What the caller of a run has settled: config, who listens, where to save, when to stop.

    ``config`` and ``ns`` make the run's config and namespace. ``wants`` are the kinds of event that somebody asks for,
    ``below`` those that somebody asks for of runs nested in this one. ``limit``: the supersteps that it may take.
    ``concurrency``: the tasks that may run at once. ``origin``: how the checkpoint was found that the run goes on from.
    ``names_tasks``: whether anyone asks by which task an update was made; where only the stream's own chunks are made
    of it, nobody does. Then ``straight`` are these chunks.
    """

    config: Callable[[], dict[str, Any]]
    ns: Callable[[], tuple[str, ...]]
    emit: Callable[[Event], None]
    wants: frozenset[type]
    output_keys: str | Sequence[str]
    result_keys: str | Sequence[str]
    below: frozenset[type] = frozenset()
    parent: Task | None = None
    limit: int = DEFAULT_LIMIT
    concurrency: int | None = None
    saver: Any = None
    store: Any = None
    cache: Any = None
    context: Any = None
    durability: str = "async"
    interrupt_before: Sequence[str] | str = ()
    interrupt_after: Sequence[str] | str = ()
    control: RunControl | None = None
    origin: Origin = LATEST
    names_tasks: bool = True
    straight: Straight | None = None


@dataclass(slots=True)
class InputWrites:
    """The input, or a caller's Command, as the writes of a task without triggers."""

    writes: list[Write]
    name: str = INPUT
    path: tuple[Any, ...] = ()
    triggers: tuple[str, ...] = ()


def _not_running(task: Task) -> TaskFuture[Any]:
    raise RuntimeError(f"Task '{task.name}' was called after the run of graph '{task.run.program.name}' had ended.")


class Run(Placed):
    """See the module. Attributes that tasks and checkpoints read are public; nothing outside the engine writes them.

    ``told`` makes the events, ``kept`` holds what is saved of the thread. ``failed``: whether a task of this superstep
    ended with an error, or asked.
    """

    start: Callable[[Task], TaskFuture[Any]] = staticmethod(_not_running)
    status = "running"
    breakpoint = "pending"
    has_output = False
    resuming = False
    replaying = False
    failed = False
    traced = False
    trace_child: Callable[[str], Any] = str
    tasks: list[Task]
    interrupts: tuple[Interrupt, ...] = ()
    previous: Any = None
    replay: Replay | None = None
    resume_map: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, program: Program, setup: Setup, saved: CheckpointTuple | None) -> None:
        super().__init__(setup.config, setup.ns)
        self.program = program
        self.setup = setup
        self.emit = setup.emit
        self.wants = setup.wants
        self.parent = setup.parent
        self.saver = setup.saver
        if self.parent is not None:
            above = self.parent.run
            if above.replay is not None or above.resume_map:
                self.replay, self.resume_map = above.replay, above.resume_map
            self.control: RunControl = setup.control or above.control
        else:
            self.control = setup.control or RunControl()
        keys = self.output_keys = setup.output_keys
        names = self.output_names = program.names_in(keys)
        self._result_names = names if setup.result_keys is keys else program.names_in(setup.result_keys)
        self.tasks = []
        self.kept = Kept(self, saved)
        self.told = Told(self)
        self._restore(saved)

    # the state ------------------------------------------------------------------------------------------------

    def _restore(self, saved: CheckpointTuple | None) -> None:
        self.versions: Versions = {}
        self.seen: Seen = {INPUT: {}}
        self.updated: set[str] | None = None
        step = -2
        values: Mapping[str, Any] = {}
        if saved is not None:
            checkpoint = saved.checkpoint
            self.versions = dict(checkpoint["channel_versions"])
            self.seen = {name: dict(seen) for name, seen in checkpoint["versions_seen"].items()}
            step = saved.metadata.get("step", -2)
            values = checkpoint["channel_values"]
            self.updated = set(checkpoint.get("updated_channels") or ()) or None
        self.version: Any = max(self.versions.values(), default=None) if self.versions else None
        program = self.program
        self.channels: Channels = Restored(program, values)
        lasting = [*program.awake, *(key for key in values if key in program.told)] if values else program.awake
        self.live = {key for key in lasting if self.channels[key].is_available()}
        self.step = step + 1
        self.stop = self.step + self.setup.limit + 1
        if PREVIOUS in program.channels:
            previous = self.channels[PREVIOUS].peek()
            self.previous = None if previous is MISSING else previous

    def values(self, keys: str | Sequence[str]) -> Any:
        """The values of these keys as they are now; one key given as text gives its bare value."""
        if isinstance(keys, str):
            value = self.channels[keys].peek()
            return None if value is MISSING else value
        return available(self.channels, keys)

    def output(self) -> Any:
        """What ``invoke`` returns: the output keys, or None where nothing was ever written to them (rule 5)."""
        return self.values(self.setup.result_keys) if self.has_output else None

    # the beginning --------------------------------------------------------------------------------------------

    def begin(self, input: Any) -> None:
        """Take the input, or go on from the checkpoint (rule 16).

        Raises EmptyInputError for no input at all, RuntimeError for an answer that no one can take.
        """
        origin = self.setup.origin
        if self.kept.is_fresh and origin is LATEST and input is not None and not is_command(input):
            self._apply_input(input)
            return
        self.resuming = self.goes_on(input)
        travels = self._goes_back(input)
        self.replaying = travels or origin.is_past
        made = self.kept.metadata.get("source") in ("update", "fork")  # to be gone on from
        forks = self.resuming and travels and (origin.is_past or not made)
        bound = self.kept.parent_config if forks and made else None
        if travels:
            self.kept.forget(RESUME)
        if is_command(input):
            input = self._take_command(input, forks)
        self._apply_unowned()
        if self.resuming:
            self._go_on(forks)
        elif input is not None:
            self._apply_input(input)
        elif self.parent is None or origin.is_replayed:
            raise EmptyInputError(
                f"Received no input for {START}: a fresh run needs one. None as the input goes on with a thread that "
                "has a checkpoint, and this one has none."
            )
        if self.parent is None and travels:
            self.replay = Replay(self._replayed_from(bound))

    def goes_on(self, input: Any) -> bool:
        """Whether a run with this input goes on from its checkpoint, rather than begin anew."""
        if not self.versions:
            return False
        if self.parent is not None and not self.setup.origin.is_replayed:
            return self.parent.run.resuming
        return input is None or is_command(input)

    def _goes_back(self, input: Any) -> bool:
        """Whether the run begins at a checkpoint that was named to begin there again, not to answer its questions."""
        origin = self.setup.origin
        if self.parent is not None:
            return origin.is_named or origin.is_replayed
        return origin.is_named and not (is_command(input) and input.resume is not None)

    def _go_on(self, forks: bool) -> None:
        """Begin where the checkpoint ends; with ``forks`` in a branch of its own, with new tasks."""
        known = self.seen.setdefault(INTERRUPT, {})
        known.update({key: self.versions[key] for key in self.program.channels if key in self.versions})
        self.has_output = True
        self.told.values(self, self.step - 1)
        if forks:
            self.kept.forget(INTERRUPT)
            self._checkpoint("fork")
        else:
            self.told.checkpoint(self)

    def _replayed_from(self, bound: Any) -> str:
        """The checkpoint before which subgraphs go back: the one that was gone back to, not a branch made of it."""
        if bound is None and self.kept.metadata.get("source") in ("update", "fork"):
            bound = self.kept.parent_config
        return str(bound["configurable"]["checkpoint_id"]) if bound is not None else self.kept.checkpoint_id

    def _take_command(self, command: Any, forks: bool) -> Any:
        """A caller's Command: answers and writes that belong to no task. What is left of it as the input."""
        by_id = is_map(command.resume)
        if command.resume is not None:
            if self.saver is None:
                raise RuntimeError(
                    "Cannot use Command(resume=...) without checkpointer: nothing remembers what was asked. Compile "
                    "the graph with one, e.g. compile(checkpointer=InMemorySaver())."
                )
            if by_id:
                self.resume_map = command.resume
            elif len(open_interrupts(self.kept.pending)) > 1:
                raise RuntimeError(
                    "Several interrupts are pending, and a resume value answers only one. Give each answer by its "
                    "question's id, Command(resume={interrupt.id: answer, ...})."
                )
        writes = command_writes(command, by_id)
        if not writes and not by_id:
            raise EmptyInputError("Received an empty Command: give it resume, update or goto.")
        if self.resuming:
            self.kept.remember(self, NULL_TASK_ID, writes, saves=not forks)
            return None
        return command

    def _apply_unowned(self) -> None:
        writes = self.kept.unowned()
        if not writes:
            return
        before = self.updated
        updated = self.apply([InputWrites(writes)])
        if not updated.isdisjoint(self.program.triggered) or TASKS in updated:
            self._give_up_questions()
        # what was about to run still does, beside what the command goes to
        self.updated = None if before is None else before | updated

    def _give_up_questions(self) -> None:
        """A goto without an answer leaves the tasks that ask: they count as run."""
        if self.resume_map or any(channel == RESUME and id == NULL_TASK_ID for id, channel, _ in self.kept.pending):
            return
        asking = asking_tasks(self.kept.pending)
        for task in next_tasks(self, None, inputs=False):
            if task.id in asking:
                self.seen[task.name] = {key: self.versions[key] for key in task.triggers if key in self.versions}

    def _apply_input(self, input: Any) -> None:
        if self._starts_at_once(input):
            return
        # tasks that the thread has not run yet are given up: they count as run, with no writes
        unfinished = next_tasks(self, None) if self.versions else []
        self.apply([*unfinished, InputWrites([(self.program.input_key, input)])])
        self.kept.pending.clear()
        self._checkpoint("input")

    def _starts_at_once(self, input: Any) -> bool:
        """Take the input as START's superstep does, where nobody can tell the difference: no saver, stop or route."""
        node = self.program.nodes.get(START)
        stops = self.setup.interrupt_before or self.setup.interrupt_after
        if self.saver is not None or stops or not self.may_compute or node is None or node.branches or not node.hidden:
            return False
        task = Task(self, node, input, (PULL, START), node.triggers)
        if not task.compute():
            return False
        self.step += 1
        self.apply([task])
        self._show_if_written([task])
        self.step += 1
        return True

    # a superstep ----------------------------------------------------------------------------------------------

    def plan(self) -> list[Task] | None:
        """The tasks to run now, or None when the run is over.

        Raises GraphRecursionError past the limit (rule 48), GraphInterrupt at a static breakpoint (rule 44), and
        GraphDrained where the end of the run was asked for.
        """
        tasks = next_tasks(self, self.updated)
        self.tasks = [*tasks]  # error handlers join them
        if self.step > self.stop:
            self.status = "out_of_steps"
            return None
        if not tasks:
            self.status = "done"
            return None
        done: Collection[str] = ()
        if self.kept.pending and not self.replaying:
            self.tasks += taken_over(self, tasks)
            done = self.kept.done(self.tasks)
            tasks = [*self.tasks]
        if self.setup.interrupt_before and stops_at(self.setup.interrupt_before, tasks, self):
            self.status, self.breakpoint = "interrupted", "interrupt_before"
            raise GraphInterrupt()
        if self.control.drain_reason is not None:
            raise GraphDrained(self.control.drain_reason)
        self.failed = False
        if self.told.shows_starts:
            self.told.started(self, tasks)
        if not done:
            return tasks
        for task in tasks:
            if task.id in done and not (task.writes and task.writes[0][0] == ERROR):
                self.told.update(self, task, cached=True)
        return [task for task in tasks if task.id not in done]

    @property
    def is_bare(self) -> bool:
        """Whether nobody looks at how a task is run: no tracer, no cache."""
        return not self.traced and self.setup.cache is None

    @property
    def may_compute(self) -> bool:
        """Whether a task that only computes may run without being performed: no tracer, cache or retry sees to it."""
        return self.is_bare and not self.program.retry

    def compute(self, task: Task) -> bool:
        """Run and settle a task that only computes. False where it has to be performed after all."""
        done = task.compute()
        if done:
            self.settle(task, None)
        return done

    def settle(self, task: Task, error: BaseException | None) -> Task | None:
        """A task has ended, with its writes or with an error. May be called from the thread that the task ran in.

        Returns the task of its error handler, to be run now, where it has one and needs it.
        """
        handler: Task | None = None
        if error is not None:
            if handles(task, error):
                handler = taking_over(self, task, error)
                self.tasks.append(handler)
            else:
                task.error = error
                self.failed = self.failed or not task.is_called
            if isinstance(error, GraphInterrupt):
                self._settle_interrupt(task, error)
                return None
            if isinstance(error, GraphBubbleUp):
                return None
        if self.told.shows_ends:
            self.told.settled(self, task, error)
        if self.saver is not None:
            self._keep(task, error, handler is not None)
        return handler

    def _keep(self, task: Task, error: BaseException | None, is_handled: bool) -> None:
        if error is None:
            has_output = any(channel != RESUME for channel, _ in task.writes)
            self.kept.remember(self, task.id, [*task.writes, *(() if has_output else [(NO_WRITES, None)])], task.path)
        elif isinstance(error, Exception | CancelledError):
            mark = [(ERROR_SOURCE, task.name)] if is_handled else []
            self.kept.remember(self, task.id, [*task.writes, (ERROR, error), *mark], task.path)

    def _settle_interrupt(self, task: Task, error: GraphInterrupt) -> None:
        if task.is_called:  # its question stops the superstep, even if nobody waits for its answer
            self.failed = True
            self.tasks.append(task)
        task.interrupts = tuple(error.args[0])
        resumes = [write for write in task.writes if write[0] == RESUME]
        task.writes.clear()
        if task.interrupts:
            self.kept.remember(self, task.id, [(INTERRUPT, list(task.interrupts)), *resumes[-1:]], task.path)
            self.has_output = True
            self.told.asked(self, task)

    def advance(self) -> None:
        """The superstep is over: apply its writes. Raises the first task's error; GraphInterrupt where one asked.

        A breakpoint after one of its nodes raises GraphInterrupt too.
        """
        tasks = self.tasks
        if self.failed:
            self._raise_failure(tasks)
        self.apply(tasks)
        if self.told.shows_values or not self.has_output:
            self._show_if_written(tasks)
        self.replaying = self.resuming = False  # what is called from now on begins anew
        if self.kept.pending:
            self.kept.pending.clear()
        if self.saver is None:
            self.step += 1
        else:
            self._checkpoint("loop")
        if self.setup.interrupt_after and stops_at(self.setup.interrupt_after, tasks, self):
            self.status, self.breakpoint = "interrupted", "interrupt_after"
            raise GraphInterrupt()

    def _raise_failure(self, tasks: Sequence[Task]) -> None:
        interrupts: dict[str, Interrupt] = {}  # a question that a caller passed on is one question
        for task in tasks:
            if isinstance(task.error, GraphInterrupt):
                interrupts.update((each.id, each) for each in task.error.args[0])
            elif task.error is not None:
                raise task.error
        self.status = "interrupted"
        raise GraphInterrupt(tuple(interrupts.values()))

    def called(self, parent: Task, node: Node, input: Any) -> Task:
        """A task that another task's function calls; with its writes, if an earlier try of the superstep saved them."""
        task = Task(self, node, input, (PUSH, parent.path, parent.called, True), node.triggers)
        parent.called += 1
        task.caller = parent
        task.prefix = f"{parent.ns}{NAMESPACE_SEPARATOR}"
        kept = self.kept.pending
        task.writes += [(channel, value) for id, channel, value in kept if id == task.id and channel == RETURN]
        self.told.called(self, task)
        return task

    def cache_policy(self, task: Task) -> CachePolicy:
        """The cache policy of a task's node."""
        return task.node.cache or self.program.cache_policy or CachePolicy()

    def cache_key(self, task: Task) -> Key | None:
        """Under which key the task's result is cached, or None where it is not."""
        if self.setup.cache is None or (task.node.cache is None and self.program.cache_policy is None):
            return None
        return key_of(task.node, self.cache_policy(task), task.input)

    def apply(self, tasks: Sequence[Any]) -> set[str]:
        """Apply the writes of tasks; the channels with news."""
        version = self.version
        if self.saver is not None:
            self.version = self.saver.get_next_version(version, None)
        else:
            self.version = 1 if version is None else version + 1
        self.updated = apply(self, tasks)
        return self.updated

    def _show_if_written(self, tasks: Sequence[Task]) -> None:
        """Show the values if the tasks wrote to a key that is shown and has one; the same again counts (rule 14)."""
        if self.told.shows_values and self._has_news(tasks, self.output_names):
            self.told.values(self, self.step)
        if not self.has_output:
            self.has_output = self._has_news(tasks, self._result_names)

    def _has_news(self, tasks: Sequence[Task], keys: str | frozenset[str]) -> bool:
        updated = self.updated or ()
        names = (keys,) if isinstance(keys, str) else keys
        for task in tasks:
            for channel, _ in task.writes:
                if channel in names and channel in updated:
                    return True
        return False

    def _checkpoint(self, source: str) -> None:
        if self.saver is None:
            self.step += 1
            return
        self.kept.checkpoint(self, source)
        self.step += 1
        self.told.checkpoint(self)

    # the end --------------------------------------------------------------------------------------------------

    def end(self, error: BaseException | None) -> BaseException | None:
        """The run is over. Returns the error to raise: none where an interrupt ends the run of the root graph."""
        has_stopped = error is not None
        if isinstance(error, GraphInterrupt):
            self.status = "interrupted"
        elif error is not None:
            self.status = "failed" if is_failure(error) else "stopped"
        elif self.status == "out_of_steps":
            error = GraphRecursionError(
                f"Recursion limit of {self.setup.limit} reached without hitting a stop condition: graph "
                f"'{self.program.name}' took that many supersteps. Raise it with config={{'recursion_limit': ...}}, or "
                "end the loop sooner."
            )
        self.kept.save_at_exit(self, has_stopped)
        if isinstance(error, GraphInterrupt) and self.parent is None:
            self._show_last_values()
            if not error.args[0]:
                self.told.interrupted(self, "", "", ())
            self.interrupts = tuple(error.args[0])
            return None
        return error

    def has_last_words(self, error: BaseException | None) -> bool:
        """Whether chunks that wait to be taken are shown although the run is over: it did not fail in their midst."""
        return error is None or isinstance(error, GraphInterrupt | GraphDrained) or self.status == "out_of_steps"

    def _show_last_values(self) -> None:
        """What the siblings of an interrupted task wrote is shown once more, without the question (rule 41)."""
        written = [task for task in self.tasks if task.writes and task.error is None]
        if written and len(written) < len(self.tasks):
            self.apply([task for task in self.tasks if not task.is_called])
            self._show_if_written(written)

    # answers to interrupts ------------------------------------------------------------------------------------

    def answers_for(self, task: Task) -> list[Any]:
        """The answers known for a task: saved ones, and one given by its interrupt's id."""
        return answers(self.kept.pending, task, self.resume_map)

    def take_answer(self, task: Task) -> Any:
        """The one answer that was given to whoever asks, here or in a parent; MISSING where there is none."""
        found = unclaimed(self.kept.pending)
        if found is MISSING and self.parent is not None:
            return self.parent.run.take_answer(self.parent)
        return found
