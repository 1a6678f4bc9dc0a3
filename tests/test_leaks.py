"""Runs leave nothing behind, however they end: threads, asyncio tasks, open files, sockets and objects are as before.

``LEAK_RUNS=170 pytest tests/test_leaks.py`` makes 170 runs in each way.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import operator
import os
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.effects.loop_thread import shared_loop_thread
from lgstream.graph import START, StateGraph
from lgstream.notebook import awatch, watch
from lgstream.types import Command, RetryPolicy, StreamWriter, interrupt

RUNS = int(os.environ.get("LEAK_RUNS", "20"))
WARM_UP_RUNS = 5


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


async def async_step(state: State, writer: StreamWriter) -> State:
    writer("note")
    await asyncio.sleep(0)
    return {"log": ["async"]}


def sync_step(state: State, writer: StreamWriter) -> State:
    writer("note")
    return {"log": ["sync"]}


async def sleeps(state: State, writer: StreamWriter) -> None:
    writer("note")
    await asyncio.sleep(60)


def fails(state: State) -> None:
    raise ValueError("no")


def asks(state: State) -> State:
    return {"log": [interrupt("go on?")]}


def parallel(*nodes: Any, **options: Any) -> Any:
    builder = StateGraph(State)
    for index, node in enumerate(nodes):
        builder.add_node(f"node{index}", node)
        builder.add_edge(START, f"node{index}")
    return builder.compile(**options)


PLAIN = parallel(sync_step, async_step, parallel(async_step))
STUCK = parallel(sync_step, sleeps, parallel(sleeps))
FAILING = parallel(fails, sleeps)
TIMED = parallel(sleeps, sleeps)
TIMED.step_timeout = 0.005
LIMITED = StateGraph(State).add_node("node", sleeps, timeout=0.005).add_edge(START, "node").compile()
RETRIED = (
    StateGraph(State)
    .add_node(
        "node",
        fails,
        retry_policy=RetryPolicy(initial_interval=0.001, jitter=False, max_attempts=2, retry_on=ValueError),
    )
    .add_edge(START, "node")
    .compile()
)
THREAD: Any = {"configurable": {"thread_id": "1"}}


def saving(*nodes: Any) -> Any:
    return parallel(*nodes, checkpointer=InMemorySaver())


def stop_after_first(stream: Any) -> None:
    for _ in stream:
        break


async def plain() -> None:
    PLAIN.invoke({})


async def plain_async() -> None:
    await PLAIN.ainvoke({})


async def with_saver() -> None:
    saving(sync_step, async_step).invoke({}, THREAD)


async def with_saver_async() -> None:
    await saving(sync_step, async_step).ainvoke({}, THREAD)


async def watched() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        watch(PLAIN, {})


async def watched_async() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        await awatch(PLAIN, {})


async def broken_off() -> None:
    stop_after_first(STUCK.stream({}, stream_mode="custom"))


async def closed_async() -> None:
    stream = STUCK.astream({}, stream_mode="custom")
    await anext(stream)
    await stream.aclose()


async def broken_off_async() -> None:
    async for _ in STUCK.astream({}, stream_mode="custom"):
        break
    await asyncio.sleep(0.001)


async def cancelled() -> None:
    run = asyncio.ensure_future(STUCK.ainvoke({}))
    await asyncio.sleep(0.002)
    run.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await run


async def step_timeout() -> None:
    with pytest.raises(TimeoutError):
        TIMED.invoke({})


async def step_timeout_async() -> None:
    with pytest.raises(TimeoutError):
        await TIMED.ainvoke({})


async def node_timeout() -> None:
    with pytest.raises(Exception, match="ran for"):
        LIMITED.invoke({})


async def forked() -> None:
    graph = saving(sync_step, async_step)
    graph.invoke({}, THREAD)
    graph.invoke(None, list(graph.get_state_history(THREAD))[-1].config)


async def failing() -> None:
    with pytest.raises(ValueError, match="no"):
        FAILING.invoke({})


async def failing_async() -> None:
    with pytest.raises(ValueError, match="no"):
        await FAILING.ainvoke({})


async def retried() -> None:
    with pytest.raises(ValueError, match="no"):
        RETRIED.invoke({})


async def resumed() -> None:
    graph = saving(asks, async_step)
    graph.invoke({}, THREAD)
    graph.invoke(Command(resume="yes"), THREAD)


async def resumed_async() -> None:
    graph = saving(asks, async_step)
    await graph.ainvoke({}, THREAD)
    await graph.ainvoke(Command(resume="yes"), THREAD)


WAYS: tuple[Callable[[], Awaitable[None]], ...] = (
    plain, plain_async, with_saver, with_saver_async, watched, watched_async, broken_off, closed_async,
    broken_off_async, cancelled, step_timeout, step_timeout_async, node_timeout, forked, failing, failing_async,
    retried, resumed, resumed_async,
)  # fmt: skip


def open_files() -> int:
    """Return the number of open files, sockets among them."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def own_threads() -> int:
    return sum(thread.name.startswith("lgstream-worker") for thread in threading.enumerate())


def running_tasks() -> int:
    return len(asyncio.all_tasks()) + len(asyncio.all_tasks(shared_loop_thread().loop))


async def counts() -> tuple[tuple[int, int, int], Counter[str]]:
    """Return what is open and running, and the number of objects by class; wait until threads have ended."""
    await asyncio.sleep(0.01)  # what is due on the event loop
    deadline = time.monotonic() + 10
    while own_threads() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    gc.collect()
    classes = Counter(map(type, gc.get_objects()))
    names = Counter({type.__repr__(each): count for each, count in classes.items()})  # a class may refuse its name
    return (own_threads(), running_tasks(), open_files()), names


async def growth(way: Callable[[], Awaitable[None]]) -> tuple[tuple[int, int, int], dict[str, int]]:
    """Make runs, and return by how much the counts have grown; of objects, only the classes with one in two runs."""
    before, classes_before = await counts()
    for _ in range(RUNS):
        await way()
    after, classes_after = await counts()
    threads, tasks, files = (new - old for new, old in zip(after, before, strict=True))
    grown = {name: count for name, count in (classes_after - classes_before).items() if count >= RUNS // 2}
    return (threads, tasks, files), grown


@pytest.fixture(autouse=True)
def only_new_objects() -> Iterator[None]:
    """Hide the objects of other tests from the garbage collector, which would look at all of them each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_runs_leave_nothing_behind(way: Callable[[], Awaitable[None]]) -> None:
    for _ in range(WARM_UP_RUNS):
        await way()
    nothing: tuple[Any, Any] = (0, 0, 0), {}
    grown = await growth(way)
    if grown != nothing:  # caches of Python and of other packages fill up once
        grown = await growth(way)
    assert grown == nothing
