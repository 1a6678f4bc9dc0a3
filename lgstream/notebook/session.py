"""The course of a watched run: from its start, over the answers to its questions, to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lgstream.adapters.langgraph import runs
from lgstream.adapters.langgraph.shape import is_langgraph_graph
from lgstream.notebook.answers import (
    Answers,
    Forms,
    Policy,
    Question,
    all_answered,
    all_answered_async,
    at_terminal,
    by_id,
    open_questions,
    prompt,
    scripted,
)
from lgstream.notebook.breakpoints import at_breakpoint, edits, state_at
from lgstream.notebook.cell import attended, hears, shell
from lgstream.notebook.display import SHOWN, Show
from lgstream.notebook.run import Run
from lgstream.sinks import Sink
from lgstream.views.fold.interrupts import BREAKPOINT

NOTHING: Any = object()
"""Stands for an answer that was not given."""


class StopButton:
    """Cancels a run at the press of a button, in whatever thread the press is heard."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Any] | None = None
        self._pressed = False

    def press(self) -> None:
        """Cancel the run."""
        self._loop.call_soon_threadsafe(self._cancel)

    async def unless_pressed(self, running: Coroutine[Any, Any, None]) -> None:
        """Await ``running``; the button ends it. Raises what it raises."""
        self._task = asyncio.create_task(running)
        try:
            await self._task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if self._pressed and not (caller is not None and caller.cancelling()):
                return
            raise

    def _cancel(self) -> None:
        self._pressed = True
        if self._task is not None:
            self._task.cancel()


class Driver(NamedTuple):
    """How a kind of graph is run with sinks, ``(graph, input, config, sinks, **kwargs)``, sync and async."""

    run: Callable[..., Any]
    arun: Callable[..., Coroutine[Any, Any, Any]]
    command: Callable[[dict[str, Any]], Any]
    """The input that goes on with these answers, by interrupt id."""
    overwrite: Callable[[Any], Any]
    """A write that replaces what a reducer keeps."""


@dataclass
class Course:
    """A graph, what it was called with, and who answers it.

    ``wait`` says whether an async run waits for the forms in its view.
    """

    graph: Any
    config: Any
    sinks: Iterable[Sink]
    kwargs: dict[str, Any]
    show: Show
    policy: Policy | None = None
    wait: bool = False

    def __post_init__(self) -> None:
        self.driver = driver_of(self.graph)
        self.sinks = [*self.show.sinks, *self.sinks]
        self.run.course = self

    @property
    def run(self) -> Run:
        """What its caller is given."""
        return self.show.run

    @property
    def questions(self) -> tuple[Question, ...]:
        """The open ones."""
        return open_questions(self.run.events) if self.run.status == "interrupted" else ()

    def go(self, input: Any) -> Run:
        """Run with ``input``, and on with the answers of the policy, if there is one."""
        with self.show.live("kernel"):
            self._step(input)
            policy = self.policy or (prompt if self._at_terminal() else None)
            while (following := self._following(policy)) is not NOTHING:
                self._step(following)
        return self.run

    def _following(self, policy: Policy | None) -> Any:
        """The input to go on with, by a policy, which also goes on at breakpoints; NOTHING where it has no say."""
        if policy is not None and (questions := self.questions):
            return self.driver.command(all_answered(policy, questions))
        return None if self.policy is not None and at_breakpoint(self.run.events) else NOTHING

    async def ago(self, input: Any) -> Run:
        """:meth:`go` on the running event loop; where there is no policy, the forms in the view are waited for."""
        button = StopButton()
        async with self.show.alive("button" if hears() else "kernel", button.press):
            await button.unless_pressed(self._ago(input))
        return self.run

    def onward(self, answer: Any, asks: bool = False) -> Any:
        """The input to go on with, from an answer given by hand; ``asks``: without one, the view may ask.

        Raises:
            ValueError: the run is not one to go on with, or the answer is none to its questions.
        """
        if self.run.status != "interrupted":
            raise ValueError(f"The run is {self.run.status}: only one that was interrupted can be resumed.")
        require_memory(self.graph, "resume()")
        questions = self.questions
        if not questions:
            return None
        if answer is not NOTHING:
            return self.driver.command(by_id(answer, questions))
        if asks and self._answerer() is not None:
            return NOTHING
        asked = "; ".join(f"{each.nodes[0]} asks {each.interrupt.value!r}" for each in questions)
        raise ValueError(f"The run waits for an answer: {asked}. Give it: run.resume(answer).")

    def edit(self, after: Any) -> None:
        """Change these keys of the state of a run that waits at a breakpoint. Raises what :func:`edits` does."""
        if update := self._edits(after):
            self.graph.update_state(self._config(), update)

    async def aedit(self, after: Any) -> None:
        """:meth:`edit` on the running event loop."""
        if update := self._edits(after):
            await self.graph.aupdate_state(self._config(), update)

    def _edits(self, after: Any) -> dict[str, Any]:
        if after is NOTHING or not at_breakpoint(self.run.events):
            return {}
        return edits(self.graph, state_at(self.run.events), after, self.driver.overwrite)

    async def _ago(self, input: Any) -> None:
        while True:
            if input is not NOTHING:
                await self._astep(input)
            if self.run.status != "interrupted":
                return
            input = await self._awaited()
            if input is NOTHING:
                return

    async def _awaited(self) -> Any:
        """The input to go on with, once who is asked has answered; NOTHING where nobody is."""
        if questions := self.questions:
            answerer = self._answerer()
            return NOTHING if answerer is None else self.driver.command(await answerer(questions))
        if self.policy is not None:
            return None if at_breakpoint(self.run.events) else NOTHING
        if not self.wait or not has_memory(self.graph):
            return NOTHING
        if self.show.feed is None or not attended() or not at_breakpoint(self.run.events):
            return NOTHING
        filled = await Forms(self.show.feed).filled({BREAKPOINT})
        await self.aedit(filled[BREAKPOINT])
        return None

    def _answerer(self) -> Callable[[Sequence[Question]], Coroutine[Any, Any, dict[str, Any]]] | None:
        """Who answers an async run; None: nobody, for now."""
        if (policy := self.policy) is not None:
            return lambda questions: all_answered_async(policy, questions)
        if not self.wait or not has_memory(self.graph):
            return None
        if self.show.feed is not None:
            return Forms(self.show.feed).answers if attended() and hears() else None
        if self._at_terminal():
            return lambda questions: asyncio.to_thread(all_answered, prompt, questions)
        return None

    def _at_terminal(self) -> bool:
        return shell() is None and has_memory(self.graph) and at_terminal()

    def _step(self, input: Any) -> None:
        config, token = self._config(), SHOWN.set(True)
        try:
            self.run.result = self.driver.run(self.graph, input, config, self.sinks, **self.kwargs)
        finally:
            SHOWN.reset(token)

    async def _astep(self, input: Any) -> None:
        config, token = self._config(), SHOWN.set(True)
        try:
            self.run.result = await self.driver.arun(self.graph, input, config, self.sinks, **self.kwargs)
        finally:
            SHOWN.reset(token)

    def _config(self) -> Any:
        """The caller's config; once the run has begun, without what names a run or a checkpoint to start from."""
        if not self.run.events or not self.config:
            return self.config
        config = {key: value for key, value in self.config.items() if key != "run_id"}
        if "configurable" in config:
            config["configurable"] = {k: v for k, v in config["configurable"].items() if k != "checkpoint_id"}
        return config


def course_of(
    graph: Any, config: Any, sinks: Iterable[Sink], kwargs: dict[str, Any], show: Show, answers: Answers | None
) -> Course:
    """The course of a run that is about to start.

    Raises:
        TypeError: ``answers`` is none.
        ValueError: ``answers`` are given for a graph that does not remember what it asked.
    """
    if answers is not None:
        require_memory(graph, "answers=")
    return Course(graph, config, sinks, kwargs, show, None if answers is None else scripted(answers))


def has_memory(graph: Any) -> bool:
    """Whether the graph keeps its threads, so that an interrupted run can go on."""
    return not isinstance(graph.checkpointer, bool | None)


def require_memory(graph: Any, what: str) -> None:
    """Raise ValueError for a graph without a checkpointer, for the sake of ``what``."""
    if not has_memory(graph):
        raise ValueError(
            f"{what} needs a graph with a checkpointer: without one nothing remembers what was asked. Compile it with "
            "builder.compile(checkpointer=InMemorySaver()) and give the thread a name: "
            "config={'configurable': {'thread_id': '1'}}."
        )


def driver_of(graph: Any) -> Driver:
    """How to run ``graph``. Raises TypeError for what is no compiled graph."""
    from lgstream.graph.compiled import CompiledGraph

    if isinstance(graph, CompiledGraph):
        return Driver(_run, _arun, _command, _overwrite)
    if is_langgraph_graph(graph):
        return Driver(runs.invoke_with_sinks, runs.ainvoke_with_sinks, runs.resume_command, runs.overwrite)
    hint = " Compile it first: builder.compile()." if hasattr(graph, "compile") else ""
    raise TypeError(
        f"watch() runs compiled graphs of lgstream and of langgraph, and this is a {type(graph).__qualname__}.{hint}"
    )


def _run(graph: Any, input: Any, config: Any, sinks: Iterable[Sink], **kwargs: Any) -> Any:
    return graph.invoke(input, config, sinks=sinks, **kwargs)


async def _arun(graph: Any, input: Any, config: Any, sinks: Iterable[Sink], **kwargs: Any) -> Any:
    return await graph.ainvoke(input, config, sinks=sinks, **kwargs)


def _command(answers: dict[str, Any]) -> Any:
    from lgstream._command import Command

    return Command(resume=answers)


def _overwrite(value: Any) -> Any:
    from lgstream.types import Overwrite

    return Overwrite(value)
