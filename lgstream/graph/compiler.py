"""Compiles a graph spec into the engine's program: nodes, channels and triggers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from lgstream._reserved import TASKS, branch_channel
from lgstream._state_fields import names_by_alias
from lgstream.channels import (
    BaseChannel,
    EphemeralValue,
    LastValueAfterFinish,
    NamedBarrierValue,
    NamedBarrierValueAfterFinish,
    Topic,
)
from lgstream.channels.schema import ROOT_KEY, state_constructor
from lgstream.constants import END, START
from lgstream.engine.callables import wrap_callable
from lgstream.engine.program import Branch, Node, Program, StateReader, Write
from lgstream.engine.tasks.timeout import check_async
from lgstream.engine.writes import root_writes, state_writes
from lgstream.graph.specs import GraphSpec, NodeSpec
from lgstream.graph.subgraph_discovery import find_subgraph
from lgstream.managed.base import ManagedValue
from lgstream.types import Send

Channel = BaseChannel[Any, Any, Any]


def compile_program(spec: GraphSpec, name: str) -> Program:
    """Compile a graph spec into a program: every edge becomes a write to a channel that triggers the end of the edge.

    Args:
        spec: The spec, which must be valid; see :mod:`lgstream.graph.validation`.
        name: The name of the graph.
    """
    compiler = _Compiler(spec)
    compiler.add_nodes()
    compiler.add_edges()
    compiler.add_waiting_edges()
    return Program(
        name=name,
        nodes=compiler.nodes,
        channels=compiler.channels,
        managed=dict(spec.managed),
        stream_keys=stream_keys(spec.channels),
        input_key=START,
        output_keys=stream_keys(spec.schemas[spec.output_schema]),
        make_state=state_constructor(spec.state_schema),
        make_output=state_constructor(spec.output_schema),
    )


def stream_keys(keys: Mapping[str, Any]) -> str | tuple[str, ...]:
    """Return the keys of a schema that streams show: all but managed values.

    For a state that is a single value instead of a mapping this is the text ``__root__``.
    """
    names = tuple(key for key, channel in keys.items() if not isinstance(channel, ManagedValue))
    return ROOT_KEY if names == (ROOT_KEY,) else names


class _Compiler:
    """The nodes and channels of one program while it is compiled."""

    def __init__(self, spec: GraphSpec) -> None:
        self.spec = spec
        self.nodes: dict[str, Node] = {}
        self.channels: dict[str, Channel] = dict(spec.channels)
        self._readers: dict[Any, StateReader] = {}  # by schema: nodes with the same schema share one

    def add_nodes(self) -> None:
        """Add START and all nodes, each with the channel that triggers it."""
        spec = self.spec
        self._add_channel(START, EphemeralValue(spec.input_schema))
        self._add_channel(TASKS, Topic(Send))
        self.nodes[START] = self._start_node()
        writable_keys = frozenset(spec.channels)
        map_output = root_writes if stream_keys(spec.channels) == ROOT_KEY else None
        trigger_channel: Channel = EphemeralValue(Any, False)
        nodes, channels = self.nodes, self.channels
        for name, node_spec in spec.nodes_with_defaults().items():
            node = nodes[name] = self._node(name, node_spec)
            node.writable_keys, node.map_output = writable_keys, map_output
            (trigger,) = node.triggers
            channel: Channel = LastValueAfterFinish(Any) if node_spec.defer else trigger_channel.copy()
            channel.key = trigger
            channels[trigger] = channel

    def add_edges(self) -> None:
        """Add the writes of the plain edges: the start of an edge writes to the trigger of its end."""
        ends_by_start: dict[str, list[str]] = {}
        for start, end in self.spec.edges:
            if end != END:
                ends_by_start.setdefault(start, []).append(end)
        nodes = self.nodes
        for start, ends in ends_by_start.items():
            nodes[start].static_writes = tuple([(nodes[end].triggers[0], None) for end in sorted(ends)])

    def add_waiting_edges(self) -> None:
        """Add a barrier channel for every edge with several starts: it triggers the end when all have written."""
        for starts, end in sorted(self.spec.waiting_edges):
            if end == END:
                continue
            key = f"join:{'+'.join(starts)}:{end}"
            barrier = NamedBarrierValueAfterFinish if self.spec.nodes[end].defer else NamedBarrierValue
            self._add_channel(key, barrier(str, set(starts)))
            self.nodes[end].triggers += (key,)
            for start in starts:
                self.nodes[start].static_writes += ((key, start),)

    def _add_channel(self, key: str, channel: Channel) -> None:
        channel.key = key
        self.channels[key] = channel

    def _start_node(self) -> Node:
        keys = self.spec.schemas[self.spec.input_schema]
        writable_keys = frozenset(key for key, channel in keys.items() if not isinstance(channel, ManagedValue))
        names = names_by_alias(self.spec.input_schema)
        alias_writes = partial(_writes_by_alias, names, writable_keys) if names else None
        return Node(
            name=START,
            action=None,
            reader=StateReader((), single_key=START),
            triggers=(START,),
            writable_keys=writable_keys,
            branches=self._branches(START, self.spec.state_schema),
            map_output=root_writes if stream_keys(keys) == ROOT_KEY else alias_writes,
        )

    def _node(self, name: str, spec: NodeSpec) -> Node:
        action = spec.node_callable
        assert action is not None
        if spec.timeout is not None:
            check_async(name, action)
        return Node(
            name=name,
            action=action,
            reader=self._reader(spec.input_schema),
            triggers=(branch_channel(name),),
            writable_keys=frozenset(),
            branches=self._branches(name, spec.input_schema),
            retry_policies=spec.retry_policy,
            cache_policy=spec.cache_policy,
            metadata=spec.metadata,
            timeout=spec.timeout,
            find_subgraph=partial(find_subgraph, spec.action),
            error_handler=spec.error_handler_node,
        )

    def _branches(self, node: str, default_schema: Any) -> tuple[Branch, ...]:
        if node not in self.spec.branches:
            return ()
        return tuple(
            Branch(
                name,
                wrap_callable(branch.path),
                self._reader(branch.input_schema or default_schema),
                branch.ends,
                merges_output=branch.input_schema is None,
            )
            for name, branch in self.spec.branches[node].items()
        )

    def _reader(self, schema: Any) -> StateReader:
        """Return the reader for nodes and routing functions with this schema."""
        if schema not in self._readers:
            self._readers[schema] = _reader_of(self.spec.schemas[schema], schema)
        return self._readers[schema]


def _reader_of(keys: Mapping[str, Any], schema: Any) -> StateReader:
    if set(keys) == {ROOT_KEY}:
        return StateReader((), single_key=ROOT_KEY)
    managed = {key: value for key, value in keys.items() if isinstance(value, ManagedValue)}
    return StateReader(tuple(key for key in keys if key not in managed), managed, state_constructor(schema))


def _writes_by_alias(names: Mapping[str, str], writable_keys: frozenset[str], update: Any) -> list[Write]:
    """Return the writes of an input, whose keys may be the aliases of fields."""
    if isinstance(update, dict):
        update = {names.get(key, key): value for key, value in update.items()}
    return state_writes(update, writable_keys, is_input=True)
