"""The rows of a run as they are now, and the operations of the event that is being folded."""

from __future__ import annotations

from typing import Any, TypeAlias, get_args

from lgstream.views.rows import Operation, Table

Tables: TypeAlias = dict[Table, dict[str, dict[str, Any]]]
"""What the static forms read: table name -> row id -> row."""

_MISSING = object()


def empty() -> Tables:
    """Every table, with no rows."""
    return {table: {} for table in get_args(Table)}


class Ledger:
    """Takes puts and adds, keeps the rows that follow from them, and hands out the operations.

    Appended text is joined when the rows are looked at, not at each token: a string that grows by one token at a time
    would be copied as often.
    """

    def __init__(self) -> None:
        self.t = 0.0
        self._started: float | None = None
        self._tables = empty()
        self._grown: dict[tuple[Table, str, str], list[str]] = {}
        self._operations: list[Operation] = []

    @property
    def tables(self) -> Tables:
        """The rows as they are now. The same dicts each time: read, do not change."""
        grow(self._tables, self._grown)
        return self._tables

    def turn(self, time: float) -> None:
        """The operations from here on happen at ``time`` (Unix seconds). ``t`` never runs backwards."""
        if self._started is None:
            self._started = time
        self.t = max(self.t, self.since(time))

    def since(self, time: float) -> float:
        """Seconds from the run's start to ``time`` (Unix seconds), which may be past."""
        return 0.0 if self._started is None else max(0.0, round(time - self._started, 4))

    def put(self, table: Table, row: str, /, **values: Any) -> None:
        """Create the row or overwrite the given fields; what already is so makes no operation."""
        rows = self._tables[table]
        if (known := rows.get(row)) is None:
            known = rows[row] = {}
            changed = values
        else:
            if self._grown and any((table, row, name) in self._grown for name in values):
                grow(self._tables, self._grown)
            changed = {name: value for name, value in values.items() if known.get(name, _MISSING) != value}
            if not changed:
                return
        known.update(changed)
        if self._operations:
            last = self._operations[-1]
            if len(last) == 4 and last[1] == table and last[2] == row:
                last[3].update(changed)
                return
        self._operations.append((self.t, table, row, changed))

    def add(self, table: Table, row: str, field: str, text: str) -> None:
        """Append ``text`` to a string field of an existing row."""
        self._grown.setdefault((table, row, field), []).append(text)
        self._operations.append((self.t, table, row, field, text))

    def take(self) -> list[Operation]:
        """The operations since the last call."""
        taken, self._operations = self._operations, []
        return taken


def grow(tables: Tables, grown: dict[tuple[Table, str, str], list[str]]) -> None:
    """Append the collected pieces of text to their fields, and forget them."""
    for (table, row, field), pieces in grown.items():
        rows = tables[table].setdefault(row, {})
        rows[field] = rows.get(field, "") + "".join(pieces)
    grown.clear()
