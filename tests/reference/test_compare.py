"""What may differ in the comparison of two runs, and what may not."""

from __future__ import annotations

from typing import Any

from lgstream.errors import GraphRecursionError
from tests.reference.compare import difference
from tests.reference.normalise import plain, raised
from tests.reference.recorder import Operation, Recorder

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def run(*chunks: Any, error: BaseException | None = None, **fields: Any) -> list[Operation]:
    return [{"op": "stream", "kwargs": {}, "chunks": plain(list(chunks)), "raised": raised(error), **fields}]


def same(left: list[Operation], right: list[Operation], program: str = "") -> bool:
    return difference(left, right, program) is None


def test_a_run_is_the_same_as_itself() -> None:
    assert same(run({"a": 1}, ("b", [None])), run({"a": 1}, ("b", [None])))


def test_chunks_have_an_order() -> None:
    assert not same(run(1, 2), run(2, 1))


def test_a_list_differs_from_a_tuple() -> None:
    assert not same(run([1]), run((1,)))


def test_a_missing_chunk_shows_in_the_difference() -> None:
    text = difference(run({"a": 1}, {"b": 2}), run({"a": 1}), "")
    assert text is not None
    assert "-{'chunks': [{'a': 1}, {'b': 2}]" in text and "+{'chunks': [{'a': 1}]" in text


def test_a_missing_operation_shows_in_the_difference() -> None:
    text = difference(run(1) + run(2, label="the second"), run(1), "")
    assert text is not None
    assert "1 of 2 operations" in text and "# the second" in text


def test_keys_have_no_order() -> None:
    assert same(run({"a": 1, "b": 2}), run({"b": 2, "a": 1}))


def test_ids_may_differ() -> None:
    assert same(run({"id": ONE}, {"id": ONE}), run({"id": TWO}, {"id": TWO}))


def test_recorded_id_placeholders_match_any_id() -> None:
    assert same(run("a:<uuid:7>", "<hex:7>"), run(f"a:{ONE}", "0" * 32))


def test_ids_that_were_equal_stay_equal() -> None:
    assert not same(run(ONE, ONE), run(ONE, TWO))


def test_ids_that_differed_still_differ() -> None:
    assert not same(run(ONE, TWO), run(ONE, ONE))


def test_ids_are_numbered_whatever_the_order_of_keys() -> None:
    assert same(run({"a": ONE, "b": TWO}, ONE), run({"b": TWO, "a": ONE}, ONE))


def test_the_packages_own_messages_may_differ() -> None:
    assert same(run(error=GraphRecursionError("one")), run(error=GraphRecursionError("another")))


def test_the_type_of_an_error_must_not_differ() -> None:
    assert not same(run(error=RecursionError("one")), run(error=GraphRecursionError("one")))


def test_the_programs_messages_must_not_differ() -> None:
    program = "raise ValueError('theirs')"
    assert not same(run(error=ValueError("theirs")), run(error=ValueError("ours")), program)


def test_the_number_of_warnings_must_not_differ_but_their_text_may() -> None:
    one, other = {"category": "A", "message": "one"}, {"category": "A", "message": "other"}
    assert same(run(warnings=[one]), run(warnings=[other]))
    assert not same(run(warnings=[one]), run(warnings=[one, other]))
    assert not same(run(warnings=[one]), run())


def test_sync_and_async_are_compared_alike() -> None:
    assert same([{"op": "astream", "chunks": [1]}], [{"op": "stream", "chunks": [1]}])


def test_an_error_of_a_run_ends_its_operation_but_not_the_program() -> None:
    c = Recorder("sync")
    c.call("fails", lambda: 1 / 0)
    c.fact("goes on", True)
    assert [row["op"] for row in c.operations] == ["call", "fact"]
    assert c.operations[0]["raised"]["type"] == "ZeroDivisionError"
