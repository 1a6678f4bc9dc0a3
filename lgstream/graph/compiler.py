"""A ``StateGraph`` as the engine's program: nodes, channels and triggers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lgstream._reserved import TASKS, branch_channel
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
from lgstream.engine.callables import target_of
from lgstream.engine.program import Branch, Node, Program, Reading
from lgstream.engine.tasks.timeout import require_async
from lgstream.engine.writes import root_writes
from lgstream.graph.specs import NodeSpec
from lgstream.managed import ManagedValue
from lgstream.types import Send

if TYPE_CHECKING:
    from lgstream.graph.state import StateGraph

Channel = BaseChannel[Any, Any, Any]


def _keyed(channel: Channel, key: str) -> Channel:
    channel.key = key
    return channel


Readings = dict[Any, Reading]
"""What nodes are given, by their schema: made once for all nodes that have it."""


def reading_of(graph: StateGraph, schema: Any, known: Readings) -> Reading:
    """What a node or routing function with this schema is given."""
    if schema not in known:
        known[schema] = _reading(graph.schemas[schema], schema)
    return known[schema]


def _reading(keys: Mapping[str, Any], schema: Any) -> Reading:
    if set(keys) == {ROOT_KEY}:
        return Reading((), whole=ROOT_KEY)
    managed = {key: value for key, value in keys.items() if isinstance(value, ManagedValue)}
    return Reading(tuple(key for key in keys if key not in managed), managed, state_constructor(schema))


def keys_shown(keys: Mapping[str, Any]) -> str | tuple[str, ...]:
    """The keys of a schema that streams show; a state of one value is shown bare."""
    shown = tuple(key for key, channel in keys.items() if not isinstance(channel, ManagedValue))
    return ROOT_KEY if shown == (ROOT_KEY,) else shown


def program_of(graph: StateGraph, name: str) -> Program:
    """Compile: every edge becomes a write to the trigger of its target."""
    channels: dict[str, Channel] = dict(graph.channels)
    channels[START] = _keyed(EphemeralValue(graph.input_schema), START)
    channels[TASKS] = _keyed(Topic(Send), TASKS)
    known: Readings = {}
    nodes = {START: _start(graph, known)}
    writable = frozenset(graph.channels)
    output = _root_output if keys_shown(graph.channels) == ROOT_KEY else None
    trigger_channel: Channel = EphemeralValue(Any, False)
    for node_name, spec in graph.defaults.given_to(graph.nodes, graph.state_schema).items():
        node = nodes[node_name] = _node(graph, node_name, spec, known)
        node.writable, node.output = writable, output
        (trigger,) = node.triggers
        channels[trigger] = _keyed(LastValueAfterFinish(Any) if spec.defer else trigger_channel.copy(), trigger)
    for start, ends in _ends(graph).items():
        nodes[start].follows = tuple((nodes[end].triggers[0], None) for end in sorted(ends))
    for starts, end in sorted(graph.waiting_edges):
        if end != END:
            key = f"join:{'+'.join(starts)}:{end}"
            barrier = NamedBarrierValueAfterFinish if graph.nodes[end].defer else NamedBarrierValue
            channels[key] = _keyed(barrier(str, set(starts)), key)
            nodes[end].triggers += (key,)
            for start in starts:
                nodes[start].follows += ((key, start),)
    return Program(
        name=name,
        nodes=nodes,
        channels=channels,
        managed=dict(graph.managed),
        stream_keys=keys_shown(graph.channels),
        input_key=START,
        output_keys=keys_shown(graph.schemas[graph.output_schema]),
        state_instance=state_constructor(graph.state_schema),
        output_instance=state_constructor(graph.output_schema),
    )


def _ends(graph: StateGraph) -> dict[str, list[str]]:
    """The nodes that edges lead to, by the node that they start from."""
    ends: dict[str, list[str]] = {}
    for start, end in graph.edges:
        if end != END:
            ends.setdefault(start, []).append(end)
    return ends


def _branches(graph: StateGraph, node: str, known: Readings) -> tuple[Branch, ...]:
    if node not in graph.branches:
        return ()
    default = graph.nodes[node].input_schema if node in graph.nodes else graph.state_schema
    return tuple(
        Branch(
            name,
            target_of(spec.path),
            reading_of(graph, spec.input_schema or default, known),
            spec.ends,
            is_open=spec.input_schema is None,
        )
        for name, spec in graph.branches[node].items()
    )


def _start(graph: StateGraph, known: Readings) -> Node:
    keys = graph.schemas[graph.input_schema]
    return Node(
        name=START,
        target=None,
        reading=Reading((), whole=START),
        triggers=(START,),
        writable=frozenset(key for key, channel in keys.items() if not isinstance(channel, ManagedValue)),
        branches=_branches(graph, START, known),
        output=_root_output if keys_shown(keys) == ROOT_KEY else None,
    )


def _node(graph: StateGraph, name: str, spec: NodeSpec, known: Readings) -> Node:
    target = spec.target
    assert target is not None
    if spec.timeout is not None:
        require_async(name, target)
    return Node(
        name=name,
        target=target,
        reading=reading_of(graph, spec.input_schema, known),
        triggers=(branch_channel(name),),
        writable=frozenset(),
        branches=_branches(graph, name, known),
        retry=spec.retry_policy,
        cache=spec.cache_policy,
        metadata=spec.metadata,
        timeout=spec.timeout,
        find_subgraph=spec.subgraph,
        handler=spec.error_handler_node,
    )


def _root_output(output: Any) -> list[tuple[str, Any]]:
    return root_writes(output, frozenset())
