"""What graphs of langgraph find in the config of the task that they run in."""

from __future__ import annotations

from typing import Any

from lgstream._reserved import (
    CONFIG_KEY_DURABILITY,
    CONFIG_KEY_REPLAY_STATE,
    CONFIG_KEY_RESUME_MAP,
    CONFIG_KEY_RESUMING,
    CONFIG_KEY_STREAM,
    CONFIG_KEY_TAP,
)
from lgstream.engine.langgraph.chunks import ChunkTranslator, modes_of_events
from lgstream.engine.langgraph.replay import LangGraphReplay
from lgstream.engine.run_state import RunState
from lgstream.events import Custom
from lgstream.langchain.listeners import GRAPH_KINDS
from lgstream.langchain.tracing import callback_handlers

_INHERITED_KEYS = (CONFIG_KEY_STREAM, CONFIG_KEY_RESUMING, CONFIG_KEY_RESUME_MAP, CONFIG_KEY_DURABILITY)
"""The keys that a run inherits from the task around it, but that its own tasks must not: each task has its own."""


def add_nested_keys(config: dict[str, Any], run: RunState, is_retry: bool) -> None:
    """Add the keys that only graphs of langgraph read to the ``configurable`` of a task's config.

    Args:
        config: the config of the task.
        run: the run of the task.
        is_retry: True if an attempt of the task has failed, so that nested graphs continue where they stopped.
    """
    configurable = config["configurable"]
    if run.parent is not None:
        for key in _INHERITED_KEYS:
            configurable.pop(key, None)
    if run.options.durability != "async":  # the default of langgraph, too
        configurable[CONFIG_KEY_DURABILITY] = run.options.durability
    if run.is_resuming or is_retry:
        configurable[CONFIG_KEY_RESUMING] = True
    if run.resume_map:
        configurable[CONFIG_KEY_RESUME_MAP] = dict(run.resume_map)
    if run.replay is not None:
        configurable[CONFIG_KEY_REPLAY_STATE] = LangGraphReplay(run.replay)
    wants = run.options.subgraph_wants
    if not wants:
        return
    configurable[CONFIG_KEY_TAP] = True
    modes = modes_of_events(wants)
    if modes or Custom in wants:
        translator = configurable[CONFIG_KEY_STREAM] = ChunkTranslator(run.emit, modes, run.root_run_id)
        # without a saver, they are those after the input: no other chunk may follow, if there is nothing to do
        translator.delays_first_values &= run.saver is not None
        if not wants.isdisjoint(GRAPH_KINDS):
            from lgstream.langchain.graph_listener import namespace_observer

            translator.notice_namespace = namespace_observer(callback_handlers(config.get("callbacks")))
