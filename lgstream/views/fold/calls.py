"""Model calls as they stream: a card each, and what they cost the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lgstream.events import CallFinished, CallStarted, RunFinished, TaskFinished, Token
from lgstream.views.fold.message_content import content, cost, tool_call, usage
from lgstream.views.fold.nodes import Tree
from lgstream.views.fold.records import Place
from lgstream.views.fold.tables import Ledger
from lgstream.views.fold.timeline import Timeline
from lgstream.views.text.format import clean, cut
from lgstream.views.text.tracebacks import cut_off, one_line

PACE = 0.1
"""Seconds of the run between two puts of the counts, which change with every token."""

PIECE = 0.05
"""Seconds of a call's text that may be one operation."""

GROWTH = 32
"""Tool-call arguments are put again when they grew by this part of their length: their cost stays proportional."""


@dataclass(slots=True, eq=False)
class Call:
    """A model call on its way. ``tools`` holds the pieces of id, name and arguments, by the chunks' index."""

    id: str
    task: str
    place: Place
    first: float | None = None
    ended: bool = False
    tokens: int = 0
    spent: int = 0  # of the tokens, those that the tree has been told of
    usage: dict[str, int] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    tools: dict[Any, tuple[list[str], list[str], list[str]]] = field(default_factory=dict)
    args: int = 0  # characters of the tool calls
    args_shown: int = 0


class Tokens:
    """Keeps the call rows of models, and the counts in the rows of the tree and the run.

    ``calls`` are the calls by id, ``seen`` the messages that have a card already: message id -> card, or ``""`` for a
    message that needs none (:class:`lgstream.views.fold.messages.Messages` adds to it).
    """

    def __init__(self, ledger: Ledger, tree: Tree, timeline: Timeline) -> None:
        self.calls: dict[str, Call] = {}
        self.seen: dict[str, str] = {}
        self._ledger = ledger
        self._tree = tree
        self._timeline = timeline
        self._open: dict[str, list[Call]] = {}
        self._changed: dict[str, Call] = {}
        self._shown_at = 0.0
        self._tokens = 0
        self._streamed = 0  # of them, those of calls that stream
        self._answering = 0  # calls between first token and end
        self._since = 0.0
        self._busy = 0.0
        self._cost = 0.0

    def call_started(self, event: CallStarted) -> None:
        if event.call_id not in self.calls:
            self._card(event, event.model, event.tags)

    def token(self, event: Token) -> None:
        call = self.calls.get(event.call_id) or self.unannounced(event)
        message = event.message
        if call.first is None:
            self._begin(call)
        if message.id not in self.seen and message.id is not None:
            self.seen[message.id] = call.id
        said = content(message)
        if said.text:
            self._ledger.add("call", call.id, "text", said.text)
        if said.reasoning:
            self._ledger.add("call", call.id, "reasoning", said.reasoning)
        if said.parts:
            call.parts = [*call.parts, *said.parts][:50]
            self._ledger.put("call", call.id, parts=call.parts)
        chunks = getattr(message, "tool_call_chunks", None)
        if chunks:
            self._grow(call, chunks)
        if said.text or said.reasoning or chunks:
            self._count(call, call.tokens + 1)
        if reported := usage(getattr(message, "usage_metadata", None)):
            call.usage = {name: call.usage.get(name, 0) + number for name, number in reported.items()}

    def tokens(self, events: Sequence[Token], texts: Sequence[str]) -> None:
        """Tokens of one call that follow each other, and their texts (``message_content.plain``).

        Text is put together, up to :data:`PIECE`.
        """
        call = self.calls.get(events[0].call_id)
        said: list[str] = []
        began = 0.0
        for event, text in zip(events, texts, strict=True):
            if call is None or call.first is None or event.message.id not in self.seen:
                self._say(call, said, began)
                self._ledger.turn(event.time)
                self.token(event)
                call = self.calls[event.call_id]
            elif text:
                if said and event.time - began > PIECE:
                    self._say(call, said, began)
                began = began if said else event.time
                said.append(text)
        self._say(call, said, began)
        self._ledger.turn(events[-1].time)

    def _say(self, call: Call | None, texts: list[str], began: float) -> None:
        """Add texts to the card of a call, at the time of the first; and forget them."""
        if call is not None and texts:
            self._ledger.turn(began)
            self._ledger.add("call", call.id, "text", clean("".join(texts)))
            self._count(call, call.tokens + len(texts))
            texts.clear()

    def call_finished(self, event: CallFinished) -> None:
        call = self.calls.get(event.call_id) or self.unannounced(event)
        call.usage = usage(event.usage) or call.usage
        if event.error is not None:
            self._ledger.put("call", call.id, error=cut_off(event.error) or one_line(event.error))
        if spent := cost(event.usage):
            self._cost = round(self._cost + spent, 9)
            self._ledger.put("call", call.id, cost=spent)
            self._ledger.put("run", "run", cost=self._cost)
        self.end(call)

    def task_finished(self, event: TaskFinished) -> None:
        """A task is over, and so is a call whose end nobody told."""
        for call in self._open.pop(event.task_id, ()):
            self.end(call)

    def run_finished(self, event: RunFinished) -> None:
        for calls in list(self._open.values()):
            for call in calls:
                self.end(call)
        self._open.clear()

    def unannounced(self, event: Any) -> Call:
        """The card of a call whose start nobody told; model and tags are in its tokens' metadata."""
        metadata = getattr(event, "metadata", None) or {}
        return self._card(event, str(metadata.get("ls_model_name") or ""), tuple(metadata.get("tags") or ()))

    def end(self, call: Call) -> None:
        """The call is over: its counts are put as they are. Nothing happens to a call that is over already."""
        if call.ended:
            return
        call.ended = True
        if call.first is not None:
            self._answering -= 1
            if not self._answering:
                self._busy += self._ledger.t - self._since
        if "output" in call.usage:
            self._count(call, call.usage["output"])
        values: dict[str, Any] = {"ended": self._ledger.t, "tokens": call.tokens}
        if call.usage:
            values["usage"] = call.usage
        self._ledger.put("call", call.id, **values)
        self._changed[call.id] = call
        self.show()

    def show_in_time(self) -> None:
        """Put the counts if they have not been put for a while."""
        if self._changed and self._ledger.t - self._shown_at >= PACE:
            self.show()

    def show_all(self) -> None:
        """Put the counts and arguments that are held back."""
        if self._changed:
            self.show(whole=True)

    def show(self, whole: bool = False) -> None:
        """Put every count that changed: of the calls, their places in the tree, and the run.

        Arguments that hardly grew are put only with ``whole``.
        """
        self._shown_at = self._ledger.t
        kept: dict[str, Call] = {}
        for call in self._changed.values():
            if call.tokens != call.spent:
                self._ledger.put("call", call.id, tokens=call.tokens)
                self._tree.spend(call.place, call.tokens - call.spent)
                call.spent = call.tokens
            if whole or call.ended or call.args - call.args_shown > call.args // GROWTH:
                self._show_tools(call)
            elif call.args != call.args_shown:
                kept[call.id] = call
        self._changed = kept
        busy = self._busy + (self._ledger.t - self._since if self._answering else 0.0)
        values: dict[str, Any] = {"tokens": self._tokens}
        if busy > 0:
            values["rate"] = round(self._streamed / busy, 1)
        self._ledger.put("run", "run", **values)

    def _card(self, event: Any, model: str, tags: tuple[str, ...]) -> Call:
        task = self._timeline.task(event)
        place = task.place if task else self._timeline.scope(event.ns).place
        call = Call(event.call_id, event.task_id, place)
        self.calls[call.id] = call
        self._open.setdefault(call.task, []).append(call)
        self._ledger.put(
            "call", call.id, row=place.id, task=task.id if task else "", path=self._tree.card(place, "call", call.id),
            role="model", started=self._ledger.t, text="", model=cut(clean(model), 120),
            tags=[cut(clean(str(tag)), 60) for tag in tags if not str(tag).startswith("seq:step")][:20],
        )  # fmt: skip
        self._ledger.put("run", "run", calls=len(self.calls))
        return call

    def _begin(self, call: Call) -> None:
        call.first = self._ledger.t
        self._ledger.put("call", call.id, first=call.first)
        if not call.ended:
            if not self._answering:
                self._since = call.first
            self._answering += 1

    def _count(self, call: Call, tokens: int) -> None:
        self._tokens += tokens - call.tokens
        if call.first is not None:
            self._streamed += tokens - call.tokens
        call.tokens = tokens
        self._changed[call.id] = call

    def _grow(self, call: Call, chunks: list[dict[str, Any]]) -> None:
        for chunk in chunks:
            at = chunk.get("index")
            ids, names, args = call.tools.setdefault(at if at is not None else chunk.get("id"), ([], [], []))
            for pieces, key in ((ids, "id"), (names, "name"), (args, "args")):
                if chunk.get(key):
                    pieces.append(str(chunk[key]))
                    call.args += len(pieces[-1])

    def _show_tools(self, call: Call) -> None:
        if not call.tools:
            return
        call.args_shown = call.args
        for pieces in call.tools.values():
            for part in pieces:
                part[:] = ["".join(part)]
        shown = [tool_call(ids[0], names[0], args[0]) for ids, names, args in call.tools.values()]
        self._ledger.put("call", call.id, tool_calls=shown[:100])
