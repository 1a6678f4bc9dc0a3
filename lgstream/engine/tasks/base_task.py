"""A task as its node sees it: the input, config, runtime, stream writer and state that the function receives."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lgstream._langgraph import is_pregel_loaded
from lgstream._reserved import (
    CONFIG_KEY_CALL,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_READ,
    CONFIG_KEY_REPLAY_STATE,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_SCRATCHPAD,
    CONFIG_KEY_SEND,
    CONFIG_KEY_TASK_ID,
    NAMESPACE_SEPARATOR,
    PULL,
    TASK_ID_SEPARATOR,
)
from lgstream.channels.base import MISSING
from lgstream.config import merge_metadata
from lgstream.constants import TAG_HIDDEN
from lgstream.engine.ids import path_text, task_id
from lgstream.engine.langgraph.runtime import nested_writer, task_runtime
from lgstream.engine.langgraph.task_config import add_nested_keys
from lgstream.engine.program import Node, StateReader, Write
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.called_nodes import langgraph_task_node
from lgstream.engine.tasks.future import TaskFuture
from lgstream.engine.tasks.scratchpad import scratchpad_of
from lgstream.engine.tasks.timeout import Heartbeat
from lgstream.errors import NodeError
from lgstream.events import Custom, Message
from lgstream.runtime import ExecutionInfo, Runtime, ServerInfo
from lgstream.types import TimeoutPolicy

StreamFunction = Callable[[Any], None]


def _ignore(_: Any) -> None:
    """Discard custom data that no consumer receives."""


class BaseTask:
    """A task as its node's function sees it.

    Args:
        run: the run of the graph.
        node: the node.
        value: the node's input.
        path: ``("__pregel_pull", node)``, or ``("__pregel_push", i, False)`` for the i-th Send; orders the writes of a
            superstep (reference rule 9). A called task has ``("__pregel_push", caller's path, i, True)``.
        triggers: the channels that triggered the task.

    Attributes:
        name: the name of the node.
        input: the node's input.
        writes: the task's channel writes so far.
        timeout: the time limits of one attempt; None if there are none.
        attempt: the number of failed attempts.
        first_attempt_time: the start of the first attempt, as Unix time in seconds.
    """

    # A task is created for every node of every superstep: attributes that few tasks set are defaults of the class.
    caller: BaseTask | None = None
    """The task whose function called this one."""
    ns_prefix: str | None = None
    """The prefix of the namespace; None for the run's own prefix."""
    heartbeat: Heartbeat | None = None
    """The heartbeat of the current attempt; None without a timeout."""
    handled_error: NodeError | None = None
    """The error of the failed task, if this task is its error handler."""
    attempt = 0
    first_attempt_time = 0.0
    called_count = 0
    """The number of tasks that this task has called."""
    subgraph_count = 0
    """The number of graphs that this task has run."""
    _id: str | None = None
    _config: dict[str, Any] | None = None

    def __init__(self, run: RunState, node: Node, value: Any, path: tuple[Any, ...], triggers: tuple[str, ...]) -> None:
        self.run = run
        self.node = node
        self.name = node.name
        self.input = value
        self.path = path
        self.triggers = triggers
        self.writes: list[Write] = []
        self.timeout: TimeoutPolicy | None = node.timeout
        self._checkpoint_id_bytes = run.checkpoints.id_bytes
        self._step = run.step

    # Identity -------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The task's id, computed on first use, because most runs never need it."""
        if self._id is None:
            kind, place, *_ = self.path
            if kind == PULL:
                parts = "".join(self.triggers)
            else:
                parts = f"{path_text(place)}{self.path[2]}" if self.is_called else str(place)
            checkpoint = self._checkpoint_id_bytes or self.run.checkpoints.current_id_bytes()
            self._id = task_id(checkpoint, f"{self._prefix}{self.name}", self._step, self.name, kind, parts)
        return self._id

    @id.setter
    def id(self, value: str) -> None:
        self._id = value

    @property
    def _prefix(self) -> str:
        return self.run.task_prefix if self.ns_prefix is None else self.ns_prefix

    @property
    def ns(self) -> str:
        """The checkpoint namespace of graphs that run inside the task."""
        return f"{self._prefix}{self.name}{TASK_ID_SEPARATOR}{self.id}"

    @property
    def is_called(self) -> bool:
        """True if another task's function called it, rather than an edge of the graph."""
        return self.path[-1] is True

    @property
    def depth(self) -> int:
        """The length of the chain of tasks through which it was called; 0 if no task called it."""
        return 0 if self.caller is None else self.caller.depth + 1

    # Config and runtime ---------------------------------------------------------------------------------------------

    @property
    def config(self) -> dict[str, Any]:
        """The RunnableConfig that the node receives, and that models in it inherit (reference rule 31)."""
        return self.get_config()

    def get_config(self) -> dict[str, Any]:
        """Return the config, built once per attempt."""
        if self._config is None:
            self._config = self._build_config()
            self.run.tasks_with_config.append(self)
        return self._config

    def has_config(self, config: Any) -> bool:
        """Return True if ``config`` is this task's config object, not only equal to it."""
        return config is self._config

    def reset_config(self) -> None:
        """Discard the config, so that the next use builds it again, with the current runtime."""
        self._config = None

    def _build_config(self) -> dict[str, Any]:
        run, ns = self.run, self.ns
        config = dict(run.task_config)
        config["metadata"] = {
            **run.config["metadata"],
            "langgraph_step": run.step,
            "langgraph_node": self.name,
            "langgraph_triggers": self.triggers,
            "langgraph_path": self.path,
            "langgraph_checkpoint_ns": ns,
            **(self.node.metadata or {}),
        }
        if self.node.is_start:  # its routing functions are not shown to the user
            config["tags"] = [*(config.get("tags") or ()), TAG_HIDDEN]
        if config.get("callbacks"):
            config["callbacks"] = child_callbacks(config["callbacks"], config["metadata"], config.get("tags"))
        checkpoint_map = {**run.parent_checkpoint_ids, run.checkpoint_ns: run.checkpoints.checkpoint_id}
        config["configurable"] = {
            **run.config["configurable"],
            CONFIG_KEY_TASK_ID: self.id,
            CONFIG_KEY_SEND: self.writes.extend,
            CONFIG_KEY_READ: self.read,
            CONFIG_KEY_CALL: self.call,
            CONFIG_KEY_RUNTIME: self._build_runtime(ns),
            CONFIG_KEY_CHECKPOINTER: run.saver,
            CONFIG_KEY_SCRATCHPAD: scratchpad_of(self),
            CONFIG_KEY_REPLAY_STATE: None,
            "checkpoint_map": checkpoint_map,
            "checkpoint_id": None,
            "checkpoint_ns": ns,
        }
        if is_pregel_loaded():
            add_nested_keys(config, run, is_retry=self.attempt > 0)
        return config

    def _build_runtime(self, ns: str) -> Runtime[Any]:
        run = self.run
        configurable = run.config["configurable"]
        execution_info = ExecutionInfo(
            checkpoint_id=run.checkpoints.checkpoint_id,
            checkpoint_ns=ns,
            task_id=self.id,
            thread_id=configurable.get("thread_id"),
            run_id=run.run_id,
            node_attempt=self.attempt + 1,
            node_first_attempt_time=self.first_attempt_time,
        )
        writer = self.writer
        if is_pregel_loaded() and Custom in run.options.subgraph_wants:
            writer = nested_writer(run, ns, writer)
        return task_runtime(
            {
                "context": run.options.context,
                "store": run.options.store,
                "stream_writer": writer,
                "heartbeat": self.heartbeat.beat if self.heartbeat is not None else run.options.heartbeat,
                "previous": run.previous,
                "execution_info": execution_info,
                "server_info": server_info(configurable),
                "control": run.control,
            }
        )

    def injected_value(self, name: str) -> Any:
        """Return the value of an injected parameter; see ``callables.INJECTED_PARAMETERS``."""
        if name == "config":
            return self.config
        if name == "writer":
            return self.writer
        if name == "store":
            return self.run.options.store
        if name == "runtime":
            return self.config["configurable"][CONFIG_KEY_RUNTIME]
        if name == "error":
            return self.handled_error
        return self.run.previous

    # Streaming ------------------------------------------------------------------------------------------------------

    @property
    def writer(self) -> StreamFunction:
        """The stream writer: each value it receives becomes a :class:`~lgstream.events.Custom` event."""
        return self.writer_for_tool("")

    def writer_for_tool(self, call_id: str) -> StreamFunction:
        """Return the stream writer of one of the task's tool calls; ``""`` for the task itself."""
        run = self.run
        heartbeat = self.heartbeat if self.timeout is not None and self.timeout.refresh_on == "auto" else None
        if Custom not in run.wants:
            return _ignore if heartbeat is None else heartbeat.beat
        callers = (
            ()
            if self.ns_prefix is None
            else tuple(self.ns_prefix[len(run.task_prefix) : -1].split(NAMESPACE_SEPARATOR))
        )
        put_data: StreamFunction | None = run.options.field_consumer(Custom, run.ns, callers)
        write = put_data or self._emit_custom(callers, call_id)
        return write if heartbeat is None else heartbeat.beat_on_call(write)

    def _emit_custom(self, callers: tuple[str, ...], call_id: str) -> StreamFunction:
        run, task_id, node = self.run, self.id, self.name
        emit, ns, run_id = run.emit, run.ns, run.root_run_id

        def write(data: Any) -> None:
            emit(Custom(time.time(), ns, task_id, node, data, callers, call_id, run_id))

        return write

    def emit_message(self, message: Any, key: str) -> None:
        """Emit a message while the node runs, and write it to the state key ``key``; ``""`` only emits it."""
        run = self.run
        if Message in run.wants:
            metadata = {**self.config["metadata"], "ls_integration": "langgraph"}
            run.emit(Message(time.time(), run.ns, self.id, self.name, "", message, metadata, run.root_run_id))
        if key:
            self.writes.append((key, message))

    # State and other tasks ------------------------------------------------------------------------------------------

    def read(self, keys: str | Sequence[str], fresh: bool = False) -> Any:
        """Return the current values of state keys.

        Args:
            keys: the keys; for a single name, its bare value is returned.
            fresh: True to include this task's writes.
        """
        if isinstance(keys, str):
            return self._read_values((keys,), fresh).get(keys)
        return self._read_values(keys, fresh)

    def _read_values(self, keys: Sequence[str], fresh: bool) -> dict[str, Any]:
        run = self.run
        own_writes: dict[str, list[Any]] = {}
        if fresh:
            for channel, value in self.writes:
                if channel in own_writes:
                    own_writes[channel].append(value)
                else:
                    own_writes[channel] = [value]
        values: dict[str, Any] = {}
        for key in keys:
            if key in run.program.managed:
                values[key] = run.program.managed[key].value(run.step, run.last_step)
                continue
            state_channel = run.channels[key]
            if key in own_writes:
                value = state_channel.value_after(own_writes[key])
            else:
                value = (
                    state_channel.value_after(()) if fresh and key in run.available_volatile else state_channel.peek()
                )
            if value is not MISSING:
                values[key] = value
        return values

    def read_for_router(self, reader: StateReader) -> Any:
        """Return the state for a routing function, which includes this task's writes (reference rule 23)."""
        if reader.single_key:
            return self._read_values((reader.single_key,), True).get(reader.single_key)
        values = self._read_values(reader.all_keys, True)
        return reader.make_instance(values) if reader.make_instance else values

    def next_subgraph_index(self) -> int:
        """Return the number of graphs that the task has run before, and increment it."""
        self.subgraph_count += 1
        return self.subgraph_count - 1

    def call(self, function: Any, value: Any, **options: Any) -> TaskFuture[Any]:
        """Run another node as a task of this superstep, called by this task's function; return its future.

        Args:
            function: the node; or a function, if a ``@task`` of langgraph calls it.
            value: the arguments of the function: the positional ones, and the others by name.
            **options: the options that langgraph's ``@task`` passes.
        """
        node = function if isinstance(function, Node) else langgraph_task_node(function, options)
        future: TaskFuture[Any] = self.run.call_task(self, node, value)
        return future


def child_callbacks(callbacks: Any, metadata: dict[str, Any], tags: Sequence[str] | None) -> Any:
    """Return a callback manager that passes on the task's metadata, also to calls with metadata of their own."""
    from langchain_core.callbacks import CallbackManager

    if isinstance(callbacks, list):  # without configure(), as every model called configures a manager for itself
        return CallbackManager(
            [*callbacks],
            [*callbacks],
            tags=list(tags or ()),
            inheritable_tags=list(tags or ()),
            metadata=dict(metadata),
            inheritable_metadata=dict(metadata),
        )
    manager = callbacks.copy()
    manager.metadata = merge_metadata(manager.metadata, metadata)
    manager.inheritable_metadata = merge_metadata(manager.inheritable_metadata, metadata)
    if tags:
        manager.add_tags([tag for tag in tags if tag not in manager.inheritable_tags])
    return manager


def server_info(configurable: Mapping[str, Any]) -> ServerInfo | None:
    """Return the data in ``configurable`` about the server that runs the graph; None without a server."""
    assistant, graph = configurable.get("assistant_id"), configurable.get("graph_id")
    if assistant is None or graph is None:
        return None
    user = configurable.get("langgraph_auth_user")
    return ServerInfo(assistant_id=str(assistant), graph_id=str(graph), user=user)
