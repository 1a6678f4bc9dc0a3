"""Finds the edges that a run can take, by simulating a run: nodes are not called, but make all possible writes.

LangGraph draws graphs in this way, and users compare the drawings. Waiting edges, deferred nodes and cycles therefore
appear where a node would run, not where the builder declares them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from lgstream._reserved import branch_channel
from lgstream.constants import END, START
from lgstream.engine.apply import InputTask, apply_writes
from lgstream.engine.plan import prepare_next_tasks
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.task import Task
from lgstream.events import Edge
from lgstream.graph.snapshots import restore_run

if TYPE_CHECKING:
    from lgstream.graph.compiled_base import BaseCompiledGraph

MAX_SUPERSTEPS = 251
"""The number of simulated supersteps; it bounds the simulation of a graph with a cycle."""


class TriggerWrite(NamedTuple):
    """A write of a node to a trigger; it is conditional if a routing function or a Command decides on it."""

    trigger: str
    conditional: bool
    label: str


class EdgeExplorer:
    """Finds the edges of one graph.

    Attributes:
        edges: The edges found so far.
        entries: The edges from START in an entrypoint, where START is not a node.
        last_nodes: The nodes of the last superstep.
    """

    def __init__(self, graph: BaseCompiledGraph) -> None:
        self.edges: set[Edge] = set()
        self.entries: list[Edge] = []
        self.last_nodes: tuple[str, ...] = ()
        self._spec = graph.spec
        self._run = restore_run(graph, None, {"configurable": {}, "metadata": {}}, None)
        self._conditional_writes: defaultdict[str, set[TriggerWrite]] = defaultdict(set)
        self._pending_writes: dict[str, set[TriggerWrite]] = {}  # by node: the last writes that may still trigger

    def explore(self) -> None:
        """Run supersteps until no task is left or the limit is reached."""
        run = self._run
        apply_writes(run, [InputTask([(run.program.input_key, {})])])
        tasks = prepare_next_tasks(run, run.updated_channels, reads_input=False)
        if START not in run.program.nodes:
            self.entries = [Edge(START, task.name) for task in tasks]
        for _ in range(MAX_SUPERSTEPS):
            if not tasks:
                break
            tasks = self._run_superstep(run, tasks)

    def _run_superstep(self, run: RunState, tasks: Sequence[Task]) -> list[Task]:
        """Apply the writes of tasks and return the next tasks."""
        writes_by_node = {task.name: self._write_all(task) for task in tasks}
        self.last_nodes = tuple(writes_by_node)
        self._pending_writes.update(writes_by_node)
        sources: defaultdict[str, set[tuple[str, TriggerWrite]]] = defaultdict(set)
        for name, writes in self._pending_writes.items():
            for write in writes:
                sources[write.trigger].add((name, write))
        apply_writes(run, tasks)
        new_tasks = prepare_next_tasks(run, run.updated_channels, reads_input=False)
        for task in new_tasks:
            candidates = [candidate for trigger in task.triggers for candidate in sorted(sources[trigger])]
            self._add_edges_to(task, candidates, writes_by_node)
        return new_tasks

    def _write_all(self, task: Task) -> set[TriggerWrite]:
        """Add all possible writes of its node to a task, and return them.

        Conditional writes are added to the task only when the node runs for the first time; otherwise cycles would not
        end.
        """
        name = task.name
        task.writes += task.node.static_writes
        labels: dict[str, str] = {}
        if name not in self._conditional_writes:
            for end, label in self._conditional_ends(name):
                if end == END:
                    self.edges.add(Edge(name, END, True, label))
                else:
                    trigger = branch_channel(end)
                    labels[trigger] = label
                    self._conditional_writes[name].add(TriggerWrite(trigger, True, label))
                    task.writes.append((trigger, None))
        writes = {TriggerWrite(key, key in labels, labels.get(key, "")) for key, _ in task.writes}
        return writes | self._conditional_writes[name]

    def _conditional_ends(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the possible targets of a node's Commands and routing functions, with the labels of these edges."""
        if self._spec is None:
            return
        if name in self._spec.nodes:
            for end, label in self._spec.nodes[name].ends.items():
                yield end, "" if label in {None, end} else str(label)
        for branch in self._spec.branches.get(name, {}).values():
            for result, end in (branch.ends or {}).items():
                yield end, "" if result == end else str(result)

    def _add_edges_to(
        self,
        task: Task,
        candidates: Sequence[tuple[str, TriggerWrite]],
        writes_by_node: dict[str, set[TriggerWrite]],
    ) -> None:
        """Add the edges to the node of a task, from the nodes whose writes may have triggered it."""
        is_triggered_now = False
        for source, write in candidates:
            self.edges.add(Edge(source, task.name, write.conditional, write.label))
            if write in writes_by_node.get(source, ()):
                is_triggered_now = True
            else:
                self._pending_writes[source].discard(write)
        if not is_triggered_now:  # the task is deferred: it has waited for all nodes of this superstep
            self.edges |= {Edge(source, task.name, True) for source in writes_by_node}


def discover_edges(graph: BaseCompiledGraph) -> list[Edge]:
    """Return the edges of a drawing: at most one from a node to another, sorted, edges to END last."""
    explorer = EdgeExplorer(graph)
    explorer.explore()
    edges_by_ends: dict[tuple[str, str], Edge] = {}
    for edge in sorted(explorer.edges):
        edges_by_ends.setdefault((edge.source, edge.target), edge)
    targets = {edge.target for edge in explorer.edges}
    sources = {edge.source for edge in explorer.edges}
    final_nodes = sorted(targets - sources - {END})
    edges = [*explorer.entries, *edges_by_ends.values(), *(Edge(name, END) for name in final_nodes)]
    if not final_nodes and len(explorer.last_nodes) == 1 and not any(edge.target == END for edge in edges):
        edges.append(Edge(explorer.last_nodes[0], END, True))
    return edges
