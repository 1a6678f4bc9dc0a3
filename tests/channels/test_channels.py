"""Channels: the next value after the writes of a superstep."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgstream.channels import (
    AnyValue,
    BaseChannel,
    BinaryOperatorAggregate,
    EphemeralValue,
    LastValue,
    LastValueAfterFinish,
    NamedBarrierValue,
    NamedBarrierValueAfterFinish,
    Topic,
    UntrackedValue,
)
from lgstream.channels.base import MISSING
from lgstream.errors import EmptyChannelError, InvalidUpdateError
from lgstream.types import Overwrite

EMPTY: list[BaseChannel[Any, Any, Any]] = [
    LastValue(int, "k"), AnyValue(int, "k"), EphemeralValue(int), UntrackedValue(int), Topic(int),
    LastValueAfterFinish(int, "k"), NamedBarrierValue(str, {"a"}), NamedBarrierValueAfterFinish(str, {"a"}),
]  # fmt: skip


@pytest.mark.parametrize("channel", EMPTY, ids=lambda channel: type(channel).__name__)
def test_an_empty_channel_has_no_value(channel: BaseChannel[Any, Any, Any]) -> None:
    assert not channel.is_available()
    with pytest.raises(EmptyChannelError):
        channel.get()


def test_a_plain_key_keeps_the_last_write() -> None:
    channel = LastValue[int](int, "k")
    channel.update([1])
    channel.update([2])
    assert channel.get() == 2


def test_a_plain_key_rejects_two_writes_and_names_the_remedy() -> None:
    with pytest.raises(InvalidUpdateError, match=r"At key 'k': 2 writes.*reducer"):
        LastValue[int](int, "k").update([1, 2])


@given(st.lists(st.lists(st.integers(), max_size=3), max_size=8))
def test_a_reducer_reduces_all_writes_in_order(supersteps: list[list[int]]) -> None:
    channel: BinaryOperatorAggregate[Any] = BinaryOperatorAggregate(list, operator.add, "k")
    for step in supersteps:
        channel.update([[write] for write in step])
    assert channel.get() == [write for step in supersteps for write in step]


@pytest.mark.parametrize(("typ", "default"), [(list, []), (Sequence[int], []), (int, 0), (dict[str, int], {})])
def test_a_reducer_starts_with_the_default_of_its_type(typ: Any, default: Any) -> None:
    assert BinaryOperatorAggregate(typ, operator.add).get() == default


def test_an_overwrite_replaces_the_value() -> None:
    channel: BinaryOperatorAggregate[Any] = BinaryOperatorAggregate(list, operator.add, "k")
    channel.update([["old"], Overwrite(["new"]), ["ignored"]])
    assert channel.get() == ["new"]


def test_two_overwrites_in_one_superstep_are_rejected() -> None:
    with pytest.raises(InvalidUpdateError, match="two Overwrite"):
        BinaryOperatorAggregate(list, operator.add, "k").update([Overwrite([1]), Overwrite([2])])


@pytest.mark.parametrize("channel", [EphemeralValue(int), AnyValue(int)], ids=lambda channel: type(channel).__name__)
def test_a_volatile_value_lasts_one_superstep(channel: BaseChannel[Any, Any, Any]) -> None:
    channel.update([1])
    assert channel.get() == 1
    channel.update([])
    assert not channel.is_available()


def test_a_topic_holds_the_writes_of_the_last_superstep() -> None:
    topic: Topic[int] = Topic(int)
    topic.update([1, [2, 3]])
    assert topic.get() == [1, 2, 3]
    topic.update([4])
    assert topic.get() == [4]


def test_an_accumulating_topic_holds_all_writes() -> None:
    topic: Topic[int] = Topic(int, accumulate=True)
    topic.update([1])
    topic.update([2])
    assert topic.get() == [1, 2]


def test_a_barrier_is_available_after_all_writes_until_it_is_consumed() -> None:
    barrier: NamedBarrierValue[str] = NamedBarrierValue(str, {"a", "b"})
    barrier.update(["a"])
    assert not barrier.is_available()
    barrier.update(["b"])
    assert barrier.is_available()
    barrier.consume()
    assert not barrier.is_available()


def test_a_deferred_barrier_also_waits_for_the_end_of_the_run() -> None:
    barrier: NamedBarrierValueAfterFinish[str] = NamedBarrierValueAfterFinish(str, {"a"})
    barrier.update(["a"])
    assert not barrier.is_available()
    barrier.finish()
    assert barrier.is_available()


FILLED: list[tuple[BaseChannel[Any, Any, Any], list[Any]]] = [
    (LastValue(int, "k"), [1]), (AnyValue(int, "k"), [1]), (EphemeralValue(int), [1]), (Topic(int), [1, 2]),
    (BinaryOperatorAggregate(list, operator.add, "k"), [[1]]), (NamedBarrierValue(str, {"a", "b"}), ["a"]),
    (LastValueAfterFinish(int, "k"), [1]), (NamedBarrierValueAfterFinish(str, {"a", "b"}), ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "writes"), FILLED, ids=lambda value: type(value).__name__)
def test_a_checkpoint_restores_an_equal_channel(channel: BaseChannel[Any, Any, Any], writes: list[Any]) -> None:
    full = channel.from_checkpoint(MISSING)
    full.update(writes)
    copy = full.from_checkpoint(full.checkpoint())
    assert copy == full
    assert copy.checkpoint() == full.checkpoint()
    assert copy.key == full.key


def test_an_untracked_value_is_never_saved() -> None:
    channel: UntrackedValue[int] = UntrackedValue(int)
    channel.update([1])
    assert channel.get() == 1
    assert channel.checkpoint() is MISSING
