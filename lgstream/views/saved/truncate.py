"""A run's operations with less in them, for where they do not all fit, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from lgstream.views.fold.tables import Tables
from lgstream.views.rows import Operation, Table
from lgstream.views.text.format import count, cut, middle

VALUES = frozenset({"input", "update", "diff", "values", "traceback", "question", "answer", "tool_calls"})
"""Fields that show values, at any length."""

SPOKEN = frozenset({"text", "reasoning"})
SAYING: tuple[Table, ...] = ("call", "note")

MANY: tuple[Table, ...] = ("task", "call", "note", "step")
"""Tables that grow with a run."""

NOUNS: dict[Table, str] = {"task": "task", "call": "card", "note": "write", "step": "superstep", "tree": "node"}


Grown: TypeAlias = tuple[Table, str, str, int]


class Share(NamedTuple):
    """What is kept: characters of a value, characters of what was said in one card, rows of a table."""

    value: int
    said: int
    rows: int

    def holds(self, whole: Share) -> bool:
        """Whether nothing of ``whole`` is left out."""
        return self.value >= whole.value and self.said >= whole.said and self.rows >= whole.rows


def extent(tables: Tables) -> Share:
    """The longest value, the longest text and the most rows that there are."""
    values = [row[name] for table in tables.values() for row in table.values() for name in VALUES & row.keys()]
    said = [len(row[name]) for table in SAYING for row in tables[table].values() for name in SPOKEN & row.keys()]
    return Share(max(map(_longest, values), default=0), max(said, default=0), max(len(tables[name]) for name in MANY))


def _longest(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | dict):
        return max(map(_longest, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def shorten(ops: Sequence[Operation], tables: Tables, share: Share, whole: Share) -> tuple[list[Operation], str]:
    """``ops``, which amount to ``tables`` of this extent, within ``share``; and in words what is left out.

    Of long texts the middle goes, of long values the end, of many rows those after the first ones; a row that failed
    or waits stays. What is kept keeps its times.
    """
    kept = _kept(tables, share.rows)
    fewer = [op for op in ops if op[1] not in kept or op[2] in kept[op[1]]]
    out = list(_said(fewer, share.said)) if share.said < whole.said else fewer
    out = [_cut(op, share.value) for op in out] if share.value < whole.value else out
    gone = [(name, len(tables[name]) - len(ids)) for name, ids in kept.items()]
    told = [count(number, NOUNS[name]) for name, number in gone if number]
    if out != fewer:
        told.append("parts of long texts and values")
    return out, ", ".join(told)


def _kept(tables: Tables, most: int) -> dict[Table, set[str]]:
    """The rows that stay, of the tables that may have many; of the tree, those that the others need."""
    kept: dict[Table, set[str]] = {}
    for name in MANY:
        ids = list(tables[name])
        odd = [each for each, row in tables[name].items() if row.get("status") in ("failed", "waiting")]
        some = most // 4
        kept[name] = set(ids) if len(ids) <= most else {*ids[:some], *ids[2 * some - most :], *odd[:some]}
    tree = tables["tree"]
    kept["tree"] = needed = set(tree)
    if len(tree) > most:
        needed.clear()
        for name in MANY:
            for each in kept[name]:
                place = tables[name][each].get("row", "")
                while place in tree and place not in needed:
                    needed.add(place)
                    place = tree[place].get("parent", "")
    return kept


def _said(ops: Sequence[Operation], limit: int) -> Iterator[Operation]:
    """``ops`` with the middle of long texts left out, whether they were put at once or grew."""
    totals: Counter[Grown] = Counter()
    for key, op in _grown(ops):
        if key is not None:
            totals[key] += len(op[4])
    passed: Counter[Grown] = Counter()
    for key, op in _grown(ops):
        if key is not None:
            if text := _part(op[4], passed[key], totals[key], limit):
                yield (op[0], op[1], op[2], op[3], text)
            passed[key] += len(op[4])
        elif op[1] in SAYING and any(len(op[3].get(name, "")) > limit for name in SPOKEN):
            fields = {name: _put(value, limit) if name in SPOKEN else value for name, value in op[3].items()}
            yield (op[0], op[1], op[2], fields)
        else:
            yield op


def _grown(ops: Sequence[Operation]) -> Iterator[tuple[Grown | None, Any]]:
    """Each operation; with a key, one for all texts added to a field since it was put last, where it adds to one."""
    puts: Counter[tuple[str, str, str]] = Counter()
    for op in ops:
        if len(op) == 5:
            yield (op[1], op[2], op[3], puts[op[1], op[2], op[3]]), op
        else:
            if op[1] in SAYING:
                puts.update((op[1], op[2], name) for name in SPOKEN if name in op[3])
            yield None, op


def _part(text: str, at: int, total: int, limit: int) -> str:
    """What stays of ``text``, found at ``at`` in one of ``total`` characters."""
    if total <= limit:
        return text
    tail = limit // 3
    head = limit - tail
    note = _note(total - limit) if at <= head < at + len(text) else ""
    return text[: max(head - at, 0)] + note + text[max(total - tail - at, 0) :]


def _put(text: str, limit: int) -> str:
    begin, hidden, end = middle(text, limit)
    return f"{begin}{_note(hidden)}{end}" if hidden else text


def _note(hidden: int) -> str:
    return f"\n\n… {hidden:,} characters left out …\n\n"


def _cut(op: Operation, limit: int) -> Operation:
    if len(op) == 5 or VALUES.isdisjoint(op[3]):
        return op
    fields = {name: _short(value, limit) if name in VALUES else value for name, value in op[3].items()}
    return (op[0], op[1], op[2], fields)


def _short(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return cut(value, limit)
    if isinstance(value, list):
        return [_short(each, limit) for each in value]
    if isinstance(value, dict):
        return {key: _short(each, limit) for key, each in value.items()}
    return value
