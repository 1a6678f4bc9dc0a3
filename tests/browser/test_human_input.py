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


REVIEWED_AGENT = """
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from lgstream.graph import MessagesState

class Model(BaseChatModel):
    _llm_type = "scripted"
    answers: list

    def bind_tools(self, tools, **kwargs):
        return self

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return ChatResult(generations=[ChatGeneration(message=self.answers.pop(0))])

def send_mail(to: str) -> str:
    "Send a mail."
    return f"sent to {to}"

def call(to):
    return AIMessage("", tool_calls=[{"name": "send_mail", "args": {"to": to}, "id": to}])

model = Model(answers=[call("ada"), call("bob"), AIMessage("All written.")])
middleware = [HumanInTheLoopMiddleware(interrupt_on={"send_mail": True})]
agent = create_agent(model, [send_mail], middleware=middleware, name="agent")
builder = StateGraph(MessagesState).add_node("agent", agent).add_edge(START, "agent")
office = builder.compile(name="office", checkpointer=InMemorySaver())
"""


def test_tool_calls_of_an_agent_of_langchain_are_reviewed_in_forms(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        IMPORTS + REVIEWED_AGENT,
        "run = await awatch(office, {'messages': 'write'}, {'configurable': {'thread_id': '1'}})\n"
        "print([m.content for m in run.result['messages'] if m.type == 'tool'])",
    )
    notebook.run(1)
    notebook.start(2)
    questions = notebook.live_view(2).get_by_label("Questions to you")
    expect(questions).to_contain_text('send_mail(to="ada")')
    questions.get_by_role("button", name="Approve").click()
    expect(questions).to_contain_text('send_mail(to="bob")')
    questions.get_by_role("textbox").fill("not today")
    questions.get_by_role("button", name="Send").click()
    notebook.finish(2)
    output = notebook.output(2)
    expect(output).to_contain_text("'sent to ada', 'User rejected the tool call for `send_mail` with reason: not")
