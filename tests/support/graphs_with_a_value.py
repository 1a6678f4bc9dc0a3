"""Graphs in which any value is at one of the places that a run passes values through."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import StructuredTool

from lgstream import END, START, StateGraph
from lgstream.config import get_stream_writer
from lgstream.func import task
from lgstream.types import Command, Send, interrupt

_SCHEMA = {"type": "object", "properties": {"value": {}}}


class Holder(Exception):
    """An error that holds a value."""


class State(TypedDict, total=False):
    value: Any
    other: Any
    items: Annotated[list[Any], operator.add]


class _Retriever(BaseRetriever):
    found: Any = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> Any:
        return self.found


@task
def _called(value: Any) -> Any:
    return value


def _raise(value: Any) -> Any:
    raise value if issubclass(type(value), Exception) else Holder(value)


def _answer(value: Any) -> Any:
    message = AIMessage("Hi")
    message.response_metadata = {"token_usage": value, "usage": {"cost": value}, "model_name": value}
    message.usage_metadata = value
    return GenericFakeChatModel(messages=iter([message]))


def _tool(value: Any) -> Any:
    return StructuredTool.from_function(lambda **arguments: value, name="tool", description="?", args_schema=_SCHEMA)


def _model_call(**options: Any) -> Any:
    return GenericFakeChatModel(messages=iter([AIMessage("Hi")])).invoke("Hello", **options).content


_NODES: dict[str, Callable[[Any], Any]] = {
    "update": lambda value: {"other": value},
    "whole update": lambda value: value,
    "list": lambda value: {"other": [value]},
    "reducer": lambda value: {"items": [value]},
    "custom data": lambda value: get_stream_writer()(value),
    "interrupt": lambda value: {"other": interrupt(value)},
    "error": _raise,
    "command": lambda value: Command(update={"other": value}),
    "list of commands": lambda value: [Command(update={"other": value}), {"value": value}],
    "send": lambda value: Command(goto=Send("last", value)),
    "task": lambda value: {"other": _called(value)},
    "tool argument": lambda value: {"other": _tool(1).invoke({"value": value})},
    "tool result": lambda value: {"other": _tool(value).invoke({})},
    "documents": lambda value: {"other": _Retriever(found=value).invoke("?")},
    "answer of a model": lambda value: {"other": _answer(value).invoke("Hello").content},
    "options of a model": lambda value: {"other": _model_call(tools=value, option=value)},
    "metadata of a model": lambda value: {"other": _model_call(config={"metadata": {"ls_model_name": value}})},
}

PLACES = [*_NODES, "input", "metadata of a node", "metadata of the run", "tags", "configurable"]
"""The names of the places."""


def graph_with(value: Any, place: str, saver: Any = None) -> tuple[Any, Any, dict[str, Any], list[str]]:
    """Return a graph, its input, its config, and a list to which it appends the names of the nodes that it calls."""
    calls: list[str] = []

    def node(state: State) -> Any:
        calls.append("node")
        return _NODES[place](value) if place in _NODES else {"other": 1}

    def last(state: Any) -> Any:
        calls.append("last")
        return {"items": ["end"]}

    metadata = {"value": value} if place == "metadata of a node" else None
    builder = StateGraph(State).add_node("node", node, metadata=metadata).add_node("last", last)
    graph = builder.add_edge(START, "node").add_edge("node", "last").add_edge("last", END).compile(checkpointer=saver)
    config: dict[str, Any] = {"configurable": {"thread_id": "1"}}
    if place == "configurable":
        config["configurable"]["value"] = value
    elif place == "metadata of the run":
        config["metadata"] = {"value": value}
    elif place == "tags":
        config["tags"] = [value]
    return graph, {"value": value if place == "input" else 0}, config, calls
