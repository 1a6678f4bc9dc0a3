"""The ``Run`` that ``watch`` returns."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lgstream._arguments import wrong_type
from lgstream.events import Event, RunFinished
from lgstream.notebook.answers import NO_ANSWER, open_questions
from lgstream.notebook.cell import cell_number
from lgstream.redaction import current_redactor, using_redactor
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables, empty_tables
from lgstream.views.render import document, markdown, text
from lgstream.views.render.html import page
from lgstream.views.rows import Operation
from lgstream.views.saved import run_data

if TYPE_CHECKING:
    from lgstream.widgets.runview import RunView

logger = logging.getLogger("lgstream.notebook")


class RunRecord(Protocol):
    """What a view of a run showed: the operations in order, and the rows that result from them."""

    @property
    def operations(self) -> list[Operation]:
        """The operations."""

    @property
    def tables(self) -> Tables:
        """The rows after all operations."""


class ReplayedRun:
    """A record of a run that is computed from its operations.

    Args:
        operations: the operations, in order.
    """

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.tables = apply_operations(empty_tables(), operations)


def replay_events(events: Sequence[Event]) -> ReplayedRun:
    """Return the record of the run that emitted ``events``, without what the current redactor hides.

    Events that cannot be shown are left out and logged.
    """
    fold = RunFold()
    operations: list[Operation] = []
    failures = 0
    for event in events:
        try:
            operations += fold(event)
        except Exception:
            failures += 1
            if failures == 1:
                logger.exception("A %s could not be shown, and is left out.", type(event).__name__)
    if failures > 1:
        logger.error("%d more events could not be shown.", failures - 1)
    return ReplayedRun(operations)


def render_forms(run: RunRecord) -> dict[str, Any]:
    """Return the static output of a run, by mime type: HTML, Markdown, plain text, and the whole run as JSON."""
    tables = run.tables
    data: dict[str, Any] = {
        "text/html": page.render_html(tables),
        "text/markdown": markdown.render_markdown(tables),
        "text/plain": text.render_text(tables),
    }
    if (saved_run := run_data.save_run(run.operations, tables)) is not None:
        data[run_data.RUN_MIME_TYPE] = saved_run
    return data


class ResumableSession(Protocol):
    """What :meth:`Run.resume` needs of the session that started the run."""

    def resume_input(self, answer: Any, can_ask: bool = False) -> Any:
        """Return the graph input that resumes the run with ``answer``."""

    def edit_state(self, values: Any) -> None:
        """Change the state of a run that waits at a breakpoint."""

    async def aedit_state(self, values: Any) -> None:
        """Change the state of a run that waits at a breakpoint."""

    def run(self, input: Any) -> Run:
        """Run the graph with ``input``."""

    async def arun(self, input: Any) -> Run:
        """Run the graph with ``input``."""


class Run:
    """A watched run: its result, its events, and ways to look at it again.

    As the last line of a cell, the run is displayed as static output, which needs no kernel; ``print(run)`` prints the
    same as text.

    Attributes:
        result: what ``invoke`` returned; None if the run was stopped or was loaded from a notebook.
        events: all events, in order; a resumed run appends to the events of the run that it continues. Empty for a run
            that was loaded from a notebook, which contains only what was shown.
        session: the session that can resume the run; None if the run was loaded.

    Raises:
        TypeError: if ``events`` is not a list.
    """

    session: ResumableSession | None = None

    def __init__(self, events: list[Event], record: RunRecord | None = None, view: RunView | None = None) -> None:
        if isinstance(events, str | Mapping) or not isinstance(events, Sequence):
            raise wrong_type("events", events, "a list of events, such as Collect().events")
        self.result: Any = None
        self.events = events
        self._record = record
        self._view = view
        self._is_view_in_use = False
        self._replay: tuple[int, RunRecord] | None = None  # with the number of events that it covers
        self._output_cell: int | None = None
        self._redactor = current_redactor()

    def set_output_cell(self) -> None:
        """Note that the running cell shows the view of this run."""
        self._output_cell = cell_number()

    @property
    def status(self) -> str:
        """``"done"``, ``"failed"``, ``"stopped"`` or ``"interrupted"``; ``"running"`` until the run ends.

        A run that was loaded from a notebook that was saved before the run ended is ``"unfinished"``.
        """
        if not self.events:
            row = document.run_row(self.tables)
            status = row.get("status", "pending")
            if "saved_at" in row and status in ("running", "pending"):
                return "unfinished"
            return {"pending": "running", "waiting": "interrupted"}.get(status, status)
        last = self.events[-1]
        return last.status if isinstance(last, RunFinished) else "running"

    @property
    def error(self) -> BaseException | None:
        """The exception that ended the run, or None."""
        last = self.events[-1] if self.events else None
        return last.error if isinstance(last, RunFinished) else None

    @property
    def interrupts(self) -> tuple[Any, ...]:
        """The ``Interrupt`` objects that wait for an answer, in the order in which they were raised."""
        return tuple(question.interrupt for question in open_questions(self.events))

    def resume(self, *answer: Any) -> Run:
        """Resume an interrupted run, in its view, which moves to the running cell. Blocks until the run ends.

        Args:
            *answer: the answer to the only open question; for several, a list of answers in the order of
                ``interrupts``, or a dict by interrupt id or by the name of the node that asks. At a breakpoint, no
                argument, or a dict of the state keys to change before the run continues.

        Returns:
            This run, which may be interrupted again.

        Raises:
            ValueError: if the run is not interrupted, its graph has no checkpointer, an answer is missing, or the state
                has no such key.
            TypeError: if more than one answer is passed, or the answer at a breakpoint is not a dict.

        Exceptions of the graph are raised as well.
        """
        session, value = self._resumable_session(), _single_answer(answer)
        next_input = session.resume_input(value)
        session.edit_state(value)
        return session.run(next_input)

    async def aresume(self, *answer: Any) -> Run:
        """Resume an interrupted run like :meth:`resume`, on the running event loop.

        If the run was started by ``awatch`` and no answer is passed, the view shows a form.
        """
        session, value = self._resumable_session(), _single_answer(answer)
        next_input = session.resume_input(value, can_ask=True)
        await session.aedit_state(value)
        return await session.arun(next_input)

    def _resumable_session(self) -> ResumableSession:
        if self.session is None:
            raise ValueError("This run was not started by watch() or awatch(): resume its graph with a Command.")
        return self.session

    @property
    def tables(self) -> Tables:
        """The rows of the view (see :mod:`lgstream.views.rows`), complete once the run has ended."""
        return self._current_record().tables

    @property
    def operations(self) -> list[Operation]:
        """The operations that created the rows, in order, complete once the run has ended."""
        return self._current_record().operations

    def _current_record(self) -> RunRecord:
        if self._record is not None:
            return self._record
        if self._replay is None or self._replay[0] != len(self.events):
            with using_redactor(self._redactor):
                self._replay = len(self.events), replay_events(self.events)
        return self._replay[1]

    def widget(self) -> RunView:
        """Return the live view, to be shown again as the last line of a cell.

        Raises:
            ImportError: if the packages for widgets are not installed.
        """
        from lgstream.widgets.runview import RunView

        view = self._view or RunView()
        self._view = view
        self._is_view_in_use = True
        if not view.ops_final:
            view.persist(self.operations)
        return view

    def close_view(self) -> None:
        """Close the live view, which no output shows any more, unless :meth:`widget` or :meth:`resume` needs it.

        Otherwise ipywidgets would keep it with the run, and JupyterLab a model of it, as long as the kernel runs.
        """
        if self._view is not None and not self._is_view_in_use and self.status not in ("interrupted", "running"):
            self._view.close()
            self._view = None

    def mime_bundle(self) -> dict[str, Any]:
        """Return the static output, by mime type: HTML, Markdown, plain text, and the whole run as JSON.

        The JSON is what lgstream's extension for JupyterLab and Notebook shows, and what :func:`lgstream.load` reads.
        """
        return render_forms(self._current_record())

    forms = mime_bundle
    """The former name of :meth:`mime_bundle`."""

    def __str__(self) -> str:
        return text.render_text(self.tables)

    def __repr__(self) -> str:
        interrupts = f", {len(self.interrupts)} interrupts" if self.interrupts else ""
        events = f"{len(self.events)} events" if self.events else "from a notebook"
        return f"<Run {self.status}, {events}{interrupts}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if self._output_cell is not None and self._output_cell == cell_number():  # the view is in the same cell
            return {"text/plain": repr(self)}
        return self.mime_bundle()


def _single_answer(answer: tuple[Any, ...]) -> Any:
    if len(answer) > 1:
        raise TypeError(f"resume() takes one answer, not {len(answer)}; for several questions give a list or a dict.")
    return answer[0] if answer else NO_ANSWER
