"""A sink that blocks holds neither the event loop nor the end of a run; what it loses is counted and told."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypedDict

import pytest

from lgstream.adapters.langgraph.runs import ainvoke_with_sinks
from lgstream.config import get_stream_writer
from lgstream.effects.thread_pool import ThreadPool
from lgstream.events import Custom, Event, RunFinished, RunStarted
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect, Jsonl, Queued, attach, read_jsonl
from lgstream.sinks.fanout import FanOut
from lgstream.sinks.queued import QueuePolicy


def custom(data: Any) -> Custom:
    return Custom(0.0, (), "task", "node", data)


class State(TypedDict, total=False):
    text: str


class Blocked:
    """A sink that blocks in its first call until it is released."""

    def __init__(self, policy: QueuePolicy | None = None) -> None:
        self.queue_policy = policy
        self.events: list[Event] = []
        self.is_called = threading.Event()
        self.go = threading.Event()

    def __call__(self, event: Event) -> None:
        self.is_called.set()
        self.go.wait(60)
        self.events.append(event)


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    sink = Blocked()
    yield sink
    sink.go.set()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> ThreadPool:
    pool = ThreadPool(1024)
    monkeypatch.setattr("lgstream.sinks.dispatcher.shared_thread_pool", lambda: pool)
    return pool


def writing_graph(count: int) -> Any:
    async def node(state: State) -> State:
        write = get_stream_writer()
        for number in range(count):
            write(number)
        await asyncio.sleep(0)
        return {}

    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile()


def langgraph_graph() -> Any:
    from langgraph.graph import START as LANGGRAPH_START
    from langgraph.graph import StateGraph as LangGraph

    return LangGraph(State).add_node("node", lambda state: State()).add_edge(LANGGRAPH_START, "node").compile()


async def test_a_sink_that_blocks_in_its_first_call_does_not_hold_the_event_loop(blocked: Blocked):
    collect = Collect()
    run = asyncio.create_task(writing_graph(10).ainvoke({}, sinks=[blocked, collect]))
    while not (collect.events and isinstance(collect.events[-1], RunFinished)):
        await asyncio.sleep(0)  # the loop runs, and so does the run, while the sink blocks
    assert blocked.is_called.wait(10) and not blocked.events and not run.done()
    blocked.go.set()
    await run
    assert blocked.events == collect.events


async def test_an_attached_sink_that_blocks_does_not_hold_the_event_loop(blocked: Blocked):
    with attach(blocked):
        run = asyncio.create_task(writing_graph(1).ainvoke({}))
    while not blocked.is_called.is_set():
        await asyncio.sleep(0)
    blocked.go.set()
    await run
    assert isinstance(blocked.events[-1], RunFinished)


async def test_a_sink_of_a_graph_of_langgraph_does_not_hold_the_event_loop(blocked: Blocked):
    run = asyncio.create_task(ainvoke_with_sinks(langgraph_graph(), {}, sinks=[blocked]))
    while not blocked.is_called.is_set():
        await asyncio.sleep(0)
    blocked.go.set()
    await run
    assert isinstance(blocked.events[-1], RunFinished)


def test_a_queued_sink_that_blocks_in_its_first_call_does_not_hold_a_sync_run(blocked: Blocked):
    collect = Collect()
    for number in writing_graph(10).stream({}, stream_mode="custom", sinks=[Queued(blocked), collect]):
        assert not blocked.events
        if number == 9:
            blocked.go.set()
    assert blocked.events == collect.events


def test_events_beyond_the_size_of_the_queue_are_dropped_oldest_first_counted_and_told(
    blocked: Blocked, caplog: pytest.LogCaptureFixture
):
    queued = Queued(blocked, size=10)
    fan_out = FanOut([queued])
    fan_out.emit(custom("first"))
    blocked.is_called.wait(10)
    for number in range(1000):
        fan_out.emit(custom(number))
    assert queued.dropped == 990
    blocked.go.set()
    fan_out.close()
    assert blocked.events == [custom("first"), *map(custom, range(990, 1000))]
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2
    assert messages[0].endswith("Blocked is 10 events behind: the oldest ones are dropped.")
    assert messages[1].endswith("did not get 990 events of this run: its queue of 10 events was full.")


def test_a_run_waits_for_room_in_the_queue_if_that_is_the_policy():
    seen: list[int] = []

    def sluggish(event: Event) -> None:
        time.sleep(0.0005)
        assert isinstance(event, Custom)
        seen.append(event.data)

    queued = Queued(sluggish, size=10, overflow="block")
    fan_out = FanOut([queued])
    for number in range(200):
        fan_out.emit(custom(number))
        assert number - len(seen) < 12
    fan_out.close()
    assert seen == list(range(200)) and queued.dropped == 0


def test_a_full_queue_holds_the_run_no_longer_than_its_timeout_then_drops(blocked: Blocked):
    queued = Queued(blocked, size=10, overflow="block", timeout=0.05)
    fan_out = FanOut([queued])
    start = time.monotonic()
    for number in range(500):
        fan_out.emit(custom(number))
    assert time.monotonic() - start < 2  # not 500 times the timeout
    assert queued.dropped == 489
    blocked.go.set()
    fan_out.close()
    assert blocked.events == [custom(0), *map(custom, range(490, 500))]


def test_a_sink_that_emits_does_not_wait_for_itself():
    seen: list[int] = []

    def echo(event: Event) -> None:
        assert isinstance(event, Custom)
        seen.append(event.data)
        if event.data < 20:
            fan_out.emit(custom(event.data + 20))
            fan_out.emit(custom(event.data + 40))

    fan_out = FanOut([Queued(echo, size=2, overflow="block")])
    for number in range(20):
        fan_out.emit(custom(number))
    while len(seen) < 60:
        time.sleep(0.001)
    fan_out.close()
    assert sorted(seen) == list(range(60))


def test_a_sink_holds_a_thread_only_while_events_wait_for_it(pool: ThreadPool):
    seen: list[str] = []
    called = threading.Event()

    def sink(event: Event) -> None:
        seen.append(threading.current_thread().name)
        called.set()

    runs = [FanOut([Queued(sink)]) for _ in range(50)]
    for fan_out in runs:
        called.clear()
        fan_out.emit(custom(1))
        called.wait(10)
    for fan_out in runs:
        fan_out.close()
    assert len(seen) == 50
    assert pool.thread_count < 10


def close_sync(fan_out: FanOut) -> None:
    fan_out.close()


def close_async(fan_out: FanOut) -> None:
    asyncio.run(fan_out.aclose())


@pytest.mark.parametrize("close", [close_sync, close_async])
def test_the_end_of_a_run_waits_for_the_timeout_and_says_what_is_lost(
    blocked: Blocked, pool: ThreadPool, caplog: pytest.LogCaptureFixture, close: Callable[[FanOut], None]
):
    queued = Queued(blocked, timeout=0.05)
    other: list[Event] = []
    fan_out = FanOut([queued, Queued(other.append)])
    for number in range(5):
        fan_out.emit(custom(number))
    blocked.is_called.wait(10)
    close(fan_out)
    assert len(other) == 5 and queued.dropped == 5
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.endswith(
        "Blocked has not taken its events within 0.05 s of the end of the run: 5 events are lost. It blocks on Custom."
    )
    blocked.go.set()
    pool.shutdown()
    assert len(blocked.events) == 1  # the others are lost, as was said


def test_break_waits_no_longer_than_the_timeout(blocked: Blocked, caplog: pytest.LogCaptureFixture):
    queued = Queued(blocked, timeout=0.05)
    stream = writing_graph(100).stream({}, stream_mode="custom", sinks=[queued])
    for _ in stream:
        break
    stream.close()
    assert not blocked.go.is_set() and queued.dropped > 0
    assert "events are lost" in caplog.text


async def test_break_of_an_async_run_waits_no_longer_than_the_timeout(blocked: Blocked):
    queued = Queued(blocked, timeout=0.05)
    stream = writing_graph(100).astream({}, stream_mode="custom", sinks=[queued])
    async for _ in stream:
        break
    await stream.aclose()
    assert not blocked.go.is_set() and queued.dropped > 0


def test_the_end_waits_no_longer_for_a_sink_that_blocks_in_a_thread_of_the_run(caplog: pytest.LogCaptureFixture):
    sink = Blocked(QueuePolicy(timeout=0.05))
    fan_out = FanOut([sink])
    thread = threading.Thread(target=fan_out.emit, args=(custom(1),), daemon=True)
    thread.start()
    sink.is_called.wait(10)
    fan_out.emit(custom(2))
    fan_out.close()
    assert "Blocked has blocked for 0.05 s: 2 events are lost for all sinks." in caplog.text
    sink.go.set()
    thread.join()
    assert fan_out.wants == frozenset()


def test_a_keyboard_interrupt_ends_the_wait_for_a_sink(blocked: Blocked, monkeypatch: pytest.MonkeyPatch):
    fan_out = FanOut([Queued(blocked)])
    fan_out.emit(custom(1))

    def interrupt(flag: threading.Event, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("lgstream.sinks.fanout.Flag.wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fan_out.close()


def test_a_queued_sink_has_the_wants_and_the_sink_per_run_of_the_sink_it_calls():
    class PerRun:
        wants = frozenset({RunStarted})

        def __init__(self) -> None:
            self.runs: list[list[Event]] = []

        def for_run(self) -> Any:
            self.runs.append([])
            return self.runs[-1].append

        def __call__(self, event: Event) -> None:
            raise AssertionError

    sink = PerRun()
    queued = Queued(sink)
    assert queued.wants == {RunStarted}
    for _ in range(2):
        fan_out = FanOut([queued])
        fan_out.emit(custom(1))
        fan_out.close()
    assert len(sink.runs) == 2


def test_dropped_events_of_runs_at_once_are_counted_together():
    sinks = [Blocked(), Blocked()]
    queued = Queued(lambda event: sinks[event.data](event), size=1, timeout=0.01)
    fan_outs = [FanOut([queued]), FanOut([queued])]
    for number, fan_out in enumerate(fan_outs):
        for _ in range(10):
            fan_out.emit(custom(number))
        fan_out.close()
        sinks[number].go.set()
    assert queued.dropped == 20


async def test_jsonl_loses_nothing_of_a_flood_on_the_event_loop(tmp_path: Any):
    collect = Collect()
    await writing_graph(5000).ainvoke({}, sinks=[Jsonl(tmp_path / "run.jsonl"), collect])
    events = list(read_jsonl(tmp_path / "run.jsonl"))
    assert events == collect.events and len(events) > 5000
    assert Jsonl.queue_policy.overflow == "block"


def test_what_is_not_needed_is_not_logged(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG, "lgstream.sinks"):
        writing_graph(3).invoke({}, sinks=[Queued(lambda event: None)])
    assert not caplog.records
