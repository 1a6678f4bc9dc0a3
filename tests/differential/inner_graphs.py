"""Graphs of either package, and the places in a graph of langgraph in which they run."""

import operator
from itertools import pairwise
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode
from typing_extensions import TypedDict

from tests.differential.packages import package
from tests.reference.models import WordModel
from tests.support.scripted_model import call

langgraph = package("langgraph")
THREAD: Any = {"configurable": {"thread_id": "1"}}
MODES = ["values", "updates", "custom", "messages", "tasks", "debug", "checkpoints"]


class State(TypedDict):
    log: Annotated[list, operator.add]


class Talk(TypedDict):
    log: Annotated[list, operator.add]
    messages: Annotated[list, langgraph.add_messages]


def chain(lg: Any, schema: Any = State, /, *, options: Any = None, **nodes: Any) -> Any:
    """Return a compiled graph of one package with these nodes, one after the other."""
    g = lg.StateGraph(schema)
    names = list(nodes)
    for name, node in nodes.items():
        g.add_node(name, node)
    g.add_edge(lg.START, names[0])
    for source, target in pairwise(names):
        g.add_edge(source, target)
    return g.compile(**(options or {}))


def talking(lg: Any, **options: Any) -> Any:
    """Return a graph that writes custom data, streams words and returns a message."""

    def talk(state: Any) -> Any:
        lg.get_stream_writer()("custom of the child")
        return {"messages": [WordModel(fixed_id="1").invoke("hi")], "log": ["talk"]}

    def tell(state: Any) -> Any:
        return {"messages": [AIMessage("told", id="2")], "log": ["tell"]}

    return chain(lg, Talk, talk=talk, tell=tell, options=options)


def asking(lg: Any, times: int = 1, **options: Any) -> Any:
    """Return a graph with a node that asks, between two that do not."""

    def ask(state: Any) -> Any:
        return {"log": [lg.interrupt(f"question {index}") for index in range(times)]}

    return chain(
        lg, State, before=lambda state: {"log": ["before"]}, ask=ask, after=lambda state: {"log": ["after"]},
        options=options,
    )  # fmt: skip


def as_node(inner: Any, is_async: bool) -> Any:
    return inner


def called(inner: Any, is_async: bool) -> Any:
    def caller(state: Any) -> Any:
        return inner.invoke({**state, "log": []})

    async def async_caller(state: Any) -> Any:
        return await inner.ainvoke({**state, "log": []})

    return async_caller if is_async else caller


def called_with_config(inner: Any, is_async: bool) -> Any:
    def caller(state: Any, config: RunnableConfig) -> Any:
        return inner.invoke({**state, "log": []}, config)

    async def async_caller(state: Any, config: RunnableConfig) -> Any:
        return await inner.ainvoke({**state, "log": []}, config)

    return async_caller if is_async else caller


def called_twice(inner: Any, is_async: bool) -> Any:
    def caller(state: Any) -> Any:
        inner.invoke({**state, "log": []})
        return inner.invoke({**state, "log": []})

    async def async_caller(state: Any) -> Any:
        await inner.ainvoke({**state, "log": []})
        return await inner.ainvoke({**state, "log": []})

    return async_caller if is_async else caller


def in_a_tool(inner: Any, is_async: bool) -> Any:
    if is_async:

        @tool
        async def ask(text: str) -> str:
            """Ask."""
            return str((await inner.ainvoke({"log": [], "messages": []}))["log"])
    else:

        @tool
        def ask(text: str) -> str:
            """Ask."""
            return str(inner.invoke({"log": [], "messages": []})["log"])

    node = ToolNode([ask])
    request = AIMessage("", id="calls", tool_calls=[call("ask", "c1", text="a")])

    def caller(state: Any) -> Any:
        return node.invoke({"messages": [request]})

    async def async_caller(state: Any) -> Any:
        return await node.ainvoke({"messages": [request]})

    return async_caller if is_async else caller


PLACES = [as_node, called, called_with_config, called_twice, in_a_tool]
