"""Feed and RunView: from a growing list of events to messages."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from lgstream.events import CallStarted, Custom, Event, RunFinished, RunStarted, TaskStarted, Token
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.tables import empty_tables
from lgstream.widgets import feed as feeding
from lgstream.widgets.feed import Feed, clock_thread, run_clock
from lgstream.widgets.runview import RunView

START = RunStarted(0.0, (), "run", "g", {}, None)
TASK = TaskStarted(0.0, (), 1, "t", "chat", {}, ())
CALL = CallStarted(0.0, (), "t", "chat", "c", "gpt", ())
END = RunFinished(99.0, (), "run", "done", {}, None)


def token(n: int) -> Token:
    return Token(n / 1000, (), "t", "chat", "c", AIMessageChunk(content=f"token{n} ", id="m"), {})


def messages(view: RunView) -> list[dict[str, Any]]:
    """The custom messages that were sent to the front end."""
    return view.comm.custom()


def drawn(view: RunView) -> Any:
    """The rows that the front end has after these messages."""
    frames = [message for message in messages(view) if message["kind"] == "frame"]
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    return apply_operations(empty_tables(), [tuple(op) for frame in frames for op in frame["ops"]])


def texts(rows: Any) -> list[str]:
    return [row["text"] for row in rows["call"].values()]


def test_all_20_000_tokens_reach_the_front_end_during_the_run():
    events: list[Event] = [START, TASK, CALL]
    view = RunView()
    feed = Feed(events, view)
    with clock_thread(feed.tick):
        for n in range(20_000):
            events.append(token(n))
    events.append(END)
    feed.flush()
    rows = drawn(view)
    assert texts(rows) == ["".join(f"token{n} " for n in range(20_000))]
    assert rows["run"]["run"]["status"] == "done"
    assert len(messages(view)) < 2_000


def test_a_tick_does_a_bounded_amount_of_work(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feeding, "FOLD_BUDGET_SECONDS", 0.0)
    feed = Feed([START, TASK, CALL], RunView())
    feed.tick()
    assert feed.has_pending_events
    feed.tick()
    feed.tick()
    assert not feed.has_pending_events


def test_counts_that_wait_for_the_next_event_are_sent_after_quiet_ticks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feeding, "FOLD_BUDGET_SECONDS", math.inf)  # one tick folds all events
    view = RunView()
    feed = Feed([START, TASK, CALL, token(0), token(1)], view)
    feed.tick()
    assert drawn(view)["call"]["c"].get("tokens") is None
    for _ in range(feeding.QUIET_TICKS):
        feed.tick()
    assert drawn(view)["call"]["c"]["tokens"] == 2


def test_the_number_of_the_last_frame_is_synchronized_about_once_a_second():
    events: list[Event] = [START]
    view = RunView()
    feed = Feed(events, view)
    feed.tick()
    assert view.last_seq == 0
    for _ in range(feeding.TICKS_PER_SEQ_SYNC):
        feed.tick()
    assert view.last_seq == 1


def test_flush_synchronizes_the_last_number_and_removes_the_button():
    stops: list[bool] = []
    view = RunView("button", lambda: stops.append(True))
    Feed([START, END], view).flush()
    assert view.last_seq >= 1 and view.stop_mode == "none"
    assert stops == []


def test_an_event_that_cannot_be_drawn_is_logged_once_and_left_out(caplog: pytest.LogCaptureFixture):
    view = RunView()
    broken = Custom(0.0, None, "", "", "without a namespace")  # type: ignore[arg-type]
    feed = Feed([START, TASK, CALL, broken, broken, token(1), END], view)
    with caplog.at_level(logging.ERROR, "lgstream.widgets"):
        feed.flush()
    assert texts(drawn(view)) == ["token1 "]
    (record,) = caplog.records
    assert "leaves out an event, Custom" in record.getMessage() and record.exc_info


def test_a_closed_comm_is_logged_once_and_raises_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    view = RunView()

    def closed(*args: Any, **kwargs: Any) -> None:
        raise OSError("closed")

    monkeypatch.setattr(view.comm, "publish_msg", closed)
    feed = Feed([START], view)
    feed.tick()
    feed.flush()
    assert len(caplog.records) == 1 and "closed" in str(caplog.records[0].exc_info)


async def test_the_clock_ticks_until_it_is_cancelled():
    ticks: list[int] = []
    clock = asyncio.create_task(run_clock(lambda: ticks.append(threading.get_ident())))
    while len(ticks) < 3:
        await asyncio.sleep(0.01)
    clock.cancel()
    with pytest.raises(asyncio.CancelledError):
        await clock
    assert set(ticks) == {threading.get_ident()}


def test_persisted_operations_build_the_same_rows():
    view = RunView()
    feed = Feed([START, TASK, CALL, *map(token, range(100)), END], view)
    feed.flush()
    view.persist(feed.operations)
    ops = [tuple(op) for op in json.loads(view.ops_final)]
    assert apply_operations(empty_tables(), ops) == drawn(view)
    assert [op[0] for op in ops] == sorted(op[0] for op in ops)


def test_persisted_operations_have_the_times_of_tokens():
    view = RunView()
    feed = Feed([START, TASK, CALL, *map(token, range(1_000)), END], view)
    feed.flush()
    view.persist(feed.operations)
    times = [op[0] for op in json.loads(view.ops_final) if len(op) == 5]
    assert len(times) > 10 and times[0] < 0.1 and times[-1] > 0.9


def test_a_resync_from_the_front_end_is_answered():
    view = RunView()
    for n in range(3):
        view.push([(0.0, "call", "c", {"n": n})])
    view.comm.receive({"kind": "resync", "after": 1})
    answer = messages(view)[-1]
    assert answer["kind"] == "frames" and [frame["seq"] for frame in answer["frames"]] == [2, 3]


def test_a_stop_message_calls_on_stop_until_the_view_is_finished():
    stops: list[int] = []
    view = RunView("button", lambda: stops.append(threading.get_ident()))
    line = view.comm
    thread = threading.Thread(target=line.receive, args=({"kind": "stop"},))  # as on a subshell of the kernel
    thread.start()
    thread.join()
    assert len(stops) == 1
    view.finish()
    line.receive({"kind": "stop"})
    assert len(stops) == 1


@pytest.mark.parametrize("content", [None, "stop", {}, {"kind": "resync"}, {"kind": "resync", "after": "1"}])
def test_messages_that_are_not_in_the_protocol_are_ignored(content: Any):
    view = RunView()
    view.comm.receive(content)
    assert messages(view) == []


def test_the_front_end_is_shipped_with_the_package():
    view = RunView()
    assert "runView" in str(view._esm) or "export" in str(view._esm)
    assert ".lgs" in str(view._css)
