"""Forms in the cell: the user answers a node's question there, and the run resumes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tools.jupyterlab.notebook import Notebook

pytestmark = pytest.mark.browser

ASKING_GRAPH = """
from langgraph.checkpoint.memory import InMemorySaver
from lgstream.types import interrupt

def approve(state):
    return {"joke": "approved: " + interrupt({"question": "Publish?", "choices": ["yes", "no"]})}

def sign(state):
    return {"joke": state["joke"] + ", signed " + interrupt("Your name?")}

builder = StateGraph(State).add_sequence([approve, sign]).add_edge(START, "approve")
asks = builder.compile(name="asks", checkpointer=InMemorySaver())
thread = {"configurable": {"thread_id": "1"}}
"""
IMPORTS = "from graphs import START, State, StateGraph"


def test_a_run_with_two_questions_resumes_in_one_view(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(IMPORTS + ASKING_GRAPH, "run = await awatch(asks, {}, thread)\nprint(run.result)")
    notebook.run(1)
    notebook.start(2)
    view = notebook.live_view(2)
    questions = view.get_by_label("Questions to you")
    questions.get_by_role("button", name="yes").click()
    expect(questions).to_contain_text("Your name?")
    questions.get_by_role("textbox").fill("Ada")
    questions.get_by_role("button", name="Send").click()
    notebook.finish(2)
    output = notebook.output(2)
    expect(output).to_contain_text("approved: yes, signed Ada")
    notebook.saved_view(2).get_by_role("button", name="approve, step 1, done, asked").click()
    expect(notebook.saved_view(2).locator(".lgs-sheet")).to_contain_text("yes")
    expect(view).to_have_count(0)


def test_a_run_of_a_sync_cell_is_resumed_in_a_later_cell(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        IMPORTS + ASKING_GRAPH, "run = watch(asks, {}, thread)", "run.resume('yes').resume('Ada');"
    )
    notebook.run(1)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("Publish?")
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("approved: yes, signed Ada")


STOPPING_GRAPH = """
def write(state):
    return {"joke": "draft"}

def publish(state):
    return {"joke": state["joke"] + ", published"}

builder = StateGraph(State).add_sequence([write, publish]).add_edge(START, "write")
stops = builder.compile(name="stops", checkpointer=InMemorySaver(), interrupt_before=["publish"])
"""


def test_at_a_breakpoint_the_state_can_be_edited_before_the_run_resumes(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        IMPORTS + ASKING_GRAPH + STOPPING_GRAPH, "run = await awatch(stops, {}, thread)\nprint(run.result)"
    )
    notebook.run(1)
    notebook.start(2)
    form = notebook.live_view(2).get_by_label("Questions to you")
    expect(form).to_contain_text("Stopped before publish.")
    form.get_by_role("button", name="edit the state").click()
    form.get_by_role("textbox").fill('{"joke": "a better one"}')
    form.get_by_role("button", name="Continue with this").click()
    notebook.finish(2)
    expect(notebook.output(2)).to_contain_text("a better one, published")
