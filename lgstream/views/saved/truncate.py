"""A run with less content, for a saved run that would be too large, and the words for what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from lgstream.inspection.text import truncate
from lgstream.views.fold.tables import Tables
from lgstream.views.rows import Operation, Table, count_writes
from lgstream.views.text.format import format_count, truncate_middle

VALUE_FIELDS = frozenset({"input", "update", "diff", "values", "traceback", "question", "answer", "tool_calls"})
"""Fields that contain values of the run, which may be long."""

TEXT_FIELDS = frozenset({"text", "reasoning"})
TEXT_TABLES: tuple[Table, ...] = ("call", "note")

GROWING_TABLES: tuple[Table, ...] = ("task", "call", "note", "step")
"""Tables whose length depends on the length of the run."""

NOUNS: dict[Table, str] = {"task": "task", "call": "card", "note": "write", "step": "superstep", "tree": "node"}

AppendKey: TypeAlias = tuple[Table, str, str, int]
"""Table, row and field that text is added to, and how often the field was put before."""


class KeepLimits(NamedTuple):
    """What is kept: characters of a value, characters of a text, rows of a table."""

    value_chars: int
    text_chars: int
    rows: int

    def covers(self, size: KeepLimits) -> bool:
        """Return True if a run of ``size`` is kept completely."""
        return self.value_chars >= size.value_chars and self.text_chars >= size.text_chars and self.rows >= size.rows


def measure(tables: Tables) -> KeepLimits:
    """Return the limits that would just keep everything: the longest value, the longest text, the most rows."""
    values = [row[name] for table in tables.values() for row in table.values() for name in VALUE_FIELDS & row.keys()]
    text_rows = [row for table in TEXT_TABLES for row in tables[table].values()]
    text_lengths = [len(row[name]) for row in text_rows for name in TEXT_FIELDS & row.keys()]
    return KeepLimits(
        max(map(_longest_string, values), default=0),
        max(text_lengths, default=0),
        max(len(tables[name]) for name in GROWING_TABLES),
    )


def _longest_string(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | dict):
        return max(map(_longest_string, value.values() if isinstance(value, dict) else value), default=0)
    return 0


def truncate_run(
    operations: Sequence[Operation], tables: Tables, limits: KeepLimits, size: KeepLimits
) -> tuple[list[Operation], str]:
    """Leave out what exceeds the limits: the middle of long texts, the end of long values, and rows.

    Of many rows the first and the last ones are kept, and some of those that failed or wait. Whatever is kept keeps
    its time.

    Args:
        operations: the operations of a run.
        tables: the rows that they lead to.
        limits: what to keep.
        size: the size of the run, see :func:`measure`.

    Returns:
        The remaining operations, and a list in words of what was left out.
    """
    selected = _select_rows(tables, limits.rows)
    remaining = [op for op in operations if op[1] not in selected or op[2] in selected[op[1]]]
    is_text_too_long = limits.text_chars < size.text_chars
    truncated = list(_truncate_texts(remaining, limits.text_chars)) if is_text_too_long else remaining
    if limits.value_chars < size.value_chars:
        truncated = [_truncate_values(op, limits.value_chars) for op in truncated]
    missing = {name: [tables[name][row_id] for row_id in tables[name].keys() - ids] for name, ids in selected.items()}
    counts = {name: count_writes(rows) if name == "note" else len(rows) for name, rows in missing.items()}
    omissions = [format_count(number, NOUNS[name]) for name, number in counts.items() if number]
    if truncated != remaining:
        omissions.append("parts of long texts and values")
    return truncated, ", ".join(omissions)


def _select_rows(tables: Tables, max_rows: int) -> dict[Table, set[str]]:
    """Return the ids of the rows to keep: of growing tables by number, and of the tree those that they need."""
    selected: dict[Table, set[str]] = {}
    for name in GROWING_TABLES:
        ids = list(tables[name])
        unusual = [row_id for row_id, row in tables[name].items() if row.get("status") in ("failed", "waiting")]
        quarter = max_rows // 4
        if len(ids) <= max_rows:
            selected[name] = set(ids)
        else:
            selected[name] = {*ids[:quarter], *ids[2 * quarter - max_rows :], *unusual[:quarter]}
    tree = tables["tree"]
    selected["tree"] = needed = set(tree)
    if len(tree) > max_rows:
        needed.clear()
        for name in GROWING_TABLES:
            for row_id in selected[name]:
                tree_row = tables[name][row_id].get("row", "")
                while tree_row in tree and tree_row not in needed:
                    needed.add(tree_row)
                    tree_row = tree[tree_row].get("parent", "")
    return selected


def _truncate_texts(operations: Sequence[Operation], limit: int) -> Iterator[Operation]:
    """Leave out the middle of long texts, whether they were put at once or added piece by piece."""
    total_chars: Counter[AppendKey] = Counter()
    for key, op in _with_append_keys(operations):
        if key is not None:
            total_chars[key] += len(op[4])
    passed_chars: Counter[AppendKey] = Counter()
    for key, op in _with_append_keys(operations):
        if key is not None:
            if text := _truncate_piece(op[4], passed_chars[key], total_chars[key], limit):
                yield (op[0], op[1], op[2], op[3], text)
            passed_chars[key] += len(op[4])
        elif op[1] in TEXT_TABLES and any(len(op[3].get(name, "")) > limit for name in TEXT_FIELDS):
            fields = {
                name: _truncate_text(value, limit) if name in TEXT_FIELDS else value for name, value in op[3].items()
            }
            yield (op[0], op[1], op[2], fields)
        else:
            yield op


def _with_append_keys(operations: Sequence[Operation]) -> Iterator[tuple[AppendKey | None, Any]]:
    """Yield each operation; one that adds text with a key, common to all texts since the last put of the field."""
    put_counts: Counter[tuple[str, str, str]] = Counter()
    for op in operations:
        if len(op) == 5:
            yield (op[1], op[2], op[3], put_counts[op[1], op[2], op[3]]), op
        else:
            if op[1] in TEXT_TABLES:
                put_counts.update((op[1], op[2], name) for name in TEXT_FIELDS if name in op[3])
            yield None, op


def _truncate_piece(text: str, start: int, total: int, limit: int) -> str:
    """Return what remains of ``text``, which starts at index ``start`` of a text of ``total`` characters."""
    if total <= limit:
        return text
    end_chars = limit // 3
    beginning_chars = limit - end_chars
    note = _omission(total - limit) if start <= beginning_chars < start + len(text) else ""
    return text[: max(beginning_chars - start, 0)] + note + text[max(total - end_chars - start, 0) :]


def _truncate_text(text: str, limit: int) -> str:
    beginning, hidden, end = truncate_middle(text, limit)
    return f"{beginning}{_omission(hidden)}{end}" if hidden else text


def _omission(hidden: int) -> str:
    return f"\n\n… {hidden:,} characters left out …\n\n"


def _truncate_values(op: Operation, limit: int) -> Operation:
    if len(op) == 5 or VALUE_FIELDS.isdisjoint(op[3]):
        return op
    fields = {name: _truncate_value(value, limit) if name in VALUE_FIELDS else value for name, value in op[3].items()}
    return (op[0], op[1], op[2], fields)


def _truncate_value(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return truncate(value, limit)
    if isinstance(value, list):
        return [_truncate_value(item, limit) for item in value]
    if isinstance(value, dict):
        return {key: _truncate_value(item, limit) for key, item in value.items()}
    return value
