"""``ToolRuntime.emit_output_delta`` reaches streams and sinks, in and around graphs of langgraph."""

import asyncio
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.tools import tool

from lgstream.adapters.langgraph.runs import ainvoke_with_sinks, invoke_with_sinks
from lgstream.events import Event, ToolFinished, ToolOutputDelta, ToolStarted
from lgstream.sinks import Collect
from tests.support.scripted_model import ScriptedModel, call

PACKAGES = ["lgstream", "langgraph"]


def counting_graph(package: str, name: str = "count", tool_package: str = "", then: Any = None) -> Any:
    """Return a graph whose tool emits ``a`` and ``b``, and calls ``then`` in between."""
    graph, prebuilt = import_module(f"{package}.graph"), import_module(f"{package}.prebuilt")
    runtime_type: Any = import_module(f"{tool_package or package}.prebuilt").ToolRuntime

    @tool(name)
    def count(runtime: runtime_type) -> str:
        """Count."""
        runtime.emit_output_delta(f"{name} a")
        if then is not None:
            then({"messages": []})
        runtime.emit_output_delta(f"{name} b")
        return "done"

    builder = graph.StateGraph(graph.MessagesState)
    builder.add_node("ask", lambda state: {"messages": [AIMessage("", tool_calls=[call(name, name)])]})
    builder.add_node("tools", prebuilt.ToolNode([count]))
    builder.add_edge("__start__", "ask")
    builder.add_edge("ask", "tools")
    return builder.compile()


def deltas(chunks: Any) -> list[Any]:
    return [(chunk["tool_call_id"], chunk["delta"]) for chunk in chunks if chunk["event"] == "tool-output-delta"]


def summary(events: list[Event]) -> list[Any]:
    tools = [event for event in events if isinstance(event, ToolStarted | ToolOutputDelta | ToolFinished)]
    return [(event.call_id, getattr(event, "delta", type(event).__name__), len(event.ns)) for event in tools]


COUNTED = [("count", "ToolStarted", 0), ("count", "count a", 0), ("count", "count b", 0), ("count", "ToolFinished", 0)]


def test_a_sink_receives_the_parts_of_a_tools_output() -> None:
    counting_graph("lgstream").invoke({"messages": []}, sinks=[sink := Collect()])
    assert summary(sink.events) == COUNTED
    assert len({event.run_id for event in sink.events}) == 1


async def test_a_sink_of_a_langgraph_graph_receives_them_too() -> None:
    graph = counting_graph("langgraph")
    invoke_with_sinks(graph, {"messages": []}, sinks=[sink := Collect()])
    await ainvoke_with_sinks(graph, {"messages": []}, sinks=[async_sink := Collect()])
    assert (summary(sink.events), summary(async_sink.events)) == (COUNTED, COUNTED)


def test_a_stream_and_a_sink_receive_each_part_once() -> None:
    graph = counting_graph("lgstream")
    chunks = list(graph.stream({"messages": []}, stream_mode="tools", sinks=[sink := Collect()]))
    assert deltas(chunks) == [("count", "count a"), ("count", "count b")]
    assert summary(sink.events) == COUNTED


@pytest.mark.parametrize("outer", PACKAGES)
@pytest.mark.parametrize("inner", PACKAGES)
def test_a_graph_called_in_a_tool_of_another_package(inner: str, outer: str) -> None:
    graph = counting_graph(outer, "outer", then=counting_graph(inner, "inner").invoke)
    chunks = graph.stream({"messages": []}, stream_mode="tools", subgraphs=True)
    assert deltas(payload for _, payload in chunks) == [
        ("outer", "outer a"), ("inner", "inner a"), ("inner", "inner b"), ("outer", "outer b"),
    ]  # fmt: skip


def test_a_langgraph_graph_with_a_sink_around_an_lgstream_graph() -> None:
    graph = counting_graph("langgraph", "outer", then=counting_graph("lgstream", "inner").invoke)
    invoke_with_sinks(graph, {"messages": []}, sinks=[sink := Collect()])
    assert [delta for _, delta, _ in summary(sink.events) if not delta.startswith("Tool")] == [
        "outer a", "inner a", "inner b", "outer b",
    ]  # fmt: skip


def test_the_own_sinks_of_a_graph_in_a_langgraph_stream_take_nothing_away_from_it() -> None:
    inner = counting_graph("lgstream", "inner")
    sink = Collect()
    graph = counting_graph("langgraph", "outer", then=lambda value: inner.invoke(value, sinks=[sink]))
    chunks = list(graph.stream({"messages": []}, stream_mode="tools", subgraphs=True))
    assert deltas(payload for _, payload in chunks)[1:3] == [("inner", "inner a"), ("inner", "inner b")]
    assert [delta for _, delta, _ in summary(sink.events)] == ["ToolStarted", "inner a", "inner b", "ToolFinished"]


def test_outside_of_a_stream_a_part_goes_nowhere() -> None:
    assert counting_graph("lgstream").invoke({"messages": []})["messages"][-1].content == "done"


def test_after_a_tool_a_part_goes_nowhere() -> None:
    from lgstream.langchain.tool_output_delta import emit_tool_output

    graph = counting_graph("lgstream")
    chunks = graph.stream({"messages": []}, stream_mode="tools")
    found = []
    for chunk in chunks:
        found.append(chunk)
        emit_tool_output("from the consumer")
    assert len(found) == 4


def test_concurrent_tools_of_an_async_run_keep_their_parts() -> None:
    graph = counting_graph("lgstream")

    async def run() -> Any:
        async def one() -> Any:
            return [chunk async for chunk in graph.astream({"messages": []}, stream_mode="tools")]

        return await asyncio.gather(one(), one())

    assert [deltas(chunks) for chunks in asyncio.run(run())] == [[("count", "count a"), ("count", "count b")]] * 2


def test_it_works_without_the_package_langgraph() -> None:
    program = """
import sys
from tests.langchain.test_tool_output_delta import counting_graph
chunks = list(counting_graph("lgstream").stream({"messages": []}, stream_mode="tools"))
print(len(chunks), "langgraph.pregel" in sys.modules)
"""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert process.stdout == "4 False\n", process.stderr


def test_an_agent_of_langchain_as_a_node() -> None:
    from langchain.agents import create_agent
    from langchain.tools import ToolRuntime

    @tool
    def count(runtime: ToolRuntime) -> str:
        """Count."""
        runtime.emit_output_delta("a")
        return "done"

    def chunks(package: str) -> list[Any]:
        graph = import_module(f"{package}.graph")
        agent = create_agent(ScriptedModel(turns=[[call("count", "c1")]]), [count])
        outer = graph.StateGraph(graph.MessagesState).add_node("agent", agent).add_edge("__start__", "agent").compile()
        stream = outer.stream({"messages": [("user", "Hi.")]}, stream_mode="tools", subgraphs=True)
        return [(len(ns), payload["event"], payload["tool_call_id"], payload.get("delta")) for ns, payload in stream]

    assert chunks("lgstream") == chunks("langgraph")
    assert (1, "tool-output-delta", "c1", "a") in chunks("lgstream")
