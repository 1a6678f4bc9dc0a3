"""Call watch and awatch outside notebooks."""

from __future__ import annotations

import asyncio
import operator
import subprocess
import sys
from typing import Annotated, Any, TypedDict

import pytest

from lgstream.graph import START, StateGraph
from lgstream.notebook import awatch, watch
from lgstream.sinks import Collect


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def graph(node: Any) -> Any:
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile(name="joke")


def write(state: State) -> State:
    return {"log": ["written"]}


def test_watch_prints_the_run_on_stdout(capsys: pytest.CaptureFixture[str]):
    run = watch(graph(write), {"log": []})
    assert run.result == {"log": ["written"]} and run.status == "done"
    assert capsys.readouterr().out.startswith('▶ joke\n✓ node {"log": ["written"]}\n✓ done')


async def test_awatch_prints_the_run_on_stdout(capsys: pytest.CaptureFixture[str]):
    run = await awatch(graph(write), {"log": []})
    assert run.result == {"log": ["written"]}
    assert "✓ done" in capsys.readouterr().out


def test_a_run_can_be_shown_as_text(capsys: pytest.CaptureFixture[str]):
    run = watch(graph(write), {"log": []})
    assert "joke: done" in str(run)
    assert run._repr_mimebundle_().keys() >= {"text/html", "text/markdown", "text/plain"}


def test_sinks_receive_the_events_too():
    sink = Collect()
    run = watch(graph(write), {"log": []}, sinks=[sink])
    assert sink.events == run.events


def test_further_arguments_are_passed_to_invoke():
    run = watch(graph(write), {"log": []}, {"recursion_limit": 5}, output_keys="log")
    assert run.result == ["written"]


def test_an_exception_of_the_graph_is_raised_and_printed(capsys: pytest.CaptureFixture[str]):
    error = ValueError("boom")

    def bad(state: State) -> State:
        raise error

    with pytest.raises(ValueError, match="boom") as raised:
        watch(graph(bad), {"log": []})
    assert raised.value is error
    assert "✗ node: ValueError: boom" in capsys.readouterr().out


async def test_cancelling_the_caller_raises():
    started = asyncio.Event()

    async def forever(state: State) -> State:
        started.set()
        await asyncio.Event().wait()
        return {"log": []}

    task = asyncio.create_task(awatch(graph(forever), {"log": []}))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("graph", "message"),
    [(StateGraph(State), r"a StateGraph\. Compile it first"), ("graph", r"this is a str\.$")],
    ids=["builder", "text"],
)
def test_an_object_that_is_not_a_compiled_graph_is_rejected(graph: Any, message: str):
    with pytest.raises(TypeError, match=message):
        watch(graph, {})


def test_an_unknown_value_of_persist_is_rejected():
    with pytest.raises(ValueError, match="'static' or 'widget'"):
        watch(graph(write), {"log": []}, persist="html")  # type: ignore[arg-type]


def test_importing_the_notebook_package_loads_no_widgets_and_patches_no_loop():
    code = "import sys, lgstream.notebook; print({'ipywidgets', 'nest_asyncio', 'nest_asyncio2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_nest_asyncio_lets_loops_nest():
    code = (
        "import asyncio, lgstream.notebook\n"
        "async def inner(): return 'nested'\n"
        "async def outer(): return asyncio.run(inner())\n"
        "lgstream.notebook.nest_asyncio()\n"
        "print(asyncio.run(outer()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "nested\n"
