"""encode: whatever a value is or does, its data are JSON, bounded, and say what is missing."""

from __future__ import annotations

import itertools
import json
from collections import OrderedDict, UserDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from lgstream.sinks import json_encoding
from lgstream.sinks.json_codec import RecordedObject, decode, encode
from lgstream.sinks.json_encoding import MAX_CHARS, MAX_NODES


def round_trip(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


class Color(Enum):
    RED = 1


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass
class Node:
    value: Any


class Lazy:
    """A proxy whose object cannot be had: asking for anything raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Liar:
    __class__ = dict  # type: ignore[assignment]


class RaisingDict(dict[str, Any]):
    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def items(self) -> Any:
        raise RuntimeError("items")

    def __iter__(self) -> Any:
        raise RuntimeError("iter")


class EndlessSequence(Sequence[int]):
    def __len__(self) -> int:
        return 2**62

    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("A lazy sequence must not be read.")


class EndlessList(list[int]):
    def __iter__(self) -> Any:
        return itertools.count()


class Panic(BaseException):
    pass


class Panicking:
    def __repr__(self) -> str:
        raise Panic


class HostileClass(type):
    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(name)


class OfHostileClass(metaclass=HostileClass):
    pass


class Model(HumanMessage):
    @property
    def model_fields_set(self) -> Any:
        raise RuntimeError("no")


@dataclass
class HasBrokenProperty:
    good: int
    bad: int

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("Fields are read without it.")


class Slotted:
    __slots__ = ()
    __module__ = "lgstream.types"

    def __repr__(self) -> str:
        return "slotted"


def bad_notes() -> Exception:
    error = ValueError("x")
    error.__notes__ = 5  # type: ignore[assignment]
    return error


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def of_two_that_hold_each_other() -> Any:
    first: list[Any] = []
    first.append({"first": first, "pair": Pair(first, 1)})
    return first


HOSTILE: dict[str, Any] = {
    "proxy that raises": Lazy(),
    "object that lies about its class": Liar(),
    "dict that raises": RaisingDict(a=1),
    "user dict": UserDict(a=1),
    "endless sequence": EndlessSequence(),
    "endless list": EndlessList([1]),
    "endless iterator": itertools.count(),
    "long range": range(10**9),
    "int of 5,000 digits": 10**5000,
    "bad notes": bad_notes(),
    "panicking repr": Panicking(),
    "hostile class": OfHostileClass(),
    "message that raises": Model(content="x"),
    "keys that are no text": {1: "a", (2, Color.RED): "b", Color.RED: "c", None: "d", Pair(1, 2): "e", 1.5: "f"},
    "key without a hash in its record": {Node.__new__(type("Key", (Node,), {"__hash__": object.__hash__})): 1},
    "surrogates": {"\ud800": "\udfff"},
    "10,000 levels": nested(10_000),
    "cycle of two": of_two_that_hold_each_other(),
    "bytes": b"x" * 30_000_000,
    "bytearray": bytearray(30_000_000),
    "text": "x" * 30_000_000,
    "deque": deque([1]),
    "dict views": [{}.keys(), {"a": 1}.items()],
    "class": Node,
    "fields with __getattribute__": HasBrokenProperty(1, 2),
    "slots": Slotted(),
    "a module that is no text": type("Odd", (), {"__module__": []})(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_leaves_its_neighbours_intact(name: str):
    before, value, after = round_trip(["before", HOSTILE[name], {"after": (1,)}])
    assert (before, after) == ("before", {"after": (1,)})
    assert value is not None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_takes_a_bounded_number_of_characters(name: str):
    assert len(json.dumps(encode([HOSTILE[name]] * 3))) < 2 * MAX_CHARS


def test_the_failure_is_told_in_the_values_place():
    decoded = round_trip([Panicking(), 1, RaisingDict(a=1)])
    assert "Panicking, which cannot be shown: Panic" in repr(decoded[0])
    assert "RaisingDict, which cannot be shown: RuntimeError" in repr(decoded[2])


def test_a_field_that_is_computed_is_not_read_and_does_not_hide_the_others():
    @dataclass
    class Half:
        good: int = 1
        bad: int = field(init=False)

    Half.bad = property(lambda self: 1 / 0)  # type: ignore[assignment]
    decoded = round_trip(Half())
    assert decoded.good == 1 and "bad, which is computed when it is read" in repr(decoded.bad)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_passed_on(error: type[BaseException]):
    class Ending:
        def __repr__(self) -> str:
            raise error

    with pytest.raises(error):
        encode([Ending()])


def test_integers_of_any_size_come_back():
    assert round_trip([2**2000, -(10**6000)]) == [2**2000, -(10**6000)]


def test_an_ordered_dict_keeps_its_order():
    value = OrderedDict(a=1, b=2)
    value.move_to_end("a")
    assert list(round_trip(value)) == ["b", "a"]


@pytest.mark.parametrize("build", [list, tuple, lambda pair: {"a": pair[0], "b": pair[1]}, Pair._make, deque])
def test_an_object_that_is_shared_is_encoded_once(build: Any):
    value: Any = build([1, 2])
    for _ in range(30):
        value = build([value, value])
    assert len(json.dumps(encode(value))) < 20_000


def test_a_shared_object_comes_back_shared():
    shared = {"x": 1}
    decoded = round_trip({"list": [shared, (shared,)], "message": HumanMessage("x", additional_kwargs=shared)})
    assert decoded == {"list": [shared, (shared,)], "message": HumanMessage("x", additional_kwargs=shared)}
    assert decoded["list"][0] is decoded["list"][1][0]


def test_a_dict_that_holds_itself_twice_comes_back():
    value: dict[str, Any] = {}
    value.update(a=value, b=value)
    decoded = round_trip(value)
    assert decoded["a"] is decoded and decoded["b"] is decoded


def test_exception_groups_that_share_their_exceptions_end():
    error: Exception = ValueError("x")
    for _ in range(40):
        error = ExceptionGroup("g", [error, error])
    assert "ExceptionGroup: g" in round_trip(error).traceback


def test_equal_but_distinct_objects_are_not_the_same():
    assert '"same"' not in json.dumps(encode([[1], [1], (), (), [], []]))


@pytest.mark.parametrize("build", [list, tuple, set, lambda values: dict.fromkeys(map(str, values))])
def test_items_beyond_the_budget_are_counted(build: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_encoding, "MAX_NODES", 10)
    assert "<15 more items, which are not recorded>" in repr(round_trip(build(range(25))))


def test_the_budget_of_nodes_is_that_of_the_whole_value():
    value = [list(range(1000)) for _ in range(1000)]
    assert json.dumps(encode(value)).count(",") < 2 * MAX_NODES


def test_a_long_text_is_cut_and_leaves_room_for_the_next():
    long, short = round_trip(["x" * (MAX_CHARS + 1), "y" * 1000])
    assert long.endswith("more characters, which are not recorded]") and short == "y" * 1000


hostile_values = st.recursive(
    st.sampled_from(
        sorted(HOSTILE.keys() - {"bytes", "bytearray", "text", "proxy that raises", "fields with __getattribute__"})
    ).map(lambda name: HOSTILE[name])
    | st.integers()
    | st.text(st.characters())
    | st.floats(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.text()), inner)
        | st.builds(Pair, inner, inner)
        | st.builds(Node, inner)
        | inner.map(lambda value: [value, value])
        | inner.map(lambda value: ValueError(value, value))
    ),
    max_leaves=15,
)


@given(hostile_values)
def test_any_mixture_is_json_and_can_be_decoded(value: Any):
    round_trip(value)


@given(
    st.recursive(st.integers(), lambda inner: st.lists(inner) | inner.map(lambda value: (value, [value], {"k": value})))
)
def test_values_that_share_objects_come_back_equal(value: Any):
    assert round_trip(value) == value


def test_a_key_that_takes_forever_to_hash_is_decoded_as_a_record():
    data: Any = [{"$": "tuple", "items": [1, 2]}]
    for index in range(60):
        reference = {"$": "same", "path": [index]}
        data.append({"$": "tuple", "items": [reference, reference]})
    data.append({"$": "dict", "items": [[{"$": "same", "path": [60]}, 1]]})
    assert isinstance(next(iter(decode(data)[-1])), RecordedObject)
