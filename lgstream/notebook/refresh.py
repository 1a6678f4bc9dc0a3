"""Keeps the output of a running run up to date, so that a notebook that is saved at any moment holds the run so far."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lgstream.notebook.run import ReplayedRun, render_forms
from lgstream.views.fold.replay import apply_operations
from lgstream.views.render import document
from lgstream.views.render.text import render_live_text
from lgstream.views.rows import Operation
from lgstream.views.saved.run_data import RUN_MIME_TYPE, save_run

if TYPE_CHECKING:
    from lgstream.widgets.runview import RunView

logger = logging.getLogger("lgstream.notebook")

REFRESH_SECONDS = 1.0
"""Time between two refreshes of a small run."""

SECONDS_PER_WORK_SECOND = 20.0
"""Time between two refreshes, for each second that one takes: together they take at most 5 % of the time."""

CHARS_PER_SECOND = 100_000
"""Characters that the refreshes of one run send in a second, at most: the larger the run, the rarer they are."""


def unfinished_run(operations: list[Operation], graph: str) -> ReplayedRun:
    """Return the record of a run so far, which says when it was saved, unless the run has ended.

    Args:
        operations: the operations so far; a list of the caller's own, to which one may be added.
        graph: the name of the graph, for a run that has not started.
    """
    run = ReplayedRun(operations)
    row = document.run_row(run.tables)
    if row.get("status") in ("done", "failed", "stopped"):
        return run
    seconds = time.time() - row["started"] if "started" in row else 0.0
    saved_at = max(round(seconds, 4), operations[-1][0] if operations else 0.0)
    pending = {} if operations else {"graph": graph, "status": "pending"}
    operations.append((saved_at, "run", "run", {**pending, "saved_at": saved_at}))
    apply_operations(run.tables, operations[-1:])
    return run


def first_forms(view: RunView, graph: str) -> dict[str, Any]:
    """Return the output of a run that is about to start or to be resumed, until the first refresh.

    It contains the MIME type of a saved run, so that a front end chooses the renderer that also shows the refreshes.
    """
    run = unfinished_run([], graph)
    return {"text/plain": view.text(), RUN_MIME_TYPE: save_run(run.operations, run.tables)}


def seconds_to_next_refresh(work_seconds: float, chars: int) -> float:
    """Return how long to wait after a refresh that took this time and sent so many characters."""
    return max(REFRESH_SECONDS, work_seconds * SECONDS_PER_WORK_SECOND, chars / CHARS_PER_SECOND)


class OutputRefresher:
    """Publishes the run so far from time to time, in a thread, if there is something new.

    Args:
        view: the view of the run.
        graph: the name of the graph.
        publish: shows a mime bundle in place of the one before.
    """

    def __init__(self, view: RunView, graph: str, publish: Callable[[dict[str, Any]], None]) -> None:
        self._view = view
        self._graph = graph
        self._publish = publish
        self._published_frames = 0
        self._stopping = threading.Event()
        self._publishing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="lgstream output", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Refresh the output during the block; nothing is published after it."""
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            with self._publishing:  # a refresh that has begun to publish
                pass

    def join(self) -> None:
        """Wait for the end of the thread, which may be rendering a run that it does not publish any more."""
        self._thread.join()

    def _run(self) -> None:
        delay = REFRESH_SECONDS
        while not self._stopping.wait(delay):
            delay = self._refresh()

    def _refresh(self) -> float:
        """Publish the run so far if it has changed. Never raises. Returns the seconds until the next refresh."""
        frames = self._view.frame_count
        if frames == self._published_frames:
            return REFRESH_SECONDS
        start, size = time.monotonic(), 0
        try:
            bundle = self._bundle()
            size = sum(len(str(form)) for form in bundle.values())
            with self._publishing:
                if not self._stopping.is_set():
                    self._publish(bundle)
        except Exception:
            logger.exception("The output could not be refreshed; the run is not affected.")
        self._published_frames = frames
        return seconds_to_next_refresh(time.monotonic() - start, size)

    def _bundle(self) -> dict[str, Any]:
        run = unfinished_run(self._view.operations, self._graph)
        return {**render_forms(run), "text/plain": render_live_text(run.tables, self._graph)}
