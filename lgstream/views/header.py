"""The run itself: its one row."""

from __future__ import annotations

from lgstream.events import Interrupted, RunFinished, RunStarted
from lgstream.views.failure import one_line
from lgstream.views.ledger import Ledger
from lgstream.views.mermaid import draw
from lgstream.views.shape import plain
from lgstream.views.timeline import ENDS
from lgstream.views.words import clean, cut


class Header:
    """Keeps the table ``run``."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._started = False

    def begin(self, time: float, graph: str = "graph") -> None:
        """The row, before anything else is known of the run."""
        self._ledger.put("run", "run", graph=graph, status="running", started=time)

    def run_started(self, event: RunStarted) -> None:
        """The first time it is named; after that it goes on, with the answers to what it asked."""
        if self._started:
            self._ledger.put("run", "run", status="running", note="", asks=False)
            return
        self._started = True
        self._ledger.put("run", "run", graph=cut(clean(event.graph), 120) or "graph")
        if event.shape is not None:
            self._ledger.put("run", "run", mermaid=draw(event.shape))
            if (shape := plain(event.shape)) is not None:
                self._ledger.put("run", "run", shape=shape)

    def interrupted(self, event: Interrupted) -> None:
        self._ledger.put("run", "run", status="waiting")
        if not event.interrupts:
            where = f" at {cut(clean(event.node), 120)}" if event.node else ""
            self._ledger.put("run", "run", note=f"waits at a breakpoint{where}")

    def run_finished(self, event: RunFinished) -> None:
        self._ledger.put("run", "run", status=ENDS.get(event.status, "done"), ended=self._ledger.t)
        if event.error is not None and event.status != "stopped":
            self._ledger.put("run", "run", error=one_line(event.error))
