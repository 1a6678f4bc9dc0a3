"""A compiled graph as the engine sees it: its nodes, its channels, and the nodes that each channel triggers.

A program is built once per compiled graph. Afterwards only cached facts about its functions and subgraphs change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from lgstream.channels import BaseChannel, EphemeralValue, UntrackedValue
from lgstream.channels.base import MISSING
from lgstream.constants import TAG_HIDDEN
from lgstream.engine.callables import NodeCallable
from lgstream.managed.base import ManagedValue
from lgstream.types import CachePolicy, RetryPolicy, TimeoutPolicy

Write = tuple[str, Any]
"""A channel's name and the value to write to it."""

Channels = dict[str, BaseChannel[Any, Any, Any]]
"""Channels by name."""


@dataclass(slots=True, frozen=True)
class StateReader:
    """Reads the part of the state that a node receives.

    Attributes:
        keys: the keys to read, as a dict.
        managed: the managed values to add to the dict.
        make_instance: turns the dict into an instance of the node's schema; None to pass the dict.
        single_key: the only key of a state that is one value; the node receives the bare value.
        all_keys: ``keys`` and then the managed ones.
    """

    keys: tuple[str, ...]
    managed: Mapping[str, ManagedValue] = field(default_factory=dict)
    make_instance: Callable[[dict[str, Any]], Any] | None = None
    single_key: str = ""
    all_keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "all_keys", (*self.keys, *self.managed))

    def __call__(self, channels: Channels, step: int, last_step: int) -> Any:
        """Return the node's input.

        Args:
            channels: the channels of the run.
            step: the number of the current superstep.
            last_step: the last superstep that the recursion limit allows.

        Raises:
            Exception: any error of ``make_instance``, such as a validation error.
        """
        if self.single_key:
            return channels[self.single_key].get()
        values: dict[str, Any] = {}
        for key in self.keys:  # as in read_available(), without the call
            value = channels[key].peek()
            if value is not MISSING:
                values[key] = value
        if self.managed:
            values.update((key, managed.value(step, last_step)) for key, managed in self.managed.items())
        return self.make_instance(values) if self.make_instance else values


def read_available(channels: Channels, keys: Iterable[str]) -> dict[str, Any]:
    """Return the values of these keys as a dict; keys without a value are left out."""
    values = {}
    for key in keys:
        value = channels[key].peek()
        if value is not MISSING:
            values[key] = value
    return values


@dataclass(slots=True, frozen=True)
class Branch:
    """A conditional edge: the result of its routing function becomes writes to triggers, and Sends.

    Attributes:
        name: the name of the routing function.
        router: the routing function.
        reader: reads the state for it.
        ends: its path map, from return values to node names; None if it returns node names.
        merges_output: True if the routing function also receives the keys that only the node's output has, because it
            has no schema of its own.
    """

    name: str
    router: NodeCallable
    reader: StateReader
    ends: Mapping[Any, str] | None = None
    merges_output: bool = False

    def router_input(self, state: Any, output: Any) -> Any:
        """Return the routing function's input from the state after the node, and the node's output."""
        if self.merges_output and isinstance(output, dict) and isinstance(state, dict):
            return {**output, **state}
        return state


@dataclass(slots=True)
class Node:
    """A node: its action, its input, and the edges that start at it.

    Attributes:
        name: its name.
        action: the callable that it runs; None for START.
        reader: reads its input.
        triggers: the channels that trigger it.
        writable_keys: the state keys that its output may write.
        static_writes: the writes of its plain edges.
        branches: its conditional edges.
        retry_policies: its retry policies; empty to use those of the program.
        cache_policy: its cache policy; None to use that of the program.
        metadata: metadata of its tasks.
        timeout: the time limits of one attempt.
        map_output: turns its output into writes; None for the usual rules of a state update.
        find_subgraph: looks for the compiled graph that the action is or calls.
        error_handler: the name of the node that runs if this one fails after its retries.
        pure: the cached result of :meth:`is_pure`; None before the first call.
    """

    name: str
    action: NodeCallable | None
    reader: StateReader
    triggers: tuple[str, ...]
    writable_keys: frozenset[str]
    static_writes: tuple[Write, ...] = ()
    branches: tuple[Branch, ...] = ()
    retry_policies: Sequence[RetryPolicy] = ()
    cache_policy: CachePolicy | None = None
    metadata: Mapping[str, Any] | None = None
    timeout: TimeoutPolicy | None = None
    map_output: Callable[[Any], list[Write]] | None = None
    find_subgraph: Callable[[], Any] | None = None
    error_handler: str | None = None
    pure: bool | None = None

    _subgraph: Any = MISSING
    _needs_only_a_call: bool | None = None

    @property
    def subgraph(self) -> Any:
        """The compiled graph that the node is or that its function calls, found on first use; None if there is none."""
        if self._subgraph is MISSING:
            self._subgraph = self.find_subgraph() if self.find_subgraph is not None else None
        return self._subgraph

    def is_pure(self) -> bool:
        """Return True if the node, its routing functions and the graph inside it neither stream nor wait."""
        if self.pure is None:
            inner = self.action.program if self.action is not None else None
            is_action_pure = self.action is None or (inner.is_pure() if inner is not None else self.action.is_pure)
            has_policies = bool(self.retry_policies or self.timeout or self.error_handler)
            self.pure = is_action_pure and not has_policies and all(branch.router.is_pure for branch in self.branches)
        return self.pure

    def needs_only_a_call(self) -> bool:
        """Return True if neither the node nor its routing functions need an event loop or a config to be called."""
        if self._needs_only_a_call is None:
            actions = [self.action] if self.action else []
            actions += [branch.router for branch in self.branches]
            self._needs_only_a_call = all(action.needs_only_a_call for action in actions)
        return self._needs_only_a_call

    @property
    def is_subgraph(self) -> bool:
        """True if the node itself is a compiled graph, rather than a function that calls one."""
        return self.action is not None and self.action.is_runnable and self.subgraph is not None

    @property
    def is_start(self) -> bool:
        """True for START, whose task has no events (reference rule 33)."""
        return self.action is None

    # The public interface of `graph.nodes["name"]`: the node outside of a run ---------------------------------------

    @property
    def subgraphs(self) -> list[Any]:
        """The subgraph whose state is saved with the graph's, as a list of one; empty if there is none."""
        return [] if self.subgraph is None or self.subgraph.checkpointer is False else [self.subgraph]

    @property
    def channels(self) -> str | list[str]:
        """The state keys that the node reads; a bare name if it receives the value of one."""
        return self.reader.single_key or list(self.reader.all_keys)

    @property
    def retry_policy(self) -> Sequence[RetryPolicy] | None:
        """Its retry policies; None if it has none of its own."""
        return self.retry_policies or None

    @property
    def tags(self) -> list[str] | None:
        """The tags of its traced runs: START is hidden, other nodes have none."""
        return [TAG_HIDDEN] if self.is_start else None

    @property
    def error_handler_node(self) -> str | None:
        """The name of the node that handles its errors."""
        return self.error_handler

    @property
    def bound(self) -> Any:
        """The action as a langchain Runnable; that of START returns its input."""
        from lgstream.engine.standalone import as_runnable

        return as_runnable(self.action)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Call the action with a state and return its result, without updating a state."""
        return self.bound.invoke(input, config, **kwargs)

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Call the action on the running event loop; see :meth:`invoke`."""
        return await self.bound.ainvoke(input, config, **kwargs)

    def copy(self, update: Mapping[str, Any] | None = None) -> Node:
        """Return a copy of the node, with the attributes in ``update`` replaced."""
        return replace(self, **(update or {}))


@dataclass(slots=True)
class Program:
    """A graph in the form that the engine runs.

    Attributes:
        name: the name of the graph.
        nodes: the nodes by name.
        channels: the channels by name, in their initial state; a run works on copies.
        managed: the managed values by key.
        retry_policies: the retry policies of nodes that have none.
        cache_policy: the cache policy of nodes that have none; None if their results are not cached.
        stream_keys: the keys that ``values`` and ``updates`` show: all of the state; a bare name for a single value.
        input_key: the channel that the input is written to.
        output_keys: the keys that ``invoke`` returns.
        make_state: turns a dict of values into an instance of the state's class; None if it has none.
        make_output: turns a dict of values into an instance of the output schema's class; None if it has none.
        stream_key_set: ``stream_keys`` in the form of :meth:`key_set`.
        calls_tasks: True for an entrypoint, whose node calls tasks that stream while it runs.
        nodes_by_trigger: the names of the nodes that each channel triggers, sorted.
        volatile_channels: channels whose ``update([])`` must be called in every superstep that does not write to them.
        initially_available: the volatile channels that have a value before the first superstep.
        consumable: channels that change when a task they triggered has run.
        finishable: channels that change when no task is left to run.
        untracked_channels: channels that checkpoints do not contain.
        has_lasting_triggers: True if a trigger can last longer than the superstep after the one that wrote it.
        fast_functions: the sync functions whose last call was fast; see :mod:`lgstream.effects.aio`.
    """

    name: str
    nodes: dict[str, Node]
    channels: Channels
    managed: dict[str, ManagedValue]
    stream_keys: str | tuple[str, ...]
    input_key: str
    output_keys: str | tuple[str, ...]
    retry_policies: Sequence[RetryPolicy] = ()
    cache_policy: CachePolicy | None = None
    make_state: Callable[[dict[str, Any]], Any] | None = None
    make_output: Callable[[dict[str, Any]], Any] | None = None
    calls_tasks: bool = False
    stream_key_set: str | frozenset[str] = field(init=False)
    nodes_by_trigger: dict[str, tuple[str, ...]] = field(init=False)
    volatile_channels: frozenset[str] = field(init=False)
    initially_available: tuple[str, ...] = field(init=False)
    consumable: frozenset[str] = field(init=False)
    finishable: tuple[str, ...] = field(init=False)
    untracked_channels: frozenset[str] = field(init=False)
    has_lasting_triggers: bool = field(init=False)
    fast_functions: set[Any] = field(init=False, default_factory=set)
    _key_sets: dict[Any, str | frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes_by_trigger = self._sorted_nodes_by_trigger()
        channels = self.channels
        self.stream_key_set = self.key_set(self.stream_keys)
        self._key_sets = {keys: self.key_set(keys) for keys in (self.stream_keys, self.output_keys)}
        keys_by_class: dict[type[BaseChannel[Any, Any, Any]], list[str]] = {}
        for key, channel in channels.items():
            keys_by_class.setdefault(type(channel), []).append(key)

        def keys_of_classes(is_selected: Callable[[Any], bool]) -> Iterable[str]:
            return chain.from_iterable(keys for cls, keys in keys_by_class.items() if is_selected(cls))

        self.volatile_channels = frozenset(keys_of_classes(lambda cls: cls.volatile))
        self.initially_available = tuple(key for key in self.volatile_channels if channels[key].is_available())
        self.consumable = frozenset(keys_of_classes(lambda cls: cls.consume is not BaseChannel.consume))
        self.finishable = tuple(keys_of_classes(lambda cls: cls.finish is not BaseChannel.finish))
        lasting_keys = keys_of_classes(lambda cls: cls is not EphemeralValue)
        self.has_lasting_triggers = any(key in self.nodes_by_trigger for key in lasting_keys)
        self.untracked_channels = frozenset(keys_of_classes(lambda cls: issubclass(cls, UntrackedValue)))

    def _sorted_nodes_by_trigger(self) -> dict[str, tuple[str, ...]]:
        names_by_trigger: dict[str, tuple[str, ...]] = {}
        for name, node in self.nodes.items():
            for channel in node.triggers:
                names = names_by_trigger.get(channel)
                names_by_trigger[channel] = (name,) if names is None else (*names, name)
        return {
            channel: names if len(names) < 2 else tuple(sorted(names)) for channel, names in names_by_trigger.items()
        }

    def is_pure(self) -> bool:
        """Return True if none of the nodes streams or waits, and the output is a dict."""
        has_dict_output = not self.retry_policies and not isinstance(self.output_keys, str)
        return has_dict_output and all(node.is_pure() for node in self.nodes.values())

    def key_set(self, keys: str | Sequence[str]) -> str | frozenset[str]:
        """Return keys in a form for fast membership tests: a frozenset; a single name is returned unchanged."""
        if isinstance(keys, str):
            return keys
        key_set = self._key_sets.get(keys) if isinstance(keys, tuple) else None
        return frozenset(keys) if key_set is None else key_set
