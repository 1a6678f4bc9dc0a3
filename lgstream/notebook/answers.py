"""Questions that a run asks, and where the answers come from: a policy, a form in the cell, a terminal."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lgstream.events import Event, Interrupted, RunStarted

if TYPE_CHECKING:
    from lgstream.widgets.feed import Feed

Answers: TypeAlias = Sequence[Any] | Mapping[str, Any] | Callable[[Any], Any]
"""A scripted policy: a list, an answer a question in their order; a dict by interrupt id or by the name of the node
that asks; or a callable ``Interrupt -> answer``."""


class Question(NamedTuple):
    """An open question, and the nodes that it came through, the one that asked first."""

    interrupt: Any
    nodes: tuple[str, ...]


Policy: TypeAlias = Callable[[Question], Any]


def open_questions(events: Sequence[Event]) -> tuple[Question, ...]:
    """What the run waits for: asked since it started last, in the order in which the graph itself was told."""
    since: list[Interrupted] = []
    for event in reversed(events):
        if isinstance(event, RunStarted):
            break
        if isinstance(event, Interrupted):
            since.append(event)
    nodes: dict[str, list[str]] = {}
    asked: dict[str, Any] = {}
    for event in reversed(since):
        for interrupt in event.interrupts:
            nodes.setdefault(interrupt.id, []).append(event.node)
            if not event.ns:
                asked.setdefault(interrupt.id, interrupt)
    return tuple(Question(interrupt, tuple(nodes[each])) for each, interrupt in asked.items())


def scripted(answers: Answers) -> Policy:
    """``answers`` as a function of a question.

    Raises:
        TypeError: ``answers`` is a text, or none of the three.
    """
    if callable(answers):
        return lambda question: answers(question.interrupt)
    if isinstance(answers, Mapping):
        return lambda question: _found(answers, question)
    if isinstance(answers, Sequence) and not isinstance(answers, str | bytes):
        rest = list(answers)
        return lambda question: _next(rest, len(answers), question)
    raise TypeError(
        f"answers is {answers!r}, and must be a list of answers, a dict by interrupt id or node name, or a callable "
        "that is given the Interrupt."
    )


def _next(rest: list[Any], given: int, question: Question) -> Any:
    if not rest:
        raise ValueError(
            f"The run asks a question more than the {given} that answers= has: {question.nodes[0]!r} asks "
            f"{question.interrupt.value!r}. Add an answer, or give a dict or a callable."
        )
    return rest.pop(0)


def _found(answers: Mapping[str, Any], question: Question) -> Any:
    for key in (question.interrupt.id, *question.nodes):
        if key in answers:
            return answers[key]
    raise ValueError(
        f"answers= has nothing for {question.nodes[0]!r}, which asks {question.interrupt.value!r}: it has the keys "
        f"{sorted(answers)}. Add the node's name or the interrupt's id, {question.interrupt.id!r}."
    )


def by_id(answer: Any, questions: Sequence[Question]) -> dict[str, Any]:
    """What ``answer``, given by hand, answers: by interrupt id.

    Raises:
        ValueError: several questions are open, and it is not told which of them is answered.
    """
    ids = {question.interrupt.id for question in questions}
    if isinstance(answer, Mapping) and answer and answer.keys() <= ids:
        return dict(answer)
    if len(questions) == 1:
        return {questions[0].interrupt.id: answer}
    if isinstance(answer, list) and len(answer) == len(questions):
        return {question.interrupt.id: each for question, each in zip(questions, answer, strict=True)}
    if isinstance(answer, Mapping):
        policy = scripted(answer)
        return {question.interrupt.id: policy(question) for question in questions}
    raise ValueError(
        f"{len(questions)} questions are open: give a list of {len(questions)} answers, or a dict by node name or "
        "interrupt id; run.interrupts has them."
    )


def all_answered(policy: Policy, questions: Iterable[Question]) -> dict[str, Any]:
    """The answers of a policy, by interrupt id."""
    return {question.interrupt.id: policy(question) for question in questions}


async def all_answered_async(policy: Policy, questions: Iterable[Question]) -> dict[str, Any]:
    """:func:`all_answered`; the policy's callable may be async."""
    found: dict[str, Any] = {}
    for question in questions:
        answer = policy(question)
        found[question.interrupt.id] = await answer if inspect.isawaitable(answer) else answer
    return found


def at_terminal() -> bool:
    """Whether someone can be asked on stdin."""
    return sys.stdin is not None and sys.stdin.isatty()


def prompt(question: Question) -> Any:
    """Ask on the terminal. The answer is a text, unless the question's schema wants something else, as JSON."""
    interrupt = question.interrupt
    value = interrupt.value if isinstance(interrupt.value, str) else json.dumps(interrupt.value, default=repr)
    wanted = getattr(interrupt, "response_schema", None)
    while True:
        text = input(f"? {question.nodes[0]}: {value} ")
        if wanted is None or wanted is str or (isinstance(wanted, dict) and wanted.get("type") == "string"):
            return text
        try:
            return json.loads(text)
        except ValueError:
            print(f"The answer must be JSON, for instance {json.dumps(text)}.")


class Forms:
    """The forms in a view, filled in while an ``await`` cell waits. Made on the event loop that waits."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._given: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def answers(self, questions: Iterable[Question]) -> dict[str, Any]:
        """The answers by interrupt id."""
        return await self.filled({question.interrupt.id for question in questions})

    async def filled(self, missing: set[str]) -> dict[str, Any]:
        """Enable the forms; what was given in each, once all are filled in. The first answer counts."""
        found: dict[str, Any] = {}
        self._feed.waits(self._receive)
        try:
            while missing:
                interrupt_id, value = await self._given.get()
                if interrupt_id in missing:
                    missing.discard(interrupt_id)
                    found[interrupt_id] = value
                    self._feed.answered(interrupt_id)
        finally:
            self._feed.waits(None)
        return found

    def _receive(self, interrupt_id: str, value: Any) -> None:
        """In whatever thread the kernel hears the form."""
        self._loop.call_soon_threadsafe(self._given.put_nowait, (interrupt_id, value))
