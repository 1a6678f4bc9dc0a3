"""``watch``: run a graph and see it live in the cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lgstream.notebook.answers import Answers
from lgstream.notebook.display import Persist, Show
from lgstream.notebook.run import Run
from lgstream.notebook.session import course_of, driver_of
from lgstream.sinks import Sink

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


def watch(
    graph: Any,
    input: Any,
    config: RunnableConfig | None = None,
    *,
    answers: Answers | None = None,
    sinks: Iterable[Sink] = (),
    persist: Persist = "static",
    **kwargs: Any,
) -> Run:
    """``graph.invoke(input, config, **kwargs)``, seen live in the cell. Blocks until the run is over.

    When it is over, the live view gives way to one that needs no kernel and stays in the saved notebook: HTML, Markdown
    and text, at most 200 KB, and the whole run as JSON, at most 500 KB, which JupyterLab and Notebook 7 show with its
    scrubber where lgstream is installed (:func:`lgstream.load` reads it). To stop it, interrupt the kernel; what came
    until then stays in view. Outside of a notebook the run is told on stdout, by :class:`~lgstream.sinks.Console`.

    Where nodes ask with ``interrupt()``, ``answers`` answers them and the run goes on in the same view, over static
    breakpoints too. Without ``answers`` it stops there, with the status ``"interrupted"``: ``run.resume(answer)`` goes
    on in a later cell. A blocking cell cannot hear a form in the view; :func:`awatch` can. In a terminal the questions
    are asked there.

    Args:
        graph: a compiled graph of lgstream or of langgraph.
        answers: who answers the run's questions: a list, an answer a question in order; a dict by interrupt id or
            by the name of the node that asks; or a callable ``Interrupt -> answer``. Needs a checkpointer.
        sinks: callables that are given each event, besides the view.
        persist: ``"widget"`` keeps the live view in the output, with the still one beside it for where there is no
            kernel; JupyterLab then shows an error for it in a notebook that is opened again.

    Returns:
        The run, with its ``result``, ``events`` and ``interrupts``.

    Raises:
        TypeError: ``graph`` is no compiled graph, or ``answers`` is nothing that answers.
        ValueError: ``answers`` are given for a graph without a checkpointer, or are too few.
        ImportError: in a notebook, without the packages that show widgets.

    And whatever ``invoke`` raises, once the view shows it.
    """
    driver_of(graph)
    return course_of(graph, config, sinks, kwargs, Show(graph.get_name(), persist), answers).go(input)


async def awatch(
    graph: Any,
    input: Any,
    config: RunnableConfig | None = None,
    *,
    answers: Answers | None = None,
    wait: bool = True,
    sinks: Iterable[Sink] = (),
    persist: Persist = "static",
    **kwargs: Any,
) -> Run:
    """``await graph.ainvoke(input, config, **kwargs)``, seen live in the cell; else as :func:`watch`.

    The view has a Stop button: it cancels the run and gives back what there is, a :class:`Run` with the status
    ``"stopped"`` and no result. Interrupting the kernel, or cancelling the caller, raises ``CancelledError``. An
    ipykernel before 7 hears neither button nor form before the cell ends: then the view says so, and waits for none.

    Where nodes ask and there are no ``answers``, the view shows a form for each question and the cell waits until they
    are filled in; the run then goes on. At a breakpoint the form is a button to go on, and the state to edit. The cell
    does not wait with ``wait=False``, for a graph without a checkpointer, and where nobody is there to fill in a form
    (nbclient, nbmake, nbconvert). ``await run.aresume(answer)`` then goes on in a later cell. The callable of
    ``answers`` may be async.
    """
    driver_of(graph)
    course = course_of(graph, config, sinks, kwargs, Show(graph.get_name(), persist), answers)
    course.wait = wait
    return await course.ago(input)
