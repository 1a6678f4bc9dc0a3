"""Show the runs of a cell that calls ``stream`` and ``invoke`` directly: one view per run, in the order they start."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from threading import Lock

from lgstream.adapters.langgraph.intercept import intercept_runs
from lgstream.adapters.langgraph.run_tap import is_nested_run
from lgstream.events import Event, RunFinished, RunStarted
from lgstream.notebook.display import HAS_DISPLAY, RunDisplay
from lgstream.sinks import Sink, attach

WAKE_SECONDS = 0.05
"""The interval at which a cell that awaits notices an interrupt of the kernel."""


class DisplaySink:
    """A sink that shows one run, from its first event.

    Args:
        watcher: the watcher of the cell in which the run starts.
    """

    def __init__(self, watcher: CellWatcher) -> None:
        self._watcher = watcher
        self._display: RunDisplay | None = None
        self._view = ExitStack()

    def __call__(self, event: Event) -> None:
        """Show ``event``."""
        if self._display is None:
            name = event.graph if isinstance(event, RunStarted) else "graph"
            self._display = RunDisplay(name, "static")
            self._view.enter_context(self._display.open_view("kernel"))
            self._watcher.add(self)
        for sink in self._display.sinks:
            sink(event)
        if isinstance(event, RunFinished) and not self._watcher.is_open:  # the cell has ended and will not close it
            self.close()

    @property
    def is_finished(self) -> bool:
        """True if the run has ended."""
        return self._display is not None and self._display.run.status != "running"

    def close(self) -> None:
        """Replace the live view by the static output."""
        self._view.close()


class CellWatcher:
    """A sink that shows each run in a view of its own. The views become static at the end of the cell."""

    def __init__(self) -> None:
        self.is_open = True
        self._display_sinks: list[DisplaySink] = []
        self._lock = Lock()

    def for_run(self) -> Sink:
        """Return the sink for a run that starts.

        It does nothing for a run that is part of another run, or that ``watch`` shows.
        """
        return _ignore_event if is_nested_run() or HAS_DISPLAY.get() else DisplaySink(self)

    def __call__(self, event: Event) -> None:
        """Not called: every run has a sink of its own."""
        raise TypeError("A CellWatcher has one sink per run: see lgstream.sinks.FanOut.")

    def add(self, display_sink: DisplaySink) -> None:
        """Add the sink of a run that has started."""
        with self._lock:
            self._display_sinks.append(display_sink)

    def close(self) -> None:
        """End the cell: finished runs get their static output now, the others when they end."""
        with self._lock:
            self.is_open = False
            display_sinks, self._display_sinks = self._display_sinks, []
        for display_sink in display_sinks:
            if display_sink.is_finished:
                display_sink.close()


@contextmanager
def watch_cell() -> Iterator[None]:
    """Show the runs of lgstream and langgraph that start in the block, each in a view of the running cell."""
    watcher = CellWatcher()
    with ExitStack() as stack:
        if "langgraph.pregel" in sys.modules or _has_langgraph():
            stack.enter_context(intercept_runs(watcher))
        stack.enter_context(_waking_event_loop())
        attachment = attach(watcher)
        attachment.__enter__()
        try:
            yield
        finally:
            with suppress(ValueError):  # the block ended in another context, in which the sink was never attached
                attachment.__exit__(None, None, None)
            watcher.close()


@contextmanager
def _waking_event_loop() -> Iterator[None]:
    """Wake the event loop of this thread in the block, if it has one.

    ipykernel cancels a cell that awaits when it is interrupted, but the event loop does not notice before it wakes.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        yield
        return
    task = loop.create_task(_wake())
    try:
        yield
    finally:
        task.cancel()


async def _wake() -> None:
    while True:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(WAKE_SECONDS)


def _ignore_event(event: Event) -> None:
    """Do nothing: the event belongs to a run that is shown elsewhere."""


def _has_langgraph() -> bool:
    """Return True if langgraph is installed, so that a cell may import it."""
    return find_spec("langgraph") is not None and find_spec("langgraph.pregel") is not None
