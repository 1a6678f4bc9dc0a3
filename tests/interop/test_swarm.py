"""langgraph-swarm with agents of either package: the outer stream is the same."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langgraph_swarm import SwarmState, create_handoff_tool, create_swarm

from tests.interop.agents import agent
from tests.support.scripted_model import call

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["values", "updates", "custom", "messages", "tasks", "debug"]
QUESTION = {"messages": [HumanMessage("How tall is the tower?", id="question")]}


def swarm(lg: Any, asks: bool = False) -> Any:
    """Return a swarm of Alice, who hands over to Bob, who may ask."""

    @tool
    def confirm(what: str) -> str:
        """Confirm something."""
        lg.get_stream_writer()(f"confirming {what}")
        return str(lg.interrupt(f"{what}?")) if asks else "confirmed"

    hand_over = create_handoff_tool(agent_name="Bob", description="Hand over to Bob")
    alice = agent(lg, "Alice", [[call("transfer_to_bob", "a1")], "Alice here."], [hand_over])
    bob = agent(lg, "Bob", [[call("confirm", "b1", what="300 m")], "It is 300 m tall.", "Bob here."], [confirm])
    return create_swarm([alice, bob], default_active_agent="Alice")


@pytest.mark.parametrize("subgraphs", [False, True])
def test_a_handoff(same: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = swarm(lg).compile(checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=MODES, subgraphs=subgraphs)
        c.stream(graph, QUESTION, THREAD, stream_mode=MODES, subgraphs=subgraphs)
        c.invoke(swarm(lg).compile(), QUESTION)

    same(program)


def test_an_agent_that_asks(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = swarm(lg, asks=True).compile(checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD)
        c.stream(graph, Command(resume="yes"), THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD)

    same(program)


def test_the_drawing_shows_who_hands_over_to_whom(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        c.fact("drawing", swarm(lg).compile().get_graph().draw_mermaid())

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
def test_a_swarm_as_a_node(same: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(SwarmState)
        g.add_node("team", swarm(lg, asks=True).compile())
        g.add_node("after", lambda state: {"messages": [AIMessage("after", id="after")]})
        g.add_edge(lg.START, "team").add_edge("team", "after")
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=MODES, subgraphs=subgraphs)
        c.state(graph, THREAD)
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=MODES, subgraphs=subgraphs)

    same(program)
