"""Where a run starts: at the latest checkpoint of its thread, at a named one, or where its parent travels back to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lgstream._reserved import TASK_ID_SEPARATOR


class StartPoint(NamedTuple):
    """How the checkpoint was found that a run starts from.

    Attributes:
        is_named: the config names it by its id.
        is_past: the thread has newer checkpoints.
        is_replayed: a parent run travels back in the thread, and this is where the subgraph was at that time.
    """

    is_named: bool = False
    is_past: bool = False
    is_replayed: bool = False


FROM_LATEST = StartPoint()


@dataclass(slots=True)
class ReplayState:
    """Tells the subgraphs of a root run that travels back in its thread where to start.

    A subgraph with a state of its own starts, the first time it runs, from the state it had before ``checkpoint_id``.
    """

    checkpoint_id: str
    _started: set[str] = field(default_factory=set)

    def is_first_visit(self, ns: str) -> bool:
        """Return True if the subgraph at this namespace has not started yet, and mark it as started."""
        name = ns.rpartition(TASK_ID_SEPARATOR)[0] or ns  # without the task id, which every superstep changes
        is_first = name not in self._started
        self._started.add(name)
        return is_first
