"""The checkpoint that a run starts from: the latest of its thread, a named one, or one that its parent replays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lgstream._reserved import TASK_ID_SEPARATOR


class StartPoint(NamedTuple):
    """Describes how the checkpoint that a run starts from was found.

    Attributes:
        is_named: True if the config names the checkpoint by its id.
        is_past: True if the thread has newer checkpoints.
        is_replayed: True if a parent run replays an earlier checkpoint of the thread; the subgraph then starts from its
            state at that time.
    """

    is_named: bool = False
    is_past: bool = False
    is_replayed: bool = False


FROM_LATEST = StartPoint()
"""The start point of a run that continues from the latest checkpoint, or starts a new thread."""


@dataclass(slots=True)
class ReplayState:
    """Determines where subgraphs start when their root run replays an earlier checkpoint of its thread.

    The first time it runs, a subgraph that keeps its own state starts from its state before this checkpoint.

    Attributes:
        checkpoint_id: the id of the checkpoint that the root run starts from.
    """

    checkpoint_id: str
    _started_names: set[str] = field(default_factory=set)

    def is_first_visit(self, ns: str) -> bool:
        """Return True if the subgraph at this namespace has not started yet, and mark it as started."""
        name = ns.rpartition(TASK_ID_SEPARATOR)[0] or ns  # without the task id, which every superstep changes
        is_first = name not in self._started_names
        self._started_names.add(name)
        return is_first
