"""Run %%watch and %lgstream in the cells of a real kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.notebook.conftest import Cell, Kernel

GRAPHS = """
%load_ext lgstream
from langgraph.graph import StateGraph as Theirs
from langgraph.pregel import Pregel
from langgraph.types import StreamWriter

plain = Pregel.stream, Pregel.astream
def theirs_node(state, writer: StreamWriter):
    writer("a note")
    return {"log": ["written"]}

ours = graph(write)
theirs = Theirs(State).add_node("write", theirs_node).add_edge(START, "write").compile(name="joke")
MODES = ["values", "updates", "custom", "messages", "tasks"]
"""

CALLS = [
    "x.invoke({'log': ['in']})",
    "list(x.stream({'log': ['in']}))",
    "await x.ainvoke({'log': ['in']})",
    "[chunk async for chunk in x.astream({'log': ['in']})]",
]


@pytest.fixture
def loaded(kernel: Kernel) -> Kernel:
    assert kernel.run(GRAPHS).error is None
    return kernel


def views(cell: Cell) -> list[str]:
    """Return the static outputs that remain, as text."""
    assert cell.error is None, cell.messages
    return [output["text/plain"] for output in cell.outputs if "text/html" in output]


@pytest.mark.parametrize("graph", ["ours", "theirs"])
@pytest.mark.parametrize("call", CALLS)
def test_the_runs_of_a_watched_cell_are_shown_and_return_the_same(loaded: Kernel, graph: str, call: str):
    call = call.replace("x.", f"{graph}.")
    plain = loaded.run(f"print({call})")
    watched = loaded.run(f"%%watch\nprint({call})")
    assert views(plain) == [] and watched.text == plain.text
    (view,) = views(watched)
    assert "joke: done" in view and "a note" in view


def test_chunks_of_all_modes_are_the_same_in_a_watched_cell(loaded: Kernel):
    call = "print(*theirs.stream({'log': ['in']}, stream_mode=MODES[:4], subgraphs=True), sep='\\n')"
    assert loaded.run(f"%%watch\n{call}").text == loaded.run(call).text


def test_several_runs_have_one_view_each_even_if_concurrent(loaded: Kernel):
    cell = loaded.run(
        "%%watch\nfor name in 'ab': ours.with_config().invoke({'log': [name]})\n"
        "await asyncio.gather(ours.ainvoke({'log': ['c']}), theirs.ainvoke({'log': ['d']}))"
    )
    texts = views(cell)
    assert len(texts) == 4
    assert [sum(f'"{name}", "written"' in view for view in texts) for name in "abcd"] == [1, 1, 1, 1]


@pytest.mark.parametrize("inner", ["ours", "theirs"])
@pytest.mark.parametrize("builder", ["StateGraph", "Theirs"])
def test_a_run_inside_a_node_has_no_view_of_its_own(loaded: Kernel, builder: str, inner: str):
    cell = loaded.run(
        f"%%watch\ndef node(state): return {{'log': {inner}.invoke({{'log': []}})['log']}}\n"
        f"print({builder}(State).add_node(node).add_edge(START, 'node').compile(name='outer').invoke({{'log': []}}))"
    )
    assert cell.text == "{'log': ['written']}\n"
    (view,) = views(cell)
    assert "outer: done" in view


def test_patched_methods_are_restored_even_after_an_error(loaded: Kernel):
    cell = loaded.run("%%watch\nours.invoke({'log': []})\n1 / 0")
    assert cell.error == "ZeroDivisionError" and "joke: done" in cell.outputs[0]["text/plain"]
    assert loaded.run("print((Pregel.stream, Pregel.astream) == plain)").text == "True\n"


def test_a_failing_run_is_shown_as_failed_and_line_numbers_are_unchanged(loaded: Kernel):
    cell = loaded.run("%%watch\n\ndef bad(state):\n    raise ValueError('boom')\ngraph(bad).invoke({'log': []})")
    assert cell.error == "ValueError" and "joke: failed" in cell.outputs[0]["text/plain"]
    assert "line 4" in cell.outputs[0]["text/html"]


def test_the_line_magic_turns_watching_on_and_off_for_the_notebook(loaded: Kernel):
    assert loaded.run("%lgstream").text == "lgstream: cells with %%watch are watched\n"
    loaded.run("%lgstream on")
    assert len(views(loaded.run("ours.invoke({'log': []});"))) == 1
    assert len(views(loaded.run("await theirs.ainvoke({'log': []});"))) == 1
    assert loaded.run("%lgstream off").error is None
    assert views(loaded.run("ours.invoke({'log': []}); await theirs.ainvoke({'log': []});")) == []


def test_a_run_by_watch_is_shown_once(loaded: Kernel):
    assert len(views(loaded.run("%%watch\nrun = watch(theirs, {'log': []})"))) == 1


def test_arguments_of_watch_and_unknown_states_are_rejected(loaded: Kernel):
    assert loaded.run("%%watch this\n1").error == "SyntaxError"
    assert loaded.run("%lgstream maybe").error == "ValueError"


def test_the_extension_can_be_unloaded(loaded: Kernel):
    loaded.run("%unload_ext lgstream")
    assert loaded.run("%lgstream").error is None and "not found" in str(loaded.run("%lgstream").messages)
