"""FanOut: all sinks see one order, and no sink affects the run."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from lgstream.events import Custom, Event, RunFinished, RunStarted, Token
from lgstream.sinks.attach import attach, attached_sinks
from lgstream.sinks.dispatcher import INLINE_BURST_SECONDS
from lgstream.sinks.fanout import FanOut
from lgstream.sinks.sink import ALL_KINDS


def custom(data: Any) -> Custom:
    return Custom(0.0, (), "task", "node", data)


def started() -> RunStarted:
    return RunStarted(0.0, (), "run", "graph", {}, None)


class Slow:
    """A sink that blocks until ``go`` is set, and records its events and its threads."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.threads: set[int] = set()
        self.go = threading.Event()

    def __call__(self, event: Event) -> None:
        self.threads.add(threading.get_ident())
        self.go.wait(INLINE_BURST_SECONDS * 2 if not self.events else None)
        self.events.append(event)


def test_every_sink_gets_every_event_in_order():
    one: list[Event] = []
    two: list[Event] = []
    fanout = FanOut([one.append, two.append])
    events = [custom(n) for n in range(10)]
    for event in events:
        fanout.emit(event)
    fanout.close()
    assert one == two == events


def test_a_sink_gets_only_the_kinds_it_wants():
    class Starts:
        wants = frozenset({RunStarted})

        def __init__(self) -> None:
            self.events: list[Event] = []

        def __call__(self, event: Event) -> None:
            self.events.append(event)

    sink = Starts()
    fanout = FanOut([sink])
    fanout.emit(custom(1))
    fanout.emit(started())
    assert sink.events == [started()]
    assert fanout.wants == {RunStarted}


def test_wants_is_the_union_and_all_without_the_attribute():
    def tokens(event: Event) -> None: ...

    def customs(event: Event) -> None: ...

    tokens.wants = {Token}  # type: ignore[attr-defined]
    customs.wants = {Custom}  # type: ignore[attr-defined]
    assert FanOut([tokens, customs]).wants == {Token, Custom}
    assert FanOut([tokens, lambda event: None]).wants == ALL_KINDS
    assert FanOut().wants == frozenset()


def test_a_sink_passed_twice_is_called_once():
    seen: list[Event] = []
    sink = seen.append
    FanOut([sink, sink]).emit(custom(1))
    assert len(seen) == 1


def test_wants_with_a_class_that_is_not_an_event_is_rejected():
    def sink(event: Event) -> None: ...

    sink.wants = {int}  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"sink\.wants holds <class 'int'>"):
        FanOut([sink])


def test_a_sink_that_raises_is_removed_and_reported_once(caplog: pytest.LogCaptureFixture):
    calls: list[Event] = []
    others: list[Event] = []

    def broken(event: Event) -> None:
        calls.append(event)
        raise ValueError("boom")

    fanout = FanOut([broken, others.append])
    with caplog.at_level(logging.ERROR, "lgstream.sinks"):
        for n in range(3):
            fanout.emit(custom(n))
        fanout.close()
    assert len(calls) == 1 and len(others) == 3
    (record,) = caplog.records
    assert "broken" in record.getMessage() and record.levelno == logging.ERROR
    assert record.exc_info is not None and str(record.exc_info[1]) == "boom"


def test_no_event_is_wanted_once_the_last_sink_is_removed(caplog: pytest.LogCaptureFixture):
    def broken(event: Event) -> None:
        raise ValueError

    fanout = FanOut([broken])
    fanout.emit(custom(1))
    assert fanout.wants == frozenset()


def test_a_keyboard_interrupt_in_a_sink_is_passed_on_and_the_sink_still_receives_events():
    seen: list[Event] = []

    def interrupted(event: Event) -> None:
        seen.append(event)
        if len(seen) == 1:
            raise KeyboardInterrupt

    fanout = FanOut([interrupted])
    with pytest.raises(KeyboardInterrupt):
        fanout.emit(custom(1))
    fanout.emit(custom(2))
    assert len(seen) == 2


def test_a_slow_sink_is_moved_to_a_thread_and_loses_nothing():
    slow = Slow()
    quick: list[Event] = []
    fanout = FanOut([slow, quick.append])
    events = [custom(n) for n in range(50)]
    for event in events:
        fanout.emit(event)  # returns while the sink waits for `go`
    assert quick == events
    assert slow.events == events[:1]
    slow.go.set()
    fanout.close()
    assert slow.events == events
    assert len(slow.threads) == 2


def test_a_sink_that_is_slow_in_total_is_moved_to_a_thread_too():
    threads: set[int] = set()

    def sluggish(event: Event) -> None:
        threads.add(threading.get_ident())
        threading.Event().wait(INLINE_BURST_SECONDS / 4)

    fanout = FanOut([sluggish])
    for n in range(20):
        fanout.emit(custom(n))
    fanout.close()
    assert len(threads) == 2


def test_a_fast_sink_is_called_in_the_thread_that_emits():
    threads: list[int] = []
    fanout = FanOut([lambda event: threads.append(threading.get_ident())])
    fanout.emit(custom(1))
    assert threads == [threading.get_ident()]


def test_a_sink_in_a_thread_that_raises_is_reported_and_removed(caplog: pytest.LogCaptureFixture):
    seen: list[Event] = []

    def broken(event: Event) -> None:
        seen.append(event)
        threading.Event().wait(INLINE_BURST_SECONDS * 2)
        if len(seen) == 2:
            raise ValueError("boom")

    fanout = FanOut([broken])
    for n in range(5):
        fanout.emit(custom(n))
    fanout.close()
    assert len(seen) == 2
    assert [record.name for record in caplog.records] == ["lgstream.sinks"]


def test_a_keyboard_interrupt_of_a_sink_in_a_thread_is_raised_by_close():
    def interrupted(event: Event) -> None:
        threading.Event().wait(INLINE_BURST_SECONDS * 2)
        if event == custom(2):
            raise KeyboardInterrupt

    fanout = FanOut([interrupted])
    fanout.emit(custom(1))
    fanout.emit(custom(2))
    with pytest.raises(KeyboardInterrupt):
        fanout.close()


def test_all_sinks_see_the_same_order_when_many_threads_emit():
    one: list[Event] = []
    two: list[Event] = []
    fanout = FanOut([one.append, two.append])

    def emit_many(who: int) -> None:
        for n in range(500):
            fanout.emit(custom((who, n)))

    threads = [threading.Thread(target=emit_many, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fanout.close()
    assert one == two and len(one) == 2000
    for who in range(4):
        assert [event.data[1] for event in one if event.data[0] == who] == list(range(500))


def test_a_sink_may_emit():
    seen: list[Any] = []

    def echo(event: Event) -> None:
        assert isinstance(event, Custom)
        seen.append(event.data)
        if event.data < 3:
            fanout.emit(custom(event.data + 1))

    fanout = FanOut([echo])
    fanout.emit(custom(0))
    assert seen == [0, 1, 2, 3]


def test_a_sink_may_wait_for_a_thread_that_emits():
    seen: list[Any] = []

    def waits(event: Event) -> None:
        assert isinstance(event, Custom)
        seen.append(event.data)
        if event.data == "first":
            thread = threading.Thread(target=fanout.emit, args=(custom("second"),))
            thread.start()
            thread.join()

    fanout = FanOut([waits])
    fanout.emit(custom("first"))
    fanout.close()
    assert seen == ["first", "second"]


def test_after_close_events_are_dropped():
    seen: list[Event] = []
    fanout = FanOut([seen.append])
    fanout.close()
    fanout.emit(custom(1))
    assert seen == []


async def test_aclose_leaves_the_event_loop_free():
    slow = Slow()
    fanout = FanOut([slow])
    for n in range(3):
        fanout.emit(custom(n))
    closing = asyncio.create_task(fanout.aclose())
    await asyncio.sleep(0)  # the loop runs while the sink waits
    slow.go.set()
    await closing
    assert len(slow.events) == 3


def test_attached_sinks_add_up_and_are_removed_at_the_end_of_their_block():
    def one(event: Event) -> None: ...

    def two(event: Event) -> None: ...

    with attach(one):
        with attach(two):
            assert attached_sinks() == (one, two)
        assert attached_sinks() == (one,)
    assert attached_sinks() == ()


def test_sinks_are_called_without_attached_sinks():
    inside: list[tuple[Any, ...]] = []

    def sink(event: Event) -> None:
        inside.append(attached_sinks())

    with attach(sink):
        FanOut(attached_sinks()).emit(custom(1))
    assert inside == [()]


def test_a_sink_with_for_run_receives_each_run_separately() -> None:
    runs: list[list[Any]] = []

    class PerRun:
        def for_run(self) -> Any:
            runs.append([])
            return runs[-1].append

        def __call__(self, event: Any) -> None:
            raise AssertionError("each run has a sink of its own")

    sink = PerRun()
    one, two = FanOut([sink]), FanOut([sink])
    event = RunFinished(0.0, (), "r", "done", None, None)
    two.emit(event)
    one.close()
    assert runs == [[], [event]]
