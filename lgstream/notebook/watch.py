"""``watch``: run a graph and see it live in the cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from lgstream.adapters import langgraph
from lgstream.notebook.run import Run
from lgstream.notebook.show import Persist, Show
from lgstream.sinks import Sink

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig


def watch(
    graph: Any,
    input: Any,
    config: RunnableConfig | None = None,
    *,
    sinks: Iterable[Sink] = (),
    persist: Persist = "static",
    **kwargs: Any,
) -> Run:
    """``graph.invoke(input, config, **kwargs)``, seen live in the cell. Blocks until the run is over.

    When it is over, the live view becomes still: HTML, Markdown and text that need no kernel and stay in the saved
    notebook. To stop it, interrupt the kernel; what came until then stays in view. Outside of a notebook the run is
    told on stdout, by :class:`~lgstream.sinks.Console`.

    Args:
        graph: a compiled graph of lgstream or of langgraph.
        sinks: callables that are given each event, besides the view.
        persist: ``"widget"`` keeps the live view in the output, with the still one beside it for where there is no
            kernel; JupyterLab then shows an error for it in a notebook that is opened again.

    Returns:
        The run, with its ``result``, ``events`` and ``interrupts``.

    Raises:
        TypeError: ``graph`` is no compiled graph.
        ImportError: in a notebook, without the packages that show widgets.

    And whatever ``invoke`` raises, once the view shows it.
    """
    driver = driver_of(graph)
    show = Show(graph.get_name(), "kernel", persist)
    with show.live():
        show.run.result = driver.run(graph, input, config, [*show.sinks, *sinks], **kwargs)
    return show.run


async def awatch(
    graph: Any,
    input: Any,
    config: RunnableConfig | None = None,
    *,
    sinks: Iterable[Sink] = (),
    persist: Persist = "static",
    **kwargs: Any,
) -> Run:
    """``await graph.ainvoke(input, config, **kwargs)``, seen live in the cell; else as :func:`watch`.

    The view has a Stop button: it cancels the run and gives back what there is, a :class:`Run` with the status
    ``"stopped"`` and no result. Interrupting the kernel, or cancelling the caller, raises ``CancelledError``.
    """
    driver = driver_of(graph)
    button = StopButton()
    show = Show(graph.get_name(), "button", persist, button.press)
    async with show.alive():
        running = driver.arun(graph, input, config, [*show.sinks, *sinks], **kwargs)
        show.run.result = await button.unless_pressed(running)
    return show.run


class StopButton:
    """Cancels a run at the press of a button, in whatever thread the press is heard."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Any] | None = None
        self._pressed = False

    def press(self) -> None:
        """Cancel the run."""
        self._loop.call_soon_threadsafe(self._cancel)

    async def unless_pressed(self, running: Coroutine[Any, Any, Any]) -> Any:
        """What ``running`` returns; None when the button ended it. Raises what it raises."""
        self._task = asyncio.create_task(running)
        try:
            return await self._task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if self._pressed and not (caller is not None and caller.cancelling()):
                return None
            raise

    def _cancel(self) -> None:
        self._pressed = True
        if self._task is not None:
            self._task.cancel()


class Driver(NamedTuple):
    """How a kind of graph is run with sinks: ``(graph, input, config, sinks, **kwargs)``, sync and async."""

    run: Callable[..., Any]
    arun: Callable[..., Coroutine[Any, Any, Any]]


def driver_of(graph: Any) -> Driver:
    """How to run ``graph``. Raises TypeError for what is no compiled graph."""
    from lgstream.graph.compiled import CompiledGraph

    if isinstance(graph, CompiledGraph):
        return Driver(_run, _arun)
    if langgraph.is_langgraph(graph):
        return Driver(langgraph.run, langgraph.arun)
    hint = " Compile it first: builder.compile()." if hasattr(graph, "compile") else ""
    raise TypeError(
        f"watch() runs compiled graphs of lgstream and of langgraph, and this is a {type(graph).__qualname__}.{hint}"
    )


def _run(graph: Any, input: Any, config: Any, sinks: Iterable[Sink], **kwargs: Any) -> Any:
    return graph.invoke(input, config, sinks=sinks, **kwargs)


async def _arun(graph: Any, input: Any, config: Any, sinks: Iterable[Sink], **kwargs: Any) -> Any:
    return await graph.ainvoke(input, config, sinks=sinks, **kwargs)
