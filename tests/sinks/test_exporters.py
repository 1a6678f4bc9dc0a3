"""Events are enough for an exporter: the sink of docs/exporters.md makes one tree of spans of every run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langgraph.graph import START as LANGGRAPH_START
from langgraph.graph import MessagesState as LangGraphState
from langgraph.graph import StateGraph as LangGraph
from langgraph.prebuilt import ToolNode as LangGraphToolNode

from lgstream.adapters.langgraph.runs import invoke_with_sinks
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import ToolNode

PAGE = Path(__file__).parents[2] / "docs" / "exporters.md"


class Papers(BaseRetriever):
    def _get_relevant_documents(self, query: str, **kwargs: Any) -> list[Document]:
        return [Document(query)]


def answer(state: Any) -> Any:
    model = GenericFakeChatModel(messages=iter([AIMessage("owls")]))
    return {"messages": [model.invoke(state["messages"])]}


def expert(builder: Any, start: str, name: str) -> Any:
    """Return a tool that asks a graph with this name."""
    graph = builder.add_node("answer", answer).add_edge(start, "answer").compile(name=name)

    @tool(f"ask_{name}")
    def ask(question: str) -> str:
        """Ask an expert."""
        Papers().invoke(question)
        return str(graph.invoke({"messages": [("user", question)]})["messages"][-1].text)

    return ask


CALLS = [
    {"name": f"ask_{name}", "args": {"question": "?"}, "id": f"call-{name}", "type": "tool_call"}
    for name in ("zoologist", "botanist")
]


def plan(state: Any) -> Any:
    return {"messages": [AIMessage("", tool_calls=CALLS)]}


def research(builder: Any, start: str, tools: Any, answers: Any) -> Any:
    builder.add_node("plan", plan).add_node("tools", tools).add_node("sub", answers)
    return builder.add_edge(start, "plan").add_edge("plan", "tools").add_edge("tools", "sub").compile(name="research")


def own_graph() -> Any:
    """Return a graph with two graphs in tools, one of them of langgraph, and one as a node."""
    tools = [
        expert(StateGraph(MessagesState), START, "zoologist"),
        expert(LangGraph(LangGraphState), LANGGRAPH_START, "botanist"),
    ]
    answers = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile(name="writer")
    return research(StateGraph(MessagesState), START, ToolNode(tools), answers)


class WatchedLangGraph:
    """A graph of langgraph with two graphs in tools and one as a node; its ``invoke`` takes sinks."""

    def __init__(self) -> None:
        names = ("zoologist", "botanist")
        tools = [expert(LangGraph(LangGraphState), LANGGRAPH_START, name) for name in names]
        builder: Any = LangGraph(LangGraphState)
        answers = builder.add_node("answer", answer).add_edge(LANGGRAPH_START, "answer").compile(name="writer")
        self._graph = research(LangGraph(LangGraphState), LANGGRAPH_START, LangGraphToolNode(tools), answers)

    def invoke(self, value: Any, sinks: list[Any]) -> Any:
        return invoke_with_sinks(self._graph, value, None, sinks)


def run_example(graph: Any) -> Any:
    """Run a graph with the exporter that the page shows, and return the exporter."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    exporter = namespace["SpanExporter"]()
    graph.invoke({"messages": [("user", "What do owls eat?")]}, sinks=[exporter])
    return exporter


@pytest.mark.parametrize("make_graph", [own_graph, WatchedLangGraph])
def test_the_spans_of_a_run_are_one_tree(make_graph: Any):
    exporter = run_example(make_graph())
    spans = exporter.spans
    roots = [span for span in spans.values() if span["parent"] is None]
    assert [(span["name"], span["kind"]) for span in roots] == [("research", "Run")]
    for span in spans.values():
        if span["parent"] is not None:
            parent = spans[span["parent"]]
            assert parent["started"] <= span["started"] <= span["ended"] <= parent["ended"]
    assert len(exporter.chrome_trace()) == len(spans)


@pytest.mark.parametrize("make_graph", [own_graph, WatchedLangGraph])
def test_graphs_and_calls_in_tools_are_below_their_tools(make_graph: Any):
    spans = run_example(make_graph()).spans

    def path(span: Any) -> str:
        return (path(spans[span["parent"]]) + " > " if span["parent"] else "") + span["name"]

    paths = sorted(path(span) for span in spans.values())
    tools = [f"research > tools > ask_{name}" for name in ("botanist", "zoologist")]
    expected = ["research", "research > plan", "research > tools", "research > sub", "research > sub > writer"]
    expected += ["research > sub > writer > answer", "research > sub > writer > answer > model"]
    for tool_path, name in zip(tools, ("botanist", "zoologist"), strict=True):
        inner = f"{tool_path} > {name}"
        expected += [tool_path, f"{tool_path} > Papers", inner]
        expected += [f"{inner} > answer", f"{inner} > answer > model"]
    assert paths == sorted(expected)
