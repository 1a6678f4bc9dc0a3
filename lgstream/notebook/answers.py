"""The open questions of a run, and where their answers come from: a policy, forms in the cell, or a terminal."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from lgstream.events import Event, Interrupted, RunStarted
from lgstream.redaction import current_redactor, redacted_repr

if TYPE_CHECKING:
    from lgstream.widgets.feed import Feed

Answers: TypeAlias = Sequence[Any] | Mapping[str, Any] | Callable[[Any], Any]
"""Answers prepared in advance: a list, with one answer per question in order; a dict by interrupt id or by the name of
the node that asks; or a callable that takes an ``Interrupt`` and returns the answer."""

NO_ANSWER: Final[Any] = object()
"""Stands for an answer that was not given, because None is a valid answer."""


class Question(NamedTuple):
    """An open question: its ``Interrupt``, and the nodes that raised it or passed it on, the innermost first."""

    interrupt: Any
    nodes: tuple[str, ...]


AnswerPolicy: TypeAlias = Callable[[Question], Any]
"""A function that answers a question; its result may be awaitable."""


def open_questions(events: Sequence[Event]) -> tuple[Question, ...]:
    """Return the questions that a run waits for: those asked since it last started, in the order of the root graph."""
    latest: list[Interrupted] = []
    for event in reversed(events):
        if isinstance(event, RunStarted):
            break
        if isinstance(event, Interrupted):
            latest.append(event)
    nodes_by_id: dict[str, list[str]] = {}
    interrupts_by_id: dict[str, Any] = {}
    for event in reversed(latest):
        for interrupt in event.interrupts:
            nodes_by_id.setdefault(interrupt.id, []).append(event.node)
            if not event.ns:
                interrupts_by_id.setdefault(interrupt.id, interrupt)
    return tuple(Question(interrupt, tuple(nodes_by_id[key])) for key, interrupt in interrupts_by_id.items())


def answer_policy(answers: Answers) -> AnswerPolicy:
    """Return a function that answers questions from ``answers``.

    Raises:
        TypeError: if ``answers`` is a string, or neither a sequence, a mapping nor a callable.
    """
    if callable(answers):
        return lambda question: answers(question.interrupt)
    if isinstance(answers, Mapping):
        return lambda question: _look_up_answer(answers, question)
    if isinstance(answers, Sequence) and not isinstance(answers, str | bytes):
        remaining = list(answers)
        return lambda question: _next_answer(remaining, len(answers), question)
    raise TypeError(
        f"answers is {redacted_repr(answers)}, and must be a list of answers, a dict by interrupt id or node name, or "
        "a callable that takes the Interrupt."
    )


def _next_answer(remaining: list[Any], total: int, question: Question) -> Any:
    if not remaining:
        raise ValueError(
            f"The run asks one more question than the {total} in answers=: {question.nodes[0]!r} asks "
            f"{redacted_repr(question.interrupt.value)}. Add an answer, or pass a dict or a callable."
        )
    return remaining.pop(0)


def _look_up_answer(answers: Mapping[str, Any], question: Question) -> Any:
    for key in (question.interrupt.id, *question.nodes):
        if key in answers:
            return answers[key]
    raise ValueError(
        f"answers= has nothing for {question.nodes[0]!r}, which asks "
        f"{redacted_repr(question.interrupt.value)}: it has the keys {sorted(answers)}. Add the node's name or the "
        f"interrupt's id, {question.interrupt.id!r}."
    )


def answers_by_id(answer: Any, questions: Sequence[Question]) -> dict[str, Any]:
    """Return the answers that a user passed to ``resume()``, by interrupt id.

    Args:
        answer: the answer to the only question; for several questions, a list in their order, or a dict by interrupt id
            or node name. A dict by interrupt id may answer some of the questions.
        questions: the open questions.

    Raises:
        ValueError: if several questions are open and ``answer`` does not say which of them it answers.
    """
    ids = {question.interrupt.id for question in questions}
    if isinstance(answer, Mapping) and answer and answer.keys() <= ids:
        return dict(answer)
    if len(questions) == 1:
        return {questions[0].interrupt.id: answer}
    if isinstance(answer, list) and len(answer) == len(questions):
        return {question.interrupt.id: item for question, item in zip(questions, answer, strict=True)}
    if isinstance(answer, Mapping):
        return answer_questions(answer_policy(answer), questions)
    raise ValueError(
        f"{len(questions)} questions are open: pass a list of {len(questions)} answers, or a dict by node name or "
        "interrupt id; run.interrupts has them."
    )


def answer_questions(policy: AnswerPolicy, questions: Iterable[Question]) -> dict[str, Any]:
    """Return the policy's answers to ``questions``, by interrupt id."""
    return {question.interrupt.id: policy(question) for question in questions}


async def aanswer_questions(policy: AnswerPolicy, questions: Iterable[Question]) -> dict[str, Any]:
    """Return what :func:`answer_questions` does, for a policy that may be async."""
    answers: dict[str, Any] = {}
    for question in questions:
        answer = policy(question)
        answers[question.interrupt.id] = await answer if inspect.isawaitable(answer) else answer
    return answers


def has_terminal() -> bool:
    """Return True if a user can type answers on stdin."""
    return sys.stdin is not None and sys.stdin.isatty()


def prompt_in_terminal(question: Question) -> Any:
    """Ask ``question`` in the terminal and return the answer.

    The answer is the text that was typed, or, if the question has a schema other than a string, the parsed JSON.
    """
    interrupt = question.interrupt
    value, redactor = interrupt.value, current_redactor()
    if redactor is not None:
        value = redactor.json_data(value)
    text = value if isinstance(value, str) else json.dumps(value, default=redacted_repr)
    schema = getattr(interrupt, "response_schema", None)
    while True:
        answer = input(f"? {question.nodes[0]}: {text} ")
        if schema is None or schema is str or (isinstance(schema, dict) and schema.get("type") == "string"):
            return answer
        try:
            return json.loads(answer)
        except ValueError:
            print(f"The answer must be JSON, for instance {json.dumps(answer)}.")


class AnswerForms:
    """The forms in a view, which a user fills in while an async cell waits.

    Create it on the event loop that waits.

    Args:
        feed: the feed of the view.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._submissions: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def ask(self, questions: Iterable[Question]) -> dict[str, Any]:
        """Wait until a user has answered ``questions``, and return the answers by interrupt id."""
        return await self.wait_for({question.interrupt.id for question in questions})

    async def wait_for(self, ids: set[str]) -> dict[str, Any]:
        """Enable the forms with these ids and return what was submitted, by id, once all are filled in.

        If a form is submitted twice, the first submission counts.
        """
        missing = set(ids)
        values: dict[str, Any] = {}
        self._feed.enable_forms(self._receive)
        try:
            while missing:
                form_id, value = await self._submissions.get()
                if form_id in missing:
                    missing.discard(form_id)
                    values[form_id] = value
                    self._feed.close_form(form_id)
        finally:
            self._feed.disable_forms()
        return values

    def _receive(self, form_id: str, value: Any) -> None:
        """Take a submission. The kernel may call this in any thread."""
        self._loop.call_soon_threadsafe(self._submissions.put_nowait, (form_id, value))
