"""Graphs of the ``langgraph`` package that are nodes of a graph or that its nodes call: their state.

langgraph reads and writes the state of its graphs itself, with the saver of the graph around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lgstream._conversions import own_snapshot
from lgstream._reserved import CONFIG_KEY_CHECKPOINTER
from lgstream.effects.effects import CallEffect, Effects
from lgstream.types import StateSnapshot, StateUpdate

Config = dict[str, Any]
"""A RunnableConfig as a plain dict."""


def get_state_effect(graph: Any, saver: Any, config: Config, subgraphs: bool) -> Effects[StateSnapshot]:
    """Load the snapshot that ``graph.get_state`` returns.

    Args:
        graph: a graph of langgraph.
        saver: the checkpointer of the graph around it.
        config: the config of the thread, with the namespace of the graph.
        subgraphs: True to include the snapshots of subgraphs.
    """
    arguments = (_with_saver(config, saver),)
    snapshot = yield CallEffect(graph.get_state, arguments, {"subgraphs": subgraphs}, False, graph.aget_state)
    return own_snapshot(snapshot)


def get_history_effect(graph: Any, saver: Any, config: Config, **options: Any) -> Effects[list[StateSnapshot]]:
    """Load the snapshots that ``graph.get_state_history`` yields; ``options`` are its keyword arguments."""
    nested_config = _with_saver(config, saver)

    def get_history() -> list[Any]:
        return list(graph.get_state_history(nested_config, **options))

    async def aget_history() -> list[Any]:
        return [snapshot async for snapshot in graph.aget_state_history(nested_config, **options)]

    snapshots = yield CallEffect(get_history, (), {}, False, aget_history)
    return [own_snapshot(snapshot) for snapshot in snapshots]


def bulk_update_effect(
    graph: Any, saver: Any, config: Config, supersteps: Sequence[Sequence[StateUpdate]]
) -> CallEffect:
    """Apply updates to the state of the graph; the result is the config of the last checkpoint."""
    arguments = (_with_saver(config, saver), supersteps)
    return CallEffect(graph.bulk_update_state, arguments, {}, False, graph.abulk_update_state)


def _with_saver(config: Config, saver: Any) -> Config:
    return {**config, "configurable": {**config["configurable"], CONFIG_KEY_CHECKPOINTER: saver}}
