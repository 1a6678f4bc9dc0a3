"""``ValidationNode`` answers tool calls as langgraph's does."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel, field_validator
from pydantic.v1 import BaseModel as BaseModelV1

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import ValidationNode
from lgstream.warnings import LgstreamDeprecationWarning

pytestmark = [
    pytest.mark.filterwarnings("ignore::lgstream.warnings.LgstreamDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ValidationNode is deprecated"),
]


class Number(BaseModel):
    n: int
    unit: str = "m"

    @field_validator("n")
    @classmethod
    def is_small(cls, n: int) -> int:
        if n > 9:
            raise ValueError("too large")
        return n


class OldNumber(BaseModelV1):
    n: int


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def subtract(a: int, b: int) -> int:
    """Subtract."""
    return a - b


SCHEMAS: list[Any] = [Number, OldNumber, add, subtract]

CALLS = [
    ("Number", {"n": 3}),
    ("Number", {"n": 10}),
    ("Number", {}),
    ("OldNumber", {"n": 1}),
    ("OldNumber", {"n": "x"}),
    ("add", {"a": 1, "b": 2}),
    ("add", {"a": "x"}),
    ("subtract", {"a": 1, "b": "2"}),
    ("subtract", {}),
]


def messages() -> list[BaseMessage]:
    calls = [{"name": name, "args": args, "id": str(index)} for index, (name, args) in enumerate(CALLS)]
    return [HumanMessage("Go.", id="1"), AIMessage("", id="2", tool_calls=calls)]


def node_of_langgraph(**options: Any) -> Any:
    return import_module("langgraph.prebuilt").ValidationNode(SCHEMAS, **options)


def test_the_answers_are_those_of_langgraph() -> None:
    assert ValidationNode(SCHEMAS).invoke(messages()) == node_of_langgraph().invoke(messages())


async def test_an_async_run_gives_the_same_answers() -> None:
    state = {"messages": messages()}
    assert await ValidationNode(SCHEMAS).ainvoke(state) == node_of_langgraph().invoke(state)


def test_format_error_writes_the_text_of_an_error() -> None:
    def text(error: Any, call: Any, schema: Any) -> str:
        return f"{type(error).__name__} {call['id']} {schema.__name__}"

    expected = node_of_langgraph(format_error=text).invoke(messages())
    assert ValidationNode(SCHEMAS, format_error=text).invoke(messages()) == expected


def test_it_is_a_node_of_a_graph() -> None:
    graph = StateGraph(MessagesState).add_node("check", ValidationNode([Number])).add_edge(START, "check").compile()
    call = {"name": "Number", "args": {"n": 1}, "id": "1"}
    answer = graph.invoke({"messages": [AIMessage("", tool_calls=[call])]})["messages"][-1]
    assert (answer.content, answer.tool_call_id) == ('{"n":1,"unit":"m"}', "1")


@pytest.mark.parametrize("value", [[], {"messages": []}, {}, [HumanMessage("Hi.")]])
def test_an_input_without_tool_calls_is_an_error(value: Any) -> None:
    with pytest.raises(ValueError, match=r"No message found in input|Last message is not an AIMessage"):
        ValidationNode([Number]).invoke(value)


def test_a_call_without_a_schema_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="add: ValidationNode has no schema of this name, only of: Number"):
        ValidationNode([Number]).invoke([AIMessage("", tool_calls=[{"name": "add", "args": {}, "id": "1"}])])


def test_a_schema_of_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="Unsupported input to ValidationNode: 1"):
        ValidationNode([1])  # type: ignore[list-item]


def test_it_warns_that_it_is_for_older_programs() -> None:
    with pytest.warns(LgstreamDeprecationWarning, match="use ToolNode from lgstream.prebuilt"):
        ValidationNode([Number])
