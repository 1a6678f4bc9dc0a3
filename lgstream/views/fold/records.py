"""What the folds remember of a run while they fold it: places in the tree, runs of graphs, tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lgstream.events import Shape
from lgstream.views.rows import Status, Table


@dataclass(slots=True, eq=False)
class Place:
    """A row of the tree. ``key`` is the path of plain node names: rows of one node share it, and their colour."""

    id: str
    parent: Place | None
    key: tuple[str, ...]
    name: str
    shape: Shape | None = None
    path: str = ""
    order: int = 0
    children: dict[str, list[Place]] = field(default_factory=dict)  # by node: several where its tasks ran in parallel
    more: dict[str, Place] = field(default_factory=dict)  # further subgraphs called by one task, by their number
    cards: list[tuple[Table, str]] = field(default_factory=list)  # rows that carry the path
    status: Status = "pending"
    started: float = 0.0
    busy: float = 0.0
    visits: int = 0
    runs: int = 0  # of a graph at this place
    tokens: int = 0


@dataclass(slots=True, eq=False)
class Scope:
    """One run of one graph: the root's, or a subgraph's in one task of its parent."""

    place: Place
    task: Task | None
    visit: int  # from 0, of the place
    step: int = 0
    row: str = ""  # the latest step row
    open: bool = False  # whether that superstep still goes on
    turn: list[Task] = field(default_factory=list)  # its tasks
    counts: dict[str, int] = field(default_factory=dict)  # its tasks per node
    running: dict[str, Task] = field(default_factory=dict)
    ended: set[Status] = field(default_factory=set)  # how tasks ended so far
    values: dict[str, Any] = field(default_factory=dict)  # the state before the superstep
    brief: dict[str, str] = field(default_factory=dict)  # the same as short texts


@dataclass(slots=True, eq=False)
class Task:
    """One task of a superstep."""

    id: str
    node: str
    scope: Scope
    place: Place
    started: float
    status: Status = "running"
    ended: bool = False
    inner: list[Scope] = field(default_factory=list)
    wrote: dict[str, Any] = field(default_factory=dict)  # the keys of its update, until its superstep ends
    diffed: bool = False  # whether a diff was shown
    tries: int = 1  # how often it ran: again from its start after each answer
