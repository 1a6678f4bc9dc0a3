"""The live views of runs that are over are closed some runs later, unless something still shows or needs them."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.notebook.conftest import Kernel

PREPARATION = """
from ipywidgets.widgets.widget import _instances as live_widgets
from lgstream.checkpoint.memory import InMemorySaver
from lgstream.notebook import cell
from lgstream.types import interrupt

def views(code, kept):
    cell.KEPT_VIEWS, usual = kept, cell.KEPT_VIEWS
    before = set(live_widgets)
    exec(code, globals())
    cell.KEPT_VIEWS = usual
    return [model_id for model_id in live_widgets.keys() - before if type(live_widgets[model_id]).__name__ == "RunView"]

def ask(state):
    return {"log": [interrupt("?")]}

def asking():
    builder = StateGraph(State).add_node(ask).add_edge(START, "ask")
    return builder.compile(checkpointer=InMemorySaver())

THREAD = {"configurable": {"thread_id": "1"}}
"""


@pytest.fixture
def views(kernel: Kernel) -> Any:
    """Return a function that runs code in a cell and returns how many live views it leaves in the kernel.

    Views are closed at once, or after ``kept`` more runs.
    """

    def count(code: str, kept: int = 0) -> int:
        cell = kernel.run(f"{PREPARATION}\nleft = views({code!r}, {kept})\nprint(len(left))")
        assert cell.error is None, cell.messages
        return int(ast.literal_eval(cell.text.splitlines()[-1]))

    return count


def test_the_view_of_a_run_that_is_over_is_closed(views: Any):
    assert views("run = watch(graph(write), {'log': []})") == 0


def test_the_view_of_a_failed_run_is_closed(views: Any):
    assert views("try: watch(graph(lambda state: 1 / 0), {'log': []})\nexcept ZeroDivisionError: pass") == 0


def test_the_view_of_a_run_that_can_be_resumed_is_kept_until_its_end(views: Any):
    assert views("run = watch(asking(), {'log': []}, THREAD)") == 1
    assert views("run = watch(asking(), {'log': []}, THREAD); run.resume('yes')") == 0


def test_a_view_that_the_output_shows_after_the_run_is_kept(views: Any):
    assert views("run = watch(graph(write), {'log': []}, persist='widget')") == 1


def test_a_view_can_be_shown_again_after_it_was_closed(views: Any):
    assert views("run = watch(graph(write), {'log': []}); view = run.widget(); assert 'a note' in view.ops_final") == 1


def test_a_view_that_was_asked_for_is_kept_when_the_run_is_resumed(views: Any):
    code = "run = watch(asking(), {'log': []}, THREAD); view = run.widget(); run.resume('yes'); assert view.comm"
    assert views(code) == 1


def test_the_views_of_the_last_runs_are_kept(views: Any):
    assert views("for _ in range(5): watch(graph(write), {'log': []})", kept=2) == 2
