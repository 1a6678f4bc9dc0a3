"""The graphs of the tests' notebooks; their kernels import them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, TypedDict

from langchain_openai import ChatOpenAI

from lgstream import awatch, watch
from lgstream.graph import START, StateGraph
from lgstream.types import StreamWriter

__all__ = ["awatch", "flood", "joke", "joke_later", "joke_writer", "watch"]


class State(TypedDict, total=False):
    topic: str
    joke: str


llm = ChatOpenAI(model="smollm2")


def refine_topic(state: State) -> State:
    return {"topic": state["topic"] + " and cats"}


def draft(state: State) -> State:
    return {"joke": str(llm.invoke(f"Draft a joke about {state['topic']}").content)}


async def draft_later(state: State) -> State:
    return {"joke": str((await llm.ainvoke(f"Draft a joke about {state['topic']}")).content)}


def polish(state: State) -> State:
    return {"joke": str(llm.invoke(f"Polish this joke: {state['joke']}").content)}


def publish(state: State) -> None:
    return None


def flood(state: State, writer: StreamWriter) -> State:
    """20,000 custom tokens as fast as they go; then this waits until the test makes a file named "released"."""
    for number in range(20_000):
        writer(f"token {number}")
    while not Path("released").exists():
        time.sleep(0.1)
    return {"joke": "all written"}


def chain(name: str, *nodes: Any) -> Any:
    """One node after the other; a graph is a node under its own name."""
    named = [(node.name, node) if hasattr(node, "invoke") else (node.__name__, node) for node in nodes]
    return StateGraph(State).add_sequence(named).add_edge(START, named[0][0]).compile(name=name)


joke = chain("joke", refine_topic, draft)
joke_later = chain("joke", refine_topic, draft_later)
joke_writer = chain("joke_writer", refine_topic, chain("write", draft, polish), publish)
flood = chain("flood", flood)
