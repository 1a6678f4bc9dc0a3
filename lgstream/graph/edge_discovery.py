"""The edges that a run can take, found by running the graph without calling anything: every node writes all it may.

LangGraph's drawings come about this way, and people compare drawings; so joins, deferred nodes and loops are drawn by
when a node would run, not by what the builder was told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lgstream._reserved import branch_channel
from lgstream.constants import END, START
from lgstream.engine.plan import next_tasks
from lgstream.engine.run_loop import InputWrites, Run
from lgstream.engine.tasks.task import Task
from lgstream.events import Edge
from lgstream.graph.snapshots import loaded

if TYPE_CHECKING:
    from lgstream.graph.definition import GraphDefinition

MOST_STEPS = 251
"""A loop is walked this often: after that no edge is new."""


class Way(NamedTuple):
    """What a node writes to a trigger; ``conditional`` where a routing function or a Command decides on it."""

    trigger: str
    conditional: bool
    label: str


class Walk:
    """One walk through a graph. ``edges`` are those found so far, ``last`` the nodes that ran last.

    ``entries`` are the edges from START where it is no node, in an entrypoint.
    """

    def __init__(self, graph: GraphDefinition) -> None:
        self.edges: set[Edge] = set()
        self.entries: list[Edge] = []
        self.last: tuple[str, ...] = ()
        self._builder: Any = getattr(graph, "builder", None)
        self._run = loaded(graph, None, {"configurable": {}, "metadata": {}}, None)
        self._declared: defaultdict[str, set[Way]] = defaultdict(set)
        self._ways: dict[str, set[Way]] = {}

    def go(self) -> None:
        """Walk until nothing runs any more, or round and round."""
        run = self._run
        run.apply([InputWrites([(run.program.input_key, {})])])
        tasks = next_tasks(run, run.updated, inputs=False)
        if START not in run.program.nodes:
            self.entries = [Edge(START, task.name) for task in tasks]
        for _ in range(MOST_STEPS):
            if not tasks:
                break
            tasks = self._step(run, tasks)

    def _step(self, run: Run, tasks: Sequence[Task]) -> list[Task]:
        now = {task.name: self._written(task) for task in tasks}
        self.last = tuple(now)
        self._ways.update(now)
        sources: defaultdict[str, set[tuple[str, Way]]] = defaultdict(set)
        for name, ways in self._ways.items():
            for way in ways:
                sources[way.trigger].add((name, way))
        run.apply(tasks)
        following = next_tasks(run, run.updated, inputs=False)
        for task in following:
            self._arrive(task, [each for trigger in task.triggers for each in sorted(sources[trigger])], now)
        return following

    def _written(self, task: Task) -> set[Way]:
        """Let a task write all that its node may. What it may write on a condition it writes when it runs first."""
        name = task.name
        task.writes += task.node.follows
        labels: dict[str, str] = {}
        if name not in self._declared:
            for end, label in self._conditional(name):
                if end == END:
                    self.edges.add(Edge(name, END, True, label))
                else:
                    labels[branch_channel(end)] = label
                    self._declared[name].add(Way(branch_channel(end), True, label))
                    task.writes.append((branch_channel(end), None))
        written = {Way(key, key in labels, labels.get(key, "")) for key, _ in task.writes}
        return written | self._declared[name]

    def _conditional(self, name: str) -> Iterator[tuple[str, str]]:
        """Where a node's Commands and routing functions may lead, with the label of each."""
        if self._builder is None:
            return
        if name in self._builder.nodes:
            for end, label in self._builder.nodes[name].ends.items():
                yield end, "" if label in (None, end) else str(label)
        for branch in self._builder.branches.get(name, {}).values():
            for answer, end in (branch.ends or {}).items():
                yield end, "" if answer == end else str(answer)

    def _arrive(self, task: Task, ways: Sequence[tuple[str, Way]], now: dict[str, set[Way]]) -> None:
        is_due = False
        for source, way in ways:
            self.edges.add(Edge(source, task.name, way.conditional, way.label))
            if way in now.get(source, ()):
                is_due = True
            else:
                self._ways[source].discard(way)
        if not is_due:  # nobody who ran just now leads here: it waited, for all of them
            self.edges |= {Edge(source, task.name, True) for source in now}


def walked(graph: GraphDefinition) -> list[Edge]:
    """The edges of a drawing, one at most from a node to another, in the order of their nodes; the way to END last."""
    walk = Walk(graph)
    walk.go()
    edges: dict[tuple[str, str], Edge] = {}
    for edge in sorted(walk.edges):
        edges.setdefault((edge.source, edge.target), edge)
    ends = sorted({edge.target for edge in walk.edges} - {edge.source for edge in walk.edges} - {END})
    found = [*walk.entries, *edges.values(), *(Edge(name, END) for name in ends)]
    if not ends and len(walk.last) == 1 and not any(edge.target == END for edge in found):
        found.append(Edge(walk.last[0], END, True))
    return found
