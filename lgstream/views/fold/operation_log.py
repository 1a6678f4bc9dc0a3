"""The operations of a run in the order of their times, with the pieces of a streamed text merged.

This is the only place where text is merged: a fold merges the tokens of a frame here, the transport splits what it is
given by size, the front end appends it, and a saved run is written again at a coarser resolution
(:mod:`lgstream.views.saved.compact`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from lgstream.views.rows import Operation, Table

TEXT_RESOLUTION_SECONDS = 0.05
"""Text added to one field within this time is one operation: about a frame, and as fine as a reader can step back."""


class _OpenAdd(NamedTuple):
    """An add operation that later texts may join."""

    position: int  # of the operation in the log
    time: float
    texts: list[str]


class OperationLog:
    """Collects operations until they are taken.

    Text added to a field joins the previous add to it, which keeps its time, unless that is more than ``resolution``
    seconds older or the field was put in between. So the rows at any moment differ from those without merging only in
    text that came up to ``resolution`` seconds later. Operations that were taken are never changed.

    Args:
        resolution: seconds within which added texts are merged.
    """

    def __init__(self, resolution: float = TEXT_RESOLUTION_SECONDS) -> None:
        self._resolution = resolution
        self._operations: list[Operation] = []
        self._adds: list[_OpenAdd] = []
        self._open: dict[tuple[Table, str, str], _OpenAdd] = {}

    def put(self, time: float, table: Table, row: str, fields: dict[str, Any]) -> None:
        """Append a put operation."""
        if self._open:
            for field in fields:
                self._open.pop((table, row, field), None)
        self._operations.append((time, table, row, fields))

    def add(self, time: float, table: Table, row: str, field: str, text: str) -> None:
        """Append text to a field."""
        open_add = self._open.get((table, row, field))
        if open_add is not None and time <= open_add.time + self._resolution:
            open_add.texts.append(text)
        else:
            self._start_add(time, table, row, field, text)

    def add_all(
        self, table: Table, row: str, field: str, texts: Sequence[str], times: Sequence[float],
        start_time: float = 0.0, now: float = 0.0,
    ) -> None:  # fmt: skip
        """Append texts to a field, each at its time; like an ``add`` for each of them, but faster.

        Args:
            table: the table.
            row: the id of the row.
            field: the field.
            texts: the texts.
            times: their times in seconds.
            start_time: the time of the start of the run on the same clock.
            now: seconds since the start; earlier texts count as added now.
        """
        open_add = self._open.get((table, row, field))
        until = -inf if open_add is None else start_time + open_add.time + self._resolution
        pieces = [] if open_add is None else open_add.texts
        for time, text in zip(times, texts, strict=True):
            if time <= until:
                pieces.append(text)
            else:
                elapsed = max(now, round(time - start_time, 4))
                pieces = self._start_add(elapsed, table, row, field, text).texts
                until = start_time + elapsed + self._resolution

    def _start_add(self, time: float, table: Table, row: str, field: str, text: str) -> _OpenAdd:
        open_add = self._open[table, row, field] = _OpenAdd(len(self._operations), time, [text])
        self._adds.append(open_add)
        self._operations.append((time, table, row, field, text))
        return open_add

    def take(self) -> list[Operation]:
        """Return the operations since the last call. Later text does not join them."""
        operations = self._operations
        for position, _, texts in self._adds:
            if len(texts) > 1:
                time, table, row, field, _ = operations[position]  # type: ignore[misc]
                operations[position] = (time, table, row, field, "".join(texts))
        self._operations = []
        self._adds.clear()
        self._open.clear()
        return operations
