"""The row of the run itself."""

from __future__ import annotations

from lgstream.events import CheckpointSaved, Interrupted, RunFinished, RunStarted
from lgstream.inspection.description import error_line
from lgstream.inspection.text import bounded_text
from lgstream.views.fold.interrupts import BREAKPOINT_ID, editable_state
from lgstream.views.fold.nodes import PATH_SEPARATOR
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import ROW_STATUSES
from lgstream.views.graph.mermaid import mermaid_text
from lgstream.views.graph.shape import shape_json


class RunRowFold:
    """Maintains the table ``run``, except for the counts of calls and tokens."""

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._has_started = False
        self._next_paths: tuple[str, ...] = ()  # of the nodes that are next according to the latest checkpoint
        self._is_next_in_subgraph = False

    def add_row(self, start_time: float) -> None:
        """Put the row, before anything is known about the graph."""
        self._store.put("run", "run", graph="graph", status="running", started=start_time)

    def on_run_started(self, event: RunStarted) -> None:
        """Name the run; at its second start, note that it was resumed."""
        if self._has_started:
            self._store.put("run", "run", status="running", note="", asks=False, pause=None)
            return
        self._has_started = True
        self._store.put("run", "run", graph=bounded_text(event.graph, 120) or "graph")
        if event.shape is not None:
            self._store.put("run", "run", mermaid=mermaid_text(event.shape))
            if (shape := shape_json(event.shape)) is not None:
                self._store.put("run", "run", shape=shape)

    def on_checkpoint_saved(self, event: CheckpointSaved) -> None:
        parents = [name.partition(":")[0] for name in event.ns]
        nodes = [str(node) for node in event.payload.get("next") or ()][:20]
        self._next_paths = tuple(bounded_text(PATH_SEPARATOR.join((*parents, node)), 120) for node in nodes)
        self._is_next_in_subgraph = bool(event.ns)

    def on_interrupted(self, event: Interrupted) -> None:
        self._store.put("run", "run", status="waiting")
        if event.interrupts:
            return
        where = f" before {', '.join(self._next_paths)}" if self._next_paths else ""
        value = {} if self._is_next_in_subgraph else editable_state(event.values)
        pause = {"id": BREAKPOINT_ID, "before": list(self._next_paths), "value": value}
        self._store.put("run", "run", note=f"waits at a breakpoint{where}", pause=pause)

    def remove_breakpoint(self) -> None:
        """Note that the run was told to continue from its breakpoint."""
        self._store.put("run", "run", pause=None)

    def on_run_finished(self, event: RunFinished) -> None:
        self._store.put("run", "run", status=ROW_STATUSES.get(event.status, "done"), ended=self._store.now)
        if event.error is not None and event.status != "stopped":
            self._store.put("run", "run", error=error_line(event.error))
