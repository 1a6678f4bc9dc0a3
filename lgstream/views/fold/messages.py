"""Whole messages: the answer of a call that did not stream, and what nodes return; each shown once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lgstream.events import Message, Update, Values
from lgstream.views.fold.calls import Call, Tokens
from lgstream.views.fold.message_content import role, usage, whole
from lgstream.views.fold.nodes import Tree
from lgstream.views.fold.records import Place, Scope
from lgstream.views.fold.state import keys
from lgstream.views.fold.tables import Ledger
from lgstream.views.fold.timeline import Timeline
from lgstream.views.fold.tools import Tools
from lgstream.views.text.json_preview import is_message

LOOK = 200
"""Messages at the end of a list that are looked at for new ones."""


class Messages:
    """Gives each message that has no card one, and counts the repetitions of the others in ``folded``."""

    def __init__(self, ledger: Ledger, tree: Tree, timeline: Timeline, tokens: Tokens, tools: Tools) -> None:
        self._ledger = ledger
        self._tree = tree
        self._timeline = timeline
        self._tokens = tokens
        self._tools = tools
        self._cards = 0
        self._folded: dict[str, int] = {}
        self._by: dict[str, str] = {}  # message id -> the task that returned it last
        self._known: set[Scope] = set()

    def message(self, event: Message) -> None:
        message = event.message
        if message.id is not None and message.id in self._tokens.seen:
            self._return(event, message.id)
        elif event.call_id:
            self._answer(event)
        else:
            self._show(event, message)

    def update(self, event: Update) -> None:
        """What a task wrote: messages seen before are folded; one that no event brought gets its card now."""
        for part in event.data if isinstance(event.data, list) else [event.data]:
            for message in messages(part):
                if message.id is None:
                    continue
                if message.id in self._tokens.seen:
                    self._return(event, message.id)
                else:
                    self._show(event, message)

    def values(self, event: Values) -> None:
        """The first state of a graph holds what it was given: its messages are no output, and need no card."""
        scope = self._timeline.scope(event.ns)
        if scope in self._known:
            return
        self._known.add(scope)
        if not scope.turn:
            for message in messages(event.data):
                if message.id is not None:
                    self._tokens.seen.setdefault(message.id, "")

    def _answer(self, event: Message) -> None:
        """The whole answer of a call: into its card, unless that was streamed."""
        call = self._tokens.calls.get(event.call_id) or self._tokens.unannounced(event)
        if event.message.id is not None:
            self._tokens.seen[event.message.id] = call.id
        if call.first is not None:
            self._fold(call.id)
            return
        self._ledger.put("call", call.id, **whole(event.message))
        self._use(call, event.message)

    def _use(self, call: Call, message: Any) -> None:
        if not call.ended:
            call.usage = usage(getattr(message, "usage_metadata", None))
            self._tokens.end(call)

    def _show(self, event: Message | Update, message: Any) -> None:
        card = self._tools.answered(event.task_id, message) if message.type == "tool" else ""
        card = card or self._make(event, message)
        if message.id is not None:
            self._tokens.seen[message.id] = card
            self._by[message.id] = event.task_id

    def _make(self, event: Message | Update, message: Any) -> str:
        """A card for a message that no call was heard of."""
        task = self._timeline.task(event)
        place: Place = task.place if task else self._timeline.scope(event.ns).place
        self._cards += 1
        card = f"m{self._cards}"
        path = self._tree.card(place, "call", card)
        self._ledger.put(
            "call", card, row=place.id, task=task.id if task else "", path=path, role=role(message),
            started=self._ledger.t, ended=self._ledger.t, **whole(message),
        )  # fmt: skip
        return card

    def _return(self, event: Message | Update, message_id: str) -> None:
        """A message comes again: once for a task, which says it in a Message and in its Update."""
        if self._by.get(message_id) != event.task_id:
            self._by[message_id] = event.task_id
            self._fold(self._tokens.seen[message_id])

    def _fold(self, card: str) -> None:
        if card:
            self._folded[card] = self._folded.get(card, 0) + 1
            self._ledger.put("call", card, folded=self._folded[card])


def messages(data: Any) -> Iterator[Any]:
    """The messages that are values of a state or an update, or items of its lists (reference rule 27)."""
    for _, value in keys(data):
        for item in value[-LOOK:] if isinstance(value, list | tuple) else (value,):
            if is_message(item) and item.type != "remove":
                yield item
