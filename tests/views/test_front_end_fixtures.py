"""What Python and the front end compute alike, tested on the same files in ``tests/fixtures``.

The tests of the front end are ``widgets/test/dom/format.test.ts``, ``widgets/test/model/store.test.ts`` and
``widgets/test/model/treeOrder.test.ts``. Layouts of graphs are tested in ``tests/views/graph/test_layout_fixtures.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.tables import empty_tables
from lgstream.views.render.document import format_tool_call, tree_lines
from lgstream.views.text.format import describe_join, format_count, format_dollars, format_duration

FIXTURES = Path(__file__).parents[1] / "fixtures"


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text("utf-8"))


def test_numbers_and_tool_calls_are_written_alike() -> None:
    texts = fixture("format.json")
    assert [format_duration(seconds) for seconds, _ in texts["durations"]] == [text for _, text in texts["durations"]]
    assert [format_dollars(amount) for amount, _ in texts["dollars"]] == [text for _, text in texts["dollars"]]
    assert [format_count(*count) for *count, _ in texts["counts"]] == [text for *_, text in texts["counts"]]
    assert [describe_join(triggers) for triggers, _ in texts["joins"]] == [text for _, text in texts["joins"]]
    calls = [format_tool_call({"name": name, "args": args}) for name, args, _ in texts["tool_calls"]]
    assert calls == [text for *_, text in texts["tool_calls"]]


def test_operations_build_the_same_rows() -> None:
    content = fixture("operations.json")
    assert apply_operations(empty_tables(), [tuple(op) for op in content["operations"]]) == content["tables"]


def test_the_tree_is_in_the_same_order() -> None:
    content = fixture("tree_order.json")
    tables = empty_tables()
    tables["tree"].update(content["rows"])
    assert [[line.id, line.depth] for line in tree_lines(tables)] == content["order"]
