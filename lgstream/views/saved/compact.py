"""Fewer operations for the same run: the same final rows, and every moment in between off by at most the resolution.

A fold merges text at the resolution of a frame (:mod:`lgstream.views.fold.operation_log`). A saved run has one of its
own, which is coarser the longer the run is, so its text is merged again and the intermediate counts are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from lgstream.views.fold.operation_log import OperationLog
from lgstream.views.rows import Operation, Table

COUNT_FIELDS = frozenset({"tokens", "rate", "calls", "tool_calls"})
"""Fields that are put again and again while a call lasts."""


def compact(operations: Sequence[Operation], resolution: float) -> list[Operation]:
    """Merge added text and drop intermediate counts within ``resolution`` seconds."""
    return drop_intermediate_counts(merge_appends(operations, resolution), resolution)


def merge_appends(operations: Iterable[Operation], resolution: float) -> list[Operation]:
    """Merge texts added to one field within ``resolution`` seconds of the first, if no put to it is in between.

    The merged operation has the place and the time of the first.
    """
    log = OperationLog(resolution)
    for operation in operations:
        if len(operation) == 5:
            log.add(*operation)
        else:
            log.put(*operation)
    return log.take()


def drop_intermediate_counts(operations: Sequence[Operation], resolution: float) -> list[Operation]:
    """Drop counts that are put again less than ``resolution`` seconds later."""
    remaining: list[Operation] = []
    next_put: dict[tuple[Table, str, str], float] = {}  # the time of the next remaining put of a count
    for operation in reversed(operations):
        if len(operation) == 5 or COUNT_FIELDS.isdisjoint(operation[3]):
            remaining.append(operation)
            continue
        time, table, row, fields = operation
        remaining_fields: dict[str, Any] = {}
        for name, value in fields.items():
            if name in COUNT_FIELDS:
                if next_put.get((table, row, name), inf) - time < resolution:
                    continue
                next_put[table, row, name] = time
            remaining_fields[name] = value
        if remaining_fields:
            is_complete = len(remaining_fields) == len(fields)
            remaining.append(operation if is_complete else (time, table, row, remaining_fields))
    remaining.reverse()
    return remaining
