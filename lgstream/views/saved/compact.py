"""A run in fewer operations: the same end, and on the way there no moment is further off than the grain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from lgstream.views.rows import Add, Operation, Table

COUNTING = frozenset({"tokens", "rate", "calls", "tool_calls"})
"""Fields that are put again and again while a call goes on."""


def thinned(ops: Sequence[Operation], grain: float) -> list[Operation]:
    """``ops`` with what happens within ``grain`` seconds told at once: added texts, and counts that grow."""
    return paced(merged(ops, grain), grain)


def merged(ops: Iterable[Operation], within: float) -> list[Operation]:
    """The same effect in fewer operations: texts added to one field, with no put to it between, are added at once.

    The first of them gives the time, so those more than ``within`` seconds after it are left alone.
    """
    out: list[Operation] = []
    runs: list[tuple[int, Add, list[str]]] = []  # where the first add is, it, and the texts
    open_runs: dict[tuple[str, str, str], tuple[int, Add, list[str]]] = {}
    for op in ops:
        if len(op) == 4:
            for field in op[3]:
                open_runs.pop((op[1], op[2], field), None)
            out.append(op)
            continue
        key = op[1:4]
        run = open_runs.get(key)
        if run is not None and op[0] - run[1][0] <= within:
            run[2].append(op[4])
            continue
        open_runs[key] = (len(out), op, [op[4]])
        runs.append(open_runs[key])
        out.append(op)
    for at, first, texts in runs:
        if len(texts) > 1:
            out[at] = (first[0], first[1], first[2], first[3], "".join(texts))
    return out


def paced(ops: Sequence[Operation], within: float) -> list[Operation]:
    """The same effect in fewer operations: a count that is put again less than ``within`` seconds later is left out."""
    out: list[Operation] = []
    kept: dict[tuple[Table, str, str], float] = {}  # when the field is put next
    for op in reversed(ops):
        if len(op) == 5 or COUNTING.isdisjoint(op[3]):
            out.append(op)
            continue
        t, table, row, fields = op
        told: dict[str, Any] = {}
        for name, value in fields.items():
            if name in COUNTING:
                if kept.get((table, row, name), inf) - t < within:
                    continue
                kept[table, row, name] = t
            told[name] = value
        if told:
            out.append(op if len(told) == len(fields) else (t, table, row, told))
    out.reverse()
    return out
