"""A program that is killed in mid-run and resumed: it ends right, and no effect happens more than twice.

``KILLS=12 pytest tests/engine/checkpoints/test_killed_programs.py`` kills twelve programs per durability and driver.
"""

from __future__ import annotations

import asyncio
import operator
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from lgstream.graph import END, START, StateGraph
from lgstream.types import Durability

STEPS = 12
STEP_SECONDS = 0.003
KILLS = int(os.environ.get("KILLS", "1"))
THREAD: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[int], operator.add]


def graph(directory: Path, saver: Any) -> Any:
    """Return a graph of which each step appends a line to a file, and its number to the state."""

    def step(state: State) -> State:
        number = len(state["log"])
        with (directory / "effects").open("a") as effects:
            effects.write(f"{number}\n")
        time.sleep(STEP_SECONDS)
        return {"log": [number]}

    def route(state: State) -> str:
        return "step" if len(state["log"]) < STEPS else END

    builder = StateGraph(State).add_node("step", step).add_edge(START, "step")
    return builder.add_conditional_edges("step", route, ["step", END]).compile(checkpointer=saver)


def run(directory: Path, durability: Durability) -> list[int]:
    """Run the graph on the thread, from where it was left, and return the log."""
    with SqliteSaver.from_conn_string(str(directory / "checkpoints.sqlite")) as saver:
        saved = graph(directory, saver)
        value: Any = None if saved.get_state(THREAD).created_at else {"log": []}
        return list(saved.invoke(value, THREAD, durability=durability)["log"])


async def arun(directory: Path, durability: Durability) -> list[int]:
    """Run the graph like :func:`run`, on the event loop."""
    async with AsyncSqliteSaver.from_conn_string(str(directory / "checkpoints.sqlite")) as saver:
        saved = graph(directory, saver)
        value: Any = None if (await saved.aget_state(THREAD)).created_at else {"log": []}
        return list((await saved.ainvoke(value, THREAD, durability=durability))["log"])


RUNS = {"sync": run, "async": lambda *args: asyncio.run(arun(*args))}


def effects(directory: Path) -> Counter[int]:
    path = directory / "effects"
    return Counter(map(int, path.read_text().split())) if path.exists() else Counter()


def run_and_kill(directory: Path, variant: str, durability: Durability, after_effects: int) -> None:
    """Run the graph in another process, and kill that after some effects, at a random moment of the step."""
    program = f"import sys; from tests.engine.checkpoints.{Path(__file__).stem} import RUNS; from pathlib import Path\n"
    program += f"RUNS[{variant!r}](Path(sys.argv[1]), {durability!r})"
    process = subprocess.Popen([sys.executable, "-c", program, str(directory)])
    deadline = time.monotonic() + 60
    while effects(directory).total() < after_effects and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.0005)
    time.sleep(random.uniform(0, 2 * STEP_SECONDS))
    process.kill()
    process.wait()


@pytest.mark.parametrize("kill", range(KILLS))
@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
@pytest.mark.parametrize("variant", RUNS)
def test_a_killed_run_ends_right_when_it_is_resumed(
    tmp_path: Path, variant: str, durability: Durability, kill: int
) -> None:
    run_and_kill(tmp_path, variant, durability, after_effects=random.randrange(STEPS))
    before = effects(tmp_path)
    log = RUNS[variant](tmp_path, durability)
    counts = effects(tmp_path)
    assert log == list(range(STEPS))
    assert sorted(counts) == log
    assert max(counts.values()) <= 2
    repeated = counts.total() - STEPS
    assert repeated <= {"sync": 1, "async": before.total(), "exit": before.total()}[durability]
    print(f"{variant} {durability}: killed after {before.total()} effects, {repeated} happened twice")
