"""One run, event by event, as rows: the small folds in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lgstream.events import (
    CallFinished,
    CallStarted,
    CheckpointSaved,
    Custom,
    Event,
    Interrupted,
    Message,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskRetried,
    TaskStarted,
    Token,
    ToolFinished,
    ToolStarted,
    Update,
    Values,
)  # fmt: skip
from lgstream.views.fold import interrupts as ask
from lgstream.views.fold.calls import Tokens
from lgstream.views.fold.custom_writes import Notes
from lgstream.views.fold.messages import Messages
from lgstream.views.fold.nodes import Tree
from lgstream.views.fold.run_row import Header
from lgstream.views.fold.state import State
from lgstream.views.fold.tables import Ledger, Tables
from lgstream.views.fold.timeline import Timeline
from lgstream.views.fold.tools import Tools
from lgstream.views.rows import Operation


class RunFold:
    """Give it the events of one run, in order; each call returns the operations that the event makes.

    A pure fold: no clock but ``event.time``, no thread, no IO, and the same operations for the same events. Its cost an
    event does not grow with the run, whatever the values weigh. ``tables`` is always what the operations so far amount
    to (:func:`lgstream.views.fold.replay.apply`). Not thread-safe: a run's events come one at a time.
    """

    def __init__(self) -> None:
        self._ledger = ledger = Ledger()
        self._header = header = Header(ledger)
        self._begun = False
        self._tree = tree = Tree(ledger)
        self._timeline = timeline = Timeline(ledger, tree)
        self._tokens = tokens = Tokens(ledger, tree, timeline)
        tools = Tools(ledger, tree, timeline)
        messages = Messages(ledger, tree, timeline, tokens, tools)
        notes = Notes(ledger, tree, timeline, tools)
        state = State(ledger, timeline)
        self._steps: dict[type[Event], tuple[Callable[[Any], None], ...]] = {
            RunStarted: (header.run_started, timeline.run_started),
            TaskStarted: (timeline.task_started,),
            CallStarted: (tokens.call_started,),
            Token: (tokens.token,),
            Message: (messages.message,),
            CallFinished: (tokens.call_finished,),
            ToolStarted: (tools.tool_started,),
            ToolFinished: (tools.tool_finished,),
            Custom: (notes.custom,),
            TaskRetried: (timeline.task_retried,),
            Update: (timeline.update, state.update, messages.update),
            TaskFinished: (tokens.task_finished, tools.task_finished, timeline.task_finished),
            Interrupted: (header.interrupted, timeline.interrupted),
            Values: (timeline.barrier, messages.values, state.values),
            CheckpointSaved: (timeline.barrier, header.checkpoint),
            RunFinished: (
                tokens.run_finished,
                tools.run_finished,
                timeline.run_finished,
                state.run_finished,
                header.run_finished,
            ),
        }

    @property
    def tables(self) -> Tables:
        """The rows as they are now: table -> row id -> row. Read, do not change."""
        return self._ledger.tables

    def __call__(self, event: Event) -> list[Operation]:
        self._ledger.turn(event.time)
        if not self._begun:
            self._begin(event)
        for step in self._steps[type(event)]:
            step(event)
        self._tokens.show_in_time()
        return self._ledger.take()

    def tokens(self, events: Sequence[Token], texts: Sequence[str]) -> list[Operation]:
        """Tokens of one call that follow each other and hold text alone: as one by one, in fewer operations.

        ``texts`` are those of the events, see :func:`lgstream.views.fold.message_content.plain`.
        """
        self._ledger.turn(events[0].time)
        if not self._begun:
            self._begin(events[0])
        self._tokens.tokens(events, texts)
        self._tokens.show_in_time()
        return self._ledger.take()

    def pause(self) -> list[Operation]:
        """No event came for a while: what was held back, so that few operations tell much, is told now."""
        self._tokens.show_all()
        return self._ledger.take()

    def waits(self, answer: bool) -> list[Operation]:
        """Someone waits for the answers to the run's questions now, or no longer."""
        self._ledger.put("run", "run", asks=answer)
        return self._ledger.take()

    def answered(self, interrupt_id: str) -> list[Operation]:
        """One of the questions is answered; the run goes on when all are."""
        if interrupt_id == ask.BREAKPOINT:
            self._header.answered()
        else:
            self._timeline.answered(interrupt_id)
        return self._ledger.take()

    def _begin(self, event: Event) -> None:
        """The rows that every run has, whatever its first event."""
        self._begun = True
        self._header.begin(event.time)
        self._tree.begin()
