"""A run on its way through a cell: live while it goes on, still when it is over."""

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
from lgstream.notebook.cell import Cell, shell
from lgstream.notebook.run import Run
from lgstream.sinks import Collect, Console, Sink

if TYPE_CHECKING:
    from lgstream.widgets.feed import Feed

log = logging.getLogger("lgstream.notebook")

Persist: TypeAlias = Literal["static", "widget"]

PAUSE = 0.1
"""Seconds between the last frame and the still view: a line that gets messages too thick drops some."""


SHOWN: ContextVar[bool] = ContextVar("lgstream.notebook.shown", default=False)
"""Whether the runs that start here have a view already."""


class Show:
    """One run, seen in the cell that it runs in; told on stdout where there are no cells.

    A run that goes on after an interrupt goes on in its view: in its cell, or in the later one that resumes it.

    Args:
        graph: the name of the graph, for a run that fails before its first event.
        persist: what stays in the cell.

    Raises:
        ValueError: ``persist`` is neither ``"static"`` nor ``"widget"``.
        ImportError: in a notebook, without the packages that show widgets.
    """

    def __init__(self, graph: str, persist: Persist) -> None:
        if persist not in get_args(Persist):
            raise ValueError(f"persist is {persist!r}, and must be 'static' or 'widget'.")
        self._graph = graph
        self._persist = persist
        self.feed: Feed | None = None
        self._cell: Cell | None = None
        collect = Collect()
        self.sinks: list[Sink] = [collect]
        if shell() is None:
            self.sinks.append(Console())
        else:
            self.feed = _feed(collect)
        self.run = Run(collect.events, self.feed, self.feed.view if self.feed is not None else None)

    @contextmanager
    def live(self, stop_mode: str) -> Iterator[None]:
        """The time in which the run goes on; drawn by a thread.

        ``stop_mode`` is that of :class:`~lgstream.widgets.runview.RunView`, as ``on_stop`` is.
        """
        if self.feed is None:
            with self._told():
                yield
            return
        from lgstream.widgets.feed import clock_thread

        self._open(self.feed, stop_mode)
        try:
            with clock_thread(self.feed.tick), self._told():
                yield
        finally:
            self.feed.flush()
            time.sleep(PAUSE)
            self._keep()

    @asynccontextmanager
    async def alive(self, stop_mode: str, on_stop: Callable[[], None]) -> AsyncIterator[None]:
        """:meth:`live` on the running event loop; drawn by a task, which lets a kernel's interrupt through."""
        if self.feed is None:
            with self._told():
                yield
            return
        from lgstream.widgets.feed import heartbeat

        self._open(self.feed, stop_mode, on_stop)
        beating = asyncio.ensure_future(heartbeat(self.feed.tick))
        try:
            with self._told():
                yield
        finally:
            beating.cancel()
            try:
                while self.feed.behind:
                    self.feed.tick()
                    await asyncio.sleep(0)
                self.feed.flush()
                await asyncio.sleep(PAUSE)
            finally:
                self._keep()

    def _open(self, feed: Feed, stop_mode: str, on_stop: Callable[[], None] | None = None) -> None:
        """Show the live view in the running cell."""
        feed.view.reopen(stop_mode, on_stop)
        self.run.placed()
        self._cell = Cell(feed.view)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """See that a run that fails before its first event, on its config say, is told of too."""
        before = len(self.run.events)
        try:
            yield
        except BaseException as error:
            if len(self.run.events) == before:
                now, run_id = time.time(), str(uuid.uuid4())
                status = "failed" if isinstance(error, Exception) else "stopped"
                for sink in self.sinks:
                    sink(RunStarted(now, (), run_id, self._graph, None, None))
                    sink(RunFinished(now, (), run_id, status, None, error))
            raise

    def _keep(self) -> None:
        """Replace the live view by what is to stay. Raises nothing: the run's own end comes first."""
        assert self._cell is not None
        try:
            if self._persist == "widget":
                self.run.widget()
            self._cell.keep(self.run.forms(), with_widget=self._persist == "widget")
        except Exception:
            log.exception("The view of the run could not be kept; the run itself is not affected.")


def _feed(collect: Collect) -> Feed:
    try:
        from lgstream.widgets.feed import Feed
        from lgstream.widgets.runview import RunView
    except ImportError as missing:
        raise ImportError(
            f"Watching a run in a notebook needs {missing.name}: pip install 'lgstream[notebook]'", name=missing.name
        ) from missing
    return Feed(collect.events, RunView())
