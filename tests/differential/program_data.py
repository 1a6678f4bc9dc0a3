"""A program as plain data: a graph and calls of the graph, with Python expressions as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Schema = Literal["TypedDict", "dataclass", "BaseModel"]


@dataclass(frozen=True)
class Node:
    """A node: a function that runs the statements of ``body`` and returns ``result``, or the graph's inner graph.

    ``reads`` names the class its parameter is annotated with; ``options`` are keyword arguments of ``add_node``.
    """

    name: str
    result: str = "None"
    body: tuple[str, ...] = ()
    is_graph: bool = False
    is_async: bool = False
    reads: str = "State"
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Route:
    """A routing function after ``source``; it returns one of ``answers``: the fuller the state, the later."""

    source: str
    answers: tuple[str, ...]
    body: tuple[str, ...] = ()
    is_mapped: bool = False
    is_async: bool = False


@dataclass(frozen=True)
class Graph:
    """A graph. ``joins`` are edges that wait for several nodes; ``options`` keyword arguments of ``compile``."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...] = ()
    joins: tuple[tuple[tuple[str, ...], str], ...] = ()
    routes: tuple[Route, ...] = ()
    schema: Schema = "TypedDict"
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    inner: Graph | None = None


@dataclass(frozen=True)
class Call:
    """A call of the graph. ``at`` is the checkpoint to start from, counted from the newest; None is the thread."""

    method: Literal["stream", "invoke", "update_state", "state"]
    input: str = "None"
    options: tuple[str, ...] = ()
    limit: int = 7
    at: int | None = None


@dataclass(frozen=True)
class Program:
    """A graph and its calls.

    ``is_ordered`` is True if its tasks run one at a time, so that the order of all chunks is fixed.
    """

    graph: Graph
    calls: tuple[Call, ...]
    has_saver: bool = False
    is_async: bool = False
    is_ordered: bool = True
