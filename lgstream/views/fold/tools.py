"""Tools while they run: a card each, which what they write and answer goes to."""

from __future__ import annotations

from typing import Any

from lgstream.events import RunFinished, TaskFinished, ToolFinished, ToolStarted
from lgstream.views.fold.message_content import ARGS, TEXT, whole
from lgstream.views.fold.nodes import Tree
from lgstream.views.fold.tables import Ledger
from lgstream.views.fold.timeline import Timeline
from lgstream.views.text.format import clean, cut
from lgstream.views.text.json_preview import is_message, pretty
from lgstream.views.text.tracebacks import one_line

ASKS = "GraphBubbleUp"
"""The class of what a tool raises to ask a human, or to hand over: of either package, so known by its name."""


class Tools:
    """Keeps the call rows of tools, from the start of each to its answer."""

    def __init__(self, ledger: Ledger, tree: Tree, timeline: Timeline) -> None:
        self._ledger = ledger
        self._tree = tree
        self._timeline = timeline
        self._cards = 0
        self._open: dict[str, dict[str, str]] = {}  # task id -> call id -> card
        self._last: dict[tuple[str, str], str] = {}  # task id, call id -> card

    def tool_started(self, event: ToolStarted) -> None:
        task = self._timeline.task(event)
        place = task.place if task else self._timeline.scope(event.ns).place
        self._cards += 1
        card = f"t{self._cards}"
        self._open.setdefault(event.task_id, {})[event.call_id] = self._last[event.task_id, event.call_id] = card
        args = event.input if isinstance(event.input, str) else pretty(event.input, ARGS)
        self._ledger.put(
            "call", card, row=place.id, task=task.id if task else "", path=self._tree.card(place, "call", card),
            role="tool", name=cut(clean(event.name), 120), answers=clean(event.call_id), args=cut(clean(args), ARGS),
            started=self._ledger.t, text="",
        )  # fmt: skip

    def tool_finished(self, event: ToolFinished) -> None:
        card = self._open.get(event.task_id, {}).pop(event.call_id, None)
        if card is None:
            return
        values: dict[str, Any] = {"ended": self._ledger.t}
        if event.error is not None:
            if any(kind.__name__ == ASKS for kind in type(event.error).__mro__):
                values["status"] = "waiting"
            else:
                values |= {"status": "error", "error": one_line(event.error)}
        elif is_message(event.output):
            values |= whole(event.output)
        elif isinstance(event.output, str | int | float | bool | dict | list):
            told = event.output if isinstance(event.output, str) else pretty(event.output)
            values |= {"status": "success", "text": cut(clean(told), TEXT)}
        self._ledger.put("call", card, **values)

    def writer(self, task_id: str, call_id: str) -> str:
        """The card of the tool call that wrote something: the one of this id, or the only one that runs in the task."""
        cards = self._open.get(task_id, {})
        if call_id in cards:
            return cards[call_id]
        return next(iter(cards.values())) if len(cards) == 1 else ""

    def answered(self, task_id: str, message: Any) -> str:
        """The card of the call that ``message`` answers, with the answer in it; "" where none is known."""
        card = self._last.pop((task_id, str(getattr(message, "tool_call_id", ""))), "")
        if card:
            row: Any = self._ledger.tables["call"][card]
            values = whole(message)
            if row.get("error"):
                values.pop("error", None)  # the error itself says more
            self._ledger.put("call", card, **({} if "ended" in row else {"ended": self._ledger.t}), **values)
        return card

    def task_finished(self, event: TaskFinished) -> None:
        """A task is over, and so are the tools in it."""
        for card in self._open.pop(event.task_id, {}).values():
            self._ledger.put("call", card, ended=self._ledger.t)

    def run_finished(self, event: RunFinished) -> None:
        for cards in self._open.values():
            for card in cards.values():
                self._ledger.put("call", card, ended=self._ledger.t)
        self._open.clear()
