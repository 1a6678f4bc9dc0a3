"""Whole messages: the answer of a call that did not stream, and what nodes return; each is shown once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from lgstream.events import Message, Update, Values
from lgstream.inspection.classes import short_name
from lgstream.inspection.containers import container_base
from lgstream.inspection.fields import instance_fields
from lgstream.inspection.messages import is_message, message_id, message_type
from lgstream.views.fold.calls import CallFold
from lgstream.views.fold.message_content import message_fields, message_role, usage_counts
from lgstream.views.fold.nodes import TreeFold
from lgstream.views.fold.records import GraphRun
from lgstream.views.fold.state import state_items, state_updates
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.fold.tools import ToolFold

MAX_MESSAGES_READ = 200
"""Messages at the end of a list among which new ones are looked for."""


class MessageFold:
    """Adds a card for each message without one, and counts the repetitions of the others in ``folded``."""

    def __init__(
        self, store: TableStore, tree: TreeFold, timeline: TimelineFold, calls: CallFold, tools: ToolFold
    ) -> None:
        self._store = store
        self._tree = tree
        self._timeline = timeline
        self._calls = calls
        self._tools = tools
        self._card_count = 0
        self._repetitions: dict[str, int] = {}  # by card
        self._last_task_by_message: dict[str, str] = {}  # message id -> the id of the task that returned it last
        self._known_graph_runs: set[GraphRun] = set()

    def on_message(self, event: Message) -> None:
        message = event.message
        if not is_message(message):  # from a file; the event is left out and logged
            raise TypeError(f"A Message event holds no message, but a {short_name(type(message))}.")
        known_id = message_id(message)
        if known_id is not None and known_id in self._calls.card_by_message:
            self._count_return(event, known_id)
        elif event.call_id:
            self._put_call_answer(event)
        else:
            self._put_message(event, message)

    def on_update(self, event: Update) -> None:
        """Count the known messages that a task wrote, and show those that no ``Message`` event has shown."""
        for update in islice(state_updates(event.data), MAX_MESSAGES_READ):
            for message in state_messages(update):
                known_id = message_id(message)
                if known_id is None:
                    continue
                if known_id in self._calls.card_by_message:
                    self._count_return(event, known_id)
                else:
                    self._put_message(event, message)

    def on_values(self, event: Values) -> None:
        """Note the messages in the first state of a graph: they are its input, not output, and need no card."""
        graph_run = self._timeline.graph_run(event.ns)
        if graph_run in self._known_graph_runs:
            return
        self._known_graph_runs.add(graph_run)
        if not graph_run.step_tasks:
            for message in state_messages(event.data):
                if (known_id := message_id(message)) is not None:
                    self._calls.card_by_message.setdefault(known_id, "")

    def _put_call_answer(self, event: Message) -> None:
        """Put the whole answer of a call into its card, unless it was streamed."""
        message = event.message
        call = self._calls.calls.get(event.call_id) or self._calls.add_unannounced(event)
        if (new_id := message_id(message)) is not None:
            self._calls.card_by_message[new_id] = call.id
        if call.first_token_at is not None:
            self._count_repetition(call.id)
            return
        self._store.put("call", call.id, **message_fields(message))
        if not call.has_ended:
            call.usage = usage_counts(instance_fields(message).get("usage_metadata"))
            self._calls.end(call)

    def _put_message(self, event: Message | Update, message: Any) -> None:
        card = self._tools.put_answer(event.task_id, message) if message_type(message) == "tool" else ""
        card = card or self._add_card(event, message)
        if (new_id := message_id(message)) is not None:
            self._calls.card_by_message[new_id] = card
            self._last_task_by_message[new_id] = event.task_id

    def _add_card(self, event: Message | Update, message: Any) -> str:
        """Add a card for a message that belongs to no known call."""
        task, tree_node = self._timeline.task_and_node_of(event)
        self._card_count += 1
        card = f"m{self._card_count}"
        path = self._tree.path_for_row(tree_node, "call", card)
        self._store.put(
            "call", card, row=tree_node.id, task=task.id if task else "", path=path, role=message_role(message),
            started=self._store.now, ended=self._store.now, **message_fields(message),
        )  # fmt: skip
        return card

    def _count_return(self, event: Message | Update, message_id: str) -> None:
        """Count that a task returned a known message: once, though a Message and an Update report it."""
        if self._last_task_by_message.get(message_id) != event.task_id:
            self._last_task_by_message[message_id] = event.task_id
            self._count_repetition(self._calls.card_by_message[message_id])

    def _count_repetition(self, card: str) -> None:
        if card:
            self._repetitions[card] = self._repetitions.get(card, 0) + 1
            self._store.put("call", card, folded=self._repetitions[card])


def state_messages(data: Any) -> Iterator[Any]:
    """Yield the messages that are values of a state or an update, or items of its lists (reference rule 27)."""
    for _, value in state_items(data):
        base = container_base(type(value))
        is_sequence = base is list or base is tuple
        for item in base.__getitem__(value, slice(-MAX_MESSAGES_READ, None)) if is_sequence else (value,):
            if is_message(item) and message_type(item) != "remove":
                yield item
