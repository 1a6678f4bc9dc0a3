"""LangSmith's tracer sees the same tree of runs as with LangGraph."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import langsmith
import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers

from tests.langchain.traced_programs import QUESTION, Log, agent, interrupt_and_resume, run_workflow

NOT_COMPARED = ("langgraph_checkpoint_ns", "checkpoint_ns", "checkpoint_id", "revision_id", "api_token")
"""Metadata with random values, and the secret that LangGraph shows."""


class Client:
    """Keeps the runs that a tracer would send."""

    tracing_queue = otel_exporter = None

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}

    def create_run(self, **fields: Any) -> None:
        self.runs[str(fields["id"])] = fields

    def update_run(self, run_id: Any, **fields: Any) -> None:
        self.runs[str(run_id)].update({key: value for key, value in fields.items() if value is not None})

    def tree(self) -> list[Any]:
        """Return the runs in the order of the tree, each with its depth; the tags of steps are left out."""
        rows = []
        for run in sorted(self.runs.values(), key=lambda run: str(run["dotted_order"])):
            depth = run["dotted_order"].count(".")
            metadata = {key: value for key, value in run["extra"]["metadata"].items() if key not in NOT_COMPARED}
            tags = sorted(tag for tag in run.get("tags") or () if not tag.startswith("seq:step"))
            rows.append((depth, run["name"], run["run_type"], tags, metadata, bool(run.get("error"))))
        return rows


def traced(program: Callable[[str], Any], package: str) -> list[Any]:
    client: Any = Client()
    with langsmith.tracing_context(enabled=True, client=client, tags=["context"], metadata={"place": "context"}):
        program(package)
    wait_for_all_tracers()
    return client.tree()


def run_with_config(package: str) -> None:
    configurable = {"thread_id": "1", "user": "ada", "api_token": "secret", "limit": 3}
    config = {"tags": ["call"], "metadata": {"place": "call"}, "configurable": configurable, "run_name": "adding"}
    agent(package).invoke(QUESTION, config)


@langsmith.traceable
def look_up(name: str) -> str:
    return name


def call_traceable_functions(package: str) -> None:
    graph = import_module(f"{package}.graph")

    def read(state: Log) -> Any:
        return {"entries": [look_up("read")]}

    async def write(state: Log) -> Any:
        return {"entries": [look_up("written")]}

    builder = graph.StateGraph(Log).add_node("read", read).add_node("write", write).add_edge("__start__", "read")
    compiled = builder.add_edge("read", "write").compile().with_config(tags=["bound"], metadata={"bound": True})
    asyncio.run(compiled.ainvoke({"entries": []}))


def run_in_traceable_function(package: str) -> None:
    @langsmith.traceable
    def outer() -> Any:
        return agent(package).invoke(QUESTION)

    outer()


PROGRAMS = (run_with_config, call_traceable_functions, run_in_traceable_function, interrupt_and_resume, run_workflow)


@pytest.mark.parametrize("program", PROGRAMS)
def test_tree_of_langgraph(program: Callable[[str], Any]) -> None:
    inner_steps = {"RunnableSequence", "Prompt"}
    expected = [row for row in traced(program, "langgraph") if row[1] not in inner_steps]
    # The model is one level deeper in langgraph: inside RunnableSequence.
    assert [row[1:] for row in traced(program, "lgstream")] == [row[1:] for row in expected]


def test_a_graph_in_a_traceable_function_is_its_child() -> None:
    depths = [(depth, name) for depth, name, *_ in traced(run_in_traceable_function, "lgstream")]
    assert depths[:3] == [(0, "outer"), (1, "LangGraph"), (2, "agent")]


def test_configurable_values_are_metadata_but_for_secrets() -> None:
    client: Any = Client()
    with langsmith.tracing_context(enabled=True, client=client):
        run_with_config("lgstream")
    for run in client.runs.values():
        assert run["extra"]["metadata"]["user"] == "ada"
        assert "api_token" not in run["extra"]["metadata"]
