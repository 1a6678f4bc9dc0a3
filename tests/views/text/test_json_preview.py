"""Bounded JSON of any value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel, Field, SecretStr

from lgstream.inspection.json_preview import json_block, json_line


class Color(Enum):
    RED = "red"


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Joke:
    setup: str
    key: str = field(default="secret", repr=False)


class Model(BaseModel):
    name: str
    token: str = Field(default="secret", repr=False)
    phrase: SecretStr = SecretStr("secret")


class Plain:
    pass


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (float("nan"), '"nan"'),
        ("é\n", '"é\\n"'),
        ({"a": [1, (2,), {3}]}, '{"a": [1, [2], [3]]}'),
        ({1: 2}, '{"1": 2}'),
        (Point(1, 2), '{"Point": {"x": 1, "y": 2}}'),
        (Joke("why"), '{"Joke": {"setup": "why"}}'),
        (Model(name="x"), '{"Model": {"name": "x", "phrase": "SecretStr(\'**********\')"}}'),
        (Color.RED, "\"<Color.RED: 'red'>\""),
        (ValueError("boom"), '"ValueError: boom"'),
        (b"x" * 10_000_000, '"<bytes of 10,000,000>"'),
        (10**1_000, '"<int of 3,322 bits>"'),
        (Plain(), '"<Plain>"'),
        (Plain, '"<Plain>"'),
        (len, '"<len>"'),
        (Broken(), '"<Broken, which cannot be shown: RuntimeError>"'),
        (AIMessage("hi", id="m1"), '{"ai": "hi"}'),
        ([HumanMessage("a"), AIMessage("b")], '[{"human": "a"}, {"ai": "b"}]'),
    ],
)
def test_a_value_as_json(value: Any, expected: str) -> None:
    assert json_line(value) == expected


def test_a_message_with_tool_calls_shows_them() -> None:
    message = AIMessage("", tool_calls=[{"name": "f", "args": {"n": 1}, "id": "t1"}])
    assert '"name": "f"' in json_block(message)


def test_a_cycle_is_cut() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert json_line(loop) == '[1, "<the same object again>"]'


def test_the_same_object_twice_is_not_a_cycle() -> None:
    part = [1]
    assert json_line([part, part]) == "[[1], [1]]"


def test_the_depth_is_limited() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert "…" in json_line(deep)


def test_a_long_list_shows_its_ends() -> None:
    assert json_line(list(range(1000))) == '[0, 1, 2, "… 994 more", 997, 998, 999]'


def test_a_long_first_item_leaves_space_for_the_last() -> None:
    text = json_block([AIMessage("x" * 10_000), *[AIMessage("y" * 500)] * 50, AIMessage("the answer")], 1_000)
    assert "the answer" in text


def test_a_long_text_leaves_space_for_a_short_one() -> None:
    assert '"answer": 42' in json_block({"document": "x" * 20_000_000, "answer": 42})


def test_short_json_is_one_line_and_long_json_is_indented() -> None:
    assert "\n" not in json_block({"a": 1})
    assert json_block({"a": "x" * 100}).startswith('{\n  "a": ')


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner)),
    max_leaves=60,
)


@given(values, st.integers(20, 400))
def test_no_text_exceeds_the_limit(value: Any, limit: int) -> None:
    assert len(json_line(value, limit)) <= limit
    assert len(json_block(value, limit)) <= limit


class Counting(Sequence[str]):
    """A sequence of a million items that counts how many were read."""

    looked = 0

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, at: Any) -> Any:
        self.looked += 1
        return "item"


class CountingMapping(Mapping[str, int]):
    looked = 0

    def __len__(self) -> int:
        return 1_000_000

    def __iter__(self) -> Iterator[str]:
        return (str(number) for number in range(1_000_000))

    def __getitem__(self, key: str) -> int:
        self.looked += 1
        return 1


@pytest.mark.parametrize("kind", [Counting, CountingMapping])
def test_sequences_and_mappings_that_are_not_built_in_are_named_and_not_read(kind: Any) -> None:
    value = kind()
    assert json_block(value) == f'"<{kind.__name__}>"'
    assert value.looked == 0


class CountingRepr:
    looked = 0

    def __repr__(self) -> str:
        CountingRepr.looked += 1
        return "x"


def test_the_budget_is_shared_by_the_whole_tree() -> None:
    wide = {f"k{i}": {f"k{j}": CountingRepr() for j in range(40)} for i in range(40)}
    json_block(wide, 500)
    assert 0 < CountingRepr.looked < 100
