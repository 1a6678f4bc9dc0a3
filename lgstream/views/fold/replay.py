"""Operations back to rows, as the front end does it in TypeScript."""

from __future__ import annotations

from collections.abc import Iterable

from lgstream.views.fold.tables import Tables, append_texts
from lgstream.views.rows import Operation, Table


def apply_operations(tables: Tables, operations: Iterable[Operation]) -> Tables:
    """Apply operations to ``tables`` in place, and return it.

    Args:
        tables: the rows so far; for a whole run, :func:`lgstream.views.fold.tables.empty_tables`.
        operations: what happened since, in order.
    """
    unjoined_texts: dict[tuple[Table, str, str], list[str]] = {}
    for operation in operations:
        if len(operation) == 5:
            _, table, row, field, text = operation
            unjoined_texts.setdefault((table, row, field), []).append(text)
        else:
            _, table, row, values = operation
            for field in values:
                unjoined_texts.pop((table, row, field), None)
            tables[table].setdefault(row, {}).update(values)
    append_texts(tables, unjoined_texts)
    return tables
