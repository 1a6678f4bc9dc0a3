"""Checkpoints of older versions of LangGraph, in the current format.

Before version 3, a node was triggered by one channel for each of its edges: ``start:<node>`` for the edge from START,
``branch:<start>:<router>:<node>`` for a conditional edge, and for a plain edge the channel with the name of the node
where it starts. Since then, all of them write to one channel. Before version 4, the Sends of the next superstep were
not in a channel.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from lgstream._reserved import INTERRUPT, TASKS, branch_channel
from lgstream.constants import START
from lgstream.engine.checkpoints.format import CHECKPOINT_VERSION
from lgstream.engine.program import Program

if TYPE_CHECKING:
    from langgraph.checkpoint.base import Checkpoint

_ONE_CHANNEL_PER_NODE = 3
"""The version since which one channel triggers a node."""


def migrate_checkpoint(checkpoint: Checkpoint, program: Program) -> Checkpoint:
    """Return a saved checkpoint in the current format. The saver's own object is not changed.

    Args:
        checkpoint: the checkpoint.
        program: the graph whose thread it belongs to; channels of nodes that it does not have are left as they are.
    """
    version = checkpoint.get("v", CHECKPOINT_VERSION)
    if version >= CHECKPOINT_VERSION:
        return checkpoint
    migrated: Any = {
        **checkpoint,
        "channel_values": dict(checkpoint["channel_values"]),
        "channel_versions": dict(checkpoint["channel_versions"]),
        "versions_seen": {name: dict(seen) for name, seen in checkpoint["versions_seen"].items()},
    }
    sends = migrated.pop("pending_sends", None)
    if sends and migrated["channel_versions"]:
        migrated["channel_values"][TASKS] = sends
        migrated["channel_versions"][TASKS] = max(migrated["channel_versions"].values())
    if version < _ONE_CHANNEL_PER_NODE:
        renamed_channels = list(_renamed_channels(migrated["channel_versions"], program))
        for channel, nodes in renamed_channels:
            _rename_channel(migrated, channel, nodes)
        if renamed_channels:
            migrated["updated_channels"] = None
    return migrated  # type: ignore[no-any-return]


def _renamed_channels(versions: MutableMapping[str, Any], program: Program) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the channels of edges, each with the nodes that it triggers."""
    for channel in versions:
        kind, _, rest = channel.partition(":")
        node = rest.rpartition(":")[2]
        if (kind == "start" and rest in program.nodes) or (
            kind == "branch" and channel.count(":") == 3 and node in program.nodes
        ):
            yield channel, (node,)
        elif channel in program.nodes and channel != START:
            targets = {target for target, _ in program.nodes[channel].static_writes}
            yield channel, [name for name in program.nodes if branch_channel(name) in targets]


def _rename_channel(checkpoint: Any, channel: str, nodes: Sequence[str]) -> None:
    """Replace a channel by those that trigger these nodes. They keep the later version if they have one already."""
    values, versions = checkpoint["channel_values"], checkpoint["channel_versions"]
    seen_versions = checkpoint["versions_seen"]
    version = versions.pop(channel)
    value = values.pop(channel, checkpoint)  # the checkpoint itself stands for no value
    seen_by_breakpoints = seen_versions.get(INTERRUPT, {}).pop(channel, None)
    for node in nodes:
        trigger = branch_channel(node)
        _keep_later(versions, trigger, version)
        if value is not checkpoint:
            values.setdefault(trigger, value)
        _keep_later(seen_versions.get(node, {}), trigger, seen_versions.get(node, {}).pop(channel, None))
        _keep_later(seen_versions.get(INTERRUPT, {}), trigger, seen_by_breakpoints)


def _keep_later(versions: MutableMapping[str, Any], channel: str, version: Any) -> None:
    """Set the version of a channel, unless it has a later one; ``version`` None changes nothing."""
    if version is not None:
        versions[channel] = max(versions.get(channel, version), version)
