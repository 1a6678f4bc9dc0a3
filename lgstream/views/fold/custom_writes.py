"""What nodes and tools show while they run: values passed to a stream writer, and parts of a tool's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lgstream.events import Custom, RunFinished, ToolOutputDelta
from lgstream.inspection.json_preview import MAX_BLOCK_CHARS, text_or_json
from lgstream.inspection.text import plain_text, replace_surrogates
from lgstream.views.fold.message_content import MAX_TEXT_CHARS
from lgstream.views.fold.nodes import TreeFold
from lgstream.views.fold.operation_log import TEXT_RESOLUTION_SECONDS
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.fold.tools import ToolFold

MAX_SINGLE_WRITES = 20_000
"""Custom writes of a run that have a row each. Of a flood of more, those that arrive together share a row."""


@dataclass
class _SharedRow:
    """A row that further custom writes may join."""

    id: str
    source: tuple[str, str]  # the task, and the card of the tool
    until: float
    chars: int
    writes: int = 1


class CustomWriteFold:
    """Maintains the table ``note``, and the texts of running tools."""

    def __init__(self, store: TableStore, tree: TreeFold, timeline: TimelineFold, tools: ToolFold) -> None:
        self._store = store
        self._tree = tree
        self._timeline = timeline
        self._tools = tools
        self._row_count = 0
        self._shared: _SharedRow | None = None
        self._text_sizes: dict[str, int] = {}  # characters of the text of a tool's card

    def on_tool_output(self, event: ToolOutputDelta) -> None:
        """Append a text to the card of its tool, where the answer of the tool replaces it; show other values below."""
        card = self._tools.running_card(event.task_id, event.call_id)
        delta = plain_text(event.delta)
        if delta is None or not card:
            self._put_note(event, event.delta, card)
        elif (size := self._text_sizes.get(card, 0)) < MAX_TEXT_CHARS:
            text = replace_surrogates(delta[: MAX_TEXT_CHARS - size])
            self._text_sizes[card] = size + len(text)
            self._store.add("call", card, "text", text)

    def on_custom(self, event: Custom) -> None:
        """Put a row for the value."""
        self._put_note(event, event.data, self._tools.running_card(event.task_id, event.call_id))

    def on_run_finished(self, event: RunFinished) -> None:
        """Put the number of writes of the last row."""
        self._close_shared_row()

    def _put_note(self, event: Custom | ToolOutputDelta, data: Any, card: str) -> None:
        text, source, shared = text_or_json(data), (event.task_id, card), self._shared
        if shared is not None:
            if shared.source == source and self._store.now <= shared.until and shared.chars < MAX_BLOCK_CHARS:
                self._store.add("note", shared.id, "text", f"\n{text}")
                shared.chars += len(text)
                shared.writes += 1
                return
            self._close_shared_row()
        task, tree_node = self._timeline.task_and_node_of(event)
        self._row_count += 1
        row = f"c{self._row_count}"
        fields: dict[str, Any] = {"call": card} if card else {}
        if self._row_count > MAX_SINGLE_WRITES:
            self._shared = _SharedRow(row, source, self._store.now + TEXT_RESOLUTION_SECONDS, len(text))
            fields["writes"] = 1
        self._store.put(
            "note", row, row=tree_node.id, task=task.id if task else "",
            path=self._tree.path_for_row(tree_node, "note", row), text=text, at=self._store.now, **fields,
        )  # fmt: skip

    def _close_shared_row(self) -> None:
        if self._shared is not None:
            self._store.put("note", self._shared.id, writes=self._shared.writes)
            self._shared = None
