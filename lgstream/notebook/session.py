"""A watch session: one graph run from its start, through the answers to its questions, to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lgstream.notebook.answers import (
    NO_ANSWER,
    AnswerForms,
    AnswerPolicy,
    Answers,
    Question,
    aanswer_questions,
    answer_policy,
    answer_questions,
    answers_by_id,
    has_terminal,
    open_questions,
    prompt_in_terminal,
)
from lgstream.notebook.backend import GraphBackend
from lgstream.notebook.breakpoints import is_at_breakpoint, state_at_breakpoint, update_from_edit
from lgstream.notebook.cell import has_user, kernel_shell, receives_messages_while_running
from lgstream.notebook.display import HAS_DISPLAY, RunDisplay
from lgstream.notebook.run import Run
from lgstream.redaction import redacted_repr, using_redactor
from lgstream.sinks import Sink
from lgstream.views.fold.interrupts import BREAKPOINT_ID

NO_INPUT: Final[Any] = object()
"""Stands for a graph input that is not known yet, because None is a valid input."""

Answerer: TypeAlias = Callable[[Sequence[Question]], Coroutine[Any, Any, dict[str, Any]]]
"""An async function that returns the answers to questions, by interrupt id."""


class StopButton:
    """Cancels a run when a button is pressed. Create it on the event loop of the run."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Any] | None = None
        self._was_pressed = False

    def press(self) -> None:
        """Cancel the run. May be called in any thread."""
        self._loop.call_soon_threadsafe(self._cancel)

    async def run_until_pressed(self, run: Coroutine[Any, Any, None]) -> None:
        """Await ``run`` until it ends or the button is pressed. Raises what ``run`` raises."""
        self._task = asyncio.create_task(run)
        try:
            await self._task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if self._was_pressed and not (caller is not None and caller.cancelling()):
                return
            raise

    def _cancel(self) -> None:
        self._was_pressed = True
        if self._task is not None:
            self._task.cancel()


@dataclass
class WatchSession:
    """Runs a graph, shows it, and answers its questions.

    Attributes:
        graph: a compiled graph.
        backend: how to run it.
        config: the config of the caller.
        sinks: the sinks of the caller, besides those of the display.
        invoke_kwargs: further arguments for ``invoke``.
        display: shows the run.
        policy: answers the questions of the run; None to ask the user.
        waits_for_forms: True if an async run waits for the forms in its view.
    """

    graph: Any
    backend: GraphBackend
    config: Any
    sinks: Iterable[Sink]
    invoke_kwargs: dict[str, Any]
    display: RunDisplay
    policy: AnswerPolicy | None = None
    waits_for_forms: bool = False

    def __post_init__(self) -> None:
        self.sinks = [*self.display.sinks, *self.sinks]
        self._run = self.display.run
        self._run.session = self

    def run(self, input: Any) -> Run:
        """Run the graph with ``input``, and resume it as long as the policy or the user in the terminal answers."""
        with using_redactor(self.display.redactor), self.display.open_view("kernel"):
            self._invoke(input)
            policy = self.policy or (prompt_in_terminal if self._can_prompt() else None)
            while (next_input := self._next_input(policy)) is not NO_INPUT:
                self._invoke(next_input)
        return self._run

    async def arun(self, input: Any) -> Run:
        """Run the graph like :meth:`run`, on the running event loop.

        Without a policy, it waits for the forms in the view, which :meth:`RunDisplay.place_view` may have displayed.
        """
        button = StopButton()
        stop_mode = "button" if receives_messages_while_running() else "kernel"
        with using_redactor(self.display.redactor):
            async with self.display.aopen_view(stop_mode, button.press):
                await button.run_until_pressed(self._arun(input))
        return self._run

    def resume_input(self, answer: Any, can_ask: bool = False) -> Any:
        """Return the graph input that resumes the run with an answer passed by the user.

        Args:
            answer: the answer, or NO_ANSWER.
            can_ask: True if the user may be asked when there is no answer.

        Returns:
            The input; NO_INPUT if the user is to be asked.

        Raises:
            ValueError: if the run is not interrupted, the graph has no checkpointer, or ``answer`` does not fit the
                open questions.
        """
        if self._run.status != "interrupted":
            raise ValueError(f"The run is {self._run.status}: only one that was interrupted can be resumed.")
        check_resumable_graph(self.graph, "resume()")
        questions = self._questions()
        if not questions:
            return None
        if answer is not NO_ANSWER:
            return self.backend.resume_command(answers_by_id(answer, questions))
        if can_ask and self._answerer() is not None:
            return NO_INPUT
        with using_redactor(self.display.redactor):
            listing = "; ".join(f"{nodes[0]} asks {redacted_repr(interrupt.value)}" for interrupt, nodes in questions)
        raise ValueError(f"The run waits for an answer: {listing}. Give it: run.resume(answer).")

    def edit_state(self, values: Any) -> None:
        """Change these keys of the state of a run that waits at a breakpoint.

        Args:
            values: a dict of the keys to change, None, or NO_ANSWER.

        Raises:
            TypeError: if ``values`` is not a dict.
            ValueError: if the state has no such key.
        """
        if update := self._state_update(values):
            self.graph.update_state(self._next_config(), update)

    async def aedit_state(self, values: Any) -> None:
        """Change the state like :meth:`edit_state`, on the running event loop."""
        if update := self._state_update(values):
            await self.graph.aupdate_state(self._next_config(), update)

    def _questions(self) -> tuple[Question, ...]:
        return open_questions(self._run.events) if self._run.status == "interrupted" else ()

    def _next_input(self, policy: AnswerPolicy | None) -> Any:
        """Return the input that continues the run, or NO_INPUT if ``policy`` cannot continue it."""
        if policy is not None and (questions := self._questions()):
            return self.backend.resume_command(answer_questions(policy, questions))
        return None if self.policy is not None and is_at_breakpoint(self._run.events) else NO_INPUT

    def _state_update(self, values: Any) -> dict[str, Any]:
        if values is NO_ANSWER or not is_at_breakpoint(self._run.events):
            return {}
        before = state_at_breakpoint(self._run.events)
        return update_from_edit(self.graph.channels, before, values, self.backend.has_reducer, self.backend.overwrite)

    async def _arun(self, input: Any) -> None:
        next_input = input
        while True:
            if next_input is not NO_INPUT:
                await self._ainvoke(next_input)
            if self._run.status != "interrupted":
                return
            next_input = await self._anext_input()
            if next_input is NO_INPUT:
                return

    async def _anext_input(self) -> Any:
        """Wait for the answers and return the input that continues the run, or NO_INPUT if there is nobody to ask."""
        if questions := self._questions():
            answerer = self._answerer()
            return NO_INPUT if answerer is None else self.backend.resume_command(await answerer(questions))
        if self.policy is not None:
            return None if is_at_breakpoint(self._run.events) else NO_INPUT
        if not self.waits_for_forms or not has_checkpointer(self.graph):
            return NO_INPUT
        if self.display.feed is None or not has_user() or not is_at_breakpoint(self._run.events):
            return NO_INPUT
        values = await AnswerForms(self.display.feed).wait_for({BREAKPOINT_ID})
        await self.aedit_state(values[BREAKPOINT_ID])
        return None

    def _answerer(self) -> Answerer | None:
        """Return the function that answers the questions of an async run; None if there is nobody to ask."""
        if (policy := self.policy) is not None:
            return lambda questions: aanswer_questions(policy, questions)
        if not self.waits_for_forms or not has_checkpointer(self.graph):
            return None
        if self.display.feed is not None:
            has_forms = has_user() and receives_messages_while_running()
            return AnswerForms(self.display.feed).ask if has_forms else None
        if self._can_prompt():
            return lambda questions: asyncio.to_thread(answer_questions, prompt_in_terminal, questions)
        return None

    def _can_prompt(self) -> bool:
        return kernel_shell() is None and has_checkpointer(self.graph) and has_terminal()

    def _invoke(self, input: Any) -> None:
        config, token = self._next_config(), HAS_DISPLAY.set(True)
        try:
            self._run.result = self.backend.invoke(self.graph, input, config, self.sinks, **self.invoke_kwargs)
        finally:
            HAS_DISPLAY.reset(token)

    async def _ainvoke(self, input: Any) -> None:
        config, token = self._next_config(), HAS_DISPLAY.set(True)
        try:
            self._run.result = await self.backend.ainvoke(self.graph, input, config, self.sinks, **self.invoke_kwargs)
        finally:
            HAS_DISPLAY.reset(token)

    def _next_config(self) -> Any:
        """Return the caller's config; once the run has started, without its run id and checkpoint id."""
        if not self._run.events or not self.config:
            return self.config
        config = {key: value for key, value in self.config.items() if key != "run_id"}
        if "configurable" in config:
            config["configurable"] = {k: v for k, v in config["configurable"].items() if k != "checkpoint_id"}
        return config


def policy_for(graph: Any, answers: Answers | None) -> AnswerPolicy | None:
    """Return the policy that answers the questions of ``graph`` from ``answers``; None if there are no answers.

    Raises:
        TypeError: if ``answers`` is neither a sequence, a mapping, a callable nor None.
        ValueError: if ``answers`` are passed for a graph without a checkpointer.
    """
    if answers is None:
        return None
    check_resumable_graph(graph, "answers=")
    return answer_policy(answers)


def has_checkpointer(graph: Any) -> bool:
    """Return True if ``graph`` saves its threads, so that an interrupted run can be resumed."""
    return not isinstance(graph.checkpointer, bool | None)


def check_resumable_graph(graph: Any, feature: str) -> None:
    """Check that ``graph`` has a checkpointer, which ``feature`` needs.

    Raises:
        ValueError: if it has none.
    """
    if not has_checkpointer(graph):
        raise ValueError(
            f"{feature} needs a graph with a checkpointer: without one nothing remembers what was asked. Compile it "
            "with builder.compile(checkpointer=InMemorySaver()) and give the thread a name: "
            "config={'configurable': {'thread_id': '1'}}."
        )
