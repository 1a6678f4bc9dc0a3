"""Custom writes: a row for each value that a node passed to its stream writer."""

from __future__ import annotations

from lgstream.events import Custom
from lgstream.views.fold.nodes import TreeFold
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.fold.tools import ToolFold
from lgstream.views.text.format import bounded_text
from lgstream.views.text.json_preview import MAX_BLOCK_CHARS, json_block


class CustomWriteFold:
    """Maintains the table ``note``."""

    def __init__(self, store: TableStore, tree: TreeFold, timeline: TimelineFold, tools: ToolFold) -> None:
        self._store = store
        self._tree = tree
        self._timeline = timeline
        self._tools = tools
        self._row_count = 0

    def on_custom(self, event: Custom) -> None:
        task, tree_node = self._timeline.task_and_node_of(event)
        self._row_count += 1
        row = f"c{self._row_count}"
        data = event.data
        text = bounded_text(data, MAX_BLOCK_CHARS) if isinstance(data, str) else json_block(data)
        card = self._tools.running_card(event.task_id, event.call_id)
        self._store.put(
            "note", row, row=tree_node.id, task=task.id if task else "",
            path=self._tree.path_for_row(tree_node, "note", row), text=text, at=self._store.now,
            **({"call": card} if card else {}),
        )  # fmt: skip
