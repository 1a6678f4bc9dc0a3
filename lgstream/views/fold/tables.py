"""The current rows of a run, and the operations that led from one moment to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, get_args

from lgstream.redaction import current_redactor
from lgstream.views.fold.operation_log import OperationLog
from lgstream.views.rows import Operation, Table

Tables: TypeAlias = dict[Table, dict[str, dict[str, Any]]]
"""Table name -> row id -> row."""

_MISSING = object()


def empty_tables() -> Tables:
    """Return every table, without rows."""
    return {table: {} for table in get_args(Table)}


class TableStore:
    """Applies put and add operations to the rows, and records them until they are taken.

    Added text is joined when the rows are read, not for each token: concatenating a growing string token by token
    would copy it as often.

    Attributes:
        now: the time of the current event in seconds since the start of the run. It never decreases.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._log = OperationLog()
        self._start_time: float | None = None
        self._tables = empty_tables()
        self._unjoined_texts: dict[tuple[Table, str, str], list[str]] = {}
        self._last_put: tuple[Table, str, dict[str, Any]] | None = None

    @property
    def tables(self) -> Tables:
        """The current rows; always the same dicts, not to be changed by the caller."""
        append_texts(self._tables, self._unjoined_texts)
        return self._tables

    def advance_to(self, time: float) -> None:
        """Set the time of the operations that follow, in Unix seconds. The first call sets the start of the run."""
        if self._start_time is None:
            self._start_time = time
        self.now = max(self.now, self.seconds_since_start(time))
        self._last_put = None

    def seconds_since_start(self, time: float) -> float:
        """Convert Unix seconds to seconds since the start of the run, rounded to 0.1 ms."""
        return 0.0 if self._start_time is None else max(0.0, round(time - self._start_time, 4))

    def put(self, table: Table, row: str, /, **values: Any) -> None:
        """Create a row or overwrite fields of it; values that are there already are not recorded again."""
        redactor = current_redactor()
        if redactor is not None:
            values = redactor.row(values)
        rows = self._tables[table]
        current = rows.get(row)
        if current is None:
            current = rows[row] = {}
            changes = values
        else:
            if self._unjoined_texts and any((table, row, name) in self._unjoined_texts for name in values):
                append_texts(self._tables, self._unjoined_texts)
            changes = {name: value for name, value in values.items() if current.get(name, _MISSING) != value}
            if not changes:
                return
        current.update(changes)
        last = self._last_put
        if last is not None and last[0] == table and last[1] == row:
            last[2].update(changes)  # consecutive puts of one event are one operation
        else:
            self._last_put = (table, row, changes)
            self._log.put(self.now, table, row, changes)

    def add(self, table: Table, row: str, field: str, text: str) -> None:
        """Append text to a string field of an existing row."""
        redactor = current_redactor()
        if redactor is not None:
            text = redactor.text(text)
        self._unjoined_texts.setdefault((table, row, field), []).append(text)
        self._last_put = None
        self._log.add(self.now, table, row, field, text)

    def add_all(self, table: Table, row: str, field: str, texts: Sequence[str], times: Sequence[float]) -> None:
        """Append texts to a field, each at its time in Unix seconds; ``now`` is left to the caller to advance."""
        redactor = current_redactor()
        if redactor is not None and not redactor.harmless_texts.issuperset(texts):
            texts = [redactor.text(text) for text in texts]
        self._unjoined_texts.setdefault((table, row, field), []).extend(texts)
        self._last_put = None
        self._log.add_all(table, row, field, texts, times, self._start_time or 0.0, self.now)

    def take_operations(self) -> list[Operation]:
        """Return the operations since the last call."""
        self._last_put = None
        return self._log.take()


def append_texts(tables: Tables, texts: dict[tuple[Table, str, str], list[str]]) -> None:
    """Append collected texts to their fields, and empty the collection."""
    for (table, row_id, field), pieces in texts.items():
        row = tables[table].setdefault(row_id, {})
        row[field] = row.get(field, "") + "".join(pieces)
    texts.clear()
