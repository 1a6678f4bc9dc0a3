"""``python -m benchmarks.soak [--minutes 10]``: run a chatty agent over and over, and fail if anything is left behind.

The agent runs as fast as it can, in every way that a notebook has: sync, async, with a live view, left by ``break``,
cancelled, interrupted and resumed. Its runs go to a file, a console and the caller's own sink. A row every 30 seconds
shows what the process holds; after a warm-up it must not grow by more than :data:`MAX_BYTES_PER_RUN` a run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import comm
from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.headless_watch import EncodingComm
from benchmarks.soak_agent import TOKENS_PER_RUN, chatty_agent
from lgstream.events import Event
from lgstream.sinks import Collect, Console, Jsonl, Queued, attach
from lgstream.types import Command
from lgstream.widgets.feed import Feed, clock_thread
from lgstream.widgets.runview import RunView

ROW_SECONDS = 30.0
RUNS_PER_FILE = 50
IDLE_THREAD_SECONDS = 2.0
"""Time after which threads without work have ended."""

HOUR_OF_TOKENS = 30 * 3600
"""What a chatty agent says in an hour: 30 tokens a second."""

MAX_BYTES_PER_RUN = 4096
"""Memory that a run may leave behind, and what the allocator needs: :data:`MEMORY_NOISE_BYTES` are free."""

MEMORY_NOISE_BYTES = 8_000_000
MAX_OBJECTS_PER_RUN = 2.0
OBJECT_NOISE = 2000

Way = Callable[[Any, dict[str, Any]], Awaitable[None]]
INPUT = {"messages": [("user", "Tell me about owls.")]}


class Holdings(NamedTuple):
    """What the process holds at some time."""

    runs: int
    memory: int
    objects: int
    threads: int
    files: int


def measure(runs: int) -> Holdings:
    """Return what the process holds after ``runs`` runs, when everything that nobody needs is released."""
    for _ in range(3):
        gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(list(Path("/proc/self/fd").iterdir()))
    return Holdings(runs, pages * os.sysconf("SC_PAGE_SIZE"), len(gc.get_objects()), threading.active_count(), files)


async def invoke(graph: Any, config: dict[str, Any]) -> None:
    """Run the graph as a script does, and answer its question."""
    graph.invoke(INPUT, config)
    graph.invoke(Command(resume="yes"), config)


async def stream(graph: Any, config: dict[str, Any]) -> None:
    """Read every chunk of three modes."""
    for _ in graph.stream(INPUT, config, stream_mode=["messages", "updates", "custom"], subgraphs=True):
        pass


async def astream(graph: Any, config: dict[str, Any]) -> None:
    """Read every chunk on the event loop, and answer the question."""
    values: tuple[Any, ...] = (INPUT, Command(resume="yes"))
    for value in values:
        async for _ in graph.astream(value, config, stream_mode=["messages", "updates", "custom"]):
            pass


async def leave(graph: Any, config: dict[str, Any]) -> None:
    """Stop to read after 100 chunks."""
    for _ in itertools.islice(graph.stream(INPUT, config, stream_mode="messages"), 100):
        pass


async def cancel(graph: Any, config: dict[str, Any]) -> None:
    """Cancel the task of a run."""
    task = asyncio.create_task(graph.ainvoke(INPUT, config))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def view(graph: Any, config: dict[str, Any]) -> None:
    """Show a run in a live view, whose messages are encoded and not sent."""
    collect = Collect()
    with patch.object(comm, "create_comm", EncodingComm):
        feed = Feed(collect.events, RunView("kernel"))
        with clock_thread(feed.tick):
            graph.invoke(INPUT, config, sinks=[collect])
        feed.flush()
        feed.view.close()


WAYS: tuple[Way, ...] = (invoke, stream, astream, leave, cancel, view)


class Soak:
    """Runs the agent in all ways, in turn.

    Args:
        folder: where the files of the runs go.

    Attributes:
        runs: the runs so far.
        tokens: the tokens of those that were not cut short.
    """

    def __init__(self, folder: Path) -> None:
        self.runs = 0
        self.tokens = 0
        self.events = 0
        self._folder = folder
        self._saver = InMemorySaver()
        self._graph = chatty_agent(self._saver)

    def _count(self, event: Event) -> None:
        self.events += 1

    @contextmanager
    def _sinks(self) -> Iterator[None]:
        suffix = ".jsonl.gz" if self.runs // RUNS_PER_FILE % 2 else ".jsonl"
        if_exists: Any = "replace" if self.runs % RUNS_PER_FILE == 0 else "append"
        with Path(os.devnull).open("w", encoding="utf-8") as null:
            file = Jsonl(self._folder / f"soak{suffix}", if_exists=if_exists)
            with attach(file, Console(null), Queued(self._count, size=10_000)):
                yield

    async def run_once(self) -> None:
        """Run the agent in the next way, in a thread of its own conversation."""
        way = WAYS[self.runs % len(WAYS)]
        thread_id = str(self.runs)
        with self._sinks():
            await way(self._graph, {"configurable": {"thread_id": thread_id}})
        self._saver.delete_thread(thread_id)
        self.runs += 1
        self.tokens += TOKENS_PER_RUN if way not in (leave, cancel) else 0


def row(start: float, soak: Soak, now: Holdings) -> str:
    """Return a row of the table."""
    seconds = time.monotonic() - start
    hours = soak.tokens / HOUR_OF_TOKENS
    return (
        f"{seconds:6.0f} s {soak.runs:7,} runs {soak.events:10,} events {hours:6.2f} h of talk"
        f" {now.memory / 1e6:8.1f} MB {now.objects:9,} objects {now.threads:4} threads {now.files:4} files"
    )


def what_grew(before: Holdings, after: Holdings) -> list[str]:
    """Return a sentence for each thing of which the runs between two measurements left too much behind."""
    runs = after.runs - before.runs
    limits = (
        ("bytes of memory", after.memory - before.memory, MEMORY_NOISE_BYTES + MAX_BYTES_PER_RUN * runs),
        ("objects", after.objects - before.objects, OBJECT_NOISE + MAX_OBJECTS_PER_RUN * runs),
        ("threads", after.threads - before.threads, 2),
        ("open files", after.files - before.files, 2),
    )
    return [
        f"{growth:,} {name} more after {runs:,} runs; allowed are {limit:,.0f}."
        for name, growth, limit in limits
        if growth > limit
    ]


async def soak_for(seconds: float) -> list[str]:
    """Run the agent for this long, print what the process holds from time to time, and return what grew."""
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder))
        start = next_row = time.monotonic()
        after_warm_up: Holdings | None = None
        row_seconds = min(ROW_SECONDS, seconds / 6)
        while time.monotonic() < start + seconds:
            await soak.run_once()
            if time.monotonic() < next_row + row_seconds or soak.runs % len(WAYS):
                continue
            next_row = time.monotonic()
            await asyncio.sleep(IDLE_THREAD_SECONDS)
            now = measure(soak.runs)
            print(row(start, soak, now), flush=True)
            if after_warm_up is None and next_row > start + seconds / 5:
                after_warm_up = now
        await asyncio.sleep(IDLE_THREAD_SECONDS)
        last = measure(soak.runs)
    if after_warm_up is None:
        return ["The time was too short to compare anything: give more --minutes."]
    per_run = (last.memory - after_warm_up.memory) / max(last.runs - after_warm_up.runs, 1)
    print(f"After the warm-up, each run left {per_run:,.0f} bytes behind.")
    return what_grew(after_warm_up, last)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to run (10)")
    problems = asyncio.run(soak_for(60 * parser.parse_args().minutes))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
