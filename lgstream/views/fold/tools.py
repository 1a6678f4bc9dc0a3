"""Running tools: a card for each, which collects its custom writes and its answer."""

from __future__ import annotations

from typing import Any

from lgstream.events import RunFinished, TaskFinished, ToolFinished, ToolStarted
from lgstream.inspection.classes import bases_of, short_name
from lgstream.inspection.description import error_line
from lgstream.inspection.fields import instance_fields
from lgstream.inspection.json_preview import json_block
from lgstream.inspection.messages import is_message
from lgstream.inspection.text import bounded_text, plain_text, replace_surrogates
from lgstream.views.fold.message_content import MAX_ARGUMENT_CHARS, MAX_NAME_CHARS, MAX_TEXT_CHARS, message_fields
from lgstream.views.fold.nodes import TreeFold
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import TimelineFold

BUBBLE_UP_CLASS_NAME = "GraphBubbleUp"
"""The class of the exceptions with which a tool asks a human or hands over; LangGraph has one of the same name."""


class ToolFold:
    """Maintains the ``call`` rows of tools, from the start of a tool to its answer."""

    def __init__(self, store: TableStore, tree: TreeFold, timeline: TimelineFold) -> None:
        self._store = store
        self._tree = tree
        self._timeline = timeline
        self._card_count = 0
        self._running_cards: dict[str, dict[str, str]] = {}  # task id -> call id -> card
        self._unanswered_cards: dict[tuple[str, str], str] = {}  # (task id, call id) -> card

    def on_tool_started(self, event: ToolStarted) -> None:
        task, tree_node = self._timeline.task_and_node_of(event)
        self._card_count += 1
        card = f"t{self._card_count}"
        self._running_cards.setdefault(event.task_id, {})[event.call_id] = card
        self._unanswered_cards[event.task_id, event.call_id] = card
        args = plain_text(event.input)
        if args is None:
            args = json_block(event.input, MAX_ARGUMENT_CHARS)
        self._store.put(
            "call", card, row=tree_node.id, task=task.id if task else "",
            path=self._tree.path_for_row(tree_node, "call", card), role="tool",
            name=bounded_text(event.name, MAX_NAME_CHARS), answers=replace_surrogates(event.call_id),
            args=bounded_text(args, MAX_ARGUMENT_CHARS), started=self._store.now, text="",
        )  # fmt: skip

    def on_tool_finished(self, event: ToolFinished) -> None:
        card = self._running_cards.get(event.task_id, {}).pop(event.call_id, None)
        if card is None:
            return
        fields: dict[str, Any] = {"ended": self._store.now}
        output = event.output
        if event.error is not None:
            if any(short_name(kind) == BUBBLE_UP_CLASS_NAME for kind in bases_of(type(event.error))):
                fields["status"] = "waiting"
            else:
                fields |= {"status": "error", "error": error_line(event.error)}
        elif is_message(output):
            fields |= message_fields(output)
        elif output is not None and short_name(type(output)) != "Command":  # its update shows the answer
            text = plain_text(output)
            text = json_block(output) if text is None else bounded_text(text, MAX_TEXT_CHARS)
            fields |= {"status": "success", "text": text}
        self._store.put("call", card, **fields)

    def running_card(self, task_id: str, call_id: str) -> str:
        """Return the card of the tool that made a custom write; ``""`` if it is not known.

        That is the tool call with the id ``call_id``, or else the only tool that runs in the task.
        """
        cards = self._running_cards.get(task_id, {})
        if call_id in cards:
            return cards[call_id]
        return next(iter(cards.values())) if len(cards) == 1 else ""

    def running_tool_name(self, task_id: str, call_id: str) -> str:
        """Return the name of a running tool; ``""`` if it is not known."""
        card = self._running_cards.get(task_id, {}).get(call_id, "")
        row: Any = self._store.tables["call"].get(card, {})
        return str(row.get("name", ""))

    def put_answer(self, task_id: str, message: Any) -> str:
        """Put a tool's answer into the card of its call, and return the card; ``""`` if there is no such card."""
        card = self._unanswered_cards.pop((task_id, plain_text(instance_fields(message).get("tool_call_id")) or ""), "")
        if card:
            row: Any = self._store.tables["call"][card]
            fields = message_fields(message)
            if row.get("error"):
                fields.pop("error", None)  # the error of the tool itself is more precise
            self._store.put("call", card, **({} if "ended" in row else {"ended": self._store.now}), **fields)
        return card

    def on_task_finished(self, event: TaskFinished) -> None:
        """End the tools of a task with it."""
        self._end_cards(self._running_cards.pop(event.task_id, {}))

    def on_run_finished(self, event: RunFinished) -> None:
        for cards in self._running_cards.values():
            self._end_cards(cards)
        self._running_cards.clear()

    def _end_cards(self, cards: dict[str, str]) -> None:
        for card in cards.values():
            self._store.put("call", card, ended=self._store.now)
