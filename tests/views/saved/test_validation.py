"""A saved run from anywhere is read, or refused with a ValueError; what is read can be shown.

``widgets/test/protocol/validation.test.ts`` checks the same file of hostile runs.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from lgstream.events import Event
from lgstream.notebook import load
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import empty_tables
from lgstream.views.render.document import tree_lines
from lgstream.views.saved import run_data
from lgstream.views.saved.run_data import read_operations, save_run
from lgstream.views.saved.validation import FIELDS, MAX_DEPTH, MAX_ROWS, validate_operations
from tests.support.scripted_runs import hostile_run, joke_run, send_run

FIXTURES = Path(__file__).parents[2] / "fixtures"
FIXTURE = json.loads((FIXTURES / "saved_runs.json").read_text("utf-8"))


def operations_of(events: list[Event]) -> list[Any]:
    fold = RunFold()
    items: list[Any] = json.loads(json.dumps([operation for event in events for operation in fold(event)]))
    return items


RUNS = [FIXTURE["base"], *(operations_of(events) for events in (joke_run(), send_run(2), hostile_run()))]


def saved(items: Any) -> dict[str, Any]:
    return {"operations": base64.b64encode(zlib.compress(json.dumps(items).encode())).decode()}


def tree_row(parent: str) -> dict[str, Any]:
    return {"parent": parent, "name": "n", "path": "n", "kind": "node", "status": "done", "order": 1}


def chain(depth: int) -> list[Any]:
    """Return a run whose tree has ``depth`` levels."""
    names = ["/", *map(str, range(1, depth))]
    return [[0, "tree", name, tree_row(names[index - 1] if index else "")] for index, name in enumerate(names)]


def notes(number: int) -> list[Any]:
    return [[0, "note", str(n), {"row": "/", "task": "", "path": "", "text": "", "at": 0}] for n in range(number)]


@pytest.mark.parametrize("case", FIXTURE["cases"], ids=lambda case: case["name"])
def test_a_hostile_run_is_refused_with_the_same_reason_as_in_the_front_end(case: dict[str, Any]):
    items = case["operations"] and FIXTURE["base"] + case["operations"]
    if case["reason"] is None:
        load(saved(items or FIXTURE["base"])).mime_bundle()
    else:
        with pytest.raises(ValueError) as raised:
            validate_operations(items)
        assert str(raised.value) == case["reason"]


def test_the_kind_of_every_field_is_known():
    protocol = json.loads((FIXTURES / "protocol.json").read_text("utf-8"))
    names = {table: " ".join(kinds.values()).split() for table, kinds in FIELDS.items()}
    assert {table: sorted(fields) for table, fields in names.items()} == {
        table: sorted(fields) for table, fields in protocol["tables"].items()
    }


@pytest.mark.parametrize("items", RUNS)
def test_every_run_of_ours_is_accepted_as_it_is(items: list[Any]):
    assert [list(operation) for operation in validate_operations(items)] == items


def test_the_levels_of_the_tree_are_bounded():
    load(saved(chain(MAX_DEPTH))).mime_bundle()
    with pytest.raises(ValueError, match=f"more than {MAX_DEPTH} levels deep"):
        load(saved(chain(MAX_DEPTH + 1)))


def test_the_number_of_rows_is_bounded():
    rows = notes(MAX_ROWS)
    validate_operations(chain(1) + rows[1:])
    with pytest.raises(ValueError, match="more than 20,000 rows"):
        validate_operations(chain(1) + rows)


def test_a_run_with_more_rows_than_can_be_read_is_truncated(monkeypatch: pytest.MonkeyPatch):
    operations = validate_operations(chain(1) + notes(2_000))
    tables = apply_operations(empty_tables(), operations)
    data = save_run(operations, tables, max_chars=16 * 1_900)
    assert data is not None and data["left_out"] == ""
    monkeypatch.setattr(run_data, "MAX_ROWS", 1_999)
    data = save_run(operations, tables, max_chars=16 * 1_900)
    assert data is not None and "writes" in data["left_out"]


def test_the_number_of_operations_is_bounded():
    with pytest.raises(ValueError, match="more than 300,000 operations"):
        validate_operations([[0, "run", "run", {}]] * 300_001)


def test_a_run_with_more_operations_than_can_be_read_is_truncated(monkeypatch: pytest.MonkeyPatch):
    operations = validate_operations(chain(1) + notes(2_000))
    tables = apply_operations(empty_tables(), operations)
    monkeypatch.setattr(run_data, "MAX_OPERATIONS", 1_999)
    data = save_run(operations, tables, max_chars=16 * 1_900)
    assert data is not None and "writes" in data["left_out"]
    assert len(read_operations(data)) <= 1_999


@pytest.mark.parametrize("field", ["shape", "pause", "mood"])
def test_deep_values_are_refused(field: str):
    data = f'[[0, "run", "run", {{"{field}": {"[" * 100_000}{"]" * 100_000}}}]]'.encode()
    with pytest.raises(ValueError, match="This is no saved run"):
        read_operations({"operations": base64.b64encode(zlib.compress(data)).decode()})


def test_half_a_surrogate_pair_becomes_a_question_mark():
    run = load(saved([[0, "run", "run", {"graph": "\ud800 and \U0001f600", "status": "done"}]]))
    assert "? and \U0001f600" in str(run)


def test_a_row_below_itself_is_not_visited():
    tables = empty_tables()
    tables["tree"].update({"/": tree_row(""), "": tree_row("")})
    assert [line.id for line in tree_lines(tables)] == ["/"]
