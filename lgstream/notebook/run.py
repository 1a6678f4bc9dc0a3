"""What ``watch`` hands back: a run that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lgstream.events import Event, RunFinished
from lgstream.notebook.answers import open_questions
from lgstream.notebook.cell import cell_number
from lgstream.views import html, markdown, text
from lgstream.views.ledger import Tables
from lgstream.views.run import RunFold

if TYPE_CHECKING:
    from lgstream.notebook.course import Course
    from lgstream.widgets.feed import Feed
    from lgstream.widgets.runview import RunView


class Run:
    """A watched run: its result, its events, and ways to look at it again.

    Shown by a cell of its own, it is the static view; ``print(run)`` is the same as text.

    Attributes:
        result: what ``invoke`` returned; None when the run was stopped.
        events: all that happened, in order; those of a resumed run follow those of the run it goes on with.
    """

    course: Course | None = None

    def __init__(self, events: list[Event], feed: Feed | None = None) -> None:
        self.result: Any = None
        self.events = events
        self._feed = feed
        self._view = feed.view if feed is not None else None
        self._fold: tuple[int, Tables] | None = None
        self.placed()

    def placed(self) -> None:
        """Its view is in the running cell."""
        self._cell = cell_number()

    @property
    def status(self) -> str:
        """``"done"``, ``"failed"``, ``"stopped"`` or ``"interrupted"``; ``"running"`` until it is over."""
        last = self.events[-1] if self.events else None
        return last.status if isinstance(last, RunFinished) else "running"

    @property
    def error(self) -> BaseException | None:
        """What the run failed on or was stopped by."""
        last = self.events[-1] if self.events else None
        return last.error if isinstance(last, RunFinished) else None

    @property
    def interrupts(self) -> tuple[Any, ...]:
        """The questions that the run waits for an answer to, in the order in which they were asked."""
        return tuple(question.interrupt for question in open_questions(self.events))

    def resume(self, *answer: Any) -> Run:
        """Go on with the answer to what the run asks, in its view, now in the running cell. Blocks until it is over.

        Args:
            answer: the answer to the one open question; for several, a list of answers in the order of
                ``interrupts``, or a dict by interrupt id or by the name of the node that asks. At a breakpoint
                nothing, or a dict of keys of the state to change before the run goes on.

        Returns:
            This run, as it then is; interrupted again if it asks again.

        Raises:
            ValueError: the run is over or its graph has no checkpointer, there is no answer to one of its questions,
                or the state has no such key.
            TypeError: the answer at a breakpoint is no dict.

        And whatever ``invoke`` raises.
        """
        course, given = self._resumable(), _only(answer)
        input = course.onward(given)
        course.edit(given)
        return course.go(input)

    async def aresume(self, *answer: Any) -> Run:
        """:meth:`resume` on the running event loop. A run of ``awatch`` asks by form for what is not answered."""
        course, given = self._resumable(), _only(answer)
        input = course.onward(given, asks=True)
        await course.aedit(given)
        return await course.ago(input)

    def _resumable(self) -> Course:
        if self.course is None:
            raise ValueError("This run was not started by watch() or awatch(): resume its graph with a Command.")
        return self.course

    @property
    def tables(self) -> Tables:
        """The rows of the view (see :mod:`lgstream.views.rows`). Of a run that is over."""
        if self._feed is not None:
            return self._feed.tables
        if self._fold is None or self._fold[0] != len(self.events):
            fold = RunFold()
            for event in self.events:
                fold(event)
            self._fold = len(self.events), fold.tables
        return self._fold[1]

    def widget(self) -> RunView:
        """The live view, to be shown again: as the last line of a cell.

        Raises:
            ImportError: the packages for notebooks are missing.
        """
        from lgstream.widgets.feed import compacted
        from lgstream.widgets.runview import RunView

        view = self._view or RunView()
        self._view = view
        if not view.ops_final:
            view.ops_final = compacted(self.tables)
        return view

    def forms(self) -> dict[str, str]:
        """The static view by mime type: HTML, Markdown and plain text."""
        return {
            "text/html": html.render(self.tables),
            "text/markdown": markdown.render(self.tables),
            "text/plain": text.render(self.tables),
        }

    def __str__(self) -> str:
        return text.render(self.tables)

    def __repr__(self) -> str:
        asked = f", {len(self.interrupts)} interrupts" if self.interrupts else ""
        return f"<Run {self.status}, {len(self.events)} events{asked}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if self._cell is not None and self._cell == cell_number():  # its view is right above
            return {"text/plain": repr(self)}
        return self.forms()


def _only(answer: tuple[Any, ...]) -> Any:
    from lgstream.notebook.course import NOTHING

    if len(answer) > 1:
        raise TypeError(f"resume() takes one answer, not {len(answer)}; for several questions give a list or a dict.")
    return answer[0] if answer else NOTHING
