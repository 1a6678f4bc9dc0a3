"""The snippets of the guide “How to stream LLM tokens from specific nodes”, but for the imports, as they stand there.

Left out: the installation with pip.
"""

# %% introduction
# filling: the lines marked so stand for the guide's dots, and for what it takes for granted
from typing import TypedDict  # filling
from lgstream.graph import START  # filling
from lgstream.graph import StateGraph
from langchain_openai import ChatOpenAI

class State(TypedDict):  # filling
    topic: str  # filling

inputs = {"topic": "cats"}  # filling
model = ChatOpenAI()

def node_a(state: State):
    model.invoke(f"Write a joke about {state['topic']}")  # filling: the prompt
    return {}  # filling

def node_b(state: State):
    model.invoke(f"Write a short poem about {state['topic']}")  # filling: the prompt
    return {}  # filling

graph = (
    StateGraph(State)
    .add_node(node_a)
    .add_node(node_b)
    .add_edge(START, "node_a")  # filling
    .add_edge("node_a", "node_b")  # filling
    .compile()
)  # filling

for msg, metadata in graph.stream(
    inputs,
    # highlight-next-line
    stream_mode="messages"
):
    # stream from 'node_a'
    # highlight-next-line
    if metadata["langgraph_node"] == "node_a":
        print(msg)

# %% setup
import getpass
import os


def _set_env(var: str):
    if not os.environ.get(var):
        os.environ[var] = getpass.getpass(f"{var}: ")


_set_env("OPENAI_API_KEY")

# %% define graph
from typing import TypedDict
from lgstream.graph import START, StateGraph, MessagesState
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini")


class State(TypedDict):
    topic: str
    joke: str
    poem: str


def write_joke(state: State):
    topic = state["topic"]
    joke_response = model.invoke(
        [{"role": "user", "content": f"Write a joke about {topic}"}]
    )
    return {"joke": joke_response.content}


def write_poem(state: State):
    topic = state["topic"]
    poem_response = model.invoke(
        [{"role": "user", "content": f"Write a short poem about {topic}"}]
    )
    return {"poem": poem_response.content}


graph = (
    StateGraph(State)
    .add_node(write_joke)
    .add_node(write_poem)
    # write both the joke and the poem concurrently
    .add_edge(START, "write_joke")
    .add_edge(START, "write_poem")
    .compile()
)

# %% tokens of one node
for msg, metadata in graph.stream(
    {"topic": "cats"},
    # highlight-next-line
    stream_mode="messages",
):
    # highlight-next-line
    if msg.content and metadata["langgraph_node"] == "write_poem":
        print(msg.content, end="|", flush=True)
