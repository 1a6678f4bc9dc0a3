"""Agents of langchain and deepagents, which are graphs of langgraph, in graphs of either package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import langgraph.config
import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, SummarizationMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

import lgstream.config
from tests.differential.packages import package
from tests.support.scripted_model import call

MODES = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"]
THREAD: Any = {"configurable": {"thread_id": "1"}}
QUESTION: Any = {"messages": [HumanMessage("weather?", id="question")]}


class TurnModel(BaseChatModel):
    """Answers with the turn whose number is that of the model's messages in the input; streams words."""

    turns: list[AIMessage]

    @property
    def _llm_type(self) -> str:
        return "turns"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _answer(self, messages: list[BaseMessage]) -> AIMessage:
        turn = sum(isinstance(message, AIMessage) for message in messages)
        return self.turns[min(turn, len(self.turns) - 1)]

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages).model_copy())])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        message = self._answer(messages)
        pieces = [AIMessageChunk(content=f"{word} ") for word in str(message.content).split()]
        pieces += [AIMessageChunk(content="", tool_calls=message.tool_calls)] if message.tool_calls else []
        for piece in pieces:
            chunk = ChatGenerationChunk(message=piece)
            if run_manager is not None:
                run_manager.on_llm_new_token(str(piece.content), chunk=chunk)
            yield chunk


@tool
def look(city: str) -> str:
    """Look the weather up."""
    langgraph.config.get_stream_writer()(f"looking at {city}")
    return f"sunny in {city}"


@tool
def look_with_lgstream(city: str) -> str:
    """Look the weather up."""
    lgstream.config.get_stream_writer()(f"looking at {city}")
    return f"sunny in {city}"


def weather_agent(tool: Any = look, **options: Any) -> Any:
    turns = [AIMessage("", tool_calls=[call(tool.name, "t1", city="Oslo")]), AIMessage("it is lovely there")]
    return create_agent(TurnModel(turns=turns), [tool], name="weather", **options)


def outer_of(lg: Any, agent: Any, how: str, **options: Any) -> Any:
    """Return a graph of package ``lg`` with the agent as a node, or called in a node, and a node after it."""

    def call(state: Any) -> Any:
        return {"messages": agent.invoke({"messages": state["messages"]})["messages"][-1]}

    g = lg.StateGraph(lg.MessagesState)
    g.add_node("agent", agent if how == "node" else call)
    g.add_node("end", lambda state: {"messages": [AIMessage("bye", id="bye")]})
    return g.add_edge("__start__", "agent").add_edge("agent", "end").compile(**options)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("how", ["node", "called"])
@pytest.mark.parametrize("weather_tool", [look, look_with_lgstream])
def test_an_agent_with_a_tool_that_tells_its_progress(same: Any, how: str, weather_tool: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = outer_of(lg, weather_agent(weather_tool), how)
        c.stream(graph, QUESTION, stream_mode=MODES, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("how", ["node", "called"])
@pytest.mark.parametrize("modes", ["updates", "values", "messages", "custom", MODES], ids=str)
def test_a_tool_call_that_a_person_approves(same: Any, how: str, modes: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        agent = weather_agent(middleware=[HumanInTheLoopMiddleware({"look": True})])
        graph = outer_of(lg, agent, how, checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=modes, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        answer = {"decisions": [{"type": "edit", "edited_action": {"name": "look", "args": {"city": "Bergen"}}}]}
        c.stream(graph, lg.Command(resume=answer), THREAD, stream_mode=modes, subgraphs=True)
        c.history(graph, THREAD)

    same(program)


@pytest.mark.parametrize("how", ["node", "called"])
def test_an_agent_that_summarizes_its_history(same: Any, how: str) -> None:
    def program(c: Any, lg: Any) -> None:
        summarizer = TurnModel(turns=[AIMessage("they talked")])
        middleware = SummarizationMiddleware(summarizer, trigger=("messages", 3), keep=("messages", 1))
        graph = outer_of(lg, weather_agent(middleware=[middleware]), how, checkpointer=InMemorySaver())
        c.stream(graph, QUESTION, THREAD, stream_mode=["updates", "values", "messages"], subgraphs=True)
        more = {"messages": [HumanMessage("and tomorrow?", id="more")]}
        c.stream(graph, more, THREAD, stream_mode=["updates", "values", "messages"], subgraphs=True)

    same(program)


def deep_agent(**options: Any) -> Any:
    """Return an agent that asks two subagents at once; each of them uses a tool."""

    def subagent(name: str, city: str) -> Any:
        turns = [AIMessage("", tool_calls=[call("look", f"{name} look", city=city)]), AIMessage(f"{name} is done")]
        return {
            "name": name,
            "description": name,
            "system_prompt": name,
            "tools": [look],
            "model": TurnModel(turns=turns),
        }

    tasks = [
        call("task", f"task {name}", description="go", subagent_type=name) for name in ("zoologist", "meteorologist")
    ]
    turns = [AIMessage("", tool_calls=tasks), AIMessage("both are done")]
    subagents = [subagent("zoologist", "Oslo"), subagent("meteorologist", "Bergen")]
    return create_deep_agent(TurnModel(turns=turns), subagents=subagents, **options)


def brief(mode: str, data: Any) -> str:
    """Return what does not change from run to run of a chunk's data."""
    if mode == "messages":
        return f"{data[0].type} {data[0].content} {data[1]['langgraph_node']}"
    return " ".join(data) if mode == "updates" else str(data)


async def chunks_of(graph: Any, value: Any, mode: str, is_async: bool) -> list[tuple[tuple[str, ...], str]]:
    """Return the chunks of a run, in an order that does not depend on the timing of its subagents."""
    options: Any = {"config": THREAD, "stream_mode": mode, "subgraphs": True}
    if is_async:
        chunks = [chunk async for chunk in graph.astream(value, **options)]
    else:
        chunks = list(graph.stream(value, **options))
    return sorted((tuple(part.split(":")[0] for part in ns), brief(mode, data)) for ns, data in chunks)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("how", ["node", "called"])
@pytest.mark.parametrize("mode", ["custom", "updates", "messages"])
async def test_two_subagents_at_once(how: str, mode: str, is_async: bool) -> None:
    theirs, ours = [
        await chunks_of(outer_of(package(name), deep_agent(), how), QUESTION, mode, is_async)
        for name in ("langgraph", "lgstream")
    ]
    assert ours == theirs
    assert len(ours) >= 2


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("how", ["node", "called"])
async def test_the_tools_of_two_subagents_wait_for_approval(how: str, is_async: bool) -> None:
    runs = []
    for name in ("langgraph", "lgstream"):
        graph = outer_of(package(name), deep_agent(interrupt_on={"look": True}), how, checkpointer=InMemorySaver())
        first = await chunks_of(graph, QUESTION, "updates", is_async)
        interrupts = graph.get_state(THREAD).interrupts
        answers = {interrupt.id: {"decisions": [{"type": "approve"}]} for interrupt in interrupts}
        second = await chunks_of(graph, package(name).Command(resume=answers), "updates", is_async)
        runs.append(
            (
                len(interrupts),
                first,
                second,
                [message.content for message in graph.get_state(THREAD).values["messages"]],
            )
        )
    assert runs[1] == runs[0]
    assert runs[0][0] == 2
