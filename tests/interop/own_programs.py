"""Programs that use lgstream alone, for a process in which langgraph cannot be imported.

``python -m tests.interop.own_programs`` prints what each of them returns.
"""

from __future__ import annotations

import asyncio
import json
import operator
import sys
from collections.abc import Callable
from typing import Annotated, Any

from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from lgstream import sinks
from lgstream.config import get_stream_writer
from lgstream.errors import GraphRecursionError
from lgstream.func import entrypoint, task
from lgstream.graph import START, StateGraph
from lgstream.prebuilt import InjectedState, ToolRuntime, create_react_agent
from lgstream.types import Command, Send, interrupt
from tests.interop.agents import AnsweringModel
from tests.support.langgraph_blocker import block_langgraph

CONFIG: Any = {"configurable": {"thread_id": "1"}}
QUESTION: Any = {"messages": [("user", "Owls?")]}
CALL: Any = [{"name": "look_up", "args": {"animal": "owl"}, "id": "call", "type": "tool_call"}]


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def nested_graph(checkpointer: Any = None) -> Any:
    def plan(state: State) -> Any:
        get_stream_writer()("planned")
        return Command(update={"log": ["plan"]}, goto=[Send("work", {"log": ["a"]}), Send("work", {"log": ["b"]})])

    def ask(state: State) -> Any:
        answer = interrupt("Go on?") if checkpointer else "yes"
        return Command(graph=Command.PARENT, update={"log": [answer]}, goto="last")

    inner = StateGraph(State).add_node(ask).add_edge(START, "ask").compile()
    builder = StateGraph(State).add_node(plan).add_node("work", lambda state: {"log": [state["log"][0].upper()]})
    builder.add_node("inner", inner).add_node("last", lambda state: {"log": ["last"]})
    builder.add_edge(START, "plan").add_edge("work", "inner")
    return builder.compile(checkpointer=checkpointer)


def agent() -> Any:
    @tool
    def look_up(animal: str, state: Annotated[dict, InjectedState], runtime: ToolRuntime) -> str:
        """Look an animal up."""
        runtime.emit_output_delta(animal)
        return f"{animal} of {len(state['messages'])} messages"

    return create_react_agent(AnsweringModel(answers=[CALL, "It sees at night."]), [look_up], name="zoologist")


def streams_of_all_modes() -> Any:
    modes = ["values", "updates", "custom", "messages", "tasks", "debug", "tools"]
    chunks = nested_graph().stream({"log": []}, stream_mode=modes, subgraphs=True)
    return [[[part.partition(":")[0] for part in ns], mode] for ns, mode, _ in chunks]


def state_of_a_run() -> Any:
    return nested_graph().invoke({"log": []})


def state_of_an_async_run() -> Any:
    return asyncio.run(nested_graph().ainvoke({"log": []}))


def interrupt_and_resume() -> Any:
    graph = nested_graph(InMemorySaver())
    questions = [question.value for question in graph.invoke({"log": []}, CONFIG)["__interrupt__"]]
    nested_state = graph.get_state(CONFIG, subgraphs=True).tasks[0].state
    result = graph.invoke(Command(resume="yes"), CONFIG)
    return [questions, nested_state.next, result, len(list(graph.get_state_history(CONFIG)))]


def messages_of_an_agent() -> Any:
    chunks = agent().stream(QUESTION, stream_mode="messages")
    return [[message.content, metadata["langgraph_node"]] for message, metadata in chunks]


def tools_of_an_agent() -> Any:
    return [chunk["event"] for chunk in agent().stream(QUESTION, stream_mode="tools")]


def events_of_an_agent() -> Any:
    collected = sinks.Collect()
    agent().invoke(QUESTION, sinks=[collected])
    return [type(event).__name__ for event in collected.events]


def trace_of_an_agent() -> Any:
    async def names() -> list[list[str]]:
        return [[event["event"], event["name"]] async for event in agent().astream_events(QUESTION, version="v2")]

    return asyncio.run(names())


def functional_api() -> Any:
    @task
    def double(number: int) -> int:
        return 2 * number

    @entrypoint(checkpointer=InMemorySaver())
    def total(numbers: list[int], *, previous: int | None = None) -> Any:
        result = sum(future.result() for future in [double(number) for number in numbers])
        return entrypoint.final(value=result + (previous or 0), save=result)

    return [total.invoke([1, 2], CONFIG), total.invoke([3], CONFIG)]


def error_of_an_endless_graph() -> Any:
    builder = StateGraph(State).add_node("again", lambda state: {"log": ["again"]})
    graph = builder.add_edge(START, "again").add_edge("again", "again").compile()
    try:
        graph.invoke({"log": []}, {"recursion_limit": 3})
    except GraphRecursionError as error:
        return str(error)


PROGRAMS: tuple[Callable[[], Any], ...] = (
    streams_of_all_modes,
    state_of_a_run,
    state_of_an_async_run,
    interrupt_and_resume,
    messages_of_an_agent,
    tools_of_an_agent,
    events_of_an_agent,
    trace_of_an_agent,
    functional_api,
    error_of_an_endless_graph,
)


def result_of(program: Callable[[], Any]) -> Any:
    """Return what the program returns, as JSON does."""
    return json.loads(json.dumps(program()))


if __name__ == "__main__":
    block_langgraph()
    results = {program.__name__: result_of(program) for program in PROGRAMS}
    loaded = [name for name in ("types", "errors", "graph", "pregel", "prebuilt") if f"langgraph.{name}" in sys.modules]
    print(json.dumps({**results, "loaded": loaded}))
