"""One task: a node's run in a superstep. What it is given, calls and writes. No IO: effects are yielded.

Longer than other files: what a node may be given, ask for and come to meets in this one object.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lgstream._reserved import (
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
    NAMESPACE_SEPARATOR,
    NULL_TASK_ID,
    PULL,
    RESUME,
    TASK_ID_SEPARATOR,
)
from lgstream.channels.base import MISSING
from lgstream.config import merge_callbacks
from lgstream.constants import TAG_HIDDEN
from lgstream.engine.callables import Call, Effect, Pause, Target, target_of
from lgstream.engine.ids import path_text, task_id
from lgstream.engine.program import Node, Reading, Write
from lgstream.engine.tasks.cache import Key, fetched, stored
from lgstream.engine.tasks.fit import fitted, shown_schema
from lgstream.engine.tasks.future import TaskFuture, is_cancelled
from lgstream.engine.tasks.retry import interval_of, retries
from lgstream.engine.tasks.timeout import Life, limited
from lgstream.engine.writes import gotos, is_command, routed, state_writes
from lgstream.errors import GraphBubbleUp, GraphInterrupt, NodeCancelledError, NodeError, ParentCommand
from lgstream.events import Custom, Message, TaskRetried
from lgstream.langchain.running import enter
from lgstream.langchain.tracing import Trace, follow
from lgstream.runtime import ExecutionInfo, Runtime, ServerInfo, no_heartbeat
from lgstream.types import Interrupt, TimeoutPolicy

if TYPE_CHECKING:
    from lgstream.engine.run_loop import Run


def _ignore(_: Any) -> None:
    """The writer where nobody listens to custom data."""


class Task:
    """A node to run with an input, and what comes of it. Also what ``interrupt()`` and nested graphs reach the run by.

    ``path`` is ``("__pregel_pull", node)`` or ``("__pregel_push", i, False)``; it orders the writes (rule 9).
    """

    # A task is made for every node of every superstep: what most tasks never set is a default of the class.
    error: BaseException | None = None
    interrupts: tuple[Interrupt, ...] = ()
    answers: list[Any] | None = None
    asked = 0
    subgraphs = 0
    called = 0
    attempt = 0
    started = 0.0
    cached = False
    output: Any = None
    life: Life | None = None
    trace: Trace | None = None
    prefix: str | None = None
    caller: Task | None = None
    failure: NodeError | None = None
    raised: BaseException | None = None
    returned: Any = MISSING
    _id: str | None = None
    _config: dict[str, Any] | None = None

    def __init__(self, run: Run, node: Node, input: Any, path: tuple[Any, ...], triggers: tuple[str, ...]) -> None:
        self.run = run
        self.node = node
        self.name = node.name
        self.input = input
        self.path = path
        self.triggers = triggers
        self.writes: list[Write] = []
        self.limits: TimeoutPolicy | None = node.timeout
        self._checkpoint = run.kept.id_bytes
        self._step = run.step

    @property
    def id(self) -> str:
        """The task's id; made when first asked for, as most runs have no use for it."""
        if self._id is None:
            kind, what, *_ = self.path
            if kind == PULL:
                parts = "".join(self.triggers)
            else:
                parts = f"{path_text(what)}{self.path[2]}" if self.is_called else str(what)
            checkpoint = self._checkpoint or self.run.kept.made_id()
            self._id = task_id(checkpoint, f"{self._prefix}{self.name}", self._step, self.name, kind, parts)
        return self._id

    @id.setter
    def id(self, id: str) -> None:
        self._id = id

    @property
    def _prefix(self) -> str:
        return self.run.prefix if self.prefix is None else self.prefix

    @property
    def ns(self) -> str:
        """The checkpoint namespace of what runs inside the task."""
        return f"{self._prefix}{self.name}{TASK_ID_SEPARATOR}{self.id}"

    # what it is given -------------------------------------------------------------------------------------------

    def own_config(self) -> dict[str, Any]:
        """The RunnableConfig that the node sees, and that models in it inherit (rule 31); made once."""
        if self._config is None:
            self._config = self._make_config()
        return self._config

    def has_config(self, config: Any) -> bool:
        """Whether ``config`` is the task's own."""
        return config is self._config

    @property
    def is_called(self) -> bool:
        """Whether another task's function called it, instead of the graph."""
        return self.path[-1] is True

    @property
    def depth(self) -> int:
        """How many tasks called it, one out of the other."""
        return 0 if self.caller is None else self.caller.depth + 1

    @property
    def config(self) -> dict[str, Any]:
        """:meth:`own_config`."""
        return self.own_config()

    def _make_config(self) -> dict[str, Any]:
        run = self.run
        config = dict(run.task_config)
        config["metadata"] = {
            **run.config["metadata"],
            "langgraph_step": run.step,
            "langgraph_node": self.name,
            "langgraph_triggers": self.triggers,
            "langgraph_path": self.path,
            "langgraph_checkpoint_ns": self.ns,
            **(self.node.metadata or {}),
        }
        if self.node.hidden:  # START's routing functions
            config["tags"] = [*(config.get("tags") or ()), TAG_HIDDEN]
        if config.get("callbacks"):
            config["callbacks"] = inherited(config["callbacks"], config["metadata"], config.get("tags"))
        config["configurable"] = {
            **run.config["configurable"],
            "__pregel_task_id": self.id,
            "__pregel_send": self.writes.extend,
            "__pregel_read": self.read,
            "__pregel_call": self.call,
            CONFIG_KEY_RUNTIME: self.runtime(),
            "__pregel_checkpointer": run.saver,
            CONFIG_KEY_SCRATCHPAD: self,
            "__pregel_replay_state": None,
            "checkpoint_map": {**run.parents, run.ns_text: run.kept.checkpoint_id},
            "checkpoint_id": None,
            "checkpoint_ns": self.ns,
        }
        return config

    def runtime(self) -> Runtime[Any]:
        """The Runtime of the node."""
        run = self.run
        info = ExecutionInfo(
            checkpoint_id=run.kept.checkpoint_id,
            checkpoint_ns=self.ns,
            task_id=self.id,
            thread_id=run.config["configurable"].get("thread_id"),
            run_id=run.run_id,
            node_attempt=self.attempt + 1,
            node_first_attempt_time=self.started,
        )
        return Runtime(
            context=run.setup.context,
            store=run.setup.store,
            stream_writer=self.writer,
            heartbeat=self.life.touch if self.life is not None else no_heartbeat,
            previous=run.previous,
            execution_info=info,
            server_info=server_info(run.config["configurable"]),
            control=run.control,
        )

    def injectable(self, name: str) -> Any:
        """The value of an injected parameter."""
        if name == "config":
            return self.config
        if name == "writer":
            return self.writer
        if name == "store":
            return self.run.setup.store
        if name == "runtime":
            return self.config["configurable"][CONFIG_KEY_RUNTIME]
        if name == "error":
            return self.failure
        return self.run.previous

    @property
    def writer(self) -> Any:
        """What ``get_stream_writer()`` returns: emits :class:`~lgstream.events.Custom`."""
        return self.writer_of("")

    def writer_of(self, call_id: str) -> Any:
        """The writer of one of the task's tool calls."""
        run = self.run
        life = self.life if self.limits is not None and self.limits.refresh_on == "auto" else None
        if Custom not in run.wants:
            return _ignore if life is None else life.touch
        emit, ns, node = run.emit, run.ns, self.name
        callers = () if self.prefix is None else tuple(self.prefix[len(run.prefix) : -1].split(NAMESPACE_SEPARATOR))
        if run.setup.straight is not None:
            straight = run.setup.straight.writer(ns, callers)
            return straight if life is None else life.shown_by(straight)
        task_id = self.id

        def write(data: Any) -> None:
            emit(Custom(time.time(), ns, task_id, node, data, callers, call_id))

        return write if life is None else life.shown_by(write)

    def read(self, keys: str | Sequence[str], fresh: bool = False) -> Any:
        """Keys of the state; ``fresh`` with what this task has written so far already in it."""
        single = isinstance(keys, str)
        values = self._values((keys,) if isinstance(keys, str) else keys, fresh)
        return values.get(keys) if single else values  # type: ignore[arg-type]

    def _values(self, keys: Sequence[str], fresh: bool) -> dict[str, Any]:
        run = self.run
        mine: dict[str, list[Any]] = {}
        if fresh:
            for channel, value in self.writes:
                if channel in mine:
                    mine[channel].append(value)
                else:
                    mine[channel] = [value]
        values: dict[str, Any] = {}
        for key in keys:
            if key in run.program.managed:
                values[key] = run.program.managed[key].value(run.step, run.stop)
                continue
            holder = run.channels[key]
            if key in mine:
                value = holder.value_after(mine[key])
            else:
                value = holder.value_after(()) if fresh and key in run.live else holder.peek()
            if value is not MISSING:
                values[key] = value
        return values

    def after(self, reading: Reading) -> Any:
        """The state as a routing function sees it: with this task's own writes (rule 23)."""
        if reading.whole:
            return self._values((reading.whole,), True).get(reading.whole)
        values = self._values(reading.names, True)
        return reading.make(values) if reading.make else values

    def call(self, node: Node, input: Any) -> TaskFuture[Any]:
        """Run another node as a task of this superstep, called from this task's function; a future of its result."""
        task = self.run.called(self, node, input)
        return self.run.start(task) if not task.writes else TaskFuture.of(task)

    def say(self, message: Any, key: str) -> None:
        """Emit a message at once and write it to the state, while the node runs."""
        if Message in self.run.wants:
            metadata = {**self.config["metadata"], "ls_integration": "langgraph"}
            self.run.emit(Message(time.time(), self.run.ns, self.id, self.name, "", message, metadata))
        if key:
            self.writes.append((key, message))

    # interrupts -------------------------------------------------------------------------------------------------

    def ask(self, question: Any, response_schema: Any) -> Any:
        """The answer to the node's next question; raises GraphInterrupt while there is none (rule 42)."""
        index = self.asked
        self.asked += 1
        if self.answers is None:
            self.answers = self.run.answers_for(self)
        if index == len(self.answers):
            given = self.run.take_answer(self)
            if given is MISSING:
                schema = shown_schema(response_schema)
                raise GraphInterrupt((Interrupt.from_ns(question, self.ns, index=index, response_schema=schema),))
            self.answers.append(given)
        answer = fitted(self.answers[index], response_schema)
        self.writes.append((RESUME, self.answers[: self.asked]))  # those that fit
        return answer

    # running ----------------------------------------------------------------------------------------------------

    @property
    def needs_a_call(self) -> bool:
        """Whether :meth:`compute` may do for the task: its node is to be called, and nobody looks at how."""
        tried = self.raised is not None or self.returned is not MISSING
        return not tried and self.run.is_bare and self.node.is_sync()

    def compute(self) -> bool:
        """Run a node that needs no more than a call, here and now. False where it takes more: then perform it.

        What the node has done is not done again: :meth:`perform` goes on with what it raised or returned.
        """
        if self.limits is not None:
            return False
        node = self.node
        try:
            output = node.target.compute(self.input, self) if node.target else self.input
            if type(output) is not dict and output is not None and _runnable(output):
                self.returned = output
                return False
            self.output = output
            self._note(output)
            for branch in node.branches:
                given = branch.given(self.after(branch.reading), output)
                self.writes += routed(branch, branch.target.compute(given, self))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - raised again when the task is performed
            self.raised = error
            return False
        return True

    def perform(self) -> Generator[Effect, Any, None]:
        """Run the node, with its retries; ``writes`` hold what came of it. Raises what the node raises."""
        self.started = self.started or time.time()
        while True:
            if self.raised is None:  # what it wrote before it failed stays
                self.writes.clear()
                self.asked = 0
            try:
                yield from self._attempt()
                return
            except ParentCommand as error:
                command = self._addressed(error)
                if command is None:
                    raise
                yield from self.write(command)
                return
            except GraphBubbleUp:
                raise
            except asyncio.CancelledError as error:
                if is_cancelled():
                    raise
                failure = NodeCancelledError(self.name)
                failure.__cause__ = error
                yield self._pause(failure)
            except Exception as error:  # noqa: BLE001 - raised again, unless it is to be tried again
                error.add_note(f"During task with name '{self.name}' and id '{self.id}'")
                yield self._pause(error)

    def _pause(self, error: Exception) -> Pause:
        """What is to be done before the next try. Raises the error where there is none."""
        self.attempt += 1
        policy = next((p for p in self.node.retry or self.run.program.retry if retries(p, error)), None)
        if policy is None or self.attempt >= policy.max_attempts:
            raise error
        self._config = None
        wait = interval_of(policy, self.attempt)
        self._tell_retry(error, wait)
        return Pause(wait)

    def _tell_retry(self, error: Exception, wait: float) -> None:
        run = self.run
        if TaskRetried in run.wants:
            run.emit(
                TaskRetried(time.time(), run.ns, run.step, self.id, self.name, self.attempt, error, round(wait, 4))
            )

    def _attempt(self) -> Generator[Effect, Any, Any]:
        """What one try does, by what there is to it; a generator to run through."""
        target, run = self.node.target, self.run
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised
        if self.returned is not MISSING:
            returned, self.returned = self.returned, MISSING
            return self._finish(returned)
        if target is None:
            return self.write(self.input)
        calling = self._traced(target) if run.traced else self._call(target)
        key = run.cache_key(self) if run.setup.cache is not None else None
        return calling if key is None else self._cached(calling, key)

    def _cached(self, calling: Generator[Effect, Any, Any], key: Key) -> Generator[Effect, Any, None]:
        cache = self.run.setup.cache
        found = yield from fetched(cache, key)
        if found is not None:
            self.writes += found
            self.cached = True
            return
        yield from calling
        yield from stored(cache, key, self.writes, self.run.cache_policy(self).ttl)

    def _call(self, target: Target) -> Generator[Effect, Any, Any]:
        if self.limits is None:
            output = yield target.call(self, self.input, self.node.computes is True)
        else:
            self.life = self._lively(self.limits)
            output = yield limited(target.call(self, self.input), self.name, self.limits, self.life)
        return (yield from self._finish(output))

    def _finish(self, output: Any) -> Generator[Effect, Any, Any]:
        """What follows from the node's output, which may be a Runnable to run in its place."""
        if type(output) is not dict and output is not None and not is_command(output):
            again = _runnable(output)
            if again is not None:
                output = yield again.call(self, self.input)
        self.output = output
        self._note(output)
        if self.node.branches:
            yield from self._route(output)
        return output

    def _lively(self, limits: TimeoutPolicy) -> Life:
        """What the attempt's signs of life go to: heartbeats, and by default writes and models."""
        life = self.life = Life()
        self._config = None  # made anew, with the runtime that has this heartbeat
        if limits.idle_timeout is not None and limits.refresh_on == "auto":
            self.config["callbacks"] = merge_callbacks(self.config.get("callbacks"), life.callbacks())
        enter(self.own_config, self)
        return life

    def _traced(self, target: Target) -> Generator[Effect, Any, None]:
        """Run the node as a chain run of its own, inside the graph's."""
        caller = self.caller
        above = self.run.trace_child(f"graph:step:{self.run.step}") if caller is None else caller.config["callbacks"]
        trace = self.trace = Trace(above, None, self.config["metadata"])
        yield from trace.opened(self.name, target.told(self.input))
        self.config["callbacks"] = trace.child("seq:step:1")
        follow(self.config)
        try:
            output = yield from self._call(target)
        except BaseException as error:
            yield from trace.closed(None, error)
            raise
        yield from trace.streamed(output)
        yield from trace.closed(output, None)

    def write(self, output: Any) -> Generator[Effect, Any, None]:
        """Make the writes that follow from the node's output: the update, the edges, and where routing leads."""
        self._note(output)
        yield from self._route(output)

    def _note(self, output: Any) -> None:
        node = self.node
        if type(output) is dict and node.output is None:  # as in state_writes()
            for write in output.items():
                if write[0] in node.writable:
                    self.writes.append(write)
        else:
            writes = node.output(output) if node.output else state_writes(output, node.writable)
            if type(output) is not dict and output is not None:
                writes += gotos(output)  # may raise: then nothing is written
            self.writes += writes
        self.writes += node.follows

    def _route(self, output: Any) -> Generator[Effect, Any, None]:
        for index, branch in enumerate(self.node.branches):
            call = branch.target.call(self, branch.given(self.after(branch.reading), output), is_short=True)
            answer = (yield call) if self.trace is None else (yield from self._traced_route(self.trace, call, index))
            self.writes += routed(branch, answer)

    def _traced_route(self, node: Trace, call: Call, index: int) -> Generator[Effect, Any, Any]:
        """Run a routing function as a chain run inside its node's; tracers know it as one of the node's last steps."""
        trace = Trace(node.child(f"seq:step:{3 + index}"), None, self.config["metadata"])
        yield from trace.opened(self.node.branches[index].target.name, call.arguments[0])
        try:
            answer = yield call
        except BaseException as error:
            yield from trace.closed(None, error)
            raise
        yield from trace.closed(answer, None)
        return answer

    def _addressed(self, error: ParentCommand) -> Any:
        """The command that came up from a subgraph if it is meant for this graph; else it is addressed further up."""
        command = error.args[0]
        if command.graph in (self.ns, self.name):
            return replace(command, graph=None)
        if command.graph == command.PARENT:
            parent = self.run.parent
            error.args = (replace(command, graph=parent.ns if parent is not None else ""),)
        return None


def all_compute(tasks: Sequence[Task]) -> bool:
    """Whether the tasks can neither stream nor wait; see :mod:`~lgstream.engine.purity`."""
    if len(tasks) == 1:
        node = tasks[0].node
        return node.only_computes() if node.computes is None else node.computes
    return all(task.node.only_computes() for task in tasks)


def inherited(callbacks: Any, metadata: dict[str, Any], tags: Sequence[str] | None) -> Any:
    """Callbacks as a manager that hands the task's metadata down, also to calls that bring metadata of their own."""
    from langchain_core.callbacks import CallbackManager

    if isinstance(callbacks, list):
        return CallbackManager.configure(callbacks, inheritable_tags=list(tags or ()), inheritable_metadata=metadata)
    manager = callbacks.copy()
    manager.add_metadata(metadata)
    manager.add_tags([tag for tag in tags or () if tag not in manager.inheritable_tags])
    return manager


def server_info(configurable: Mapping[str, Any]) -> ServerInfo | None:
    """The server's part of a config, where a server runs the graph."""
    assistant, graph = configurable.get("assistant_id"), configurable.get("graph_id")
    if assistant is None or graph is None:
        return None
    user = configurable.get("langgraph_auth_user")
    return ServerInfo(assistant_id=str(assistant), graph_id=str(graph), user=user)


def _runnable(output: Any) -> Any:
    """A node may return a Runnable to run in its place; None for anything else."""
    from langchain_core.runnables import Runnable

    return target_of(output) if isinstance(output, Runnable) else None


def unclaimed(writes: list[tuple[str, str, Any]]) -> Any:
    """Take the answer that belongs to no task yet out of the pending writes; MISSING where there is none."""
    for index, (id, channel, value) in enumerate(writes):
        if id == NULL_TASK_ID and channel == RESUME:
            del writes[index]
            return value
    return MISSING
