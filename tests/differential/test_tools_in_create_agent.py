"""Tools written with lgstream's names in langchain's ``create_agent``, a graph of langgraph: as with langgraph's."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from tests.support.scripted_model import ScriptedModel, call

PACKAGES = ("langgraph", "lgstream")
CONFIG: Any = {"configurable": {"thread_id": "1", "user": "ann"}}


def asking_tool(package: str) -> BaseTool:
    types = importlib.import_module(f"{package}.types")

    @tool
    def act(x: str) -> str:
        """Ask a person."""
        return f"said {types.interrupt({'question': x})}"

    return act


def accessing_tool(package: str) -> BaseTool:
    config, runtime = (importlib.import_module(f"{package}.{name}") for name in ("config", "runtime"))

    @tool
    def act(x: str) -> str:
        """Use what a task offers."""
        config.get_stream_writer()(x)
        config.get_store().put(("n",), "k", {"x": x})
        assert runtime.get_runtime().store is config.get_store()
        return str(config.get_config()["configurable"]["user"])

    return act


def commanding_tool(package: str) -> BaseTool:
    types = importlib.import_module(f"{package}.types")

    @tool
    def act(x: str, call_id: Annotated[str, InjectedToolCallId]) -> Any:
        """Answer with a Command."""
        return types.Command(update={"messages": [ToolMessage(f"noted {x}", tool_call_id=call_id)]})

    return act


def run_agent(make_tool: Callable[[str], BaseTool], package: str) -> Any:
    """Return the chunks of a run, and of one that resumes it if it was interrupted, without ids."""
    model = ScriptedModel(turns=[[call("act", "c1", x="A?")]])
    store = InMemoryStore()
    agent: Any = create_agent(model, [make_tool(package)], checkpointer=InMemorySaver(), store=store)
    command = importlib.import_module(f"{package}.types").Command(resume="yes")
    rows = []
    for given in ({"messages": [("user", "x")]}, command):
        for mode, chunk in agent.stream(given, CONFIG, stream_mode=["updates", "custom"]):
            rows.append([mode, chunk if mode == "custom" else _plain(chunk)])
        if not agent.get_state(CONFIG).interrupts:
            break
    return rows, [item.value for item in store.search(("n",))]


def _plain(update: dict[str, Any]) -> Any:
    if "__interrupt__" in update:
        return [interrupt.value for interrupt in update["__interrupt__"]]
    return {node: [message.content for message in output["messages"]] for node, output in update.items()}


@pytest.mark.parametrize("make_tool", [asking_tool, accessing_tool, commanding_tool])
def test_a_tool_of_lgstream_does_in_create_agent_what_one_of_langgraph_does(make_tool: Any) -> None:
    theirs, ours = (run_agent(make_tool, package) for package in PACKAGES)
    assert ours == theirs
    assert "Error" not in str(ours)
