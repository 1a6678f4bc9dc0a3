"""A compiled graph as the engine sees it: nodes, channels, and who triggers whom.

Made once; all that changes is what is found out about its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from lgstream.channels import BaseChannel, EphemeralValue, UntrackedValue
from lgstream.channels.base import MISSING
from lgstream.engine.callables import Target
from lgstream.managed import ManagedValue
from lgstream.types import CachePolicy, RetryPolicy

Write = tuple[str, Any]
Channels = dict[str, BaseChannel[Any, Any, Any]]


@dataclass(slots=True, frozen=True)
class Reading:
    """What a node is given: these keys of the state, as a dict or made into an instance.

    A state of one value (key ``__root__``) is given as that value.
    """

    keys: tuple[str, ...]
    managed: Mapping[str, ManagedValue] = field(default_factory=dict)
    make: Callable[[dict[str, Any]], Any] | None = None
    whole: str = ""
    names: tuple[str, ...] = field(init=False)
    """All keys, the managed ones last."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", (*self.keys, *self.managed))

    def __call__(self, channels: Channels, step: int, stop: int) -> Any:
        """The input as it is now. Raises what making the instance raises, e.g. a validation error."""
        if self.whole:
            return channels[self.whole].get()
        values: dict[str, Any] = {}
        for key in self.keys:  # as in available()
            value = channels[key].peek()
            if value is not MISSING:
                values[key] = value
        if self.managed:
            values.update((key, managed.value(step, stop)) for key, managed in self.managed.items())
        return self.make(values) if self.make else values


def available(channels: Channels, keys: Iterable[str]) -> dict[str, Any]:
    """The values of the keys that have one."""
    values = {}
    for key in keys:
        value = channels[key].peek()
        if value is not MISSING:
            values[key] = value
    return values


@dataclass(slots=True, frozen=True)
class Branch:
    """A routing function: what it returns becomes writes to triggers, and Sends.

    One without a schema of its own (``is_open``) is also given what the node returned beside the node's schema.
    """

    name: str
    target: Target
    reading: Reading
    ends: Mapping[Any, str] | None = None
    is_open: bool = False

    def given(self, state: Any, output: Any) -> Any:
        """What it is called with: the state after its node, and what is only in the node's output."""
        return {**output, **state} if self.is_open and isinstance(output, dict) and isinstance(state, dict) else state


@dataclass(slots=True)
class Node:
    """A node: what to call with what, and what follows from its output."""

    name: str
    target: Target | None
    reading: Reading
    triggers: tuple[str, ...]
    writable: frozenset[str]
    follows: tuple[Write, ...] = ()
    branches: tuple[Branch, ...] = ()
    retry: Sequence[RetryPolicy] = ()
    cache: CachePolicy | None = None
    metadata: Mapping[str, Any] | None = None
    timeout: Any = None
    output: Callable[[Any], list[Write]] | None = None
    find_subgraph: Callable[[], Any] | None = None
    handler: str | None = None
    """The node that takes over when this one fails for good."""
    computes: bool | None = None
    """Whether it and what routes from it only compute; None until somebody asks :meth:`only_computes`."""

    _subgraph: Any = MISSING
    _sync: bool | None = None

    @property
    def subgraph(self) -> Any:
        """The compiled graph that the node is, or that its function calls, if there is one; looked for once."""
        if self._subgraph is MISSING:
            self._subgraph = self.find_subgraph() if self.find_subgraph is not None else None
        return self._subgraph

    def only_computes(self) -> bool:
        """Whether the node can neither stream nor wait, nor can anything in it where it is a graph; found out once."""
        if self.computes is None:
            plain = not (self.retry or self.timeout or self.handler)
            inner = self.target.program if self.target is not None else None
            silent = self.target is None or (inner.only_computes() if inner is not None else self.target.computes)
            self.computes = plain and silent and all(branch.target.computes for branch in self.branches)
        return self.computes

    def is_sync(self) -> bool:
        """Whether it and what routes from it are called with no more than a call; found out once."""
        if self._sync is None:
            targets = [*([self.target] if self.target else []), *(branch.target for branch in self.branches)]
            self._sync = all(target.is_sync for target in targets)
        return self._sync

    @property
    def is_subgraph(self) -> bool:
        """Whether the node itself is the subgraph, rather than a function that calls it."""
        return self.target is not None and self.target.is_runnable and self.subgraph is not None

    @property
    def hidden(self) -> bool:
        """Whether the node is START, whose task has no events."""
        return self.target is None

    # by itself, outside of a run ------------------------------------------------------------------------------

    @property
    def subgraphs(self) -> list[Any]:
        """The subgraph whose state is saved with the graph's, if there is one."""
        return [] if self.subgraph is None or self.subgraph.checkpointer is False else [self.subgraph]

    @property
    def bound(self) -> Any:
        """What the node calls, as a langchain Runnable. Raises TypeError for START, which calls nothing."""
        from lgstream.engine.standalone import bound

        return bound(self.target)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """Call the node with a state; returns what it returns. Nothing is written."""
        return self.bound.invoke(input, config, **kwargs)

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        """:meth:`invoke` on the running loop."""
        return await self.bound.ainvoke(input, config, **kwargs)

    def copy(self, update: Mapping[str, Any] | None = None) -> Node:
        """A copy with some attributes changed."""
        return replace(self, **(update or {}))


@dataclass(slots=True)
class Program:
    """All of a graph that the engine needs.

    ``stream_keys`` are those that ``values`` and ``updates`` show, all of the state's; ``output_keys`` those that
    ``invoke`` returns. ``triggered`` maps a channel to the nodes it may trigger; ``told`` are the channels that must
    hear of every superstep that does not write to them, ``awake`` those of them that have a value from the start;
    ``consuming`` are those that change when a task was triggered by them; ``finishing`` those that must hear that no
    task is left; ``untracked`` those that checkpoints do not hold. ``quick`` are the sync functions that took hardly
    any time when they were called last.
    """

    name: str
    nodes: dict[str, Node]
    channels: Channels
    managed: dict[str, ManagedValue]
    stream_keys: str | tuple[str, ...]
    input_key: str
    output_keys: str | tuple[str, ...]
    retry: Sequence[RetryPolicy] = ()
    cache_policy: CachePolicy | None = None
    state_instance: Callable[[dict[str, Any]], Any] | None = None
    output_instance: Callable[[dict[str, Any]], Any] | None = None
    calls_tasks: bool = False
    """Its node is an entrypoint: the tasks that it calls have news while it runs."""
    stream_names: str | frozenset[str] = field(init=False)
    triggered: dict[str, tuple[str, ...]] = field(init=False)
    told: frozenset[str] = field(init=False)
    awake: tuple[str, ...] = field(init=False)
    consuming: frozenset[str] = field(init=False)
    finishing: tuple[str, ...] = field(init=False)
    untracked: frozenset[str] = field(init=False)
    quick: set[Any] = field(init=False, default_factory=set)
    lasts: bool = field(init=False)
    """Whether a trigger can outlast the superstep after the one that it was written in."""
    _names: dict[Any, str | frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.triggered = self._by_trigger()
        channels = self.channels
        self.stream_names = self.names_in(self.stream_keys)
        self._names = {keys: self.names_in(keys) for keys in (self.stream_keys, self.output_keys)}
        kinds: dict[type[BaseChannel[Any, Any, Any]], list[str]] = {}
        for key, each in channels.items():
            kinds.setdefault(type(each), []).append(key)

        def having(trait: Callable[[Any], bool]) -> Iterable[str]:
            return chain.from_iterable(keys for kind, keys in kinds.items() if trait(kind))

        self.told = frozenset(having(lambda kind: kind.volatile))
        self.awake = tuple(key for key in self.told if channels[key].is_available())
        self.consuming = frozenset(having(lambda kind: kind.consume is not BaseChannel.consume))
        self.finishing = tuple(having(lambda kind: kind.finish is not BaseChannel.finish))
        lasting = having(lambda kind: kind is not EphemeralValue)
        self.lasts = any(key in self.triggered for key in lasting)
        self.untracked = frozenset(having(lambda kind: issubclass(kind, UntrackedValue)))

    def _by_trigger(self) -> dict[str, tuple[str, ...]]:
        """The nodes by the channels that trigger them, in the order of their names."""
        triggered: dict[str, tuple[str, ...]] = {}
        for name, node in self.nodes.items():
            for channel in node.triggers:
                triggered[channel] = (*triggered[channel], name) if channel in triggered else (name,)
        return {channel: names if len(names) < 2 else tuple(sorted(names)) for channel, names in triggered.items()}

    def only_computes(self) -> bool:
        """Whether none of its nodes streams or waits, and what comes of them is a dict."""
        plain = not self.retry and not isinstance(self.output_keys, str)
        return plain and all(node.only_computes() for node in self.nodes.values())

    def names_in(self, keys: str | Sequence[str]) -> str | frozenset[str]:
        """Keys as what writes are looked up in; text stands for itself."""
        if isinstance(keys, str):
            return keys
        known = self._names.get(keys) if isinstance(keys, tuple) else None
        return frozenset(keys) if known is None else known
