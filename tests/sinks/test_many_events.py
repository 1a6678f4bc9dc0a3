"""Each sink of the package takes very many events: all of them, in order, in bounded memory."""

from __future__ import annotations

import asyncio
import io
import itertools
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk

from lgstream.config import get_stream_writer
from lgstream.events import CallFinished, CallStarted, Custom, Event, RunFinished, RunStarted, TaskStarted, Token
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.sinks import Collect, Console, Jsonl, Queued, read_jsonl
from lgstream.widgets.feed import Feed
from lgstream.widgets.runview import RunView

TOKENS = 20_000
LINES = 4000
NAMES = ["run.jsonl", "run.jsonl.gz"]


def run_of_tokens(count: int = TOKENS) -> Iterator[Event]:
    yield RunStarted(1.0, (), "run", "g", {}, None)
    yield TaskStarted(1.0, (), 1, "t", "write", {}, (), run_id="run")
    for number in range(count):
        call = f"call {number // 1000}"
        if number % 1000 == 0:
            yield CallStarted(1.0, (), "t", "write", call, "gpt", (), run_id="run")
        yield Token(1.0, (), "t", "write", call, AIMessageChunk(content=f"w{number} "), {}, run_id="run")
        if number % 1000 == 999:
            yield CallFinished(1.0, (), "t", "write", call, None, None, run_id="run")
    yield RunFinished(1.0, (), "run", "done", {}, None)


def text_of(count: int = TOKENS) -> str:
    return "".join(f"w{number} " for number in range(count))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_has_every_event_in_order(tmp_path: Path, name: str):
    sink = Jsonl(tmp_path / name)
    for event in run_of_tokens(LINES):
        sink(event)
    for read, written in itertools.zip_longest(read_jsonl(tmp_path / name), run_of_tokens(LINES)):
        assert read == written


def test_the_console_prints_every_token_in_order():
    file = io.StringIO()
    sink = Console(file)
    for event in run_of_tokens():
        sink(event)
    words = [word for word in file.getvalue().split() if word[0] == "w" and word != "write"]
    assert " ".join(words) == text_of().strip()


def test_a_view_shows_every_token_in_order():
    collect, view = Collect(), RunView()
    feed = Feed(collect.events, view)
    for number, event in enumerate(run_of_tokens()):
        collect(event)
        if number % 5000 == 0:
            feed.tick()
    feed.flush()
    cards = [row for row in feed.tables["call"].values() if row.get("text")]
    assert "".join(str(card["text"]) for card in cards) == text_of()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_without_holding_it(tmp_path: Path, name: str):
    sink = Jsonl(tmp_path / name)
    for number in range(1000):
        sink(Custom(1.0, (), "t", "node", {"number": number, "text": f"{number}" * 4000}, run_id="run"))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_jsonl(tmp_path / name))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 1000 and peak < 6_000_000  # of 12,000,000 characters


def flood(count: int) -> Any:
    async def node(state: MessagesState) -> MessagesState:
        write = get_stream_writer()
        for number in range(count):
            write(number)
        return {"messages": []}

    return StateGraph(MessagesState).add_node("node", node).add_edge(START, "node").compile()


async def test_a_sink_gets_every_event_of_a_flood_that_its_queue_holds():
    seen: list[Any] = []

    def sluggish(event: Event) -> None:
        if len(seen) % 1000 == 0:
            threading.Event().wait(0.001)
        seen.append(event.data if isinstance(event, Custom) else None)

    await flood(TOKENS).ainvoke({"messages": []}, sinks=[sluggish])
    assert [data for data in seen if data is not None] == list(range(TOKENS))


async def test_the_events_that_wait_for_a_sink_are_bounded():
    go = threading.Event()
    queued = Queued(lambda event: go.wait(), size=1000, timeout=60.0)  # type: ignore[arg-type]
    run = asyncio.create_task(flood(TOKENS).ainvoke({"messages": []}, sinks=[queued]))
    while queued.dropped < TOKENS - 1000:
        await asyncio.sleep(0.01)
    go.set()
    await run
    assert TOKENS - 1000 <= queued.dropped < TOKENS - 900
