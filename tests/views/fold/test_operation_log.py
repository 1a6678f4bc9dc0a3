"""The operation log merges added text within its resolution, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lgstream.views.fold.operation_log import TEXT_RESOLUTION_SECONDS, OperationLog
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.tables import empty_tables


def add(log: OperationLog, time: float, text: str, row: str = "c1") -> None:
    log.add(time, "call", row, "text", text)


def test_texts_within_the_resolution_are_one_operation_at_the_time_of_the_first() -> None:
    log = OperationLog()
    add(log, 0.0, "a")
    add(log, TEXT_RESOLUTION_SECONDS, "b")
    add(log, TEXT_RESOLUTION_SECONDS + 0.001, "c")
    assert log.take() == [
        (0.0, "call", "c1", "text", "ab"),
        (TEXT_RESOLUTION_SECONDS + 0.001, "call", "c1", "text", "c"),
    ]


def test_texts_of_interleaved_calls_are_merged_for_each_call() -> None:
    log = OperationLog()
    for number in range(4):
        add(log, number / 100, str(number), f"c{number % 2}")
    assert log.take() == [(0.0, "call", "c0", "text", "02"), (0.01, "call", "c1", "text", "13")]


def test_a_put_of_the_field_separates_the_texts_around_it() -> None:
    log = OperationLog()
    add(log, 0.0, "a")
    log.put(0.01, "call", "c1", {"tokens": 1})
    add(log, 0.02, "b")
    log.put(0.03, "call", "c1", {"text": "new"})
    add(log, 0.04, "c")
    assert [operation[-1] for operation in log.take()] == ["ab", {"tokens": 1}, {"text": "new"}, "c"]


def test_text_does_not_join_an_operation_that_was_taken() -> None:
    log = OperationLog()
    add(log, 0.0, "a")
    operations = log.take()
    add(log, 0.01, "b")
    assert operations == [(0.0, "call", "c1", "text", "a")]
    assert log.take() == [(0.01, "call", "c1", "text", "b")]
    assert log.take() == []


times = st.floats(0, 0.3).map(lambda time: round(time, 4))
timed_texts = st.lists(st.tuples(times, st.text(max_size=3)), min_size=1, max_size=20).map(sorted)


@given(timed_texts, timed_texts)
def test_adding_texts_together_is_adding_them_one_by_one(first: list[Any], second: list[Any]) -> None:
    one_by_one, together = OperationLog(), OperationLog()
    second = [(round(time + 0.3, 4), text) for time, text in second]
    for time, text in (*first, *second):
        add(one_by_one, time, text)
    for part in (first, second):
        together.add_all("call", "c1", "text", [text for _, text in part], [time for time, _ in part])
    assert together.take() == one_by_one.take()


@given(timed_texts)
def test_no_text_is_shown_earlier_than_the_resolution_allows(texts: list[Any]) -> None:
    log = OperationLog()
    log.add_all("call", "c1", "text", [text for _, text in texts], [time for time, _ in texts])
    operations = log.take()
    end = apply_operations(empty_tables(), operations)
    assert end["call"]["c1"]["text"] == "".join(text for _, text in texts)
    for moment, _ in texts:
        shown = "".join(str(operation[-1]) for operation in operations if operation[0] <= moment)
        written = "".join(text for time, text in texts if time <= moment)
        soon = "".join(text for time, text in texts if time <= moment + TEXT_RESOLUTION_SECONDS)
        assert shown.startswith(written) and soon.startswith(shown)
