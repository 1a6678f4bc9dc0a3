"""Ctrl-C in a program: what stops, what is reported, and that the program ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import asyncio, operator, sys, threading, time
from typing import Annotated, TypedDict
from lgstream.events import RunFinished, TaskFinished
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect

class State(TypedDict, total=False):
    log: Annotated[list, operator.add]

def say(text):
    print(text, flush=True)

ready = threading.Barrier(2)

def sync_node(state):
    ready.wait()
    say("ready")
    time.sleep(60)

async def async_node(state):
    try:
        await asyncio.to_thread(ready.wait)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.02)
        say("cleaned up")

inner = StateGraph(State).add_node("deep", async_node).add_edge(START, "deep").compile()
builder = StateGraph(State).add_node("blocks", sync_node).add_node("waits", WAITS)
graph = builder.add_edge(START, "blocks").add_edge(START, "waits").compile()
events = Collect()
try:
    RUN
except BaseException as error:
    say(f"raised {type(error).__name__} {getattr(error, '__notes__', [])}")
for event in events.events:
    if isinstance(event, TaskFinished):
        say(f"task {event.node}: {getattr(event.error, '__notes__', [])}")
    if isinstance(event, RunFinished):
        say(f"run {event.status}")
"""

RUNS = {
    "sync": "graph.invoke({}, sinks=[events])",
    "async": "asyncio.run(graph.ainvoke({}, sinks=[events]))",
}

END_SECONDS = 30
"""The time in which the program has to end; its nodes sleep for twice as long."""


def output_after_ctrl_c(program: str) -> str:
    """Run a program, press Ctrl-C as soon as it says that it is ready, and return what it prints afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"import signal; signal.signal(2, signal.default_int_handler)\n{program}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)  # the async node goes on after the barrier, too
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=END_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    return output


@pytest.mark.parametrize("waits", ["async_node", "inner", "lambda state: inner.invoke(state)"])
@pytest.mark.parametrize("variant", RUNS)
def test_ctrl_c_cancels_async_nodes_and_names_the_function_that_goes_on(variant: str, waits: str) -> None:
    output = output_after_ctrl_c(PROGRAM.replace("WAITS", waits).replace("RUN", RUNS[variant], 1))
    assert "cleaned up" in output
    assert "raised KeyboardInterrupt" in output
    assert "task blocks: ['its function was still running in its thread" in output
    assert "task waits: []" in output or "lambda" in waits
    assert output.endswith("run stopped\n")
    if variant == "sync":
        assert "raised KeyboardInterrupt [\"Node 'blocks': " in output
        assert "Node 'waits'" not in output
