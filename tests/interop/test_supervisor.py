"""langgraph-supervisor with agents of either package: the outer stream is the same."""

from typing import Annotated, Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langgraph_supervisor import create_supervisor

from tests.interop.agents import AnsweringModel, agent
from tests.support.scripted_model import call

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["values", "updates", "custom", "messages", "tasks", "debug", "tools"]
QUESTION = {"messages": [HumanMessage("How tall is the tower?", id="question")]}
ANSWERS = [[call("transfer_to_expert", "s1")], "The expert says so."]


def expert(lg: Any, asks: bool = False) -> Any:
    @tool
    def measure(what: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> ToolMessage:
        """Measure something."""
        lg.get_stream_writer()(f"measuring {what}")
        answer = lg.interrupt(f"how tall is {what}?") if asks else "300 m"
        return ToolMessage(answer, id="measured", tool_call_id=tool_call_id)

    return agent(lg, "expert", [[call("measure", "m1", what="the tower")], "It is 300 m tall."], [measure])


def supervised(workers: list, answers: Any = ANSWERS, **options: Any) -> Any:
    return create_supervisor(workers, model=AnsweringModel(answers=answers), **options)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("output_mode", ["last_message", "full_history"])
def test_a_worker(same: Any, output_mode: str, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        # With full_history it appends these messages to the list that the inner graph's last chunk contains, in a race.
        options = {"output_mode": output_mode, "add_handoff_back_messages": output_mode == "last_message"}
        graph = supervised([expert(lg)], **options).compile()
        for modes in ("updates", "messages", MODES):
            c.stream(graph, QUESTION, stream_mode=modes, subgraphs=subgraphs)
        c.invoke(graph, QUESTION)

    same(program)


@pytest.mark.parametrize("output_mode", ["last_message", "full_history"])
def test_a_worker_that_asks(same: Any, output_mode: str) -> None:
    def program(c: Any, lg: Any) -> None:
        options = {"output_mode": output_mode, "add_handoff_back_messages": output_mode == "last_message"}
        graph = supervised([expert(lg, asks=True)], **options).compile(checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=MODES, subgraphs=True)
        c.state(graph, THREAD)
        c.stream(graph, Command(resume="301 m"), THREAD, stream_mode=MODES, subgraphs=True)
        c.invoke(graph, QUESTION, THREAD)
        c.invoke(graph, Command(resume="302 m"), THREAD)

    same(program)


def test_supervisors_of_supervisors(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        team = supervised([expert(lg, asks=True)], supervisor_name="leader").compile(name="team")
        graph = supervised([team], [[call("transfer_to_team", "t1")], "The team says so."])
        graph = graph.compile(checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=MODES, subgraphs=True)
        c.stream(graph, Command(resume="301 m"), THREAD, stream_mode=MODES, subgraphs=True)

    same(program)


def test_two_workers_one_after_the_other(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        workers = [expert(lg), agent(lg, "poet", ["Tall stands the tower."])]
        answers = [[call("transfer_to_expert", "s1")], [call("transfer_to_poet", "s2")], "Done."]
        graph = supervised(workers, answers).compile()
        c.stream(graph, QUESTION, stream_mode=MODES, subgraphs=True)

    same(program)
