"""Whole runs of chats and agents, and the same calls of models, tools and savers without a graph.

The models answer with 20 tokens, which cost almost nothing.
"""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.case import Work
from benchmarks.models import IdleHandler, QuietHandler, TalkingToolCaller
from benchmarks.packages import Package, package

TOKENS = 20

TOOL_CALLS = 2
"""The tool calls of an agent in one run, one in each turn."""


@tool
def look_up(city: str) -> str:
    """Look up a city."""
    return f"{city} is a city."


@tool("look_up")
async def look_up_async(city: str) -> str:
    """Look up a city."""
    return f"{city} is a city."


@dataclass(frozen=True)
class Usage:
    """How a graph is run.

    Attributes:
        is_async: True for runs on an event loop, all at once; False for one after the other.
        modes: The ``stream_mode``; None for ``invoke``.
        subgraphs: True to stream the chunks of nested graphs as well.
        is_saved: True for a new ``InMemorySaver`` in which each run has a thread of its own.
    """

    is_async: bool
    modes: Any = None
    subgraphs: bool = False
    is_saved: bool = False


class Program:
    """A graph of either package, and the models it calls one after the other."""

    models: Sequence[TalkingToolCaller]

    def build(self, package: Package, is_async: bool) -> Any:
        """Return the graph."""
        raise NotImplementedError


class Chat(Program):
    """Two nodes that call a model, the second one with the answer of the first."""

    def __init__(self, last_model: TalkingToolCaller | None = None) -> None:
        model = TalkingToolCaller(tokens=TOKENS)
        self.models = (model, last_model or model)

    def build(self, package: Package, is_async: bool) -> Any:
        builder = package.StateGraph(package.MessagesState)
        for name, model in zip(("draft", "answer"), self.models, strict=True):
            builder.add_node(name, _async_model_node(model) if is_async else _model_node(model))
        builder.add_edge(package.START, "draft").add_edge("draft", "answer").add_edge("answer", package.END)
        return builder.compile()


def _model_node(model: TalkingToolCaller) -> Any:
    def node(state: Any) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    return node


def _async_model_node(model: TalkingToolCaller) -> Any:
    async def node(state: Any) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    return node


class Agent(Program):
    """An agent that calls a tool in each of its turns but the last."""

    def __init__(self, earlier_calls: int = 0) -> None:
        self.models = (TalkingToolCaller(tokens=TOKENS, count=TOOL_CALLS, earlier=earlier_calls),)

    def build(self, package: Package, is_async: bool) -> Any:
        return package.create_react_agent(self.models[0], [look_up_async if is_async else look_up])


class TwoAgents(Program):
    """A graph with two agents as its nodes."""

    def __init__(self) -> None:
        self._agents = Agent(), Agent(earlier_calls=TOOL_CALLS)
        self.models = [model for agent in self._agents for model in agent.models]

    def build(self, package: Package, is_async: bool) -> Any:
        builder = package.StateGraph(package.MessagesState)
        for name, agent in zip(("first", "second"), self._agents, strict=True):
            builder.add_node(name, agent.build(package, is_async))
        builder.add_edge(package.START, "first").add_edge("first", "second").add_edge("second", package.END)
        return builder.compile()


def question() -> list[BaseMessage]:
    """Return the messages that a run starts with."""
    return [HumanMessage("What is this city?")]


# Runs of a graph -----------------------------------------------------------------------------------------------------


def graph_runs(package: Package, size: int, *, program: Program, usage: Usage) -> Work:
    """Return work that runs the graph ``size`` times.

    Chunks are dropped as they come: the result of a streamed run is their number and the last one.
    """
    graph = program.build(package, usage.is_async)
    stream_options = {"stream_mode": usage.modes, "subgraphs": usage.subgraphs}

    def run(number: int) -> Any:
        if usage.modes is None:
            return graph.invoke({"messages": question()}, thread(number))
        count, last_chunk = 0, None
        for chunk in graph.stream({"messages": question()}, thread(number), **stream_options):
            count, last_chunk = count + 1, chunk
        return count, last_chunk

    async def run_async(number: int) -> Any:
        if usage.modes is None:
            return await graph.ainvoke({"messages": question()}, thread(number))
        count, last_chunk = 0, None
        async for chunk in graph.astream({"messages": question()}, thread(number), **stream_options):
            count, last_chunk = count + 1, chunk
        return count, last_chunk

    def work() -> list[Any]:
        graph.checkpointer = InMemorySaver() if usage.is_saved else None
        return [run(number) for number in range(size)]

    async def async_work() -> list[Any]:
        graph.checkpointer = InMemorySaver() if usage.is_saved else None
        return await asyncio.gather(*map(run_async, range(size)))

    return async_work if usage.is_async else work


def thread(number: int) -> dict[str, Any]:
    """Return the config of a run on the thread with this number."""
    return {"configurable": {"thread_id": str(number)}}


# The same calls without a graph --------------------------------------------------------------------------------------


def calls_alone(size: int, *, program: Program, usage: Usage) -> Work:
    """Return work that makes only the calls of models, tools and the saver that ``size`` runs of a graph make."""
    config: Any = {"callbacks": [QuietHandler() if usage.modes is None else IdleHandler()]}
    saver_calls = recorded_saver_calls(program) if usage.is_saved else []

    def run(number: int, saver: InMemorySaver) -> list[BaseMessage]:
        for name, arguments in saver_calls:
            getattr(saver, name)(on_thread(arguments[0], number), *arguments[1:])
        return converse(program.models, config)

    async def run_async(number: int, saver: InMemorySaver) -> list[BaseMessage]:
        for name, arguments in saver_calls:
            await getattr(saver, f"a{name}")(on_thread(arguments[0], number), *arguments[1:])
        return await converse_async(program.models, config)

    def work() -> list[Any]:
        saver = InMemorySaver()
        return [run(number, saver) for number in range(size)]

    async def async_work() -> list[Any]:
        saver = InMemorySaver()
        return await asyncio.gather(*(run_async(number, saver) for number in range(size)))

    return async_work if usage.is_async else work


def converse(models: Sequence[TalkingToolCaller], config: Any) -> list[BaseMessage]:
    """Call each model, with the tools it asks for, until it has answered; return the messages."""
    messages = question()
    for model in models:
        answer = model.invoke(messages, config)
        while answer.tool_calls:
            messages += [answer, *(look_up.invoke(call, config) for call in answer.tool_calls)]
            answer = model.invoke(messages, config)
        messages.append(answer)
    return messages


async def converse_async(models: Sequence[TalkingToolCaller], config: Any) -> list[BaseMessage]:
    """:func:`converse` on the event loop."""
    messages = question()
    for model in models:
        answer = await model.ainvoke(messages, config)
        while answer.tool_calls:
            messages += [answer, *[await look_up_async.ainvoke(call, config) for call in answer.tool_calls]]
            answer = await model.ainvoke(messages, config)
        messages.append(answer)
    return messages


class RecordingSaver(InMemorySaver):
    """Keeps the calls that a run makes of it: the name of each method and its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def get_tuple(self, config: Any) -> Any:
        self.calls.append(("get_tuple", (config,)))
        return super().get_tuple(config)

    def put(self, *arguments: Any) -> Any:
        self.calls.append(("put", arguments))
        return super().put(*arguments)

    def put_writes(self, *arguments: Any) -> None:
        self.calls.append(("put_writes", arguments))
        return super().put_writes(*arguments)


def recorded_saver_calls(program: Program) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the calls of a saver that langgraph makes in one run."""
    graph = program.build(package("langgraph"), is_async=False)
    graph.checkpointer = saver = RecordingSaver()
    graph.invoke({"messages": question()}, thread(0), durability="sync")
    return saver.calls


def on_thread(config: Any, number: int) -> Any:
    """Return a recorded config for the thread with this number."""
    return {**config, "configurable": {**config["configurable"], "thread_id": str(number)}}


# Memory --------------------------------------------------------------------------------------------------------------


class WaitingModel(TalkingToolCaller):
    """Waits before its first token until it is released.

    Attributes:
        expected: the answers that have not begun to wait.
        all_wait: set when all of them wait.
        release: lets all of them continue.
    """

    expected: int = 0
    all_wait: Any = None
    release: Any = None

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.expected -= 1
        if self.expected == 0:
            self.all_wait.set()
        await self.release.wait()
        async for chunk in super()._astream(messages):
            yield chunk


def held_bytes(make_work: Callable[..., Work], size: int, *, usage: Usage) -> Work:
    """Return work whose result is the memory of ``size`` chats that all wait for their model, in bytes.

    Args:
        make_work: Returns the work that makes the chats, for a size, a program and a usage.
        size: The number of chats.
        usage: How they are run.
    """
    model = WaitingModel(tokens=TOKENS)
    work = make_work(size, program=Chat(last_model=model), usage=usage)

    async def hold() -> int:
        model.expected, model.all_wait, model.release = size, asyncio.Event(), asyncio.Event()
        gc.collect()
        tracemalloc.start()
        try:
            runs = asyncio.ensure_future(work())
            await model.all_wait.wait()
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        model.release.set()
        await runs
        return held

    return lambda: asyncio.run(hold())


def held_chats(package: Package, size: int, *, usage: Usage) -> Work:
    """Return work whose result is the memory of ``size`` chats of a graph that wait for their model, in bytes."""
    return held_bytes(partial(graph_runs, package), size, usage=usage)
