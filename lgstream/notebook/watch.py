"""``watch`` and ``awatch``: run a graph and see it live in the cell."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from lgstream.config import check_config
from lgstream.notebook.answers import Answers
from lgstream.notebook.backend import LANGGRAPH_BACKEND, backend_for, check_langgraph_keywords
from lgstream.notebook.display import Persist, RunDisplay
from lgstream.notebook.run import Run
from lgstream.notebook.session import WatchSession, policy_for
from lgstream.redaction import RedactOption, redactor_source, using_redactor
from lgstream.sinks import Sink
from lgstream.sinks.sink import check_sinks

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
    redact: RedactOption = "default",
    **kwargs: Any,
) -> Run:
    """Run ``graph.invoke(input, config, **kwargs)`` and show it live in the cell. Blocks until the run ends.

    The output also holds the run so far, refreshed about once a second, for a notebook that is saved, or loses its
    kernel, before the run ends. When the run ends, the live view is replaced by static output, which needs no kernel
    and stays in the saved notebook: HTML, Markdown and text, at most 200 KB, and the whole run as JSON, at most 500 KB.
    JupyterLab and Notebook 7 show the JSON with its scrubber where lgstream is installed, and :func:`lgstream.load`
    reads it. To stop the run, interrupt the kernel; what was shown until then stays visible. Outside notebooks, the run
    is printed on stdout by :class:`~lgstream.sinks.Console`.

    If nodes call ``interrupt()``, ``answers`` answers them and the run continues in the same view, also past static
    breakpoints. Without ``answers``, the run ends there with the status ``"interrupted"``, and ``run.resume(answer)``
    continues it in a later cell. A blocking cell cannot receive a form from the view; :func:`awatch` can. In a
    terminal, the questions are asked there.

    Args:
        graph: a compiled graph of lgstream or of langgraph.
        input: the input of the graph.
        config: the config of the run.
        answers: the answers to the run's questions: a list, with one answer per question in order; a dict by
            interrupt id or by the name of the node that asks; or a callable that takes an ``Interrupt`` and returns the
            answer. Needs a checkpointer.
        sinks: callables that receive each event, besides the view.
        persist: ``"static"`` or ``"widget"``, which keeps the live view in the output as well; a JupyterLab without
            lgstream's extension then shows an error for it when the notebook is opened again.
        redact: hides secrets in the view and from ``sinks``, see :mod:`lgstream.redaction`; None to show all.
        **kwargs: further arguments of ``invoke``.

    Returns:
        The run, with its ``result``, ``events`` and ``interrupts``.

    Raises:
        TypeError: if ``graph`` is not a compiled graph, ``config`` is not a dict, ``invoke`` does not have a keyword of
            ``kwargs``, ``answers`` is neither a list, a dict nor a callable, or
            ``sinks`` is not a list of sinks.
        ValueError: if ``answers`` are passed for a graph without a checkpointer, or an answer is missing.
        ImportError: in a notebook, if the packages for widgets are not installed.

    Exceptions of ``invoke`` are raised as well, after the view has shown them.

    Example:
        >>> run = watch(graph, {"topic": "owls"})
        >>> run.result
    """
    session = _create_session(graph, config, answers, sinks, persist, redact, kwargs)
    return session.run(input)


def awatch(
    graph: Any,
    input: Any,
    config: RunnableConfig | None = None,
    *,
    answers: Answers | None = None,
    wait: bool = True,
    sinks: Iterable[Sink] = (),
    persist: Persist = "static",
    redact: RedactOption = "default",
    **kwargs: Any,
) -> Coroutine[Any, Any, Run]:
    """Run ``await graph.ainvoke(input, config, **kwargs)`` and show it live in the cell, like :func:`watch`.

    The view has a Stop button, which cancels the run; the returned :class:`Run` then has the status ``"stopped"`` and
    no result. If the kernel is interrupted or the caller is cancelled, ``CancelledError`` is raised. With ipykernel
    before version 7, a cell receives neither button nor form before it ends; the view then says so, and the cell does
    not wait for forms.

    If nodes call ``interrupt()`` and there are no ``answers``, the view shows a form for each question, the cell waits
    until they are filled in, and the run continues. At a breakpoint, the form has a button to continue and the state to
    edit. The cell does not wait if ``wait`` is False, if the graph has no checkpointer, or if nobody can fill in a form
    (nbclient, nbmake, nbconvert). ``await run.aresume(answer)`` then continues the run in a later cell.

    The view belongs to the cell that calls ``awatch``, also if a task runs it and a later cell awaits the task:
    ``task = asyncio.create_task(awatch(graph, input))``.

    Args:
        graph: a compiled graph of lgstream or of langgraph.
        input: the input of the graph.
        config: the config of the run.
        answers: see :func:`watch`; a callable may be async.
        wait: False not to wait for forms.
        sinks: see :func:`watch`.
        persist: see :func:`watch`.
        redact: see :func:`watch`.
        **kwargs: further arguments of ``ainvoke``.

    Returns:
        A coroutine that returns the run.

    Raises:
        TypeError: see :func:`watch`.
        ValueError: see :func:`watch`.
        ImportError: see :func:`watch`.
    """
    session = _create_session(graph, config, answers, sinks, persist, redact, kwargs)
    session.waits_for_forms = wait
    session.display.place_view()
    return session.arun(input)


def _create_session(
    graph: Any,
    config: RunnableConfig | None,
    answers: Answers | None,
    sinks: Iterable[Sink],
    persist: Persist,
    redact: RedactOption,
    invoke_kwargs: dict[str, Any],
) -> WatchSession:
    backend = backend_for(graph, "watch()")
    check_config(config)
    if invoke_kwargs and backend is LANGGRAPH_BACKEND:
        check_langgraph_keywords(graph, invoke_kwargs)
    sinks = check_sinks(sinks)
    with using_redactor(redactor_source(redact)()):
        display = RunDisplay(graph.get_name(), persist)
    return WatchSession(graph, backend, config, sinks, invoke_kwargs, display, policy_for(graph, answers))
