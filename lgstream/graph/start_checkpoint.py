"""Finds the checkpoint that a run starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream._reserved import NAMESPACE_SEPARATOR
from lgstream.effects.effects import Effects
from lgstream.engine.checkpoints.format import with_text_thread_id
from lgstream.engine.checkpoints.saver_effects import get_tuple_effect, list_effect
from lgstream.engine.checkpoints.start_point import StartPoint
from lgstream.engine.run_state import ParentTask
from lgstream.graph.snapshots import has_newer_checkpoint

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple


def find_start(
    saver: Any, config: dict[str, Any], ns: tuple[str, ...], parent: ParentTask | None
) -> Effects[tuple[CheckpointTuple | None, StartPoint]]:
    """Return the checkpoint to start from, or None, and a description of how it was found.

    Args:
        saver: the saver of the thread.
        config: the config of the call.
        ns: the namespace of the run.
        parent: the task that the run is nested in; None for a root run.
    """
    checkpoint_ns = NAMESPACE_SEPARATOR.join(ns)
    config = _checkpoint_config(config, checkpoint_ns, is_root=parent is None)
    replay = parent.run.replay if parent is not None else None
    if config["configurable"].get("checkpoint_id"):
        saved = yield get_tuple_effect(saver, config)
        is_past = saved is not None and (yield from has_newer_checkpoint(saver, config, saved))
        return saved, StartPoint(is_named=True, is_past=is_past)
    if replay is not None and replay.is_first_visit(checkpoint_ns):
        before = {"configurable": {"checkpoint_id": replay.checkpoint_id}}
        checkpoints = yield list_effect(saver, config, before=before, limit=1)
        return checkpoints[0] if checkpoints else None, StartPoint(is_replayed=True)
    saved = yield get_tuple_effect(saver, config)
    return saved, StartPoint(is_replayed=replay is not None)


def _checkpoint_config(config: dict[str, Any], checkpoint_ns: str, is_root: bool) -> dict[str, Any]:
    """Return the config of the checkpoint to start from: one that the call's config names, or the latest."""
    configurable = {**config["configurable"], "checkpoint_ns": checkpoint_ns}
    ids = configurable.get("checkpoint_map") or {}
    if checkpoint_ns in ids:
        configurable["checkpoint_id"] = ids[checkpoint_ns]
    elif is_root and config["configurable"].get("checkpoint_ns"):
        configurable["checkpoint_id"] = None  # it belongs to a subgraph
    public = {
        key: value
        for key, value in configurable.items()
        if (value is not None or key == "thread_id") and not key.startswith("__pregel")
    }
    return {**config, "configurable": with_text_thread_id(public)}
