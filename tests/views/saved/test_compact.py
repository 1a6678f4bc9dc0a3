"""Compact operations: fewer of them, the same final rows, and no value before its time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.run import RunFold
from lgstream.views.fold.tables import empty_tables
from lgstream.views.rows import Operation
from lgstream.views.saved.compact import compact, drop_intermediate_counts, merge_appends
from tests.support.scripted_runs import fold_tables, joke_run, long_run, send_run

RESOLUTION_SECONDS = 0.05


def add(text: str, row: str = "c1", field: str = "text", t: float = 0.0) -> Operation:
    return (t, "call", row, field, text)


def put(row: str = "c1", t: float = 0.0, **fields: Any) -> Operation:
    return (t, "call", row, fields)


def operations_of(events: list[Any]) -> list[Operation]:
    fold = RunFold()
    return [op for event in events for op in fold(event)]


def test_texts_added_to_one_field_are_merged():
    ops = [add("a", t=0.01), add("x", "c2"), add("b"), add("y", "c2")]
    assert merge_appends(ops, RESOLUTION_SECONDS) == [add("ab", t=0.01), add("xy", "c2")]


def test_a_put_of_the_field_separates_the_texts_around_it():
    ops = [add("a"), put(text="new"), add("b")]
    assert merge_appends(ops, RESOLUTION_SECONDS) == ops


def test_a_put_of_another_field_does_not_separate_texts():
    assert merge_appends([add("a"), put(tokens=1), add("b")], RESOLUTION_SECONDS) == [add("ab"), put(tokens=1)]


def test_texts_beyond_the_resolution_are_not_merged():
    ops = [add("a", t=0.0), add("b", t=RESOLUTION_SECONDS + 0.01)]
    assert merge_appends(ops, RESOLUTION_SECONDS) == ops


def test_the_last_of_several_counts_within_the_resolution_is_kept():
    ops = [put(t=0.0, tokens=1), put(t=0.01, tokens=2), put(t=0.02, tokens=3, rate=9.0)]
    assert drop_intermediate_counts(ops, RESOLUTION_SECONDS) == [put(t=0.02, tokens=3, rate=9.0)]


def test_counts_beyond_the_resolution_are_kept():
    ops = [put(t=0.1 * number, tokens=number) for number in range(20)]
    assert drop_intermediate_counts(ops, RESOLUTION_SECONDS) == ops


def test_other_fields_of_a_dropped_count_are_kept():
    ops = [put(t=0.0, tokens=1, status="running"), put(t=0.01, tokens=2)]
    assert drop_intermediate_counts(ops, RESOLUTION_SECONDS) == [put(t=0.0, status="running"), put(t=0.01, tokens=2)]


def test_a_compact_run_has_the_same_rows_and_ordered_times():
    for events in (joke_run(), send_run(), long_run(2_000, 4)):
        ops = compact(operations_of(events), 0.2)
        assert apply_operations(empty_tables(), ops) == fold_tables(events)
        assert [op[0] for op in ops] == sorted(op[0] for op in ops)


def test_the_number_of_operations_depends_on_the_duration_not_on_the_tokens():
    (few, many) = (operations_of(long_run(tokens, 1)) for tokens in (2_000, 4_000))
    assert len(many) > 4_000
    assert len(compact(few, 0.5)) < len(compact(many, 0.5)) < 100


times = st.floats(0, 1).map(lambda t: round(t, 4))
rows = st.sampled_from(["c1", "c2"])
fields = st.sampled_from(["text", "reasoning"])
values = st.dictionaries(fields, st.text(max_size=5), min_size=1) | st.dictionaries(
    st.sampled_from(["tokens", "rate"]), st.integers(), min_size=1
)
operations = st.lists(
    st.tuples(times, st.just("call"), rows, fields, st.text(max_size=5))
    | st.tuples(times, st.just("call"), rows, values),
    max_size=30,
).map(lambda ops: sorted(ops, key=lambda op: op[0]))


@given(operations, times)
def test_compacting_does_not_change_the_final_rows(ops: list[Any], resolution: float):
    assert apply_operations(empty_tables(), compact(ops, resolution)) == apply_operations(empty_tables(), ops)


@given(operations, times)
def test_every_remaining_count_was_put_at_that_time(ops: list[Any], resolution: float):
    for t, *where, fields in drop_intermediate_counts(ops, resolution):
        originals = [op for op in ops if op[0] == t and list(op[1:-1]) == where]
        assert any(fields == op[-1] or (len(op) == 4 and fields.items() <= op[-1].items()) for op in originals)
