"""The panels of the view as widgets of their own, which are also sinks.

``tree, tokens = NamespaceTree(), TokenStream()`` are displayed like any widget, alone or in the boxes of ipywidgets. A
run with ``graph.stream(..., sinks=[tree, tokens])`` is shown live in both. They share nothing but the events.
"""

from __future__ import annotations

import threading

import traitlets

from lgstream.events import Event, RunFinished, RunStarted
from lgstream.redaction import RedactOption, redactor_source
from lgstream.widgets.feed import TICK_SECONDS, Feed
from lgstream.widgets.runview import RunView


class Panel(RunView):
    """One panel that shows one run, and a sink for its events.

    A run that is resumed after an interrupt continues in the same panel. Another run needs a panel of its own.

    Args:
        redact: hides secrets, see :mod:`lgstream.redaction`; None to show all.
    """

    _remark = "A live view needs a running kernel: where only this text is left of it, run the cell again."

    def __init__(self, *, redact: RedactOption = "default") -> None:
        super().__init__()
        self._redactor = redactor_source(redact)
        self._events: list[Event] = []
        self._feed = Feed(self._events, self)
        self._finished = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Show an event soon, in a thread of the panel."""
        if isinstance(event, RunStarted) and self._events:
            self._check_resumed(event)
        if not self._events:
            self._feed.redactor = self._redactor()
        with self._lock:
            self._events.append(event)
        if isinstance(event, RunStarted) or len(self._events) == 1:
            self._finished.clear()
            threading.Thread(target=self._show_run, name="lgstream panel", daemon=True).start()
        if isinstance(event, RunFinished):
            self._finished.set()

    def _show_run(self) -> None:
        """Show events until the run ends, then set all operations as state that is saved with the notebook."""
        self.ops_final = ""
        while not self._finished.wait(TICK_SECONDS):
            self._feed.tick()
        self._feed.flush()
        self.persist(self.operations)

    def _check_resumed(self, event: RunStarted) -> None:
        last = self._events[-1]
        was_interrupted = isinstance(last, RunFinished) and last.status == "interrupted"
        if not was_interrupted or not (event.input is None or hasattr(event.input, "resume")):
            kind = type(self).__name__
            raise ValueError(f"This {kind} shows another run, and can only continue it: make a new {kind}().")


class TokenStream(Panel):
    """What models, tools and nodes write, as it arrives: one card per call."""

    part = traitlets.Unicode("tokens").tag(sync=True)


class Timeline(Panel):
    """What ran when: one lane per node, one bar per task, one band per superstep."""

    part = traitlets.Unicode("timeline").tag(sync=True)


class NamespaceTree(Panel):
    """Nodes and subgraphs as a tree, with status, time and tokens."""

    part = traitlets.Unicode("tree").tag(sync=True)


class StateView(Panel):
    """The state after each superstep, and what each node changed in it."""

    part = traitlets.Unicode("state").tag(sync=True)


class GraphView(Panel):
    """The graph, with the progress of the run and the edges it has taken."""

    part = traitlets.Unicode("graph").tag(sync=True)
