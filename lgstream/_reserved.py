"""Reserved names: channels, pseudo-channels of saved writes, and config keys.

Checkpoints contain them, so their values equal LangGraph's.
"""

from __future__ import annotations

from typing import Final

TASKS: Final = "__pregel_tasks"
"""The channel that Sends are written to."""
PUSH: Final = "__pregel_push"
"""First element of the path of a task that a Send or a call of a task function created."""
PULL: Final = "__pregel_pull"
"""First element of the path of a task that a channel triggered."""
INPUT: Final = "__input__"
INTERRUPT: Final = "__interrupt__"
RESUME: Final = "__resume__"
ERROR: Final = "__error__"
ERROR_SOURCE: Final = "__error_source_node__"
"""Written together with an error that the error handler of a node takes over."""
NO_WRITES: Final = "__no_writes__"
"""Saved for a task that finished without any write."""
RETURN: Final = "__return__"
"""Saved for a task function: its return value."""
PREVIOUS: Final = "__previous__"
"""The channel of an entrypoint's ``previous``."""
CACHE_NAMESPACE: Final = "__pregel_ns_writes"
"""First element of the cache namespace of a node's writes."""
NULL_TASK_ID: Final = "00000000-0000-0000-0000-000000000000"
"""The task id of saved writes that do not belong to a task, such as the answer to the only open interrupt."""

INTERRUPTED_RUN: Final = "__interrupted_run__"
"""Saved for a run that was interrupted: the time and the id of the run."""

RESERVED_CHANNELS: Final = frozenset((INPUT, INTERRUPT, RESUME, ERROR, ERROR_SOURCE, NO_WRITES, RETURN, PUSH, PULL))
"""Names of saved writes that are not written to a channel of the graph."""

CONTROL_CHANNELS: Final = frozenset((ERROR, ERROR_SOURCE, INTERRUPT, RESUME))
"""Names of saved writes that record what happened to a task; all other writes are its output."""

UNNAMED_GRAPH: Final = "LangGraph"
"""The name of graphs that were compiled without one."""

CONFIG_KEY_SCRATCHPAD: Final = "__pregel_scratchpad"
CONFIG_KEY_RUNTIME: Final = "__pregel_runtime"
CONFIG_KEY_CALL: Final = "__pregel_call"
CONFIG_KEY_SEND: Final = "__pregel_send"
CONFIG_KEY_READ: Final = "__pregel_read"
CONFIG_KEY_STREAM: Final = "__pregel_stream"
CONFIG_KEY_TASK_ID: Final = "__pregel_task_id"
CONFIG_KEY_CHECKPOINTER: Final = "__pregel_checkpointer"
CONFIG_KEY_CACHE: Final = "__pregel_cache"
CONFIG_KEY_DURABILITY: Final = "__pregel_durability"
CONFIG_KEY_REPLAY_STATE: Final = "__pregel_replay_state"
CONFIG_KEY_RESUME_MAP: Final = "__pregel_resume_map"
CONFIG_KEY_RESUMING: Final = "__pregel_resuming"
CONFIG_KEY_TAP: Final = "__pregel_lgstream_tap"
"""Set where the chunks of a langgraph run become events, so that sinks attached to a block receive them only once.

langgraph shows keys that do not start as its own do in the chunks of checkpoints.
"""

NAMESPACE_SEPARATOR: Final = "|"
"""Separates the levels of a checkpoint namespace."""
TASK_ID_SEPARATOR: Final = ":"
"""Separates the node and the task id in one level of a checkpoint namespace."""


def branch_channel(node: str) -> str:
    """Return the name of the channel that triggers a node."""
    return f"branch:to:{node}"
