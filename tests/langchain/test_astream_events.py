"""``astream_events`` of a graph: the events of LangGraph, but for ids."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from tests.langchain.traced_programs import QUESTION, THREAD, Log, agent, async_review, resume, review, workflow

RANDOM_METADATA = ("langgraph_checkpoint_ns", "checkpoint_ns")


async def events(graph: Any, value: Any, config: Any = None) -> list[Any]:
    """Return the events of a run without ids: parents are names."""
    names: dict[str, str] = {}
    result = []
    async for event in graph.astream_events(value, config, version="v2"):
        names[event["run_id"]] = event["name"]
        metadata = {key: value for key, value in event["metadata"].items() if key not in RANDOM_METADATA}
        parents = [names[parent] for parent in event["parent_ids"]]
        result.append((event["event"], event["name"], parents, sorted(event["tags"]), metadata, sorted(event["data"])))
    return result


async def review_events(package: str, make_graph: Callable[[str], Any]) -> list[Any]:
    graph = make_graph(package)
    return await events(graph, {"entries": []}, THREAD) + await events(graph, resume(package), THREAD)


@pytest.mark.parametrize("make_graph", [review, async_review])
async def test_nested_graphs_over_an_interrupt(make_graph: Callable[[str], Any]) -> None:
    assert await review_events("lgstream", make_graph) == await review_events("langgraph", make_graph)


async def test_entrypoint_with_tasks() -> None:
    # The chunks of tasks reach the consumer while the entrypoint goes on: their order is not the same in every run.
    results = [sorted(map(str, await events(workflow(package), 1))) for package in ("lgstream", "langgraph")]
    assert results[0] == results[1]


def chain_with_graph(package: str, is_called: bool) -> Any:
    graph = import_module(f"{package}.graph")

    async def note(state: Log) -> Any:
        return {"entries": ["noted"]}

    builder = graph.StateGraph(Log).add_node("note", note, metadata={"place": "node"}).add_edge("__start__", "note")
    compiled = builder.compile().with_config(tags=["bound"], metadata={"place": "graph"})

    async def call(value: Any, config: Any) -> Any:
        return [chunk async for chunk in compiled.astream(value, config)]

    return RunnableLambda(lambda value: {"entries": []}) | (RunnableLambda(call) if is_called else compiled)


@pytest.mark.parametrize("is_called", [False, True])
async def test_graph_in_a_chain(is_called: bool) -> None:
    lgstream, langgraph = chain_with_graph("lgstream", is_called), chain_with_graph("langgraph", is_called)
    assert await events(lgstream, 1) == await events(langgraph, 1)


async def test_agent_but_for_the_steps_inside_the_node_of_its_model() -> None:
    inner_steps = {"RunnableSequence", "Prompt"}

    async def outline(package: str) -> list[Any]:
        config = {"tags": ["t"], "metadata": {"m": 1}}
        return [
            (kind, name, [parent for parent in parents if parent not in inner_steps], metadata, data)
            for kind, name, parents, _, metadata, data in await events(agent(package), QUESTION, config)
            if name not in inner_steps
        ]

    assert await outline("lgstream") == await outline("langgraph")
