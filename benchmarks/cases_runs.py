"""Whole runs: chats and agents, streamed, with a saver, many at once."""

from __future__ import annotations

from functools import partial

from benchmarks.case import Case
from benchmarks.gauges import CPU_SECONDS, REPORTED_BYTES
from benchmarks.graph_runs import without_ids
from benchmarks.packages import both, side
from benchmarks.whole_runs import (
    Agent,
    Chat,
    Program,
    TwoAgents,
    Usage,
    calls_alone,
    graph_runs,
    held_bytes,
    held_chats,
)

MODES = ["messages", "updates", "values"]

ASYNC_STREAM = Usage(is_async=True, modes=MODES)


def whole_run(name: str, size: int, program: Program, usage: Usage, target: float) -> Case:
    """Return the case of ``size`` runs of a program."""
    sides = both(graph_runs, program=program, usage=usage)
    floor = partial(calls_alone, program=program, usage=usage)
    return Case(
        name, "run", size, sides, {"langgraph": target}, gauge=CPU_SECONDS, comparable=without_ids, rounds=9,
        floor=floor,
    )  # fmt: skip


CASES = (
    whole_run("chat, 300 at once, async, stream", 300, Chat(), ASYNC_STREAM, 1 / 8),
    whole_run("chat, 300 at once, ainvoke", 300, Chat(), Usage(is_async=True), 1 / 8),
    whole_run(
        "chat, 300 at once, async, stream, saved", 300, Chat(),
        Usage(is_async=True, modes=MODES, is_saved=True), 1 / 4,
    ),
    whole_run("chat, sync, messages", 30, Chat(), Usage(is_async=False, modes="messages"), 1 / 6),
    whole_run(
        "agent with two tool calls, sync, stream, saved", 10, Agent(),
        Usage(is_async=False, modes=MODES, is_saved=True), 1 / 4,
    ),
    whole_run("agent with two tool calls, 100 at once, async, stream", 100, Agent(), ASYNC_STREAM, 1 / 5),
    whole_run(
        "two agents as nodes, 40 at once, async, stream with subgraphs", 40, TwoAgents(),
        Usage(is_async=True, modes=MODES, subgraphs=True), 1 / 6,
    ),
    Case(
        "memory of a chat, 1,000 at once", "run", 1000,
        {
            "models alone": partial(held_bytes, calls_alone, usage=ASYNC_STREAM),
            "lgstream": side(held_chats, "lgstream", usage=ASYNC_STREAM),
        },
        limit=40 * 1024, gauge=REPORTED_BYTES, comparable=lambda _: None, rounds=1,
    ),
)  # fmt: skip
