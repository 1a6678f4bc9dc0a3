"""The run itself: its one row."""

from __future__ import annotations

from lgstream.events import CheckpointSaved, Interrupted, RunFinished, RunStarted
from lgstream.views.fold import interrupts as ask
from lgstream.views.fold.nodes import JOINT
from lgstream.views.fold.tables import Ledger
from lgstream.views.fold.timeline import ENDS
from lgstream.views.graph.mermaid import draw
from lgstream.views.graph.shape import plain
from lgstream.views.text.format import clean, cut
from lgstream.views.text.tracebacks import one_line


class Header:
    """Keeps the table ``run``."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._started = False
        self._next: tuple[str, ...] = ()  # the paths of the nodes that the latest checkpoint says are next
        self._deep = False  # whether they are a subgraph's

    def begin(self, time: float, graph: str = "graph") -> None:
        """The row, before anything else is known of the run."""
        self._ledger.put("run", "run", graph=graph, status="running", started=time)

    def run_started(self, event: RunStarted) -> None:
        """The first time it is named; after that it goes on, with the answers to what it asked."""
        if self._started:
            self._ledger.put("run", "run", status="running", note="", asks=False, pause=None)
            return
        self._started = True
        self._ledger.put("run", "run", graph=cut(clean(event.graph), 120) or "graph")
        if event.shape is not None:
            self._ledger.put("run", "run", mermaid=draw(event.shape))
            if (shape := plain(event.shape)) is not None:
                self._ledger.put("run", "run", shape=shape)

    def checkpoint(self, event: CheckpointSaved) -> None:
        above = [name.partition(":")[0] for name in event.ns]
        nodes = [str(node) for node in event.payload.get("next") or ()][:20]
        self._next = tuple(cut(clean(JOINT.join((*above, node))), 120) for node in nodes)
        self._deep = bool(event.ns)

    def interrupted(self, event: Interrupted) -> None:
        self._ledger.put("run", "run", status="waiting")
        if event.interrupts:
            return
        where = f" before {', '.join(self._next)}" if self._next else ""
        value = {} if self._deep else ask.editable(event.values)
        pause = {"id": ask.BREAKPOINT, "before": list(self._next), "value": value}
        self._ledger.put("run", "run", note=f"waits at a breakpoint{where}", pause=pause)

    def answered(self) -> None:
        """The run is told to go on from the breakpoint."""
        self._ledger.put("run", "run", pause=None)

    def run_finished(self, event: RunFinished) -> None:
        self._ledger.put("run", "run", status=ENDS.get(event.status, "done"), ended=self._ledger.t)
        if event.error is not None and event.status != "stopped":
            self._ledger.put("run", "run", error=one_line(event.error))
