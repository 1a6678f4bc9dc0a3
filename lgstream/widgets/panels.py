"""The parts of the view as widgets of their own, each also a sink.

``tree, tokens = NamespaceTree(), TokenStream()`` are shown like any widget, alone or in the boxes of ipywidgets, and a
run that is given them, ``graph.stream(..., sinks=[tree, tokens])``, is drawn in them live. They have nothing in common
but the events.
"""

from __future__ import annotations

from threading import Event as Flag
from threading import Lock, Thread

import traitlets

from lgstream.events import Event, RunFinished, RunStarted
from lgstream.widgets.feed import TICK, Feed
from lgstream.widgets.runview import RunView


class Part(RunView):
    """One part of the view of one run, and a sink that draws in it.

    A run that is resumed after an interrupt goes on in it. Another run is refused: make another part for it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._events: list[Event] = []
        self._feed = Feed(self._events, self)
        self._over = Flag()
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted) and self._events:
            self._require_resumed(event)
        with self._lock:
            self._events.append(event)
        if isinstance(event, RunStarted) or len(self._events) == 1:
            self._over.clear()
            Thread(target=self._draw, name="lgstream part", daemon=True).start()
        if isinstance(event, RunFinished):
            self._over.set()

    def _draw(self) -> None:
        """Show what comes until the run is over, and then all of it as state that is saved with the notebook."""
        self.ops_final = ""
        while not self._over.wait(TICK):
            self._feed.tick()
        self._feed.flush()
        self.keep(self.operations)

    def _require_resumed(self, event: RunStarted) -> None:
        last = self._events[-1]
        asked = isinstance(last, RunFinished) and last.status == "interrupted"
        if not asked or not (event.input is None or hasattr(event.input, "resume")):
            kind = type(self).__name__
            raise ValueError(f"This {kind} shows a run already, and can go on only with that: make a new {kind}().")


class TokenStream(Part):
    """What models, tools and nodes say, a card a call, as it comes."""

    part = traitlets.Unicode("tokens").tag(sync=True)


class Timeline(Part):
    """Who ran when: a lane a node, a bar a task, a band a superstep."""

    part = traitlets.Unicode("timeline").tag(sync=True)


class NamespaceTree(Part):
    """Nodes and subgraphs by name, with status, time and tokens."""

    part = traitlets.Unicode("tree").tag(sync=True)


class StateView(Part):
    """The state after each superstep, and what each node changed in it."""

    part = traitlets.Unicode("state").tag(sync=True)


class GraphView(Part):
    """The graph, with where the run is and the edges that it took."""

    part = traitlets.Unicode("graph").tag(sync=True)
