"""Updates a view from the events of a run at regular intervals; the run itself only appends events to a list."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from lgstream.events import Event, Token
from lgstream.redaction import current_redactor, using_redactor
from lgstream.views.fold.message_content import text_only
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables
from lgstream.views.rows import Operation
from lgstream.widgets.runview import RunView

logger = logging.getLogger("lgstream.widgets")

TICK_SECONDS = 0.05
"""Time between two updates of the view, which send a frame each."""

FOLD_BUDGET_SECONDS = 0.01
"""Time that one update may spend folding, because it shares the interpreter or the event loop with the run."""

MAX_TOKENS_PER_FOLD = 500
"""Tokens that are folded together; the time is checked after each such batch."""

QUIET_TICKS = 5
"""Updates without an event after which rows that wait for the next event are sent: a model may be thinking."""

TICKS_PER_SEQ_SYNC = 20
"""Updates between two synchronizations of the last frame's number."""


class Feed:
    """Folds the events of one run into rows as they arrive, and pushes the operations to a view.

    Args:
        events: the events of the run, a list that grows.
        view: the view to update.

    Attributes:
        redactor: hides secrets in the view; None to show all.
    """

    def __init__(self, events: Sequence[Event], view: RunView) -> None:
        self._events = events
        self.view = view
        self.redactor = current_redactor()
        self._fold = RunFold()
        self._position = 0  # of the next event to fold
        self._ticks = 0
        self._quiet_ticks = 0
        self._has_failed = False

    @property
    def tables(self) -> Tables:
        """The rows of all events that were folded."""
        return self._fold.tables

    @property
    def operations(self) -> list[Operation]:
        """All operations that were pushed to the view."""
        return self.view.operations

    @property
    def has_pending_events(self) -> bool:
        """True if there are events that were not folded yet."""
        return self._position < len(self._events)

    def tick(self) -> None:
        """Show the events since the last tick, as many as :data:`FOLD_BUDGET_SECONDS` allows. Never raises."""
        self._ticks += 1
        try:
            self._quiet_ticks = 0 if self.has_pending_events else self._quiet_ticks + 1
            with using_redactor(self.redactor):
                if self._quiet_ticks == QUIET_TICKS:
                    self._fold.flush()
                else:
                    self._fold_events()
            if operations := self._fold.take_operations():
                self.view.push(operations)
            if self._ticks % TICKS_PER_SEQ_SYNC == 0:
                self.view.sync_last_seq()
        except Exception:  # noqa: BLE001 - drawing must not disturb the run; it is logged
            self._log_first_failure("The view could not be shown in full")

    def enable_forms(self, on_answer: Callable[[str, Any], None]) -> None:
        """Let the reader answer open questions in forms. Never raises.

        Must be called by the thread that calls :meth:`tick`, like :meth:`disable_forms` and :meth:`close_form`.

        Args:
            on_answer: called with interrupt id and answer when a form is sent.
        """
        self.view.on_answer = on_answer
        self._change(lambda: self._fold.set_accepts_answers(True))

    def disable_forms(self) -> None:
        """End what :meth:`enable_forms` started. Never raises."""
        self.view.on_answer = None
        self._change(lambda: self._fold.set_accepts_answers(False))

    def close_form(self, interrupt_id: str) -> None:
        """Remove the form of a question that was answered. Never raises."""
        self._change(lambda: self._fold.remove_question(interrupt_id))

    def flush(self) -> None:
        """Show all events and finish the view. Never raises."""
        self._fold_pending_events()
        try:
            self.view.finish()
        except Exception:  # noqa: BLE001 - as above
            self._log_first_failure("The view could not be finished")

    def _fold_pending_events(self) -> None:
        while self.has_pending_events:
            self.tick()

    def _change(self, change: Callable[[], None]) -> None:
        """Show a change of the fold that is not an event, after all events so far."""
        self._fold_pending_events()
        try:
            with using_redactor(self.redactor):
                change()
            self.view.push(self._fold.take_operations())
        except Exception:  # noqa: BLE001 - as above
            self._log_first_failure("The view could not be shown in full")

    def _fold_events(self) -> None:
        deadline = perf_counter() + FOLD_BUDGET_SECONDS
        while self.has_pending_events:
            event = self._events[self._position]
            try:
                if isinstance(event, Token) and text_only(event.message) is not None:
                    self._fold.fold_text_tokens(*self._take_text_tokens(event.call_id))
                else:
                    self._position += 1
                    self._fold.fold(event)
            except Exception:  # noqa: BLE001 - as above
                self._log_first_failure(f"The view leaves out an event, {type(event).__name__}")
            if perf_counter() > deadline:
                break

    def _take_text_tokens(self, call_id: str) -> tuple[list[Token], list[str]]:
        """Take the next tokens, as long as they belong to this call and contain only text; return also their texts."""
        tokens: list[Token] = []
        texts: list[str] = []
        for event in self._events[self._position : self._position + MAX_TOKENS_PER_FOLD]:
            if not isinstance(event, Token) or event.call_id != call_id or (text := text_only(event.message)) is None:
                break
            tokens.append(event)
            texts.append(text)
        self._position += len(tokens)
        return tokens, texts

    def _log_first_failure(self, what: str) -> None:
        """Log the exception that is being handled, unless one was logged before."""
        if not self._has_failed:
            self._has_failed = True
            logger.exception("%s; the run is not affected.", what)


@contextmanager
def clock_thread(tick: Callable[[], None]) -> Iterator[None]:
    """Call ``tick`` every :data:`TICK_SECONDS` in a thread, during the block."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(TICK_SECONDS):
            tick()

    thread = threading.Thread(target=run, name="lgstream clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


async def run_clock(tick: Callable[[], None]) -> None:
    """Call ``tick`` every :data:`TICK_SECONDS` on the running event loop, until cancelled.

    As it wakes the event loop often, the loop notices soon when the kernel was interrupted.
    """
    while True:
        tick()
        await asyncio.sleep(TICK_SECONDS)
