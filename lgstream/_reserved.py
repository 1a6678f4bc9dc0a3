"""Reserved names: channels, writes, and keys of a config. Checkpoints hold them, so they equal LangGraph's."""

from __future__ import annotations

from typing import Final

TASKS: Final = "__pregel_tasks"
"""The channel that Sends are written to."""
PUSH: Final = "__pregel_push"
PULL: Final = "__pregel_pull"
INPUT: Final = "__input__"
INTERRUPT: Final = "__interrupt__"
RESUME: Final = "__resume__"
ERROR: Final = "__error__"
ERROR_SOURCE: Final = "__error_source_node__"
"""Written beside an error that a node's error handler takes over."""
NO_WRITES: Final = "__no_writes__"
RETURN: Final = "__return__"
PREVIOUS: Final = "__previous__"
CACHED: Final = "__pregel_ns_writes"
NULL_TASK: Final = "00000000-0000-0000-0000-000000000000"
"""The task of writes that belong to no task, such as the answer to the only open interrupt."""

RESERVED: Final = frozenset((INPUT, INTERRUPT, RESUME, ERROR, ERROR_SOURCE, NO_WRITES, RETURN, PUSH, PULL))

CONTROL: Final = frozenset((ERROR, ERROR_SOURCE, INTERRUPT, RESUME))
"""Writes that say what happened to a task; all others are what it produced."""

SCRATCHPAD: Final = "__pregel_scratchpad"
RUNTIME: Final = "__pregel_runtime"

SEPARATOR: Final = "|"
ID_MARK: Final = ":"


def branch_to(node: str) -> str:
    """The channel that triggers a node."""
    return f"branch:to:{node}"
