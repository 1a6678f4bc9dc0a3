"""Drawings and JSON schemas of graphs."""

from __future__ import annotations

import dataclasses
import json
import operator
from collections.abc import Callable
from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.differential.packages import package


class State(TypedDict):
    log: Annotated[list, operator.add]


def nothing(state: Any) -> Any:
    return {}


def simple(lg: Any) -> Any:
    return lg.StateGraph(State).add_node("x", nothing).add_edge(lg.START, "x")


def chain(lg: Any, names: str, *edges: tuple[Any, str], deferred: str = "") -> Any:
    builder = lg.StateGraph(State)
    for name in names:
        builder.add_node(name, nothing, defer=name in deferred)
    builder.add_edge(lg.START, names[0])
    for start, end in edges:
        builder.add_edge(start, end)
    return builder


def branching(lg: Any) -> Any:
    builder = chain(lg, "abc", ("b", "a"))
    return builder.add_conditional_edges("a", lambda state: "b", {"yes": "b", "no": lg.END, "b": "b"})


def commanding(lg: Any) -> Any:
    def go(state: Any) -> Any:
        return lg.Command(goto="b")

    go.__annotations__["return"] = lg.Command[Literal["b", "c"]]
    builder = lg.StateGraph(State).add_node("a", go).add_node("b", nothing, metadata={"mine": 1}).add_node("c", nothing)
    return builder.add_edge(lg.START, "a").add_edge("b", "c")


BUILDERS: dict[str, Callable[[Any], Any]] = {
    "one node": simple,
    "a loop without an end": lambda lg: chain(lg, "ab", ("a", "b"), ("b", "a")),
    "a node that leads to itself": lambda lg: chain(lg, "a", ("a", "a")),
    "a branch": branching,
    "a branch that names no targets": lambda lg: chain(lg, "ab").add_conditional_edges("a", lambda state: "b"),
    "a join": lambda lg: chain(lg, "abcd", ("a", "b"), ("a", "c"), ("b", "c"), (["b", "c"], "d")),
    "a deferred node": lambda lg: chain(lg, "abcd", ("a", "b"), ("a", "d"), ("b", "c"), ("c", "d"), deferred="d"),
    "a node out of reach": lambda lg: chain(lg, "abcd", ("c", "d")),
    "commands": commanding,
}


def enclose(lg: Any, inner: Any, as_function: bool, name: str = "sub") -> Any:
    node = (lambda state: inner.invoke(state)) if as_function else inner
    builder = lg.StateGraph(State).add_node("x", nothing).add_node(name, node).add_node("y", nothing)
    return builder.add_edge(lg.START, "x").add_edge("x", name).add_edge(name, "y").compile()


def draw(graph: Any, xray: Any) -> tuple[str, Any]:
    """Return the drawing as Mermaid and as JSON, without class paths, which contain the package's name."""
    drawing = graph.get_graph(xray=xray)
    parts = json.loads(json.dumps(drawing.to_json()))
    for node in parts["nodes"]:
        node.get("data", {}).pop("id", None) if isinstance(node.get("data"), dict) else None
    return drawing.draw_mermaid(), parts


@pytest.mark.parametrize("xray", [False, 1, True])
@pytest.mark.parametrize("name", BUILDERS)
def test_drawings_have_the_same_nodes_and_edges(name: str, xray: Any) -> None:
    def graphs(lg: Any) -> list[Any]:
        inner = BUILDERS[name](lg).compile()
        stops = BUILDERS[name](lg).compile(interrupt_before=["a" if name != "one node" else "x"])
        return [inner, stops, *(enclose(lg, enclose(lg, inner, called), not called, "top") for called in (False, True))]

    expected, actual = ([draw(graph, xray) for graph in graphs(package(each))] for each in ("langgraph", "lgstream"))
    assert actual == expected


def test_an_entrypoint_is_drawn_as_one_node() -> None:
    def entry(lg: Any) -> Any:
        return lg.entrypoint()(work)

    def work(x: int) -> int:
        return x

    assert draw(entry(package("lgstream")), False) == draw(entry(package("langgraph")), False)


class Typed(TypedDict):
    a: int
    b: str | None
    c: NotRequired[list[int]]


@dataclasses.dataclass
class Data:
    a: int
    b: int | None
    c: Annotated[float | None, "a comment"]
    d: list[int] = dataclasses.field(default_factory=lambda: [1])
    e: str = "x"


class Model(BaseModel):
    a: int
    b: str | None = None


@pytest.mark.parametrize("schema", [Typed, Data, Model, list, dict, Annotated[list, operator.add], "MessagesState"])
def test_the_json_schemas_of_a_state_are_the_same(schema: Any) -> None:
    def schemas(lg: Any) -> list[Any]:
        own = lg.MessagesState if schema == "MessagesState" else schema
        builder = lg.StateGraph(own, context_schema=Data if schema is Data else None)
        graph = builder.add_node("n", nothing).add_edge(lg.START, "n").compile(name="Mine")
        return [graph.get_input_jsonschema(), graph.get_output_jsonschema(), graph.get_context_jsonschema()]

    assert json.dumps(schemas(package("lgstream"))) == json.dumps(schemas(package("langgraph")))


def test_the_json_schemas_of_an_entrypoint_are_the_same() -> None:
    def schemas(lg: Any) -> list[Any]:
        def final(x: Typed) -> Any:
            return lg.entrypoint.final(value=1, save="")

        schemas_of_all: list[Any] = []
        for returned in (int, lg.entrypoint.final, lg.entrypoint.final[int, str]):
            final.__annotations__ = {"x": Typed, "return": returned}
            graph = lg.entrypoint()(final)
            schemas_of_all += [graph.get_input_jsonschema(), graph.get_output_jsonschema()]
        return schemas_of_all

    assert json.dumps(schemas(package("lgstream"))) == json.dumps(schemas(package("langgraph")))
