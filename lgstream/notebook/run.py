"""What ``watch`` hands back: a run that is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lgstream.events import Event, RunFinished
from lgstream.notebook.answers import open_questions
from lgstream.notebook.cell import cell_number
from lgstream.views.fold.replay import apply
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables, empty
from lgstream.views.render import document as outline
from lgstream.views.render import markdown, text
from lgstream.views.render.html import page as html
from lgstream.views.rows import Operation
from lgstream.views.saved import bundle as saved

if TYPE_CHECKING:
    from lgstream.notebook.session import Course
    from lgstream.widgets.runview import RunView


class Story(Protocol):
    """What a run looked like on its way: the operations, and the rows that they amount to."""

    @property
    def operations(self) -> list[Operation]: ...

    @property
    def tables(self) -> Tables: ...


class Told:
    """The story that operations tell."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        self.tables = apply(empty(), operations)


def told(events: Sequence[Event]) -> Told:
    """The story of these events."""
    fold = RunFold()
    return Told([op for event in events for op in fold(event)])


class Run:
    """A watched run: its result, its events, and ways to look at it again.

    Shown by a cell of its own, it is the view that needs no kernel; ``print(run)`` is the same as text.

    Attributes:
        result: what ``invoke`` returned; None when the run was stopped, and for a run from a notebook.
        events: all that happened, in order; those of a resumed run follow those of the run it goes on with. Empty for a
            run from a notebook, which keeps what was shown.
    """

    course: Course | None = None

    def __init__(self, events: list[Event], story: Story | None = None, view: RunView | None = None) -> None:
        self.result: Any = None
        self.events = events
        self._story = story
        self._view = view
        self._told: tuple[int, Story] | None = None
        self._cell: int | None = None

    def placed(self) -> None:
        """Its view is in the running cell."""
        self._cell = cell_number()

    @property
    def status(self) -> str:
        """``"done"``, ``"failed"``, ``"stopped"`` or ``"interrupted"``; ``"running"`` until it is over."""
        if not self.events:
            shown = outline.run(self.tables).get("status", "pending")
            return {"pending": "running", "waiting": "interrupted"}.get(shown, shown)
        last = self.events[-1]
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
        return self._shown.tables

    @property
    def operations(self) -> list[Operation]:
        """How the rows came to be, in order. Of a run that is over."""
        return self._shown.operations

    @property
    def _shown(self) -> Story:
        if self._story is not None:
            return self._story
        if self._told is None or self._told[0] != len(self.events):
            self._told = len(self.events), told(self.events)
        return self._told[1]

    def widget(self) -> RunView:
        """The live view, to be shown again: as the last line of a cell.

        Raises:
            ImportError: the packages for notebooks are missing.
        """
        from lgstream.widgets.runview import RunView

        view = self._view or RunView()
        self._view = view
        if not view.ops_final:
            view.keep(self.operations)
        return view

    def forms(self) -> dict[str, Any]:
        """The view without a kernel, by mime type: HTML, Markdown, plain text, and the whole run as JSON.

        The last is what lgstream's extension of JupyterLab and Notebook shows, and what :func:`lgstream.load` reads.
        """
        tables = self.tables
        forms: dict[str, Any] = {
            "text/html": html.render(tables),
            "text/markdown": markdown.render(tables),
            "text/plain": text.render(tables),
        }
        if (whole := saved.save(self.operations, tables)) is not None:
            forms[saved.MIME] = whole
        return forms

    def __str__(self) -> str:
        return text.render(self.tables)

    def __repr__(self) -> str:
        asked = f", {len(self.interrupts)} interrupts" if self.interrupts else ""
        events = f"{len(self.events)} events" if self.events else "from a notebook"
        return f"<Run {self.status}, {events}{asked}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if self._cell is not None and self._cell == cell_number():  # its view is right above
            return {"text/plain": repr(self)}
        return self.forms()


def _only(answer: tuple[Any, ...]) -> Any:
    from lgstream.notebook.session import NOTHING

    if len(answer) > 1:
        raise TypeError(f"resume() takes one answer, not {len(answer)}; for several questions give a list or a dict.")
    return answer[0] if answer else NOTHING
