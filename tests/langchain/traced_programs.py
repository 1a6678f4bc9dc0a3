"""Programs whose traces are compared: each runs with langgraph or with lgstream."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Annotated, Any, TypedDict

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCallChunk, message_chunk_to_message
from langchain_core.messages.ai import UsageMetadata, add_ai_message_chunks
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

QUESTION = {"messages": [("user", "What is 1 + 2?")]}
THREAD = {"configurable": {"thread_id": "1"}}


class AddingModel(BaseChatModel):
    """Calls ``add`` once, then answers; can stream."""

    @property
    def _llm_type(self) -> str:
        return "adding"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        chunks = self._answer(messages)
        return ChatResult(
            generations=[ChatGeneration(message=message_chunk_to_message(add_ai_message_chunks(*chunks)))]
        )

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        for message in self._answer(messages):
            chunk = ChatGenerationChunk(message=message)
            if run_manager is not None:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _answer(self, messages: list[BaseMessage]) -> list[AIMessageChunk]:
        texts = ["It ", "is 3."] if messages[-1].type == "tool" else ["It takes ", "a sum."]
        chunks = [AIMessageChunk(content=text) for text in texts]
        if messages[-1].type != "tool":
            for name, id, args in (("add", "call1", ""), (None, None, '{"a": 1, '), (None, None, '"b": 2}')):
                call = ToolCallChunk(name=name, args=args, id=id, index=0, type="tool_call_chunk")
                chunks.append(AIMessageChunk(content="", tool_call_chunks=[call]))
        chunks[-1].usage_metadata = UsageMetadata(input_tokens=3, output_tokens=4, total_tokens=7)
        chunks[-1].response_metadata = {"model_name": "adding"}
        return chunks


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Log(TypedDict):
    entries: Annotated[list[str], operator.add]


def agent(package: str, tools: Sequence[Any] = (add,), **options: Any) -> Any:
    return import_module(f"{package}.prebuilt").create_react_agent(AddingModel(), list(tools), **options)


def review(package: str) -> Any:
    """Return a graph with a graph as node that asks, and a node that calls a graph; its nodes are sync."""
    graph, types = import_module(f"{package}.graph"), import_module(f"{package}.types")

    def write(state: Log) -> Any:
        return {"entries": ["written"]}

    def ask(state: Log) -> Any:
        return {"entries": [types.interrupt("Publish?")]}

    def call(state: Log) -> Any:
        return {"entries": called.invoke({"entries": []})["entries"]}

    node = graph.StateGraph(Log).add_node("write", write).add_node("ask", ask).add_edge("__start__", "write")
    node = node.add_conditional_edges("write", _to_ask, ["ask"]).compile(name="draft")
    called = graph.StateGraph(Log).add_node("write", write).add_edge("__start__", "write").compile(name="called")
    return _outer(graph, node, call)


def async_review(package: str) -> Any:
    """Return the graph of :func:`review` with async nodes."""
    graph, types = import_module(f"{package}.graph"), import_module(f"{package}.types")

    async def write(state: Log) -> Any:
        return {"entries": ["written"]}

    async def ask(state: Log) -> Any:
        return {"entries": [types.interrupt("Publish?")]}

    async def call(state: Log) -> Any:
        return {"entries": (await called.ainvoke({"entries": []}))["entries"]}

    node = graph.StateGraph(Log).add_node("write", write).add_node("ask", ask).add_edge("__start__", "write")
    node = node.add_conditional_edges("write", _to_ask, ["ask"]).compile(name="draft")
    called = graph.StateGraph(Log).add_node("write", write).add_edge("__start__", "write").compile(name="called")
    return _outer(graph, node, call)


def _outer(graph: Any, node: Any, call: Any) -> Any:
    builder = graph.StateGraph(Log).add_node("sub", node).add_node("call", call).add_edge("sub", "call")
    return builder.add_conditional_edges("__start__", _to_sub, ["sub"]).compile(InMemorySaver(), name="outer")


def _to_ask(state: Log) -> str:
    return "ask"


def _to_sub(state: Log) -> str:
    return "sub"


def resume(package: str) -> Any:
    return import_module(f"{package}.types").Command(resume="yes")


def workflow(package: str) -> Any:
    """Return an entrypoint that calls a task twice."""
    func = import_module(f"{package}.func")

    @func.task
    def increment(number: int) -> int:
        return number + 1

    @func.entrypoint()
    def total(number: int) -> int:
        return increment(number).result() + increment(2).result()

    return total


# The programs ---------------------------------------------------------------------------------------------------------


def run_agent(package: str) -> None:
    agent(package).invoke(QUESTION)


def stream_agent(package: str) -> None:
    list(agent(package).stream(QUESTION, stream_mode=["messages", "updates"]))


def run_agent_async(package: str) -> None:
    asyncio.run(agent(package).ainvoke(QUESTION))


def run_agent_as_node(package: str) -> None:
    graph = import_module(f"{package}.graph")
    builder = graph.StateGraph(graph.MessagesState).add_node("helper", agent(package, name="adder"))
    builder.add_edge("__start__", "helper").compile().invoke(QUESTION)


def run_agent_of_langchain_as_node(package: str) -> None:
    graph = import_module(f"{package}.graph")
    builder = graph.StateGraph(graph.MessagesState).add_node("helper", create_agent(AddingModel(), [add], name="adder"))
    builder.add_edge("__start__", "helper").compile().invoke(QUESTION)


def run_agent_in_lambda(package: str) -> None:
    RunnableLambda(lambda question: agent(package).invoke(question)).invoke(QUESTION)


def interrupt_and_resume(package: str) -> None:
    graph = review(package)
    graph.invoke({"entries": []}, THREAD)
    graph.invoke(resume(package), THREAD)


def interrupt_and_resume_async(package: str) -> None:
    async def run() -> None:
        graph = async_review(package)
        await graph.ainvoke({"entries": []}, THREAD)
        await graph.ainvoke(resume(package), THREAD)

    asyncio.run(run())


def run_workflow(package: str) -> None:
    workflow(package).invoke(1)


def fail(package: str) -> None:
    def bad(state: Log) -> Any:
        raise ValueError("bad")

    graph = import_module(f"{package}.graph")
    failing = graph.StateGraph(Log).add_node("bad", bad).add_edge("__start__", "bad").compile()
    try:
        failing.invoke({"entries": []})
    except ValueError:
        return


PROGRAMS: dict[str, Callable[[str], None]] = {
    program.__name__: program
    for program in (
        run_agent, stream_agent, run_agent_async, run_agent_as_node, run_agent_of_langchain_as_node,
        run_agent_in_lambda, interrupt_and_resume, interrupt_and_resume_async, run_workflow, fail,
    )
}  # fmt: skip
