"""Check the operations of a saved run, which may come from anywhere: afterwards every walk over its rows ends.

``widgets/src/protocol/validation.ts`` makes the same checks and gives the same reasons:
``tests/fixtures/saved_runs.json`` holds runs that both must accept or refuse. Tables and fields of a newer version are
skipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, TypeGuard

from lgstream.views.rows import Operation

MAX_ROWS = 20_000
"""Rows of all tables together."""

MAX_OPERATIONS = 300_000

MAX_DEPTH = 256
"""Levels of the namespace tree, and of tasks that run subgraphs."""

MAX_NESTING = 256
"""Levels of lists and objects in a field."""

MAX_LIST_LENGTH = 1_000
"""Retries or tool calls of one row."""

MAX_NUMBER = 1e15
MAX_SHAPE_NODES, MAX_SHAPE_EDGES = 300, 2_000
MAX_NAME_CHARS = 60
"""Characters of a name from the run in an error message."""

FIELDS = {
    "run": {
        "text": "graph error note left_out mermaid",
        "status": "status",
        "number": "started ended rate saved_at",
        "amount": "cost",
        "integer": "step calls tokens",
        "boolean": "asks",
        "drawable shape": "shape",
        "breakpoint": "pause",
    },
    "tree": {
        "text": "parent name path",
        "kind": "kind",
        "status": "status",
        "number": "started ended busy",
        "integer": "order visits tokens",
        "natural number": "color",
    },
    "task": {
        "text": "row node parent input update error traceback question answer",
        "status": "status",
        "number": "started ended released",
        "integer": "step tries",
        "boolean": "cached",
        "list of texts": "triggers",
        "list of changes": "diff",
        "list of questions": "ask",
        "list of up to 1,000 retries": "retries",
    },
    "call": {
        "text": "row task path role model name text reasoning error status answers args",
        "number": "started first ended",
        "amount": "cost",
        "integer": "tokens folded",
        "list of texts": "tags parts",
        "list of up to 1,000 tool calls": "tool_calls",
        "object of integers": "usage",
    },
    "note": {"text": "row task path text call", "number": "at", "integer": "writes"},
    "step": {"text": "row messages", "number": "started ended", "integer": "step", "object of texts": "values"},
}
"""The names of the fields of each table, by the kind of their values."""

REQUIRED_FIELDS = {
    "run": "",
    "tree": "parent name path kind status order",
    "task": "row node parent step started status",
    "call": "row task path role started",
    "note": "row task path text at",
    "step": "row step started",
}
"""What the first put of a row has."""

STATUSES = ("pending", "running", "waiting", "done", "failed", "stopped")
TREE_KINDS = ("graph", "node", "subgraph")

_KINDS = {
    table: {name: kind for kind, names in kinds.items() for name in names.split()} for table, kinds in FIELDS.items()
}
_REQUIRED = {table: names.split() for table, names in REQUIRED_FIELDS.items()}

Rows = dict[str, dict[str, dict[str, str]]]
"""What of a run refers to its rows: table name -> row id -> the fields ``parent`` and ``row``."""


def validate_operations(items: Any) -> list[Operation]:
    """Return the operations of a saved run, without tables and fields of a newer version.

    Args:
        items: the operations, parsed from JSON.

    Raises:
        ValueError: if they are not those of a run, with the first thing that is wrong.
    """
    if not isinstance(items, list):
        raise ValueError("its operations are not a list")  # noqa: TRY004 - what is wrong is the run
    if len(items) > MAX_OPERATIONS:
        raise ValueError(f"it has more than {MAX_OPERATIONS:,} operations")
    rows: Rows = {table: {} for table in FIELDS}
    operations: list[Operation] = []
    row_count = 0
    for number, item in enumerate(items):
        if not _is_operation(item):
            raise ValueError(f"operation {number} is neither a put nor an add")
        if item[1] not in rows:
            continue
        try:
            operation = _known_part(item, rows)
        except ValueError as error:
            raise ValueError(f"operation {number}: {error}") from None
        if operation is None:
            continue
        if len(operation) == 4 and operation[2] not in rows[operation[1]]:
            row_count += 1
            if row_count > MAX_ROWS:
                raise ValueError(f"it has more than {MAX_ROWS:,} rows")
            rows[operation[1]][operation[2]] = {}
        if len(operation) == 4:
            references = rows[operation[1]][operation[2]]
            references.update((name, operation[3][name]) for name in ("parent", "row") if name in operation[3])
        operations.append(operation)
    _check_references(rows)
    for table in ("tree", "task"):
        _check_depth(table, rows[table])
    return operations


def _is_operation(item: Any) -> bool:
    if not isinstance(item, list) or len(item) not in (4, 5):
        return False
    time, table, row = item[:3]
    if not _is_number(time) or not isinstance(table, str) or not isinstance(row, str):
        return False
    if len(item) == 5:
        return isinstance(item[3], str) and isinstance(item[4], str)
    return isinstance(item[3], dict)


def _known_part(item: list[Any], rows: Rows) -> Operation | None:
    """Return an operation without the fields that are not known, or None for an add to one of them."""
    time, table, row_id, *rest = item
    kinds, known_rows = _KINDS[table], rows[table]
    if not row_id:
        raise ValueError(f"the id of a {table} row is empty")
    if table == "run" and row_id != "run":
        raise ValueError(f'the only row of table run is "run", not {_quote(row_id)}')
    if len(rest) == 2:
        field, text = rest
        if field not in kinds:
            return None
        if row_id not in known_rows:
            raise ValueError(f"text is added to a row that does not exist: {table} {_quote(row_id)}")
        if kinds[field] != "text" or field in ("parent", "row"):
            raise ValueError(f"no text can be added to {table}.{field}")
        return (time, table, row_id, field, text)
    fields = _known_fields(table, rest[0])
    references = known_rows.get(row_id)
    if references is None:
        missing = next((name for name in _REQUIRED[table] if name not in fields), None)
        if missing is not None:
            raise ValueError(f"a new row has no {table}.{missing}")
    elif "parent" in fields and references.get("parent") != fields["parent"]:
        raise ValueError(f"the parent of a row changes: {table} {_quote(row_id)}")
    return (time, table, row_id, fields)


def _known_fields(table: str, values: dict[str, Any]) -> dict[str, Any]:
    kinds = _KINDS[table]
    fields = {name: value for name, value in values.items() if name in kinds}
    for name, value in fields.items():
        if not _CHECKS[kinds[name]](value):
            raise ValueError(f"{table}.{name} is no {kinds[name]}")
    return fields


def _check_references(rows: Rows) -> None:
    tree = rows["tree"]
    for row_id, fields in tree.items():
        if (row_id == "/") != (fields["parent"] == ""):
            raise ValueError(f"a row that is not the root has no parent, or the root has one: tree {_quote(row_id)}")
        if fields["parent"] and fields["parent"] not in tree:
            raise ValueError(f"the parent of a row is unknown: tree {_quote(row_id)}")
    for table in ("task", "call", "note", "step"):
        for row_id, fields in rows[table].items():
            if fields["row"] not in tree:
                raise ValueError(f"the tree row of a row is unknown: {table} {_quote(row_id)}")


def _check_depth(table: str, rows: dict[str, dict[str, str]]) -> None:
    """Check that no row is its own ancestor, and that no row has more than ``MAX_DEPTH`` ancestors."""
    depths: dict[str, int] = {"": 0}
    for row_id in rows:
        path: list[str] = []
        current = row_id
        while current not in depths and current in rows:
            depths[current] = -1  # on the path
            path.append(current)
            current = rows[current].get("parent", "")
        depth = depths.get(current, 0)
        if depth < 0:
            raise ValueError(f"a row is its own ancestor: {table} {_quote(current)}")
        for ancestor in reversed(path):
            depth += 1
            depths[ancestor] = depth
        if depth > MAX_DEPTH:
            raise ValueError(f"a row is more than {MAX_DEPTH} levels deep: {table} {_quote(row_id)}")


def _quote(name: str) -> str:
    return json.dumps(name if len(name) <= MAX_NAME_CHARS else name[:MAX_NAME_CHARS] + "…", ensure_ascii=False)


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -MAX_NUMBER <= value <= MAX_NUMBER  # false for NaN and infinity


def _is_amount(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_integer(value: Any) -> bool:
    return _is_number(value) and value == int(value)


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 0


def _is_list_of(check: Callable[[Any], bool], max_length: float = inf) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and len(value) <= max_length and all(map(check, value))


def _is_object_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def _is_tuple_of(*checks: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def is_tuple(value: Any) -> bool:
        is_list = isinstance(value, list) and len(value) == len(checks)
        return is_list and all(check(item) for check, item in zip(checks, value, strict=True))

    return is_tuple


_is_texts = _is_list_of(_is_text)
_is_edge = _is_tuple_of(_is_text, _is_text, lambda value: isinstance(value, bool), _is_text)


def _is_tool_call(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(value.get(name)) for name in ("id", "name", "args"))


def _is_question(value: Any) -> bool:
    if not isinstance(value, dict) or not _is_text(value.get("id")):
        return False
    schema, before = value.get("schema"), value.get("before")
    is_valid = (schema is None or isinstance(schema, dict)) and (before is None or _is_texts(before))
    return is_valid and _nesting(value) <= MAX_NESTING


def _is_breakpoint(value: Any) -> bool:
    return value is None or (_is_question(value) and _is_texts(value.get("before")))


def _nesting(value: Any) -> int:
    """Return the levels of lists and objects in a value, or one more than the limit if there are more."""
    level, values = 0, [value]
    while values and level <= MAX_NESTING:
        values = [item for outer in values for item in _items(outer)]
        level += 1
    return level


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _is_shape(value: Any) -> bool:
    shapes, node_count, edge_count, levels = [value], 0, 0, 0
    while shapes:
        inner = []
        for shape in shapes:
            if not isinstance(shape, dict) or not _is_text(shape.get("name")):
                return False
            nodes, edges = shape.get("nodes"), shape.get("edges")
            if not isinstance(nodes, list) or not isinstance(edges, list) or not all(map(_is_edge, edges)):
                return False
            node_count += len(nodes)
            edge_count += len(edges)
            if not all(isinstance(node, dict) and _is_text(node.get("name")) for node in nodes):
                return False
            inner += [node["graph"] for node in nodes if "graph" in node]
        levels += 1
        if node_count > MAX_SHAPE_NODES or edge_count > MAX_SHAPE_EDGES or levels > MAX_DEPTH:
            return False
        shapes = inner
    return True


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "status": lambda value: value in STATUSES,
    "kind": lambda value: value in TREE_KINDS,
    "number": _is_number,
    "amount": _is_amount,
    "integer": _is_integer,
    "natural number": _is_count,
    "boolean": lambda value: isinstance(value, bool),
    "list of texts": _is_texts,
    "object of texts": _is_object_of(_is_text),
    "object of integers": _is_object_of(_is_integer),
    "list of changes": _is_list_of(_is_tuple_of(_is_text, _is_text, _is_text)),
    "list of up to 1,000 retries": _is_list_of(_is_tuple_of(_is_number, _is_number, _is_text), MAX_LIST_LENGTH),
    "list of up to 1,000 tool calls": _is_list_of(_is_tool_call, MAX_LIST_LENGTH),
    "list of questions": _is_list_of(_is_question),
    "breakpoint": _is_breakpoint,
    "drawable shape": _is_shape,
}
