"""Where a run begins: at its thread's latest checkpoint, at a named one, or where its parent goes back to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from lgstream._reserved import TASK_ID_SEPARATOR


class Origin(NamedTuple):
    """How the checkpoint was found that a run goes on from.

    ``is_named``: by its id. ``is_past``: the thread has gone on from it since. ``is_replayed``: by a parent that went
    back in the thread.
    """

    is_named: bool = False
    is_past: bool = False
    is_replayed: bool = False


LATEST = Origin()


@dataclass(slots=True)
class Replay:
    """A root run that went back in its thread, for the subgraphs in it.

    One that keeps a state of its own begins, the first time it runs, with the state it had before ``checkpoint_id``.
    """

    checkpoint_id: str
    _begun: set[str] = field(default_factory=set)

    def is_first(self, ns: str) -> bool:
        """Whether the subgraph at this namespace begins for the first time; task ids are no part of the question."""
        name = ns.rpartition(TASK_ID_SEPARATOR)[0] or ns
        is_first = name not in self._begun
        self._begun.add(name)
        return is_first
