"""The runs of a cell that calls ``stream`` and ``invoke`` itself: a view each, in the order in which they start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock

from lgstream.adapters.langgraph.intercept import intercept_runs
from lgstream.adapters.langgraph.run_tap import is_nested_run
from lgstream.events import Event, RunFinished, RunStarted
from lgstream.notebook.display import SHOWN, Show
from lgstream.sinks import Sink, attach


class Sight:
    """A sink that shows one run, from its first event on."""

    def __init__(self, sights: Sights) -> None:
        self._sights = sights
        self._show: Show | None = None
        self._live = ExitStack()

    def __call__(self, event: Event) -> None:
        if self._show is None:
            name = event.graph if isinstance(event, RunStarted) else "graph"
            self._show = Show(name, "static")
            self._live.enter_context(self._show.live("kernel"))
            self._sights.add(self)
        for sink in self._show.sinks:
            sink(event)
        if isinstance(event, RunFinished) and not self._sights.open:  # its cell is over: nobody else will do it
            self.close()

    @property
    def over(self) -> bool:
        """Whether the run is."""
        return self._show is not None and self._show.run.status != "running"

    def close(self) -> None:
        """Replace the live view by the still one."""
        self._live.close()


class Sights:
    """A sink that shows each run in a view of its own. Views become still at the end of the cell."""

    def __init__(self) -> None:
        self.open = True
        self._sights: list[Sight] = []
        self._lock = Lock()

    def for_run(self) -> Sink:
        """The view of a run that starts; none for one that is part of another, or that ``watch`` shows."""
        return _unseen if is_nested_run() or SHOWN.get() else Sight(self)

    def __call__(self, event: Event) -> None:
        raise TypeError("Sights are begun for each run: see lgstream.sinks.FanOut.")

    def add(self, sight: Sight) -> None:
        """A run has begun."""
        with self._lock:
            self._sights.append(sight)

    def close(self) -> None:
        """The cell is over: what is over with it becomes still; what goes on does so at its end."""
        with self._lock:
            self.open = False
            sights, self._sights = self._sights, []
        for sight in sights:
            if sight.over:
                sight.close()


@contextmanager
def seen() -> Iterator[None]:
    """Show the runs that start in the block, of lgstream and langgraph, each in a view of the running cell."""
    sights = Sights()
    with ExitStack() as stack:
        if "langgraph.pregel" in sys.modules or _installed():
            stack.enter_context(intercept_runs(sights))
        attached = attach(sights)
        attached.__enter__()
        try:
            yield
        finally:
            with suppress(ValueError):  # the block ends in another context than it began in: there it was not attached
                attached.__exit__(None, None, None)
            sights.close()


def _unseen(event: Event) -> None:
    """For a run that is shown as part of another."""


def _installed() -> bool:
    """Whether a cell may yet import langgraph."""
    from importlib.util import find_spec

    return find_spec("langgraph") is not None and find_spec("langgraph.pregel") is not None
