"""Show a run in its cell: live while it is in progress, as static output afterwards."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from lgstream.events import RunFinished, RunStarted
from lgstream.notebook.cell import CellOutput, kernel_shell
from lgstream.notebook.refresh import OutputRefresher, first_forms
from lgstream.notebook.run import Run
from lgstream.redaction import current_redactor
from lgstream.sinks import Collect, Console, Sink

if TYPE_CHECKING:
    from lgstream.widgets.feed import Feed

logger = logging.getLogger("lgstream.notebook")

Persist: TypeAlias = Literal["static", "widget"]
"""What stays in the cell after the run: the static output only, or the widget as well."""

STATIC_OUTPUT_DELAY_SECONDS = 0.1
"""Delay before the static output replaces the view: Jupyter drops messages that are sent too close together."""

HAS_DISPLAY: ContextVar[bool] = ContextVar("lgstream.notebook.has_display", default=False)
"""True where the runs that start are already shown by ``watch``."""


class RunDisplay:
    """Shows one run in the cell in which it runs; outside notebooks, prints it on stdout.

    A run that is resumed after an interrupt continues in the same view, which moves to the cell that resumes it.

    Args:
        graph: the name of the graph, for a run that fails before its first event.
        persist: what stays in the cell.

    Attributes:
        run: the run that is shown.
        sinks: the sinks that receive the run's events.
        feed: updates the view; None outside notebooks.
        redactor: hides secrets; the current one where the display is created, None to show all.

    Raises:
        ValueError: if ``persist`` is neither ``"static"`` nor ``"widget"``.
        ImportError: in a notebook, if the packages for widgets are not installed.
    """

    def __init__(self, graph: str, persist: Persist) -> None:
        if persist not in get_args(Persist):
            raise ValueError(f"persist is {persist!r}, and must be 'static' or 'widget'.")
        self._graph = graph
        self._persist = persist
        self.feed: Feed | None = None
        self._output: CellOutput | None = None
        self.redactor = current_redactor()
        collect = Collect()
        self.sinks: list[Sink] = [collect]
        if kernel_shell() is None:
            self.sinks.append(Console())
        else:
            self.feed = _create_feed(collect, graph)
        self.run = Run(collect.events, self.feed, self.feed.view if self.feed is not None else None)

    @contextmanager
    def open_view(self, stop_mode: str) -> Iterator[None]:
        """Show the live view during the block, updated by a thread; at its end, show the static output.

        Args:
            stop_mode: what the Stop button does, see :class:`~lgstream.widgets.runview.RunView`.
        """
        if self.feed is None:
            with self._report_early_error():
                yield
            return
        from lgstream.widgets.feed import clock_thread

        refresher = self._show_view(stop_mode)
        try:
            with refresher.running(), clock_thread(self.feed.tick), self._report_early_error():
                yield
        finally:
            self.feed.flush()
            time.sleep(STATIC_OUTPUT_DELAY_SECONDS)
            self._show_static_output()
            refresher.join()

    @asynccontextmanager
    async def aopen_view(self, stop_mode: str, on_stop: Callable[[], None]) -> AsyncIterator[None]:
        """Show the live view like :meth:`open_view`, updated by a task of the running event loop.

        The task wakes often enough that the event loop notices an interrupt of the kernel.

        Args:
            stop_mode: what the Stop button does, see :class:`~lgstream.widgets.runview.RunView`.
            on_stop: called when the Stop button is pressed.
        """
        if self.feed is None:
            with self._report_early_error():
                yield
            return
        from lgstream.widgets.feed import run_clock

        refresher = self._show_view(stop_mode, on_stop)
        ticker = asyncio.ensure_future(run_clock(self.feed.tick))
        try:
            with refresher.running(), self._report_early_error():
                yield
        finally:
            ticker.cancel()
            try:
                while self.feed.has_pending_events:
                    self.feed.tick()
                    await asyncio.sleep(0)
                self.feed.flush()
                await asyncio.sleep(STATIC_OUTPUT_DELAY_SECONDS)
            finally:
                self._show_static_output()
                refresher.join()

    def place_view(self) -> None:
        """Display the view in the running cell before the run starts; outside notebooks, do nothing.

        This is for a run that starts when the cell has ended: programs that execute notebooks add no outputs then.
        """
        if self.feed is not None:
            self._show_view("none")

    def _show_view(self, stop_mode: str, on_stop: Callable[[], None] | None = None) -> OutputRefresher:
        assert self.feed is not None
        self.feed.view.reopen(stop_mode, on_stop)
        if self._output is None:
            self.run.set_output_cell()
            self._output = CellOutput(self.feed.view, first_forms(self.feed.view, self._graph))
        output = self._output
        return OutputRefresher(self.feed.view, self._graph, lambda bundle: output.replace(bundle, output.has_user))

    @contextmanager
    def _report_early_error(self) -> Iterator[None]:
        """Emit the first and the last event for a run that fails before its first event, for example on its config."""
        events_before = len(self.run.events)
        try:
            yield
        except BaseException as error:
            if len(self.run.events) == events_before:
                now, run_id = time.time(), str(uuid.uuid4())
                status = "failed" if isinstance(error, Exception) else "stopped"
                for sink in self.sinks:
                    sink(RunStarted(now, (), run_id, self._graph, None, None))
                    sink(RunFinished(now, (), run_id, status, None, error))
            raise

    def _show_static_output(self) -> None:
        """Replace the live view by the static output. Never raises, so that it cannot hide an error of the run."""
        assert self._output is not None
        output, self._output = self._output, None
        try:
            if self._persist == "widget":
                self.run.widget()
            output.finish(self.run.mime_bundle, with_widget=self._persist == "widget")
            output.close_later(self.run.close_view)
        except Exception:
            logger.exception("The static output of the run could not be shown; the run itself is not affected.")


def _create_feed(collect: Collect, graph: str) -> Feed:
    try:
        from lgstream.widgets.feed import Feed
        from lgstream.widgets.runview import RunView
    except ImportError as missing:
        raise ImportError(
            f"Watching a run in a notebook needs {missing.name}: pip install 'lgstream[notebook]'", name=missing.name
        ) from missing
    return Feed(collect.events, RunView(graph=graph))
