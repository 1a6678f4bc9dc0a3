"""The graphs of the tests' notebooks, imported by the kernels."""

from __future__ import annotations

import importlib
import operator
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from lgstream import awatch, watch
from lgstream.config import get_stream_writer
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import create_react_agent
from lgstream.types import StreamWriter

__all__ = ["agent", "awatch", "flood", "joke", "joke_later", "joke_writer", "survey", "talk", "watch"]


class State(TypedDict, total=False):
    topic: str
    joke: str


llm = ChatOpenAI(model="smollm2")


def wait_for(file: str) -> None:
    """Wait until the test creates this file."""
    while not Path(file).exists():
        time.sleep(0.05)


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
    """Write 20,000 custom tokens at full speed, then wait until the test creates a file named "all-seen"."""
    for number in range(20_000):
        writer(f"token {number}")
    wait_for("all-seen")
    return {"joke": "all written"}


def chain(name: str, *nodes: Any) -> Any:
    """Return a graph of these nodes in sequence; a graph is a node under its own name."""
    nodes_by_name = [(node.name, node) if hasattr(node, "invoke") else (node.__name__, node) for node in nodes]
    return StateGraph(State).add_sequence(nodes_by_name).add_edge(START, nodes_by_name[0][0]).compile(name=name)


joke = chain("joke", refine_topic, draft)
joke_later = chain("joke", refine_topic, draft_later)
joke_writer = chain("joke_writer", refine_topic, chain("write", draft, polish), publish)
flood = chain("flood", flood)


class Notes(TypedDict, total=False):
    topic: str
    notes: Annotated[list[str], operator.add]


class Findings(TypedDict, total=False):
    notes: Annotated[list[str], operator.add]


def survey(package: str = "lgstream") -> Any:
    """Return a graph of three parallel researchers, each a subgraph; the second one fails once and is retried."""
    graph, types = (importlib.import_module(f"{package}.{module}") for module in ("graph", "types"))
    writer_of = importlib.import_module(f"{package}.config").get_stream_writer
    failed: list[str] = []

    def look(state: Notes) -> None:
        writer_of()(f"looking for {state['topic']}")
        time.sleep(0.1)
        if state["topic"] == "eels" and not failed:
            failed.append("eels")
            raise ConnectionError("the archive is closed")

    def write(state: Notes) -> Findings:
        return {"notes": [str(llm.invoke(f"Draft a note on {state['topic']}").content)]}

    policy = types.RetryPolicy(initial_interval=0.2, jitter=False)
    researcher = graph.StateGraph(Notes, output_schema=Findings).add_node("look", look, retry_policy=policy)
    researcher.add_node("write", write).add_edge(START, "look").add_edge("look", "write")
    builder = graph.StateGraph(Notes).add_node("plan", lambda state: {"topic": "the sea"})
    builder.add_node("research", researcher.compile(name="researcher"))
    builder.add_node("sum_up", lambda state: {"topic": "all"})

    def fan_out(state: Notes) -> list[Any]:
        return [types.Send("research", {"topic": topic}) for topic in ("tides", "eels", "amber")]

    builder.add_edge(START, "plan").add_edge("research", "sum_up")
    return builder.add_conditional_edges("plan", fan_out, ["research"]).compile(name="survey")


@tool
def search(query: str) -> str:
    """Search the archive. Page 3 follows when the test has created a file named "page-2-seen"."""
    for page in range(1, 4):
        if page == 3:
            wait_for("page-2-seen")
        get_stream_writer()(f"page {page} of 3")
    return "eels leave at new moon"


agent = create_react_agent(llm, [search], name="agent")

HOSTILE = (
    "[click](javascript:window.hurt=1) ![pixel](https://evil.example/p.png) <img src=x onerror=window.hurt=1> "
    "<script>window.hurt=1</script> [fine](https://example.org/)\n\n```python\nprint('code')\n```\n"
)


class Thinking(GenericFakeChatModel):
    """A model whose answer has reasoning, an image and text that tries to harm the page."""

    def _stream(self, *args: Any, **kwargs: Any) -> Any:
        blocks = [
            [{"type": "reasoning", "reasoning": "Hmm, eels."}],
            [{"type": "image", "mime_type": "image/png", "base64": ""}],
            HOSTILE,
        ]
        usage = {"input_tokens": 12, "output_tokens": 34, "total_tokens": 46}
        for block in blocks:
            yield ChatGenerationChunk(message=AIMessageChunk(content=block))  # type: ignore[arg-type]
        metadata = {"cost": 0.0021}
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage, response_metadata=metadata))  # type: ignore[arg-type]


def _answer(state: MessagesState) -> Any:
    return {"messages": [Thinking(messages=iter([AIMessage("")])).invoke(state["messages"])]}


_inner = StateGraph(MessagesState).add_node("answer", _answer).add_edge(START, "answer").compile(name="inner")
talk = StateGraph(MessagesState).add_node("inner", _inner).add_edge(START, "inner").compile(name="talk")
