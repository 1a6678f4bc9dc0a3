"""A sink that several runs share at the same time can tell them apart."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.config import get_stream_writer
from lgstream.events import Event, RunFinished, RunStarted
from lgstream.graph import START, StateGraph
from lgstream.notebook import load_all
from lgstream.sinks import Collect, Console, Jsonl, attach
from lgstream.types import Send

RUNS = 8


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def write(state: State) -> State:
    get_stream_writer()("working")
    return {"log": ["written"]}


def nested() -> Any:
    inner = StateGraph(State).add_node("write", write).add_edge(START, "write").compile(name="inner")
    builder = StateGraph(State).add_node("inner", inner).add_node("other", write)
    builder.add_conditional_edges(START, lambda state: [Send("inner", state), Send("other", state)], ["inner", "other"])
    return builder.compile(name="outer")


def in_threads(graph: Any, sink: Any) -> None:
    graph.with_config(max_concurrency=RUNS).batch([{"log": []}] * RUNS, sinks=[sink])


def on_one_loop(graph: Any, sink: Any) -> None:
    async def main() -> None:
        await asyncio.gather(*(graph.ainvoke({"log": []}, sinks=[sink]) for _ in range(RUNS)))

    asyncio.run(main())


def attached(graph: Any, sink: Any) -> None:
    async def main() -> None:
        with attach(sink):
            await asyncio.gather(*(graph.ainvoke({"log": []}) for _ in range(RUNS)))

    asyncio.run(main())


def kinds(events: list[Event]) -> list[str]:
    return sorted(type(event).__name__ for event in events)


@pytest.mark.parametrize("run_all", [in_threads, on_one_loop, attached])
def test_collected_events_name_their_run(run_all: Callable[[Any, Any], None]):
    sink, alone = Collect(), Collect()
    nested().invoke({"log": []}, sinks=[alone])
    run_all(nested(), sink)
    runs: dict[str, list[Event]] = {}
    for event in sink.events:
        runs.setdefault(event.run_id, []).append(event)
    assert len(runs) == RUNS
    for events in runs.values():
        assert isinstance(events[0], RunStarted) and isinstance(events[-1], RunFinished)
        assert kinds(events) == kinds(alone.events)


@pytest.mark.parametrize("run_all", [in_threads, on_one_loop, attached])
def test_runs_in_one_file_are_loaded_one_by_one(tmp_path: Path, run_all: Callable[[Any, Any], None]):
    run_all(nested(), Jsonl(tmp_path / "runs.jsonl"))
    runs = load_all(tmp_path / "runs.jsonl")
    assert [run.status for run in runs] == ["done"] * RUNS
    assert {len(run.events) for run in runs} == {len(runs[0].events)}


@pytest.mark.parametrize("run_all", [in_threads, on_one_loop, attached])
def test_each_line_of_runs_in_the_console_is_whole(
    capsys: pytest.CaptureFixture[str], run_all: Callable[[Any, Any], None]
):
    run_all(nested(), Console())
    lines = [line.split("] ")[-1] for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == RUNS * 7
    assert {line.split(" in ")[0] for line in lines} == {
        "▶ outer", "· inner › write: working", "· other: working", "✓ done",
        '✓ inner › write {"log": ["written"]}', '✓ inner {"log": ["written"]}', '✓ other {"log": ["written"]}',
    }  # fmt: skip
