"""Custom writes: what a node gave to its stream writer, a row each."""

from __future__ import annotations

from lgstream.events import Custom
from lgstream.views.fold.nodes import Tree
from lgstream.views.fold.tables import Ledger
from lgstream.views.fold.timeline import Timeline
from lgstream.views.fold.tools import Tools
from lgstream.views.text.format import clean, cut
from lgstream.views.text.json_preview import LONG, pretty


class Notes:
    """Keeps the table ``note``."""

    def __init__(self, ledger: Ledger, tree: Tree, timeline: Timeline, tools: Tools) -> None:
        self._ledger = ledger
        self._tree = tree
        self._timeline = timeline
        self._tools = tools
        self._rows = 0

    def custom(self, event: Custom) -> None:
        task = self._timeline.task(event)
        place = task.place if task else self._timeline.scope(event.ns).place
        self._rows += 1
        row = f"c{self._rows}"
        text = cut(clean(event.data), LONG) if isinstance(event.data, str) else pretty(event.data)
        card = self._tools.writer(event.task_id, event.call_id)
        self._ledger.put(
            "note", row, row=place.id, task=task.id if task else "", path=self._tree.card(place, "note", row),
            text=text, at=self._ledger.t, **({"call": card} if card else {}),
        )  # fmt: skip
