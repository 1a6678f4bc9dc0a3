"""The soak: its agent runs in every way, and what runs leave behind is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks import soak
from benchmarks.soak_agent import TOKENS_PER_RUN
from lgstream.sinks import read_jsonl


def test_the_agent_runs_in_every_way_and_its_events_are_recorded(tmp_path: Path):
    agent = soak.Soak(tmp_path)

    async def main() -> None:
        for _ in soak.WAYS:
            await agent.run_once()

    asyncio.run(main())
    recorded = [event for file in tmp_path.iterdir() for event in read_jsonl(file)]
    assert len(recorded) == agent.events > 1000
    assert agent.tokens == TOKENS_PER_RUN * (len(soak.WAYS) - 2)


def test_what_grows_with_each_run_is_told():
    before = soak.Holdings(100, 50_000_000, 10_000, 2, 9)
    assert soak.what_grew(before, before._replace(runs=300, memory=57_000_000, objects=10_500)) == []
    after = soak.Holdings(1100, 50_000_000 + 1000 * 60_000, 10_000 + 1000 * 50, 12, 20)
    assert [problem.split(" ", 1)[1] for problem in soak.what_grew(before, after)] == [
        "bytes of memory more after 1,000 runs; allowed are 12,096,000.",
        "objects more after 1,000 runs; allowed are 4,000.",
        "threads more after 1,000 runs; allowed are 2.",
        "open files more after 1,000 runs; allowed are 2.",
    ]
