"""From the events of a run to a view of it, on a clock of its own: the run only appends to a list."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from lgstream.events import Event, Token
from lgstream.views.fold.message_content import text_only
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import Tables
from lgstream.views.rows import Operation
from lgstream.widgets.runview import RunView

log = logging.getLogger("lgstream.widgets")

TICK = 0.05
"""Seconds from one frame to the next."""

BUDGET = 0.01
"""Seconds of one tick that may go into folding: the run shares the interpreter, or the event loop, with it."""

MOST_TOKENS = 500
"""Tokens that are folded at once: between them the clock is looked at."""

QUIET_TICKS = 5
"""Ticks without an event until the view is told what was held back for the next one: a model may be at a loss."""

SEQ_TICKS = 20
"""Ticks from one telling of the last frame's number to the next."""


class Feed:
    """Folds the events of one run as they come, and gives a view the operations.

    Args:
        events: the run's events, a list that grows.
        view: what draws them.
    """

    def __init__(self, events: Sequence[Event], view: RunView) -> None:
        self._events = events
        self.view = view
        self._fold = RunFold()
        self._at = 0
        self._ticks = 0
        self._quiet = 0
        self._failed = False

    @property
    def tables(self) -> Tables:
        """The rows of what was folded so far."""
        return self._fold.tables

    @property
    def operations(self) -> list[Operation]:
        """What was folded so far, and what else the view was told."""
        return self.view.operations

    @property
    def behind(self) -> bool:
        """Whether events are left to be shown."""
        return self._at < len(self._events)

    def tick(self) -> None:
        """Show what has come since the last time, or as much of it as :data:`BUDGET` allows. Raises nothing."""
        self._ticks += 1
        try:
            self._quiet = 0 if self.behind else self._quiet + 1
            if self._quiet == QUIET_TICKS:
                self._fold.flush()
            else:
                self._fold_events()
            if ops := self._fold.take_operations():
                self.view.push(ops)
            if self._ticks % SEQ_TICKS == 0:
                self.view.tell_seq()
        except Exception:  # noqa: BLE001 - drawing must not disturb what runs; it is logged
            self._fail("The view could not be shown in full")

    def waits(self, hear: Callable[[str, Any], None] | None) -> None:
        """Have the view's forms sent to ``hear``, as interrupt id and answer; with None, no longer. Raises nothing.

        For the thread that ticks, like :meth:`answered`.
        """
        self.view.on_answer = hear
        self._tell(lambda: self._fold.set_accepts_answers(hear is not None))

    def answered(self, interrupt_id: str) -> None:
        """Take away the form of a question that was answered. Raises nothing."""
        self._tell(lambda: self._fold.remove_question(interrupt_id))

    def flush(self) -> None:
        """Show all that has come, and end the view. Raises nothing."""
        self._catch_up()
        try:
            self.view.end()
        except Exception:  # noqa: BLE001 - as above
            self._fail("The view could not be ended")

    def _catch_up(self) -> None:
        while self.behind:
            self.tick()

    def _tell(self, change: Callable[[], None]) -> None:
        """Show what is known besides the events, after those that came."""
        self._catch_up()
        try:
            change()
            self.view.push(self._fold.take_operations())
        except Exception:  # noqa: BLE001 - as above
            self._fail("The view could not be shown in full")

    def _fold_events(self) -> None:
        deadline = perf_counter() + BUDGET
        while self.behind:
            event = self._events[self._at]
            try:
                if isinstance(event, Token) and text_only(event.message) is not None:
                    self._fold.fold_text_tokens(*self._spoken(event.call_id))
                else:
                    self._at += 1
                    self._fold.fold(event)
            except Exception:  # noqa: BLE001 - as above
                self._fail(f"The view leaves out an event, {type(event).__name__}")
            if perf_counter() > deadline:
                break

    def _spoken(self, call_id: str) -> tuple[list[Token], list[str]]:
        """Take the tokens of a call that come next and hold text alone; and the texts."""
        spoken: list[Token] = []
        texts: list[str] = []
        for event in self._events[self._at : self._at + MOST_TOKENS]:
            if not isinstance(event, Token) or event.call_id != call_id or (text := text_only(event.message)) is None:
                break
            spoken.append(event)
            texts.append(text)
        self._at += len(spoken)
        return spoken, texts

    def _fail(self, what: str) -> None:
        """Log the exception being handled, the first time."""
        if not self._failed:
            self._failed = True
            log.exception("%s; the run goes on.", what)


@contextmanager
def clock_thread(tick: Callable[[], None]) -> Iterator[None]:
    """Call ``tick`` every :data:`TICK` in a thread, during the block."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(TICK):
            tick()

    thread = threading.Thread(target=beat, name="lgstream clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


async def heartbeat(tick: Callable[[], None]) -> None:
    """Call ``tick`` every :data:`TICK` on the running event loop, until cancelled.

    An event loop that sleeps does not notice that the kernel was interrupted; this one wakes often.
    """
    while True:
        tick()
        await asyncio.sleep(TICK)
