"""Model calls while they stream: a card for each, and their token counts and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lgstream.events import CallFinished, CallStarted, RunFinished, TaskFinished, Token
from lgstream.inspection.description import error_line
from lgstream.inspection.fields import instance_fields
from lgstream.inspection.messages import message_id
from lgstream.inspection.text import bounded_text, plain_text, replace_surrogates
from lgstream.views.fold.message_content import (
    MAX_NAME_CHARS,
    MAX_PARTS,
    MAX_TOOL_CALLS,
    parse_content,
    reported_cost,
    tool_call_entry,
    usage_counts,
)
from lgstream.views.fold.nodes import TreeFold
from lgstream.views.fold.records import TreeNode
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.text.tracebacks import cancellation_reason

COUNT_INTERVAL_SECONDS = 0.1
"""Seconds of the run between two puts of the counts, which change with every token."""

ARGUMENT_GROWTH_DIVISOR = 32
"""Streamed arguments are put again once they grew by this fraction of their length, so the total stays proportional."""

MAX_TAGS_READ = 100


@dataclass(slots=True, eq=False)
class CallRecord:
    """A model call in progress.

    Attributes:
        first_token_at: seconds since the start of the run; None before the first token.
        counted_tokens: of ``tokens``, those that the tree has counted.
        tool_call_pieces: the pieces of id, name and arguments by the index of the tool call in the chunks.
        argument_chars: characters of all tool calls so far.
        shown_argument_chars: how many of them were put.
    """

    id: str
    task_id: str
    tree_node: TreeNode
    first_token_at: float | None = None
    has_ended: bool = False
    tokens: int = 0
    counted_tokens: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    tool_call_pieces: dict[Any, tuple[list[str], list[str], list[str]]] = field(default_factory=dict)
    argument_chars: int = 0
    shown_argument_chars: int = 0


class CallFold:
    """Maintains the ``call`` rows of models, and the counts in the rows of the tree and the run.

    Attributes:
        calls: the calls by id.
        card_by_message: message id to card, ``""`` for a message that needs none. A shared index:
            :class:`lgstream.views.fold.messages.MessageFold` adds to it.
    """

    def __init__(self, store: TableStore, tree: TreeFold, timeline: TimelineFold) -> None:
        self.calls: dict[str, CallRecord] = {}
        self.card_by_message: dict[str, str] = {}
        self._store = store
        self._tree = tree
        self._timeline = timeline
        self._running_calls: dict[str, list[CallRecord]] = {}  # by task id
        self._changed_calls: dict[str, CallRecord] = {}
        self._flushed_at = 0.0
        self._tokens = 0
        self._streamed_tokens = 0
        self._streaming_calls = 0  # calls between their first token and their end
        self._streaming_since = 0.0
        self._streaming_seconds = 0.0
        self._cost = 0.0

    def on_call_started(self, event: CallStarted) -> None:
        if event.call_id not in self.calls:
            self._add_card(event, event.model, event.tags)

    def on_token(self, event: Token) -> None:
        call = self.calls.get(event.call_id) or self.add_unannounced(event)
        message = event.message
        if call.first_token_at is None:
            self._start_streaming(call)
        new_id = message_id(message)
        if new_id not in self.card_by_message and new_id is not None:
            self.card_by_message[new_id] = call.id
        content = parse_content(message)
        if content.text:
            self._store.add("call", call.id, "text", content.text)
        if content.reasoning:
            self._store.add("call", call.id, "reasoning", content.reasoning)
        if content.parts:
            call.parts = [*call.parts, *content.parts][:MAX_PARTS]
            self._store.put("call", call.id, parts=call.parts)
        fields = instance_fields(message)
        chunks = fields.get("tool_call_chunks")
        chunks = [chunk for chunk in chunks if type(chunk) is dict] if type(chunks) is list else None
        if chunks:
            self._add_tool_call_chunks(call, chunks)
        if content.text or content.reasoning or chunks:
            self._set_tokens(call, call.tokens + 1)
        if usage := usage_counts(fields.get("usage_metadata")):
            call.usage = {name: call.usage.get(name, 0) + number for name, number in usage.items()}

    def on_text_tokens(self, events: Sequence[Token], texts: Sequence[str]) -> None:
        """Fold successive tokens of one call that contain only text; like :meth:`on_token` for each, but faster.

        Args:
            events: the tokens.
            texts: their texts, see :func:`lgstream.views.fold.message_content.text_only`.
        """
        start = 0
        while start < len(events) and not self._is_streaming(events[start]):
            self._store.advance_to(events[start].time)
            self.on_token(events[start])
            start += 1
        if start:
            events, texts = events[start:], texts[start:]
        if not {message_id(event.message) for event in events} <= self.card_by_message.keys():
            for event in events:
                self._store.advance_to(event.time)
                self.on_token(event)
        elif events:
            self._add_texts(self.calls[events[0].call_id], events, texts)
            self._store.advance_to(events[-1].time)

    def _is_streaming(self, event: Token) -> bool:
        """Return True if a token continues a message that has a card."""
        call = self.calls.get(event.call_id)
        return (
            call is not None and call.first_token_at is not None and message_id(event.message) in self.card_by_message
        )

    def _add_texts(self, call: CallRecord, events: Sequence[Token], texts: Sequence[str]) -> None:
        times = [event.time for event in events]
        if "" in texts:
            times = [time for time, text in zip(times, texts, strict=True) if text]
            texts = [text for text in texts if text]
        if not texts:
            return
        if not "".join(texts).isascii():
            texts = [replace_surrogates(text) for text in texts]
        self._store.add_all("call", call.id, "text", texts, times)
        self._set_tokens(call, call.tokens + len(texts))

    def on_call_finished(self, event: CallFinished) -> None:
        call = self.calls.get(event.call_id) or self.add_unannounced(event)
        call.usage = usage_counts(event.usage) or call.usage
        if event.error is not None:
            self._store.put("call", call.id, error=cancellation_reason(event.error) or error_line(event.error))
        if cost := reported_cost(event.usage):
            self._cost = round(self._cost + cost, 9)
            self._store.put("call", call.id, cost=cost)
            self._store.put("run", "run", cost=self._cost)
        self.end(call)

    def on_task_finished(self, event: TaskFinished) -> None:
        """End the calls of a task with it, if their own end was not reported."""
        for call in self._running_calls.pop(event.task_id, ()):
            self.end(call)

    def on_run_finished(self, event: RunFinished) -> None:
        for calls in list(self._running_calls.values()):
            for call in calls:
                self.end(call)
        self._running_calls.clear()

    def add_unannounced(self, event: Any) -> CallRecord:
        """Add a card for a call without a ``CallStarted`` event, with model and tags from the event's metadata."""
        metadata = getattr(event, "metadata", None)
        if type(metadata) is not dict:
            return self._add_card(event, "", ())
        tags: Any = metadata.get("tags")
        is_list = type(tags) is list or type(tags) is tuple
        return self._add_card(event, plain_text(metadata.get("ls_model_name")) or "", tuple(tags) if is_list else ())

    def end(self, call: CallRecord) -> None:
        """End a call and put its counts. Does nothing if the call has ended already."""
        if call.has_ended:
            return
        call.has_ended = True
        if call.first_token_at is not None:
            self._streaming_calls -= 1
            if not self._streaming_calls:
                self._streaming_seconds += self._store.now - self._streaming_since
        if "output" in call.usage:
            self._set_tokens(call, call.usage["output"])
        fields: dict[str, Any] = {"ended": self._store.now, "tokens": call.tokens}
        if call.usage:
            fields["usage"] = call.usage
        self._store.put("call", call.id, **fields)
        self._changed_calls[call.id] = call
        self.flush()

    def flush_if_due(self) -> None:
        """Put the counts if they have not been put for :data:`COUNT_INTERVAL_SECONDS`."""
        if self._changed_calls and self._store.now - self._flushed_at >= COUNT_INTERVAL_SECONDS:
            self.flush()

    def flush_all(self) -> None:
        """Put all counts and arguments that have changed."""
        if self._changed_calls:
            self.flush(all_arguments=True)

    def flush(self, all_arguments: bool = False) -> None:
        """Put the counts that have changed, of calls, of their rows in the tree, and of the run.

        Args:
            all_arguments: also put the arguments of tool calls that grew only a little.
        """
        self._flushed_at = self._store.now
        still_changed: dict[str, CallRecord] = {}
        for call in self._changed_calls.values():
            if call.tokens != call.counted_tokens:
                self._store.put("call", call.id, tokens=call.tokens)
                self._tree.add_tokens(call.tree_node, call.tokens - call.counted_tokens)
                call.counted_tokens = call.tokens
            growth = call.argument_chars - call.shown_argument_chars
            if all_arguments or call.has_ended or growth > call.argument_chars // ARGUMENT_GROWTH_DIVISOR:
                self._put_tool_calls(call)
            elif growth:
                still_changed[call.id] = call
        self._changed_calls = still_changed
        seconds = self._streaming_seconds
        if self._streaming_calls:
            seconds += self._store.now - self._streaming_since
        fields: dict[str, Any] = {"tokens": self._tokens}
        if seconds > 0:
            fields["rate"] = round(self._streamed_tokens / seconds, 1)
        self._store.put("run", "run", **fields)

    def _add_card(self, event: Any, model: str, tags: tuple[str, ...]) -> CallRecord:
        task, tree_node = self._timeline.task_and_node_of(event)
        call = CallRecord(event.call_id, event.task_id, tree_node)
        self.calls[call.id] = call
        self._running_calls.setdefault(call.task_id, []).append(call)
        texts = [text for tag in tags[:MAX_TAGS_READ] if (text := plain_text(tag)) is not None]
        visible_tags = [bounded_text(text, 60) for text in texts if not text.startswith("seq:step")]
        self._store.put(
            "call", call.id, row=tree_node.id, task=task.id if task else "",
            path=self._tree.path_for_row(tree_node, "call", call.id), role="model", started=self._store.now, text="",
            model=bounded_text(model, MAX_NAME_CHARS), tags=visible_tags[:20],
        )  # fmt: skip
        self._store.put("run", "run", calls=len(self.calls))
        return call

    def _start_streaming(self, call: CallRecord) -> None:
        call.first_token_at = self._store.now
        self._store.put("call", call.id, first=call.first_token_at)
        if not call.has_ended:
            if not self._streaming_calls:
                self._streaming_since = call.first_token_at
            self._streaming_calls += 1

    def _set_tokens(self, call: CallRecord, tokens: int) -> None:
        self._tokens += tokens - call.tokens
        if call.first_token_at is not None:
            self._streamed_tokens += tokens - call.tokens
        call.tokens = tokens
        self._changed_calls[call.id] = call

    def _add_tool_call_chunks(self, call: CallRecord, chunks: list[dict[str, Any]]) -> None:
        for chunk in chunks:
            index = chunk.get("index")
            key = index if type(index) is int or type(index) is str else plain_text(chunk.get("id"))
            ids, names, arguments = call.tool_call_pieces.setdefault(key, ([], [], []))
            for pieces, name in ((ids, "id"), (names, "name"), (arguments, "args")):
                if piece := plain_text(chunk.get(name)):
                    pieces.append(piece)
                    call.argument_chars += len(pieces[-1])

    def _put_tool_calls(self, call: CallRecord) -> None:
        if not call.tool_call_pieces:
            return
        call.shown_argument_chars = call.argument_chars
        for tool_call in call.tool_call_pieces.values():
            for pieces in tool_call:
                pieces[:] = ["".join(pieces)]
        entries = [tool_call_entry(ids[0], names[0], args[0]) for ids, names, args in call.tool_call_pieces.values()]
        self._store.put("call", call.id, tool_calls=entries[:MAX_TOOL_CALLS])
