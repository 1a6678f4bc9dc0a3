"""Operations back to rows: what the painters do in TypeScript, for whoever has no painter."""

from __future__ import annotations

from collections.abc import Iterable

from lgstream.views.fold.tables import Tables, grow
from lgstream.views.rows import Operation, Table


def apply(tables: Tables, operations: Iterable[Operation]) -> Tables:
    """Carry out ``operations`` on ``tables`` in place and return it. A run starts from ``ledger.empty()``."""
    grown: dict[tuple[Table, str, str], list[str]] = {}
    for operation in operations:
        if len(operation) == 5:
            _, table, row, field, text = operation
            grown.setdefault((table, row, field), []).append(text)
        else:
            _, table, row, values = operation
            for field in values:
                if (table, row, field) in grown:
                    del grown[table, row, field]
            tables[table].setdefault(row, {}).update(values)
    grow(tables, grown)
    return tables
